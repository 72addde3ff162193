#!/usr/bin/env node
// The one file of the project that is plain JavaScript: an older Node cannot read the others, and would say so in ten
// lines of its own. It only looks at the version and hands over to gatehouse.ts.
if (Number(process.versions.node.split(".")[0]) >= 24) {
  await import("./gatehouse.ts");
} else {
  process.stderr.write(
    `gatehouse: needs Node.js 24 or newer, and this is ${process.version}; run it with npx from the project's folder\n`,
  );
  process.exitCode = 1;
}
