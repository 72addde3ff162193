import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { receiptLines } from "../../src/http/receipt-lines.ts";
import type { LogoutEntry, LogoutOutcome, LogoutReceipt } from "../../src/model/logout-receipt.ts";

function entry(outcome: LogoutOutcome, id: string = outcome): LogoutEntry {
  return {
    applicationId: id,
    applicationName: `App ${id}`,
    protocol: "saml",
    channel: "back",
    outcome,
    atMs: Date.UTC(2026, 10, 24, 13, 32, 7),
  };
}

function receipt(...entries: readonly LogoutEntry[]): LogoutReceipt {
  return { id: "LO-7K2M-94QD", accountId: "alice", startedAtMs: 0, entries };
}

describe("the receipt of a logout", () => {
  test("says how many confirmed it and how many may still know the person", () => {
    const { title, summary } = receiptLines(
      receipt(
        entry("signed-out", "a"),
        entry("already-gone", "b"),
        entry("signed-out", "c"),
        entry("no-answer"),
        entry("not-supported"),
      ),
      new Map(),
    );
    assert.equal(title, "Logged out, two applications left");
    assert.equal(summary, "Three applications confirmed it. Two may still know you.");
  });

  const summaries: [name: string, entries: LogoutEntry[], title: string, summary: string][] = [
    ["when all confirmed", [entry("signed-out")], "Logged out", "One application confirmed it."],
    [
      "when none did",
      [entry("refused")],
      "Logged out, one application left",
      "No application confirmed it. One may still know you.",
    ],
    ["when none had to be told", [], "Logged out", "No application had to be told."],
  ];
  for (const [name, entries, title, summary] of summaries) {
    test(`is true ${name}`, () => {
      const page = receiptLines(receipt(...entries), new Map());
      assert.equal(page.title, title);
      assert.equal(page.summary, summary);
    });
  }

  test("lists the problems first", () => {
    const { lines } = receiptLines(
      receipt(entry("signed-out"), entry("no-answer"), entry("unreachable")),
      new Map(),
    );
    assert.deepEqual(
      lines.map((line) => line.kind),
      ["bad", "warn", "ok"],
    );
  });

  const open: LogoutOutcome[] = ["pending", "told", "no-answer", "refused", "not-supported", "unreachable"];
  for (const outcome of open) {
    test(`never calls "${outcome}" a confirmation`, () => {
      const [line] = receiptLines(receipt(entry(outcome)), new Map()).lines;
      assert.notEqual(line?.kind, "ok");
      assert.equal(line?.confirmed, false);
    });
  }

  test("offers the way to an application that cannot be logged out, but never a script", () => {
    const applications = new Map([
      ["not-supported", { startUrl: "https://library.example.org/" }],
      ["x", { startUrl: "javascript:alert(1)" }],
    ]);
    const { lines } = receiptLines(
      receipt(entry("not-supported"), entry("not-supported", "x")),
      applications,
    );
    assert.deepEqual(
      lines.map((line) => line.openUrl),
      ["https://library.example.org/", undefined],
    );
  });

  test("without a receipt only says that the person is logged out", () => {
    assert.deepEqual(receiptLines(undefined, new Map()).lines, []);
  });
});
