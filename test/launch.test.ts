import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import manifest from "../package.json" with { type: "json" };

const ROOT = join(import.meta.dirname, "..");

describe("how the programs are launched", () => {
  test("by npm and in the container with the same options of Node.js", () => {
    const [, command = ""] =
      /^CMD \["node", (.+)\]$/m.exec(readFileSync(join(ROOT, "Dockerfile"), "utf8")) ?? [];
    assert.equal(`node ${command.replaceAll(/[",]/g, "")}`, manifest.scripts.start);
  });

  test("what was compiled is kept in the project's own folder, for nobody else to fill", (t) => {
    const { launched, kept } = smallProject(t);
    assert.equal(launched().stdout, "runs\n");
    assert.notEqual(kept().length, 0);
  });

  test("a folder that cannot be written is no hindrance", (t) => {
    const { launched, root } = smallProject(t);
    writeFileSync(join(root, "node_modules"), "a file where the folder should be");
    const { stdout, stderr, status } = launched();
    assert.deepEqual({ stdout, stderr, status }, { stdout: "runs\n", stderr: "", status: 0 });
  });

  test("an older Node.js gets one line and not the program", (t) => {
    const { launched } = smallProject(
      t,
      "Object.defineProperty(process.versions, 'node', { value: '20.20.2' });\n",
    );
    const { stdout, stderr, status } = launched();
    assert.equal(stdout, "");
    assert.match(stderr, /^gatehouse: needs Node\.js 24 or newer, and this is v\d+\.\d+\.\d+; .+\n$/);
    assert.equal(status, 1);
  });
});

/** The launcher in a folder of its own, with a program that says one word. */
function smallProject(t: { after: (fn: () => void) => void }, first = "") {
  const root = mkdtempSync(join(tmpdir(), "gatehouse-launch-"));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  cpSync(join(ROOT, "src/launch.js"), join(root, "src/launch.js"));
  writeFileSync(join(root, "package.json"), '{ "type": "module" }');
  writeFileSync(join(root, "src/program.ts"), 'const word: string = "runs";\nconsole.log(word);\n');
  const start = `${first}const { launch } = await import("./launch.js");\nawait launch(() => import("./program.ts"));\n`;
  writeFileSync(join(root, "src/start.js"), start);
  return {
    root,
    launched: () => spawnSync(process.execPath, [join(root, "src/start.js")], { encoding: "utf8" }),
    kept: () => readdirSync(join(root, "node_modules/.cache/gatehouse"), { recursive: true }),
  };
}
