import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { hash as argon2 } from "@node-rs/argon2";
import { checksInFlight, PasswordHasher } from "../../src/login/password-hasher.ts";
import { Busy } from "../../src/platform/busy.ts";
import { systemRandom } from "../../src/platform/random.ts";

let hasher: PasswordHasher;
before(async () => {
  hasher = await PasswordHasher.create(systemRandom, 1);
});

describe("WB-19 password hashes", () => {
  test("are argon2id with 19 MiB, two passes and one lane, with a salt of their own", async () => {
    const [one, two] = [await hasher.hash("open-the-gate"), await hasher.hash("open-the-gate")];
    assert.match(one, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$[\w+/]{22}\$[\w+/]{43}$/);
    assert.notEqual(one, two);
  });

  test("let the right password in and no other", async () => {
    const stored = await hasher.hash("open-the-gate");
    assert.equal(await hasher.verify(stored, "open-the-gate"), true);
    for (const wrong of ["", "Open-the-gate", "open-the-gate ", "open-the-gat", "open-the-gate\u0000"]) {
      assert.equal(await hasher.verify(stored, wrong), false, JSON.stringify(wrong));
    }
  });

  test("cut nothing off: neither after 72 bytes nor at a NUL", async () => {
    const long = "a".repeat(72);
    assert.equal(await hasher.verify(await hasher.hash(`${long}x`), `${long}y`), false);
    assert.equal(await hasher.verify(await hasher.hash("one\u0000two"), "one\u0000three"), false);
  });

  test("WB-18 without a stored hash every password is wrong", async () => {
    assert.equal(await hasher.verify(undefined, "open-the-gate"), false);
    assert.equal(await hasher.verify(undefined, ""), false);
  });

  test("are asked for anew when the parameters have changed", async () => {
    assert.equal(hasher.needsRehash(await hasher.hash("x")), false);
    const weaker = { memoryCost: 8_192, timeCost: 2, parallelism: 1 };
    assert.equal(hasher.needsRehash(await argon2("x", weaker)), true);
    assert.equal(hasher.needsRehash(await argon2("x", { ...weaker, memoryCost: 19_456, timeCost: 1 })), true);
    const argon2i = "$argon2i$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$qqSCqQPLbO7RKU9qFwvGBw";
    assert.equal(hasher.needsRehash(argon2i), true);
  });
});

describe("RL-42 a storm of logins", () => {
  test("is turned away beyond the queue, at once and without work", async () => {
    const narrow = await PasswordHasher.create(systemRandom, 1);
    const started = performance.now();
    const results = await Promise.allSettled(
      Array.from({ length: 60 }, async () => await narrow.verify(undefined, "x")),
    );
    const turnedAway = results.filter((result) => result.status === "rejected");
    assert.equal(turnedAway.length, 60 - 51, "one is checked, fifty wait");
    for (const result of turnedAway)
      assert.ok(result.reason instanceof Busy && result.reason.retryAfterSeconds > 0);
    assert.ok(performance.now() - started < 20_000);
    assert.equal(await narrow.verify(undefined, "x"), false, "and then there is room again");
  });

  test("a check that fails gives its place back", async () => {
    const narrow = await PasswordHasher.create(systemRandom, 1);
    for (let round = 0; round < 3; round += 1) await assert.rejects(narrow.verify("not a hash", "x"));
    assert.equal(await narrow.verify(undefined, "x"), false);
  });

  const slots: [cores: number, workers: number, slots: number][] = [
    [1, 1, 1],
    [2, 1, 1],
    [4, 1, 3],
    [16, 1, 3],
    [16, 16, 1],
    [8, 2, 3],
    [2, 8, 1],
  ];
  for (const [cores, workers, expected] of slots) {
    test(`${workers} processes on ${cores} cores check ${expected} at once each`, () => {
      assert.equal(checksInFlight(cores, workers), expected);
    });
  }
});
