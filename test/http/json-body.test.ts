import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { JsonRefused, readJson } from "../../src/http/json-body.ts";

describe("JSON that is read", () => {
  for (const value of [
    {},
    [],
    "a",
    1,
    null,
    { a: { a: 1 }, b: [{ a: 1 }, { a: 2 }] },
    { "a:b": ["a", "a"] },
  ]) {
    test(`is what it says: ${JSON.stringify(value)}`, () => {
      assert.deepEqual(readJson(JSON.stringify(value)), value);
    });
  }

  test("may have the same name in two objects, and as a value", () => {
    assert.deepEqual(readJson('{"a":"a","b":{"a":"b"},"c":["a","a"]}'), {
      a: "a",
      b: { a: "b" },
      c: ["a", "a"],
    });
  });
});

describe("JSON that is refused", () => {
  const rows: readonly (readonly [what: string, text: string, why: RegExp])[] = [
    ["nothing", "", /not JSON/],
    ["a comma too many", '{"a":1,}', /not JSON/],
    ["two documents", "{}{}", /not JSON/],
    ["a string without its end, made of escaped quotes", `"${'\\"'.repeat(30_000)}`, /not JSON/],
    ["a member that comes twice", '{"a":1,"a":1}', /twice/],
    ["one that comes twice in two spellings", '{"scopes":[],"\\u0073copes":["all"]}', /twice/],
    ["one that comes twice, deep inside", '{"a":[{"b":{"c":1,"c":2}}]}', /twice/],
    ["twenty-one arrays in each other", "[".repeat(21) + "]".repeat(21), /deep/],
    ["thirty thousand arrays in each other", "[".repeat(30_000) + "]".repeat(30_000), /deep/],
  ];
  for (const [what, text, why] of rows) {
    test(`is ${what}`, () => {
      assert.throws(
        () => readJson(text),
        (error) => error instanceof JsonRefused && why.test(error.message),
      );
    });
  }

  test("costs little, whatever is in it", () => {
    const text = `{"a":"${'\\"'.repeat(30_000)}","b":"${"{".repeat(60_000)}"}`;
    const beganMs = performance.now();
    readJson(text);
    assert.ok(performance.now() - beganMs < 1_000);
  });
});
