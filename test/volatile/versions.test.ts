import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { Unavailable } from "../../src/platform/unavailable.ts";
import { openEmbeddedVolatileStore } from "../../src/volatile/embedded.ts";
import { KNOWN_FOR_MS, type VersionedKind, Versions } from "../../src/volatile/versions.ts";
import type { VolatileStore } from "../../src/volatile/volatile-store.ts";
import { TestClock } from "../fixtures/clock.ts";
import { eventually } from "../fixtures/eventually.ts";

const TICK_MS = 5;
const SOME_TICKS_MS = 60;

describe("versions", () => {
  let clock: TestClock;
  let store: VolatileStore;
  let down: boolean;
  let watching: Versions;
  let other: Versions;
  let calls: VersionedKind[];

  beforeEach(() => {
    clock = new TestClock();
    store = openEmbeddedVolatileStore({ path: ":memory:", clock });
    down = false;
    calls = [];
    const fragile = new Proxy(store, {
      get(target, name): unknown {
        if (down) return async () => await Promise.reject(new Unavailable("volatile"));
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== "function") return value;
        return (...values: unknown[]): unknown => Reflect.apply(value, target, values);
      },
    });
    watching = new Versions(fragile, clock);
    other = new Versions(store, clock);
    for (const kind of ["applications", "keys", "accounts"] as const) {
      watching.watch(kind, async () => void calls.push(kind));
    }
  });
  afterEach(async () => {
    watching.stop();
    await store.close();
  });

  /** Starts, and forgets the first calls that every start makes. */
  async function started(): Promise<void> {
    watching.start(TICK_MS);
    await eventually(async () => assert.equal(calls.length, 3));
    calls.length = 0;
  }

  it("at the start everything is read once more, for what changed before the watch", async () => {
    watching.start(TICK_MS);
    await wait(SOME_TICKS_MS);
    assert.deepEqual(calls.sort(), ["accounts", "applications", "keys"]);
  });

  it("a change in another process is noticed once, and only what has changed is read", async () => {
    await started();
    await other.bump("keys");
    await eventually(async () => assert.deepEqual(calls, ["keys"]));
    await wait(SOME_TICKS_MS);
    assert.deepEqual(calls, ["keys"]);
    await other.bump("applications");
    await eventually(async () => assert.deepEqual(calls, ["keys", "applications"]));
  });

  it("a store that was emptied and counts anew is noticed, even when nobody looked in between", async () => {
    await other.bump("keys");
    await started();
    await store.delete(["versions"]);
    clock.advance(1_000);
    await other.bump("keys");
    await eventually(async () => assert.deepEqual(calls, ["keys"]));
  });

  it("a version that vanished counts as a change", async () => {
    await other.bump("keys");
    await started();
    await store.delete(["versions"]);
    await eventually(async () => assert.deepEqual(calls, ["keys"]));
  });

  it("when the store was away everything is read once after it answers again, and not before", async () => {
    await started();
    down = true;
    await wait(SOME_TICKS_MS);
    assert.deepEqual(calls, []);
    down = false;
    await eventually(async () => assert.deepEqual(calls, ["applications", "keys", "accounts"]));
    await wait(SOME_TICKS_MS);
    assert.equal(calls.length, 3);
  });

  it("a reading that failed is tried again at the next tick", async () => {
    let attempts = 0;
    const single = new Versions(store, clock);
    single.watch("keys", async () => {
      attempts += 1;
      if (attempts < 3) throw new Unavailable("durable");
    });
    single.start(TICK_MS);
    await eventually(async () => assert.equal(attempts, 3));
    await wait(SOME_TICKS_MS);
    single.stop();
    assert.equal(attempts, 3);
  });

  it("a slow reading is not begun a second time beside itself", async () => {
    let running = 0;
    let most = 0;
    const slow = new Versions(store, clock);
    slow.watch("keys", async () => {
      running += 1;
      most = Math.max(most, running);
      await wait(10 * TICK_MS);
      running -= 1;
    });
    slow.start(TICK_MS);
    for (let n = 0; n < 8; n++) {
      await other.bump("keys");
      await wait(TICK_MS);
    }
    slow.stop();
    assert.equal(most, 1);
  });

  it("stopped, nothing is noticed any more", async () => {
    await started();
    watching.stop();
    await other.bump("keys");
    await wait(SOME_TICKS_MS);
    assert.deepEqual(calls, []);
  });

  it("nothing is known before the first look, and what one look has seen is known for a short time", async () => {
    assert.equal(watching.isKnown(clock.nowMs()), false);
    await watching.look();
    assert.equal(watching.isKnown(clock.nowMs()), true);
    assert.equal(watching.isKnown(clock.nowMs() + KNOWN_FOR_MS), true);
    assert.equal(watching.isKnown(clock.nowMs() + KNOWN_FOR_MS + 1), false);
  });

  it("after the clock was set back nothing is known", async () => {
    await watching.look();
    assert.equal(watching.isKnown(clock.nowMs() - 1), false);
  });

  it("while the store is away nothing is known, and who asks is told", async () => {
    await watching.look();
    down = true;
    await assert.rejects(watching.look(), Unavailable);
    assert.equal(watching.isKnown(clock.nowMs()), false);
    down = false;
    await watching.look();
    assert.equal(watching.isKnown(clock.nowMs()), true);
  });

  it("a look that finds a change which cannot be read does not make it known", async () => {
    const single = new Versions(store, clock);
    single.watch("keys", async () => await Promise.reject(new Unavailable("durable")));
    await assert.rejects(single.look(), Unavailable);
    assert.equal(single.isKnown(clock.nowMs()), false);
  });

  it("a look has read what changed before it returns", async () => {
    await watching.look();
    calls.length = 0;
    await other.bump("accounts");
    await watching.look();
    assert.deepEqual(calls, ["accounts"]);
  });

  it("a bump that could not be stored is an error for whoever made the change", async () => {
    down = true;
    await assert.rejects(watching.bump("keys"), Unavailable);
  });
});
