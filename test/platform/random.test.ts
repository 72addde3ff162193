import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { pooledRandom, randomToken } from "../../src/platform/random.ts";

describe("random bytes that are fetched many at a time", () => {
  test("are as many as were asked for, also more than are fetched at once", () => {
    const random = pooledRandom();
    for (const count of [0, 1, 20, 32, 2_047, 2_048, 2_049, 10_000]) {
      assert.equal(random.bytes(count).length, count);
    }
  });

  test("are never handed out twice", () => {
    const random = pooledRandom();
    const tokens = Array.from({ length: 5_000 }, () => randomToken(random));
    assert.equal(new Set(tokens).size, tokens.length);
  });

  test("belong to whoever asked: what is written into them reaches no other value", () => {
    const random = pooledRandom();
    const first = random.bytes(32);
    const second = random.bytes(32);
    const before = second.toString("hex");
    first.fill(0xff);
    assert.equal(second.toString("hex"), before);
    assert.notEqual(random.bytes(32).toString("hex"), "ff".repeat(32));
  });

  test("are not the same in two generators", () => {
    assert.notDeepEqual(pooledRandom().bytes(32), pooledRandom().bytes(32));
  });

  test("are of no one value more than of the others", () => {
    const random = pooledRandom();
    const counts = Array.from({ length: 256 }, () => 0);
    for (let round = 0; round < 4_000; round += 1) {
      for (const byte of random.bytes(64)) counts[byte] = (counts[byte] ?? 0) + 1;
    }
    // A thousand expected of each; the limits are ten standard deviations away.
    assert.ok(Math.min(...counts) > 680);
    assert.ok(Math.max(...counts) < 1_320);
  });
});
