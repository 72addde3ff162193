import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { recordAnswer, recordSilence } from "../../src/flow/logout-record.ts";
import type { LogoutOutcome } from "../../src/model/logout-receipt.ts";
import { openDurableStore } from "../../src/storage/open-durable-store.ts";
import { TestClock } from "../fixtures/clock.ts";

async function receiptWith(outcome: LogoutOutcome) {
  const clock = new TestClock();
  const store = await openDurableStore({ url: "sqlite::memory:", clock });
  const entry = {
    applicationId: "wiki",
    applicationName: "Wiki",
    protocol: "saml",
    channel: "front",
    atMs: 1,
  } as const;
  await store.receipts.insert({
    id: "LO-1",
    accountId: "a1",
    startedAtMs: 1,
    entries: [{ ...entry, outcome }],
  });
  const now = async () => (await store.receipts.get("LO-1"))?.entries[0]?.outcome;
  return { parts: { receipts: store.receipts, clock }, now, close: async () => await store.close() };
}

/** What stands there, what comes, what stands there afterwards. */
const answers: readonly [LogoutOutcome, LogoutOutcome, LogoutOutcome][] = [
  ["pending", "signed-out", "signed-out"],
  ["pending", "refused", "refused"],
  ["refused", "signed-out", "signed-out"],
  ["no-answer", "already-gone", "already-gone"],
  ["unreachable", "no-answer", "no-answer"],
  ["already-gone", "signed-out", "signed-out"],
  ["signed-out", "already-gone", "signed-out"],
  ["signed-out", "refused", "signed-out"],
  ["signed-out", "no-answer", "signed-out"],
  ["already-gone", "unreachable", "already-gone"],
];

describe("the record of a logout", () => {
  for (const [before, comes, after] of answers) {
    test(`"${before}" and then "${comes}" is "${after}"`, async () => {
      const { parts, now, close } = await receiptWith(before);
      await recordAnswer(parts, "LO-1", "wiki", { outcome: comes });
      assert.equal(await now(), after);
      await close();
    });
  }

  for (const before of ["told", "refused", "signed-out", "already-gone", "not-supported"] as const) {
    test(`silence does not replace "${before}"`, async () => {
      const { parts, now, close } = await receiptWith(before);
      await recordSilence(parts, "LO-1", "wiki");
      assert.equal(await now(), before);
      await close();
    });
  }

  test("silence closes what waits", async () => {
    const { parts, now, close } = await receiptWith("pending");
    await recordSilence(parts, "LO-1", "wiki");
    assert.equal(await now(), "no-answer");
    await close();
  });
});
