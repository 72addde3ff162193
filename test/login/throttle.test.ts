import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { addressBucket } from "../../src/login/address-bucket.ts";
import { Throttle, type Try, type Verdict } from "../../src/login/throttle.ts";
import { Unavailable } from "../../src/platform/unavailable.ts";
import { openEmbeddedVolatileStore } from "../../src/volatile/embedded.ts";
import { TestClock } from "../fixtures/clock.ts";

const MINUTE = 60_000;
const HOME: Try = { name: "alice", address: "192.0.2.7", knownDevice: undefined };

function fresh() {
  const clock = new TestClock();
  const store = openEmbeddedVolatileStore({ path: ":memory:", clock });
  return { clock, store, throttle: new Throttle(store, clock) };
}

/** One failed try; the verdict. */
async function fail(throttle: Throttle, attempt: Try): Promise<Verdict> {
  return await throttle.begin(attempt);
}

/** Failed tries until one is not looked at: how many were. */
async function checkedUntilWait(throttle: Throttle, attempts: Iterable<Try>): Promise<number> {
  let checked = 0;
  for (const attempt of attempts) {
    if ((await fail(throttle, attempt)).kind === "wait") return checked;
    checked += 1;
  }
  return checked;
}

function* places(count: number, name = "alice"): Iterable<Try> {
  for (let index = 0; index < count; index += 1) {
    yield { name, address: `198.51.${Math.floor(index / 250)}.${index % 250}`, knownDevice: undefined };
  }
}

describe("one name from one place", () => {
  test("has five tries, told down to none, and then a wait of one minute", async () => {
    const { throttle } = fresh();
    const left: number[] = [];
    for (let index = 0; index < 5; index += 1) {
      const verdict = await fail(throttle, HOME);
      assert.ok(verdict.kind === "checked");
      left.push(verdict.triesLeft);
      assert.equal(verdict.nextWaitMs, MINUTE);
    }
    assert.deepEqual(left, [4, 3, 2, 1, 0]);
    assert.deepEqual(await fail(throttle, HOME), { kind: "wait", waitMs: MINUTE });
  });

  test("WB-12 has one try after each wait, and the waits grow to a quarter of an hour and no further", async () => {
    const { throttle, clock } = fresh();
    for (let index = 0; index < 5; index += 1) await fail(throttle, HOME);
    const waits: number[] = [];
    for (let index = 0; index < 6; index += 1) {
      const verdict = await fail(throttle, HOME);
      assert.ok(verdict.kind === "wait", "nothing is looked at during a wait");
      waits.push(verdict.waitMs / MINUTE);
      clock.advance(verdict.waitMs);
      assert.equal((await fail(throttle, HOME)).kind, "checked", "the next one counts");
    }
    assert.deepEqual(waits, [1, 2, 4, 8, 15, 15]);
  });

  test("trying during the wait makes it no longer", async () => {
    const { throttle, clock } = fresh();
    for (let index = 0; index < 5; index += 1) await fail(throttle, HOME);
    for (let index = 0; index < 50; index += 1) await fail(throttle, HOME);
    clock.advance(MINUTE);
    assert.equal((await fail(throttle, HOME)).kind, "checked");
    const next = await fail(throttle, HOME);
    assert.deepEqual(next, { kind: "wait", waitMs: 2 * MINUTE });
  });

  test("WB-16 begins anew after a login, and only then", async () => {
    const { throttle, clock } = fresh();
    for (let index = 0; index < 5; index += 1) await fail(throttle, HOME);
    clock.advance(MINUTE);
    const right = await throttle.begin(HOME);
    assert.ok(right.kind === "checked");
    assert.equal((await fail(throttle, HOME)).kind, "wait", "the right password has not been told yet");
    await right.succeeded();
    assert.equal(
      await checkedUntilWait(
        throttle,
        Array.from({ length: 9 }, () => HOME),
      ),
      5,
    );
  });

  test("is another than a second name or a second place", async () => {
    const { throttle } = fresh();
    for (let index = 0; index < 6; index += 1) await fail(throttle, HOME);
    assert.equal((await fail(throttle, { ...HOME, name: "bob" })).kind, "checked");
    assert.equal((await fail(throttle, { ...HOME, address: "192.0.2.8" })).kind, "checked");
  });
});

describe("WB-13 a burst", () => {
  test("of 200 at once in two processes has exactly the free tries looked at", async () => {
    const { throttle, store, clock } = fresh();
    const other = new Throttle(store, clock);
    const verdicts = await Promise.all(
      Array.from({ length: 200 }, async (_, index) => await (index % 2 === 0 ? throttle : other).begin(HOME)),
    );
    assert.equal(verdicts.filter((verdict) => verdict.kind === "checked").length, 5);
  });

  test("after a wait has exactly one looked at", async () => {
    const { throttle, clock } = fresh();
    for (let index = 0; index < 5; index += 1) await fail(throttle, HOME);
    clock.advance(MINUTE);
    const verdicts = await Promise.all(Array.from({ length: 100 }, async () => await throttle.begin(HOME)));
    assert.equal(verdicts.filter((verdict) => verdict.kind === "checked").length, 1);
    const next = verdicts.find((verdict) => verdict.kind === "wait");
    assert.ok(next !== undefined && next.waitMs <= 2 * MINUTE);
  });
});

describe("WB-12 guessing from many places", () => {
  test("has ten tries on one name, and then one for every ninety seconds", async () => {
    const { throttle, clock } = fresh();
    assert.equal(await checkedUntilWait(throttle, places(50)), 10);
    clock.advance(90_000);
    assert.equal(await checkedUntilWait(throttle, places(50)), 1);
  });

  test("has at most fifty tries on one name in an hour", async () => {
    const { throttle, clock } = fresh();
    let checked = 0;
    for (const attempt of places(360)) {
      if ((await fail(throttle, attempt)).kind === "checked") checked += 1;
      clock.advance(10_000);
    }
    assert.ok(checked >= 40 && checked <= 50, `${checked} were looked at`);
  });

  test("does not keep the owner out who comes from a known device", async () => {
    const { throttle } = fresh();
    await checkedUntilWait(throttle, places(50));
    const known = { ...HOME, knownDevice: "a device of alice" };
    assert.equal((await fail(throttle, HOME)).kind, "wait", "an unknown place waits");
    assert.equal((await throttle.begin(known)).kind, "checked");
    assert.equal(
      await checkedUntilWait(
        throttle,
        Array.from({ length: 9 }, () => known),
      ),
      4,
      "it has its own five",
    );
  });

  test("one password over many names from one address ends after a hundred", async () => {
    const { throttle } = fresh();
    const names = Array.from({ length: 150 }, (_, index) => ({ ...HOME, name: `person-${index}` }));
    assert.equal(await checkedUntilWait(throttle, names), 100);
  });

  test("an account of one's own wins no fresh tries for the address", async () => {
    const { throttle } = fresh();
    let checked = 0;
    for (let index = 0; index < 150; index += 1) {
      const own = await throttle.begin({ ...HOME, name: "mallory" });
      if (own.kind === "checked") await own.succeeded();
      if ((await fail(throttle, { ...HOME, name: `person-${index}` })).kind === "checked") checked += 1;
    }
    assert.equal(checked, 100);
  });
});

describe("a try", () => {
  test("that was given back does not count", async () => {
    const { throttle } = fresh();
    for (let index = 0; index < 20; index += 1) {
      const verdict = await throttle.begin(HOME);
      assert.ok(verdict.kind === "checked");
      await verdict.givenBack();
    }
    assert.equal(
      await checkedUntilWait(
        throttle,
        Array.from({ length: 9 }, () => HOME),
      ),
      5,
    );
  });

  test("that is given back after its hour leaves no extra one", async () => {
    const { throttle, clock } = fresh();
    const verdict = await throttle.begin(HOME);
    assert.ok(verdict.kind === "checked");
    clock.advance(61 * MINUTE);
    await verdict.givenBack();
    assert.equal(
      await checkedUntilWait(
        throttle,
        Array.from({ length: 9 }, () => HOME),
      ),
      5,
    );
  });

  test("is refused when the store is away", async () => {
    const { throttle, store } = fresh();
    await store.close();
    await assert.rejects(throttle.begin(HOME), Unavailable);
  });
});

describe("what counts as one address", () => {
  const buckets: [address: string, bucket: string][] = [
    ["192.0.2.7", "192.0.2.7"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
    ["2001:db8:1:2::1", "2001:db8:1:2::/64"],
    ["2001:db8::1", "2001:db8:0:0::/64"],
    ["::1", "0:0:0:0::/64"],
    ["2001:db8:1:2:ffff::", "2001:db8:1:2::/64"],
    ["unknown", "unknown"],
  ];
  for (const [address, bucket] of buckets) {
    test(`${address} is in ${bucket}`, () => assert.equal(addressBucket(address), bucket));
  }
});
