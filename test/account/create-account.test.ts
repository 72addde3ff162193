import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createAccount, type NewAccount } from "../../src/account/create-account.ts";
import { Busy } from "../../src/platform/busy.ts";
import { systemRandom } from "../../src/platform/random.ts";
import { openDurableStore } from "../../src/storage/open-durable-store.ts";
import { TestClock } from "../fixtures/clock.ts";

async function creator(
  hash: (password: string) => Promise<string> = async (password) =>
    await Promise.resolve(`hash of ${password}`),
) {
  const clock = new TestClock();
  const { accounts: store } = await openDurableStore({ url: "sqlite::memory:", clock });
  const create = async (input: NewAccount) =>
    await createAccount(input, { store, hasher: { hash }, clock, random: systemRandom });
  return { create, store, clock };
}

const ALICE: NewAccount = {
  username: "alice",
  email: "alice@example.org",
  name: "Alice Example",
  password: "open-the-gate",
};

describe("creating an account", () => {
  test("stores it, with the hash of its password and a random id", async () => {
    const { create, store, clock } = await creator();
    const result = await create(ALICE);
    assert.equal(result.kind, "created");
    if (result.kind !== "created") return;
    assert.match(result.account.id, /^[0-9a-f]{32}$/);
    assert.equal(result.account.createdAtMs, clock.nowMs());
    assert.equal(result.account.role, "person");
    assert.equal(result.account.emailVerified, false);
    assert.deepEqual((await store.findByLoginName("alice@example.org"))?.id, result.account.id);
    assert.equal(await store.passwordHash(result.account.id), "hash of open-the-gate");
  });

  test("without a password stores none", async () => {
    const { create, store } = await creator();
    const result = await create({ username: "carol" });
    assert.ok(result.kind === "created");
    assert.equal(await store.passwordHash(result.account.id), undefined);
  });

  const refused: [name: string, input: NewAccount, field: string, why: RegExp][] = [
    ["a taken user name", { username: "alice" }, "username", /another account/],
    ["WB-14 a taken user name in capitals", { username: "ALICE" }, "username", /another account/],
    ["WB-14 a full-width twin", { username: "ａlice" }, "username", /another account/],
    ["WB-14 a Cyrillic twin", { username: "аlice" }, "username", /one script/],
    ["a taken e-mail address", { username: "al", email: "ALICE@example.org" }, "email", /another account/],
    ["somebody else's address as the user name", { username: "bob@example.org" }, "username", /own e-mail/],
    ["no address at all", { username: "bob", email: "bob" }, "email", /not an e-mail/],
    ["a short password", { username: "bob", password: "short" }, "password", /8 characters/],
    [
      "the name as the password",
      { username: "bob.the.builder", password: "Bob.the.builder" },
      "password",
      /name itself/,
    ],
    ["a name with a control character", { username: "bob", name: "Bob\u0000" }, "name", /visible/],
    ["a name with a lone surrogate", { username: "bob", name: "Bob\ud800" }, "name", /visible/],
    ["a name without end", { username: "bob", name: "x".repeat(201) }, "name", /200 characters/],
    ["an empty group", { username: "bob", groups: ["staff", ""] }, "groups", /empty/],
  ];
  for (const [name, input, field, why] of refused) {
    test(`with ${name} is refused and stores nothing`, async () => {
      const { create, store } = await creator();
      await create(ALICE);
      const result = await create(input);
      assert.ok(result.kind === "refused");
      assert.equal(result.field, field);
      assert.match(result.problem, why);
      assert.equal((await store.list({ limit: 10 })).total, 1);
    });
  }

  test("twice at once makes one account", async () => {
    const { create, store } = await creator();
    const results = await Promise.all(Array.from({ length: 10 }, async () => await create(ALICE)));
    assert.equal(results.filter((result) => result.kind === "created").length, 1);
    assert.equal((await store.list({ limit: 20 })).total, 1);
  });

  test("leaves no account without its password behind when the queue is full", async () => {
    const { create, store } = await creator(async () => await Promise.reject(new Busy("password checks", 3)));
    await assert.rejects(create(ALICE), Busy);
    assert.equal((await store.list({ limit: 10 })).total, 0);
  });

  test("WB-70 takes nothing but the fields it knows", async () => {
    const { create } = await creator();
    const smuggled = { username: "mallory", id: "chosen", enabled: false, createdAtMs: 1 };
    const result = await create(smuggled);
    assert.ok(result.kind === "created");
    assert.notEqual(result.account.id, "chosen");
    assert.equal(result.account.enabled, true);
    assert.notEqual(result.account.createdAtMs, 1);
  });
});
