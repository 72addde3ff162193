import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { KeyUseNotes } from "../../src/keys/key-use-notes.ts";
import type { KeyUse } from "../../src/model/key-use.ts";
import { TestClock } from "../fixtures/clock.ts";
import { keptLog } from "../http/site.ts";

const HOUR_MS = 3_600_000;

function open() {
  const clock = new TestClock();
  const log = keptLog();
  const written: (readonly KeyUse[])[] = [];
  const state = { isAway: false };
  const store = {
    note: async (uses: readonly KeyUse[]) => {
      await Promise.resolve();
      if (state.isAway) throw new Error("away");
      written.push(uses);
    },
  };
  return { clock, log, written, state, notes: new KeyUseNotes({ store, clock, log }) };
}

suite("notes about which keys applications use", () => {
  test("a thousand sign-ons of an application within an hour are one row", async () => {
    const { notes, written, clock } = open();
    for (let n = 0; n < 1_000; n++) notes.signed("wiki", "key-1");
    await notes.flush();
    notes.signed("wiki", "key-1");
    await notes.flush();
    assert.deepEqual(written, [[{ applicationId: "wiki", signed: { keyId: "key-1", atMs: clock.nowMs() } }]]);
  });

  test("another key is written at once, the same again after an hour", async () => {
    const { notes, written, clock } = open();
    notes.signed("wiki", "key-1");
    await notes.flush();
    notes.signed("wiki", "key-2");
    await notes.flush();
    clock.advance(HOUR_MS);
    notes.signed("wiki", "key-2");
    await notes.flush();
    assert.deepEqual(
      written.flat().map(({ signed }) => signed?.keyId),
      ["key-1", "key-2", "key-2"],
    );
  });

  test("what was signed and what was accepted are two facts, written together", async () => {
    const { notes, written, clock } = open();
    notes.signed("wiki", "key-2");
    notes.accepted("wiki", "key-1", "logout-answered");
    notes.accepted("pay", "key-2", "session-named");
    await notes.flush();
    const atMs = clock.nowMs();
    assert.deepEqual(written, [
      [
        {
          applicationId: "wiki",
          signed: { keyId: "key-2", atMs },
          accepted: { keyId: "key-1", atMs, how: "logout-answered" },
        },
        { applicationId: "pay", accepted: { keyId: "key-2", atMs, how: "session-named" } },
      ],
    ]);
  });

  test("a database that is away fails no sign-on, and the next sign-on notes it again", async () => {
    const { notes, written, state, log } = open();
    state.isAway = true;
    notes.signed("wiki", "key-1");
    await notes.flush();
    assert.equal(log.lines.length, 1);
    state.isAway = false;
    notes.signed("wiki", "key-1");
    await notes.flush();
    assert.equal(written.flat()[0]?.signed?.keyId, "key-1");
  });

  test("where nothing waits nothing is written", async () => {
    const { notes, written } = open();
    await notes.flush();
    assert.deepEqual(written, []);
  });
});
