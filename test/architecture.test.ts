import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, test } from "node:test";
import { z } from "zod";
import { circlesIn, importsOf, moduleOf, readModules } from "./architecture/modules.ts";
import { RULES, violations } from "./architecture/rules.ts";

const Manifest = z.object({
  dependencies: z.record(z.string(), z.string()),
  devDependencies: z.record(z.string(), z.string()),
});
const ROOT = resolve(import.meta.dirname, "..");
const LONGEST_SOURCE = 300;
const LONGEST_TEST = 400;

describe("the source keeps the directions", () => {
  const modules = readModules("src");

  for (const rule of RULES) {
    test(rule.name, () => {
      const broken = modules.flatMap((module) =>
        rule.broken(module, modules).map((what) => `${module.path}: ${what}`),
      );
      assert.deepEqual(broken, []);
    });
  }

  test("there are no circles of imports", () => {
    assert.deepEqual(circlesIn(modules), []);
  });
});

describe("the project keeps its size and order", () => {
  test("no source file is longer than 300 lines and no test file longer than 400", () => {
    const long = [
      ...tooLong("src", LONGEST_SOURCE),
      ...tooLong("test", LONGEST_TEST),
      ...tooLong("examples", LONGEST_SOURCE),
      ...tooLong("bench", LONGEST_SOURCE),
    ];
    assert.deepEqual(long, []);
  });

  test("the decision notes are numbered without gaps or doubles", () => {
    const names = readdirSync(resolve(ROOT, "docs/decisions")).sort();
    const numbers = names.map((name) => /^(\d{4})-[a-z0-9-]+\.md$/.exec(name)?.[1]);
    assert.deepEqual(
      numbers,
      names.map((_, index) => String(index + 1).padStart(4, "0")),
    );
  });

  test("the lock file records no address that a package came from", () => {
    assert.doesNotMatch(readFileSync(resolve(ROOT, "package-lock.json"), "utf8"), /"resolved"\s*:/);
  });

  test("every dependency is asked for by its exact version", () => {
    const manifest = Manifest.parse(JSON.parse(readFileSync(resolve(ROOT, "package.json"), "utf8")));
    const loose = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies }).filter(
      ([, version]) => !/^\d+\.\d+\.\d+$/.test(version),
    );
    assert.deepEqual(loose, []);
  });
});

describe("the scanner finds what it looks for", () => {
  test("imports of every form are seen, and relative ones become paths", () => {
    const text = [
      'import express from "express";',
      'import type { A } from "../model/a.ts";',
      "import {",
      "  b,",
      "  type C,",
      "} from './b.ts';",
      'import * as d from "node:fs";',
      'import "./side-effect.ts";',
      'export { e } from "./e.ts";',
      'export * from "./f.ts";',
      'const g = await import("./g.ts");',
      'type H = import("../h.ts").H;',
      'const text = "import x";',
    ].join("\n");
    assert.deepEqual(importsOf("src/flow/x.ts", text), [
      "express",
      "src/model/a.ts",
      "src/flow/b.ts",
      "node:fs",
      "src/flow/side-effect.ts",
      "src/flow/e.ts",
      "src/flow/f.ts",
      "src/flow/g.ts",
      "src/h.ts",
    ]);
  });

  test("an export with a value does not swallow the next import", () => {
    const text = 'export const from = 1;\nimport { a } from "./a.ts";\n';
    assert.deepEqual(importsOf("src/flow/x.ts", text), ["src/flow/a.ts"]);
  });

  test("a circle is found, also one that only types make", () => {
    const a = moduleOf("src/a/a.ts", 'import type { B } from "../b/b.ts";');
    const b = moduleOf("src/b/b.ts", 'import { c } from "../c/c.ts";');
    const c = moduleOf("src/c/c.ts", 'export { a } from "../a/a.ts";');
    assert.deepEqual(circlesIn([a, b, c]), ["src/a/a.ts -> src/b/b.ts -> src/c/c.ts -> src/a/a.ts"]);
    assert.deepEqual(circlesIn([a, b]), []);
  });

  for (const [rule, path, text] of brokenSamples()) {
    test(`a broken rule is reported: ${rule} (${path})`, () => {
      const part = moduleOf(
        "src/session/part.ts",
        "export class Part {}\nexport class PartLost extends Error {}",
      );
      const names = violations([moduleOf(path, text), part]).map((line) => line.slice(0, line.indexOf(":")));
      assert.deepEqual(names, [rule]);
    });
  }

  test("a table that is made with its content is no state", () => {
    assert.deepEqual(violations([moduleOf("src/flow/a.ts", 'const NAMES = new Set(["a"]);')]), []);
  });

  test("an error of another folder may be made anywhere", () => {
    const part = moduleOf("src/session/part.ts", "export class PartLost extends Error {}");
    const user = moduleOf(
      "src/flow/user.ts",
      'import { PartLost } from "../session/part.ts";\nthrow new PartLost("x");',
    );
    assert.deepEqual(violations([user, part]), []);
  });

  test("every rule has a sample that breaks it", () => {
    const covered = new Set(brokenSamples().map(([rule]) => rule));
    assert.deepEqual(
      RULES.map((rule) => rule.name).filter((name) => !covered.has(name)),
      [],
    );
  });
});

function tooLong(folder: string, limit: number): readonly string[] {
  return readModules(folder)
    .map(({ path, text }) => ({ path, lines: text.split("\n").length - 1 }))
    .filter(({ lines }) => lines > limit)
    .map(({ path, lines }) => `${path} has ${lines} lines`);
}

/** For each rule a file that breaks it and nothing else. */
function brokenSamples(): readonly (readonly [rule: string, path: string, text: string])[] {
  const imports = (name: string) => `import x from "${name}";\n`;
  const constructs = 'import { Part } from "../session/part.ts";\nexport const make = () => new Part();';
  return [
    ["model imports nothing", "src/model/a.ts", imports("../flow/b.ts")],
    ["decision imports the model alone", "src/decision/a.ts", imports("../platform/clock.ts")],
    ["nothing in decision is async", "src/decision/a.ts", "export async function decide() {}"],
    ["the two protocols never import each other", "src/saml/a.ts", imports("../oidc/b.ts")],
    ["the two protocols never import each other", "src/oidc/a.ts", imports("../saml/xml/b.ts")],
    ["login, account, tokens and the API import no protocol", "src/login/a.ts", imports("../oidc/b.ts")],
    ["login, account, tokens and the API import no protocol", "src/account/a.ts", imports("../saml/b.ts")],
    ["only endpoints, http and the server know Express", "src/flow/a.ts", imports("express")],
    ["a driver is named in one place", "src/session/a.ts", imports("redis")],
    ["a driver is named in one place", "src/volatile/a.ts", imports("pg")],
    ["a driver is named in one place", "src/volatile/redis.ts", imports("node:sqlite")],
    ["a driver is named in one place", "src/saml/a.ts", imports("@xmldom/xmldom/lib/dom.js")],
    ["a driver is named in one place", "src/login/a.ts", imports("jose")],
    ["only the server, main and the command construct the parts", "src/flow/a.ts", constructs],
    ["no module keeps state", "src/flow/a.ts", "export let count = 0;"],
    ["no module keeps state", "src/flow/a.ts", "const seen = new Map<string, number>();"],
    ["no module keeps state", "src/flow/a.ts", 'const SEEN = new Set(["a"]);\nSEEN.add("b");'],
    ["time and randomness come in from outside", "src/flow/a.ts", "export const now = () => Date.now();"],
    ["time and randomness come in from outside", "src/flow/a.ts", "export const id = () => randomUUID();"],
    ["only the command writes to the console", "src/flow/a.ts", 'console.log("x");'],
  ];
}
