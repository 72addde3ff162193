// Plain JavaScript, like the two files that use it: an older Node.js cannot read the others, and would say so in ten
// lines of its own.
import * as modules from "node:module";

/** Beside the packages, as private as they are: a folder of everybody's could be filled by anybody. */
const COMPILED = `${import.meta.dirname}/../node_modules/.cache/gatehouse`;

/**
 * Runs the program that `load` imports. What was compiled for it is kept for the next time, which then starts in a third
 * of the time and without the TypeScript compiler in memory; where the folder cannot be written, nothing is kept.
 *
 * @param {() => Promise<unknown>} load
 */
export async function launch(load) {
  if (Number(process.versions.node.split(".")[0]) >= 24) {
    modules.enableCompileCache(COMPILED);
    // For the threads, which look here.
    process.env["NODE_COMPILE_CACHE"] = COMPILED;
    await load();
  } else {
    process.stderr.write(
      `gatehouse: needs Node.js 24 or newer, and this is ${process.version}; run it with npx from the project's folder\n`,
    );
    process.exitCode = 1;
  }
}
