import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { Unavailable } from "../../src/platform/unavailable.ts";
import type { VolatileStore } from "../../src/volatile/volatile-store.ts";

/** One kind of volatile store, with what the suite needs to try it. */
export interface VolatileSubject {
  /** Opens the same data once more, as another process would. */
  open(): Promise<VolatileStore>;
  /** Lets this much time go by for the store. */
  advance(ms: number): Promise<void>;
  tearDown(): Promise<void>;
}

const LONG = 60_000;
/** Short enough to wait for, long enough that no machine is too slow for what comes before its end. */
const SHORT = 400;

/** What every volatile store must do; each implementation runs it. */
export function volatileContract(
  name: string,
  setUp: () => Promise<VolatileSubject>,
  options: { readonly skip: string | false },
): void {
  describe(`volatile store: ${name}`, options, () => {
    let subject: VolatileSubject;
    let store: VolatileStore;
    let second: VolatileStore;
    let keys = 0;
    const freshKey = () => `key-${++keys}`;

    before(async () => {
      subject = await setUp();
      store = await subject.open();
      second = await subject.open();
    });
    after(async () => {
      await store.close();
      await second.close();
      await subject.tearDown();
    });

    describe("values", () => {
      it("an absent key is undefined, not an error", async () => {
        const key = freshKey();
        assert.equal(await store.get(key), undefined);
        assert.equal(await store.getAndDelete(key), undefined);
        assert.equal(await store.hashGet(key, "field"), undefined);
        assert.deepEqual(await store.hashGetAll(key), new Map());
        assert.equal(await store.takeOnce(key, LONG), undefined);
        assert.equal(await store.expire(key, LONG), false);
        assert.equal(await store.delete([key]), 0);
        assert.equal(await store.hashDelete(key, ["field"]), 0);
      });

      it("what was set is read on another connection, whatever the text is", async () => {
        for (const value of [
          "",
          "plain",
          "öß€😀",
          "a\nb\r\nc",
          "'; DROP TABLE entries; --",
          "x".repeat(100_000),
        ]) {
          const key = freshKey();
          await store.set(key, value, LONG);
          assert.equal(await second.get(key), value);
        }
      });

      it("setting again replaces the value and its time to live", async () => {
        const key = freshKey();
        await store.set(key, "old", LONG);
        await store.set(key, "new", SHORT);
        assert.equal(await store.get(key), "new");
        await subject.advance(SHORT + 1);
        assert.equal(await store.get(key), undefined);
      });

      it("many are read in the order that was asked, absent ones as undefined", async () => {
        const [a, b, c] = [freshKey(), freshKey(), freshKey()];
        await store.set(a, "1", LONG);
        await store.set(c, "3", LONG);
        assert.deepEqual(await store.getMany([c, b, a, c]), ["3", undefined, "1", "3"]);
        assert.deepEqual(await store.getMany([]), []);
      });

      it("deleting tells how many existed", async () => {
        const [a, b] = [freshKey(), freshKey()];
        await store.set(a, "1", LONG);
        await store.hashSet(b, { field: "1" }, LONG);
        assert.equal(await store.delete([a, b, freshKey()]), 2);
        assert.equal(await store.delete([a, b]), 0);
        assert.equal(await store.delete([]), 0);
        assert.deepEqual(await store.hashGetAll(b), new Map());
      });

      it("get-and-delete gives the value to one of many callers", async () => {
        const key = freshKey();
        await store.set(key, "value", LONG);
        const given = await Promise.all(burst(50, (n) => (n % 2 === 0 ? store : second).getAndDelete(key)));
        assert.deepEqual(
          given.filter((value) => value !== undefined),
          ["value"],
        );
      });

      it("set-if-absent is true for one of many callers", async () => {
        const key = freshKey();
        const won = await Promise.all(
          burst(100, (n) => (n % 2 === 0 ? store : second).setIfAbsent(key, String(n), LONG)),
        );
        const winners = won.flatMap((yes, n) => (yes ? [String(n)] : []));
        assert.equal(winners.length, 1);
        assert.equal(await store.get(key), winners[0]);
      });
    });

    describe("time", () => {
      it("a key is there before its time is over and gone after it, on every connection", async () => {
        const key = freshKey();
        await store.set(key, "value", SHORT);
        assert.equal(await second.get(key), "value");
        await subject.advance(SHORT + 1);
        assert.equal(await store.get(key), undefined);
        assert.equal(await second.get(key), undefined);
        assert.equal(await store.setIfAbsent(key, "again", LONG), true);
      });

      it("expire gives a key a new time to live", async () => {
        const key = freshKey();
        await store.set(key, "value", SHORT);
        assert.equal(await store.expire(key, LONG), true);
        await subject.advance(SHORT + 1);
        assert.equal(await store.get(key), "value");
        assert.equal(await store.expire(key, SHORT), true);
        await subject.advance(SHORT + 1);
        assert.equal(await store.expire(key, LONG), false);
      });

      it("a refused set-if-absent does not prolong the one that is there", async () => {
        const key = freshKey();
        await store.setIfAbsent(key, "1", SHORT);
        assert.equal(await store.setIfAbsent(key, "2", LONG), false);
        await subject.advance(SHORT + 1);
        assert.equal(await store.get(key), undefined);
      });

      it("fractions of a millisecond are rounded up, and what is no number is refused", async () => {
        const key = freshKey();
        await store.set(key, "value", LONG + 0.25);
        assert.equal(await store.get(key), "value");
        await assert.rejects(store.set(key, "value", Number.NaN), RangeError);
        await assert.rejects(store.set(key, "value", Number.POSITIVE_INFINITY), RangeError);
      });
    });

    describe("counters", () => {
      it("a burst on two connections is counted exactly", async () => {
        const key = freshKey();
        const results = await Promise.all(
          burst(200, (n) => (n % 2 === 0 ? store : second).increment(key, 1, LONG)),
        );
        const counts = results.map((result) => result.count).sort((a, b) => a - b);
        assert.deepEqual(
          counts,
          Array.from({ length: 200 }, (_, n) => n + 1),
        );
      });

      it("the window begins with its first count and is not prolonged by later ones", async () => {
        const key = freshKey();
        const first = await store.increment(key, 2, SHORT);
        assert.equal(first.count, 2);
        assert.ok(first.resetsInMs > 0 && first.resetsInMs <= SHORT);
        const next = await store.increment(key, 3, LONG);
        assert.equal(next.count, 5);
        assert.ok(next.resetsInMs <= SHORT, `the window still ends in ${next.resetsInMs} ms`);
        await subject.advance(SHORT + 1);
        assert.equal((await store.increment(key, 1, SHORT)).count, 1);
      });
    });

    describe("hashes", () => {
      it("concurrent writers of different fields do not overwrite each other", async () => {
        const key = freshKey();
        await Promise.all(
          burst(50, (n) => (n % 2 === 0 ? store : second).hashSet(key, { [`f${n}`]: String(n) }, LONG)),
        );
        const fields = await store.hashGetAll(key);
        assert.equal(fields.size, 50);
        assert.equal(fields.get("f49"), "49");
        assert.equal(await second.hashGet(key, "f7"), "7");
      });

      it("several hashes are set in one command, each with its own fields and life", async () => {
        const [lasting, fresh, empty] = [freshKey(), freshKey(), freshKey()];
        await store.hashSet(lasting, { a: "0", b: "1" }, LONG);
        await store.hashSetAll(
          [
            { key: lasting, fields: { a: "1" } },
            { key: empty, fields: {} },
            { key: fresh, fields: { x: "2", y: "3" } },
          ],
          SHORT,
        );
        assert.deepEqual(Object.fromEntries(await store.hashGetAll(lasting)), { a: "1", b: "1" });
        assert.deepEqual(Object.fromEntries(await store.hashGetAll(fresh)), { x: "2", y: "3" });
        assert.equal((await store.hashGetAll(empty)).size, 0);
        await subject.advance(SHORT + 1);
        assert.equal((await store.hashGetAll(fresh)).size, 0);
        assert.equal((await store.hashGetAll(lasting)).size, 2);
      });

      it("a field named like an object's own is only a field", async () => {
        const key = freshKey();
        await store.hashSet(key, { constructor: "1", ["__proto__"]: "2", "": "3" }, LONG);
        assert.equal(await store.hashGet(key, "toString"), undefined);
        const expected = new Map([
          ["constructor", "1"],
          ["__proto__", "2"],
          ["", "3"],
        ]);
        assert.deepEqual(await store.hashGetAll(key), expected);
      });

      it("writing a field may lengthen the hash's life and never shortens it", async () => {
        const [long, short] = [freshKey(), freshKey()];
        await store.hashSet(long, { a: "1" }, LONG);
        await store.hashSet(long, { b: "2" }, SHORT);
        await store.hashSet(short, { a: "1" }, SHORT);
        await store.hashSet(short, { b: "2" }, LONG);
        await subject.advance(SHORT + 1);
        assert.equal((await store.hashGetAll(long)).size, 2);
        assert.equal((await store.hashGetAll(short)).size, 2);
      });

      it("deleting fields tells how many existed, and a hash without fields is gone", async () => {
        const key = freshKey();
        await store.hashSet(key, { a: "1", b: "2" }, LONG);
        assert.equal(await store.hashDelete(key, ["a", "c"]), 1);
        assert.equal(await store.hashDelete(key, ["b"]), 1);
        assert.equal(await store.delete([key]), 0);
      });

      it("a hash with nothing to set is not made", async () => {
        const key = freshKey();
        await store.hashSet(key, {}, LONG);
        assert.equal(await store.delete([key]), 0);
      });

      it("a field counts exactly under a burst, within the life that the first count gave", async () => {
        const key = freshKey();
        const counts = await Promise.all(
          burst(100, (n) => (n % 2 === 0 ? store : second).hashIncrement(key, "n", 1, SHORT)),
        );
        assert.equal(new Set(counts).size, 100);
        assert.equal(Math.max(...counts), 100);
        await store.hashIncrement(key, "n", -40, LONG);
        assert.equal(await store.hashGet(key, "n"), "60");
        await subject.advance(SHORT + 1);
        assert.equal(await store.hashGet(key, "n"), undefined);
      });
    });

    describe("once", () => {
      it("of 200 takers on two connections one gets it, and all the others learn what was issued", async () => {
        const key = freshKey();
        await store.issueOnce(key, "issued", LONG);
        const taken = await Promise.all(
          burst(200, (n) => (n % 2 === 0 ? store : second).takeOnce(key, LONG)),
        );
        assert.equal(taken.filter((result) => result?.state === "yours").length, 1);
        assert.equal(taken.filter((result) => result?.state === "used").length, 199);
        assert.ok(taken.every((result) => result?.value === "issued"));
      });

      it("what was not taken in time is unknown", async () => {
        const key = freshKey();
        await store.issueOnce(key, "issued", SHORT);
        await subject.advance(SHORT + 1);
        assert.equal(await store.takeOnce(key, LONG), undefined);
      });

      it("the mark is kept as long as asked, longer than the value would have lived, and no longer", async () => {
        const key = freshKey();
        await store.issueOnce(key, "issued", SHORT);
        assert.equal((await store.takeOnce(key, 3 * SHORT))?.state, "yours");
        await subject.advance(SHORT + 1);
        assert.equal((await store.takeOnce(key, LONG))?.state, "used");
        await subject.advance(2 * SHORT + 1);
        assert.equal(await store.takeOnce(key, LONG), undefined);
      });

      it("a later presentation does not prolong the mark", async () => {
        const key = freshKey();
        await store.issueOnce(key, "issued", LONG);
        await store.takeOnce(key, SHORT);
        await store.takeOnce(key, LONG);
        await subject.advance(SHORT + 1);
        assert.equal(await store.takeOnce(key, LONG), undefined);
      });

      it("issuing again under the same key makes it fresh", async () => {
        const key = freshKey();
        await store.issueOnce(key, "first", LONG);
        await store.takeOnce(key, LONG);
        await store.issueOnce(key, "second", LONG);
        assert.deepEqual(await second.takeOnce(key, LONG), { state: "yours", value: "second" });
      });

      it("deleting it leaves nothing to take", async () => {
        const key = freshKey();
        await store.issueOnce(key, "issued", LONG);
        assert.equal(await store.delete([key]), 1);
        assert.equal(await store.takeOnce(key, LONG), undefined);
      });
    });

    describe("kinds", () => {
      it("a one-time value cannot be read as a plain one, nor a plain one taken: a bug, not an outage", async () => {
        const [once, plain, hash] = [freshKey(), freshKey(), freshKey()];
        await store.issueOnce(once, "issued", LONG);
        await store.set(plain, "value", LONG);
        await store.hashSet(hash, { a: "1" }, LONG);
        for (const mistake of [
          () => store.get(once),
          () => store.getAndDelete(once),
          () => store.increment(once, 1, LONG),
          () => store.takeOnce(plain, LONG),
          () => store.hashGet(plain, "a"),
          () => store.hashSet(plain, { a: "1" }, LONG),
          () => store.get(hash),
        ]) {
          await assert.rejects(mistake, (error) => !(error instanceof Unavailable));
        }
        assert.deepEqual(await store.takeOnce(once, LONG), { state: "yours", value: "issued" });
        assert.equal(await store.get(plain), "value");
      });
    });

    describe("answering", () => {
      it("a store that answers resolves the ping; a closed one is unavailable, never absent", async () => {
        const third = await subject.open();
        await third.ping();
        await third.close();
        await assert.rejects(third.ping(), isUnavailable);
        await assert.rejects(third.get("key"), isUnavailable);
        await assert.rejects(third.takeOnce("key", LONG), isUnavailable);
        await assert.rejects(third.increment("key", 1, LONG), isUnavailable);
        await third.close();
      });
    });
  });
}

/** For assert.rejects: the volatile store is away. */
export function isUnavailable(error: unknown): boolean {
  return error instanceof Unavailable && error.store === "volatile";
}

function burst<T>(count: number, call: (n: number) => Promise<T>): Promise<T>[] {
  return Array.from({ length: count }, (_, n) => call(n));
}
