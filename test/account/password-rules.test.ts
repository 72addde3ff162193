import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { normalisedPassword, passwordProblem } from "../../src/account/password-rules.ts";

const NAMES = ["alice", "alice.example@example.org"];

describe("WB-19 a new password", () => {
  const taken = [
    "open-the-gate",
    "correct horse battery",
    "ÄÖÜäöüßé",
    "p4ss\u0000word-x",
    "😀😁😂😃😄😅😆😇",
    "x1".repeat(128),
  ];
  for (const password of taken) {
    test(`${JSON.stringify(password.slice(0, 20))} may be used`, () => {
      assert.equal(passwordProblem(password, NAMES), undefined);
    });
  }

  const refused: [password: string, why: RegExp][] = [
    ["", /8 characters at least/],
    ["short-1", /8 characters at least/],
    ["😀".repeat(7), /8 characters at least/],
    ["x1".repeat(128) + "y", /256 characters at most/],
    ["password123", /first that are guessed/],
    ["PassWord123", /first that are guessed/],
    ["aaaaaaaaaaaa", /first that are guessed/],
    ["alice.example@example.org", /the name itself/],
    ["Alice.Example", /the name itself/],
  ];
  for (const [password, why] of refused) {
    test(`${JSON.stringify(password.slice(0, 20))} is refused`, () => {
      assert.match(passwordProblem(password, NAMES) ?? "", why);
    });
  }
});

test("the same password typed on two keyboards is the same, and nothing is trimmed or cut", () => {
  assert.equal(normalisedPassword("Jo\u0308rg-12"), normalisedPassword("J\u00f6rg-12"));
  assert.equal(normalisedPassword("  spaces count  "), "  spaces count  ");
  assert.equal(normalisedPassword("ﬁ"), "ﬁ", "NFC, not NFKC");
});
