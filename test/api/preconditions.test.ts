import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { acceptsJson, entityTag, readIfMatch } from "../../src/api/preconditions.ts";

describe("If-Match", () => {
  const rows: readonly (readonly [string | undefined, object])[] = [
    [undefined, { kind: "absent" }],
    ["*", { kind: "any" }],
    [entityTag(7), { kind: "version", version: 7 }],
    [' "7" ', { kind: "version", version: 7 }],
    ['W/"7"', { kind: "version", version: 0 }],
    ['"07"', { kind: "version", version: 0 }],
    ['"0"', { kind: "version", version: 0 }],
    ['"9999999999999999"', { kind: "version", version: 0 }],
    ['"x"', { kind: "version", version: 0 }],
    ['"1", "2"', { kind: "unreadable" }],
    ["1", { kind: "unreadable" }],
    ["", { kind: "unreadable" }],
  ];
  for (const [header, read] of rows) {
    test(`${header ?? "left out"} is read as ${JSON.stringify(read)}`, () => {
      assert.deepEqual(readIfMatch(header), read);
    });
  }
});

describe("Accept", () => {
  for (const header of [
    undefined,
    "",
    "*/*",
    "application/*",
    "application/json",
    "text/html, application/json;q=0.1",
  ]) {
    test(`takes JSON: ${header ?? "left out"}`, () => {
      assert.equal(acceptsJson(header), true);
    });
  }
  for (const header of [
    "text/html",
    "application/xml",
    "application/json;q=0",
    "application/json; q=0.0",
    "text/*",
  ]) {
    test(`takes no JSON: ${header}`, () => {
      assert.equal(acceptsJson(header), false);
    });
  }
});
