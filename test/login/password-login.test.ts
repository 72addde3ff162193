import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { hash as argon2 } from "@node-rs/argon2";
import { Accounts } from "../../src/account/accounts.ts";
import { createAccount } from "../../src/account/create-account.ts";
import { AuditTrail } from "../../src/audit/audit-trail.ts";
import { KnownDevices } from "../../src/login/known-devices.ts";
import { PasswordHasher } from "../../src/login/password-hasher.ts";
import { PasswordLogin } from "../../src/login/password-login.ts";
import { Throttle } from "../../src/login/throttle.ts";
import { Busy } from "../../src/platform/busy.ts";
import { silentLog } from "../../src/platform/log.ts";
import { systemRandom } from "../../src/platform/random.ts";
import { Unavailable } from "../../src/platform/unavailable.ts";
import { openDurableStore } from "../../src/storage/open-durable-store.ts";
import { openEmbeddedVolatileStore } from "../../src/volatile/embedded.ts";
import { TestClock } from "../fixtures/clock.ts";

let hasher: PasswordHasher;
before(async () => {
  hasher = await PasswordHasher.create(systemRandom, 1);
});

async function installation(over: { verify?: PasswordHasher["verify"] } = {}) {
  const clock = new TestClock();
  const durable = await openDurableStore({ url: "sqlite::memory:", clock });
  const volatile = openEmbeddedVolatileStore({ path: ":memory:", clock });
  const verified: (string | undefined)[] = [];
  const counting = {
    hash: async (password: string) => await hasher.hash(password),
    needsRehash: (stored: string) => hasher.needsRehash(stored),
    verify: async (stored: string | undefined, password: string) => {
      verified.push(stored);
      return await (over.verify ?? hasher.verify.bind(hasher))(stored, password);
    },
  };
  const created = await createAccount(
    { username: "alice", email: "alice@example.org", password: "open-the-gate" },
    { store: durable.accounts, hasher, clock, random: systemRandom },
  );
  assert.ok(created.kind === "created");
  const audit = new AuditTrail(durable.audit, clock, silentLog);
  const login = new PasswordLogin({
    accounts: new Accounts(durable.accounts),
    store: durable.accounts,
    hasher: counting,
    throttle: new Throttle(volatile, clock),
    devices: new KnownDevices(volatile, systemRandom),
    audit,
    clock,
  });
  const attempt = async (username: string, password: string, deviceToken?: string, address = "192.0.2.7") =>
    await login.attempt({ username, password, address, deviceToken });
  const events = async () => {
    await audit.flush();
    return (await durable.audit.list({ limit: 50 })).items;
  };
  return { account: created.account, attempt, clock, durable, volatile, verified, events };
}

describe("a login with name and password", () => {
  test("lets the right ones in, by user name or e-mail address in any spelling", async () => {
    const { attempt, account } = await installation();
    for (const name of ["alice", " ALICE ", "Alice@Example.org"]) {
      const result = await attempt(name, "open-the-gate");
      assert.ok(result.kind === "accepted", name);
      assert.equal(result.account.id, account.id);
    }
  });

  test("takes a password that was typed in another Unicode form", async () => {
    const { attempt, account, durable } = await installation();
    await durable.accounts.setPasswordHash(account.id, await hasher.hash("J\u00f6rgs-Tor"), 0);
    assert.equal((await attempt("alice", "Jo\u0308rgs-Tor")).kind, "accepted");
  });

  const refused: [name: string, username: string, password: string][] = [
    ["a wrong password", "alice", "open-the-gatE"],
    ["an empty password", "alice", ""],
    ["an unknown name", "mallory", "open-the-gate"],
    ["an empty name", "", "open-the-gate"],
    ["a password of a megabyte", "alice", "x".repeat(1_000_000)],
    ["a Cyrillic twin of the name", "аlice", "open-the-gate"],
  ];
  for (const [name, username, password] of refused) {
    test(`WB-18 refuses ${name} after one check, with the same answer`, async () => {
      const { attempt, verified } = await installation();
      assert.deepEqual(await attempt(username, password), {
        kind: "wrong",
        triesLeft: 4,
        nextWaitMs: 60_000,
      });
      assert.equal(verified.length, 1);
    });
  }

  test("WB-18 refuses a switched-off account with the right password like a wrong one, after the work", async () => {
    const { attempt, account, durable, verified } = await installation();
    await durable.accounts.update(
      { ...account, enabled: false },
      { username: "alice", email: "alice@example.org" },
    );
    assert.deepEqual(await attempt("alice", "open-the-gate"), {
      kind: "wrong",
      triesLeft: 4,
      nextWaitMs: 60_000,
    });
    assert.equal(verified.length, 1);
  });

  test("refuses an account that has no password, whatever is typed", async () => {
    const { attempt, durable } = await installation();
    await createAccount(
      { username: "carol" },
      { store: durable.accounts, hasher, clock: new TestClock(), random: systemRandom },
    );
    assert.equal((await attempt("carol", "")).kind, "wrong");
  });

  test("WB-16 looks at nothing during a wait, at the right password neither", async () => {
    const { attempt, verified, clock } = await installation();
    for (let index = 0; index < 5; index += 1) await attempt("alice", "wrong-password");
    assert.deepEqual(await attempt("alice", "open-the-gate"), { kind: "wait", waitMs: 60_000 });
    assert.equal(verified.length, 5);
    clock.advance(60_000);
    assert.equal((await attempt("alice", "open-the-gate")).kind, "accepted");
  });

  test("WB-14 counts all spellings of a name in one", async () => {
    const { attempt } = await installation();
    for (const name of ["alice", "ALICE", " alice", "ａlice", "Alice "]) {
      assert.equal((await attempt(name, "wrong-password")).kind, "wrong");
    }
    assert.equal((await attempt("alice", "wrong-password")).kind, "wait");
  });

  test("WB-12 a device on which the owner logged in gets in while strangers have used up the name", async () => {
    const { attempt } = await installation();
    const first = await attempt("alice", "open-the-gate");
    assert.ok(first.kind === "accepted");
    for (let index = 0; index < 12; index += 1)
      await attempt("alice", "guess", undefined, `198.51.100.${index}`);
    assert.equal((await attempt("alice", "open-the-gate", undefined, "203.0.113.1")).kind, "wait");
    assert.equal(
      (await attempt("alice", "open-the-gate", first.deviceToken, "203.0.113.1")).kind,
      "accepted",
    );
  });

  test("a device token that was made up, or is another person's, is no known device", async () => {
    const { attempt, durable } = await installation();
    await createAccount(
      { username: "bob", password: "bobs-own-password" },
      { store: durable.accounts, hasher, clock: new TestClock(), random: systemRandom },
    );
    const bob = await attempt("bob", "bobs-own-password");
    assert.ok(bob.kind === "accepted");
    for (let index = 0; index < 12; index += 1)
      await attempt("alice", "guess", undefined, `198.51.100.${index}`);
    for (const token of [bob.deviceToken, "A".repeat(43), "", "x".repeat(10_000)]) {
      assert.equal((await attempt("alice", "open-the-gate", token, "203.0.113.1")).kind, "wait");
    }
  });

  test("makes the hash anew when its parameters have changed", async () => {
    const { attempt, account, durable } = await installation();
    const old = await argon2("open-the-gate", { memoryCost: 8_192, timeCost: 1, parallelism: 1 });
    await durable.accounts.setPasswordHash(account.id, old, 0);
    assert.equal((await attempt("alice", "wrong-password")).kind, "wrong");
    assert.equal(await durable.accounts.passwordHash(account.id), old, "not after a wrong one");
    assert.equal((await attempt("alice", "open-the-gate")).kind, "accepted");
    const renewed = (await durable.accounts.passwordHash(account.id)) ?? "";
    assert.match(renewed, /m=19456,t=2,p=1/);
    assert.equal(await hasher.verify(renewed, "open-the-gate"), true);
  });
});

describe("RL-42 a try whose password was not looked at", () => {
  test("because the queue is full does not count", async () => {
    const { attempt } = await installation({
      verify: async () => await Promise.reject(new Busy("password checks", 3)),
    });
    for (let index = 0; index < 20; index += 1) await assert.rejects(attempt("alice", "open-the-gate"), Busy);
  });

  test("because the volatile store is away is a 503, and no check", async () => {
    const { attempt, volatile, verified } = await installation();
    await volatile.close();
    await assert.rejects(attempt("alice", "open-the-gate"), Unavailable);
    assert.equal(verified.length, 0);
  });
});

describe("WB-93 the audit trail", () => {
  test("has each login and each refusal with its reason and its address", async () => {
    const { attempt, account, events } = await installation();
    await attempt("alice", "wrong-password");
    await attempt("my secret password", "x");
    await attempt("alice", "open-the-gate");
    const trail = (await events()).toReversed();
    assert.deepEqual(
      trail.map(({ action, outcome, targetId, address }) => ({ action, outcome, targetId, address })),
      [
        { action: "login.failed", outcome: "refused", targetId: account.id, address: "192.0.2.7" },
        { action: "login.failed", outcome: "refused", targetId: undefined, address: "192.0.2.7" },
        { action: "login.succeeded", outcome: "success", targetId: account.id, address: "192.0.2.7" },
      ],
    );
    assert.equal(trail[0]?.detail["reason"], "wrong password");
    assert.equal(trail[1]?.detail["reason"], "unknown name");
  });

  test("WB-90 has neither a password nor an unknown name, which may be one", async () => {
    const { attempt, events } = await installation();
    await attempt("hunter2-in-the-wrong-field", "canary-password");
    await attempt("alice", "canary-password");
    assert.ok(!/canary|hunter2/.test(JSON.stringify(await events())));
  });
});
