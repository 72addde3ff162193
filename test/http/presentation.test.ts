import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { counted, duration, initial, sentence, tileClass, timeParts } from "../../src/http/presentation.ts";
import { safePath } from "../../src/http/safe-path.ts";
import { isWebAddress } from "../../src/http/web-address.ts";

describe("words", () => {
  const waits: [ms: number, text: string][] = [
    [1, "1 second"],
    [30_000, "30 seconds"],
    [60_000, "1 minute"],
    [90_000, "90 seconds"],
    [120_000, "2 minutes"],
    [15 * 60_000, "15 minutes"],
    [3 * 60 * 60_000, "3 hours"],
  ];
  for (const [ms, text] of waits) {
    test(`a wait of ${ms} ms is "${text}"`, () => assert.equal(duration(ms), text));
  }

  test("small numbers are words, large ones figures, one is singular", () => {
    assert.equal(counted(0, "application"), "no applications");
    assert.equal(counted(1, "application"), "one application");
    assert.equal(sentence(counted(3, "application")), "Three applications");
    assert.equal(counted(2_014, "application"), "2,014 applications");
    assert.equal(counted(2, "more try", "more tries"), "two more tries");
  });

  test("a time is written in UTC, says so, and carries its instant", () => {
    const at = Date.UTC(2026, 10, 24, 13, 8, 41);
    assert.deepEqual(timeParts(at, "seconds"), { iso: "2026-11-24T13:08:41.000Z", text: "13:08:41 UTC" });
    assert.equal(timeParts(at, "date-time").text, "24 November 2026, 13:08 UTC");
    assert.equal(timeParts(at, "date").text, "24 November 2026");
  });

  test("a tile keeps its colour, and its letter is the first of the name, whatever script", () => {
    assert.equal(tileClass("app-1"), tileClass("app-1"));
    assert.match(tileClass("app-1"), /^tile( c[1-5])?$/);
    assert.equal(initial(" wiki"), "W");
    assert.equal(initial("𝒜pp"), "𝒜");
    assert.equal(initial("  "), "?");
  });
});

describe("WB-29 where a login goes on to", () => {
  for (const path of ["/account/sessions", "/admin", "/admin/applications/abc-1_2"]) {
    test(`${path} is a path of ours`, () => assert.equal(safePath(path), path));
  }
  for (const path of [
    "//evil.example",
    "/\\evil.example",
    "https://evil.example",
    "/a//b",
    "/a\n/b",
    "/a?b",
    "/..%2f",
    "a",
    "",
    "/",
    "/é",
    `/${"a".repeat(300)}`,
  ]) {
    test(`${JSON.stringify(path.slice(0, 30))} is not followed`, () =>
      assert.equal(safePath(path), undefined));
  }
});

describe("WB-20 an address becomes a link only when it is of the web", () => {
  for (const address of ["https://wiki.example.org/", "http://127.0.0.1:4001/x"]) {
    test(`${address} does`, () => assert.equal(isWebAddress(address), true));
  }
  for (const address of [
    "javascript:alert(1)",
    " JavaScript:alert(1)",
    "data:text/html,x",
    "vbscript:x",
    "com.example.app:/cb",
    "wiki",
    "",
  ]) {
    test(`${JSON.stringify(address)} does not`, () => assert.equal(isWebAddress(address), false));
  }
});
