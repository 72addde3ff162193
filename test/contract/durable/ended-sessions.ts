import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { HOSTILE_TEXTS, type Subject } from "./subject.ts";

/** Sessions that ended a short while ago, on one database with two connections. */
export function endedSessionContract(subject: Subject): void {
  describe("ended sessions", () => {
    it("are found from their instant on, the oldest first, by whoever asks", async () => {
      const { store, second } = subject();
      await store.endedSessions.note({ sessionId: "s-2", accountId: "alice" }, 2_000);
      await store.endedSessions.note({ sessionId: "s-1", accountId: "bob" }, 1_000);
      assert.deepEqual(await second.endedSessions.since(1_000), [
        { sessionId: "s-1", accountId: "bob" },
        { sessionId: "s-2", accountId: "alice" },
      ]);
      assert.deepEqual(await second.endedSessions.since(1_001), [{ sessionId: "s-2", accountId: "alice" }]);
      assert.deepEqual(await second.endedSessions.since(2_001), []);
    });

    it("one that is noted twice is there once, with its later instant", async () => {
      const { store, second } = subject();
      await store.endedSessions.note({ sessionId: "twice", accountId: "alice" }, 10_000);
      await second.endedSessions.note({ sessionId: "twice", accountId: "alice" }, 11_000);
      assert.deepEqual(await store.endedSessions.since(10_001), [{ sessionId: "twice", accountId: "alice" }]);
    });

    it("are swept out before an instant, and not from it on", async () => {
      const { store } = subject();
      await store.endedSessions.deleteBefore(1_000_000);
      await store.endedSessions.note({ sessionId: "old", accountId: "alice" }, 1_000_000);
      await store.endedSessions.note({ sessionId: "young", accountId: "alice" }, 1_000_001);
      assert.equal(await store.endedSessions.deleteBefore(1_000_001), 1);
      assert.deepEqual(await store.endedSessions.since(0), [{ sessionId: "young", accountId: "alice" }]);
    });

    it("texts that are SQL are texts", async () => {
      const { store } = subject();
      await store.endedSessions.deleteBefore(Number.MAX_SAFE_INTEGER);
      for (const text of HOSTILE_TEXTS) {
        await store.endedSessions.note({ sessionId: text, accountId: text }, 5);
      }
      assert.equal((await store.endedSessions.since(0)).length, HOSTILE_TEXTS.length);
    });
  });
}
