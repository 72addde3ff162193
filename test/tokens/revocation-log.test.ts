import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { RevocationLog, REVOCATIONS_KEPT_MS, type RevocationEvent } from "../../src/tokens/revocation-log.ts";
import { openEmbeddedVolatileStore } from "../../src/volatile/embedded.ts";
import { openRedisVolatileStore } from "../../src/volatile/redis.ts";
import type { VolatileStore } from "../../src/volatile/volatile-store.ts";
import { TestClock } from "../fixtures/clock.ts";
import { skipWithout, startRedis, type TestRedis } from "../fixtures/servers.ts";

const revoked = (id: string): RevocationEvent => ({ what: "revoked", id });
const many = (count: number, name: string) =>
  Array.from({ length: count }, (_, n) => revoked(`${name}-${n}`));

describe("the revocation log, embedded", () => {
  logTests(async (clock) => ({
    store: openEmbeddedVolatileStore({ path: ":memory:", clock }),
    stop: () => Promise.resolve(),
  }));
});

describe("the revocation log, Redis", { skip: skipWithout("redis") }, () => {
  let redis: TestRedis;
  before(async () => {
    redis = await startRedis();
  });
  after(async () => await redis.stop());
  logTests(async () => {
    await redis.ask("FLUSHALL");
    const store = await openRedisVolatileStore({ url: redis.url });
    return { store, stop: async () => await store.close() };
  });
});

function logTests(
  open: (clock: TestClock) => Promise<{ store: VolatileStore; stop: () => Promise<void> }>,
): void {
  async function withLog(
    run: (log: RevocationLog, clock: TestClock, store: VolatileStore) => Promise<void>,
  ): Promise<void> {
    const clock = new TestClock();
    const { store, stop } = await open(clock);
    try {
      await run(new RevocationLog(store, clock), clock, store);
    } finally {
      await stop();
    }
  }
  const ids = (found: Awaited<ReturnType<RevocationLog["since"]>>) =>
    found.events.map((event) => (event.what === "all" ? "all" : event.id));

  test("events are read once, in order, by a cursor", async () => {
    await withLog(async (log) => {
      await log.append([revoked("a")]);
      const { next } = await log.since(0);
      await log.append([revoked("b"), revoked("c")]);
      await log.append([{ what: "session-ended", id: "d" }]);
      const found = await log.since(next);
      assert.deepEqual(ids(found), ["b", "c", "d"]);
      assert.deepEqual([found.reset, found.next - next, found.top], [false, 3, found.next]);
      assert.deepEqual(ids(await log.since(found.next)), []);
    });
  });

  test("who knows nothing, is ahead of the log, or kept a cursor over an emptied store is told to forget all", async () => {
    await withLog(async (log) => {
      assert.equal((await log.since(5)).reset, true, "the store is empty");
      await log.append([revoked("a")]);
      const { next, reset } = await log.since(0);
      assert.equal(reset, true);
      assert.deepEqual(await log.since(next + 1), { events: [], next, reset: true, top: next });
    });
  });

  test("who comes after more than an hour is told to forget all, and not that nothing happened", async () => {
    await withLog(async (log, clock, store) => {
      await log.append([revoked("a")]);
      const { next } = await log.since(0);
      await log.append([revoked("b")]);
      clock.advance(2 * REVOCATIONS_KEPT_MS);
      // What Redis would have dropped by now.
      const bucket = Math.floor((clock.nowMs() - 2 * REVOCATIONS_KEPT_MS) / 600_000);
      await store.delete([`revocations:${bucket}`]);
      await log.append([revoked("c")]);
      clock.advance(6_000);
      const found = await log.since(next);
      assert.deepEqual([found.reset, ids(found)], [true, []]);
      assert.deepEqual(ids(await log.since(found.next)), []);
    });
  });

  test("who comes after half an hour gets all of it", async () => {
    await withLog(async (log, clock) => {
      await log.append([revoked("a")]);
      const { next } = await log.since(0);
      await log.append([revoked("b")]);
      clock.advance(REVOCATIONS_KEPT_MS / 2);
      await log.append([revoked("c")]);
      assert.deepEqual(ids(await log.since(next)), ["b", "c"]);
    });
  });

  test("more than can be named at once are one event that names nobody", async () => {
    await withLog(async (log) => {
      await log.append([revoked("a")]);
      const { next } = await log.since(0);
      await log.append(many(501, "x"));
      assert.deepEqual(ids(await log.since(next)), ["all"]);
    });
  });

  test("more than can be named in ten minutes likewise", async () => {
    await withLog(async (log) => {
      for (let round = 0; round < 10; round++) await log.append(many(500, `r${round}`));
      const { next } = await log.since(0);
      await log.append([revoked("one too many")]);
      assert.deepEqual(ids(await log.since(next)), ["all"]);
    });
  });

  test("a number whose writer has not written yet is not passed over", async () => {
    await withLog(async (log, clock, store) => {
      await log.append([revoked("a")]);
      const { next } = await log.since(0);
      await store.hashIncrement("revocation-sequence", "last", 1, 60_000);
      const waiting = await log.since(next);
      assert.deepEqual([waiting.next, waiting.top, waiting.reset], [next, next + 1, false]);
      await log.append([revoked("c")]);
      assert.deepEqual(ids(await log.since(next)), [], "the one before may still come");
      clock.advance(5_001);
      assert.equal((await log.since(next)).reset, true, "it does not come any more");
    });
  });

  test("numbers are never given twice, also after the store was emptied", async () => {
    await withLog(async (log, clock, store) => {
      await log.append([revoked("a")]);
      const { next } = await log.since(0);
      await store.delete(["revocation-sequence"]);
      clock.advance(1_000);
      await log.append([revoked("b")]);
      const found = await log.since(0);
      assert.ok(found.next > next, `${found.next} after ${next}`);
      clock.advance(10_000);
      await store.delete(["revocation-sequence"]);
      await log.append([revoked("c")]);
      assert.equal((await log.since(found.next)).reset, true, "at once: nobody is waited for");
    });
  });

  test("a history of writes begins once, with everybody forgetting what they keep and reading anew", async () => {
    await withLog(async (log) => {
      let announced = 0;
      const announce = async () => await Promise.resolve(void (announced += 1));
      await log.append([revoked("a")]);
      const first = await log.since(0);
      await log.beginHistory("one", announce);
      const second = await log.since(first.next);
      assert.deepEqual([second.reset, announced], [true, 1]);
      await log.beginHistory("one", announce);
      assert.deepEqual([(await log.since(second.next)).reset, announced], [false, 1]);
      await log.beginHistory("two", announce);
      assert.deepEqual([(await log.since(second.next)).reset, announced], [true, 2]);
    });
  });

  test("a number that was given for what a fail-over lost is not given again: who has heard it forgets all", async () => {
    await withLog(async (log, clock, store) => {
      await log.append([revoked("kept")]);
      const kept = (await log.since(0)).next;
      await log.append([revoked("lost")]);
      const { next } = await log.since(kept);
      // The store as the replica has it.
      await store.hashDelete(`revocations:${Math.floor(clock.nowMs() / 600_000)}`, [String(next)]);
      await store.hashSet("revocation-sequence", { last: String(kept) }, 60_000);
      await log.beginHistory("two", nothing);
      assert.equal((await log.since(next)).reset, true);
      await log.append(many(3, "later"));
      assert.equal((await log.since(next)).reset, true);
    });
  });

  test("a history that could not be begun is begun by the next one who tries", async () => {
    await withLog(async (log) => {
      await log.append([revoked("a")]);
      const { next } = await log.since(0);
      const away = async () => await Promise.reject(new Error("away"));
      await assert.rejects(log.beginHistory("one", away), { message: "away" });
      const second = await log.since(next);
      await log.beginHistory("one", nothing);
      assert.equal((await log.since(second.next)).reset, true);
    });
  });
}

async function nothing(): Promise<void> {
  await Promise.resolve();
}
