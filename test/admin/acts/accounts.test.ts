import assert from "node:assert/strict";
import { suite, test } from "node:test";
import type { NewAccount } from "../../../src/account/create-account.ts";
import { addAccount } from "../../../src/admin/acts/add-account.ts";
import { switchAccount } from "../../../src/admin/acts/switch-account.ts";
import type { Actor } from "../../../src/admin/actor.ts";
import { type ActsInstallation, openActs, OWNER, TEST_HASHER } from "../acts-installation.ts";

const ALICE: NewAccount = {
  username: "alice",
  email: "alice@example.org",
  name: "Alice Example",
  groups: ["staff"],
  password: "open-the-gate",
};

async function add(installation: ActsInstallation, input: NewAccount) {
  return await addAccount({ ...installation.acts, hasher: TEST_HASHER }, OWNER, input);
}

async function withAlice() {
  const installation = await openActs();
  const result = await add(installation, ALICE);
  assert.ok(result.ok);
  installation.announced.length = 0;
  const { id } = result.account;
  const order: string[] = [];
  const parts = {
    ...installation.acts,
    announce: async (changed: string) => {
      const enabled = (await installation.store.accounts.get(id))?.enabled;
      order.push(`${changed} announced, enabled: ${String(enabled)}`);
    },
    endSessions: async (accountId: string) => {
      order.push(`sessions of ${accountId === id ? "alice" : accountId} ended`);
      return await Promise.resolve(2);
    },
  };
  return { ...installation, id, parts, order };
}

suite("adding an account", () => {
  test("stores it with the hash of its password, announces it and writes it down", async () => {
    const installation = await openActs();
    const result = await add(installation, { ...ALICE, role: "owner" });
    assert.ok(result.ok);
    const { store, announced, events } = installation;
    const stored = await store.accounts.findByLoginName("alice");
    assert.equal(stored?.role, "owner");
    assert.deepEqual(stored?.groups, ["staff"]);
    assert.equal(await store.accounts.passwordHash(result.account.id), "hash-of-13");
    assert.deepEqual(announced, ["accounts"]);
    const written = await events();
    assert.equal(written.length, 1);
    assert.equal(written[0]?.action, "account.added");
    assert.equal(written[0]?.targetId, result.account.id);
    assert.deepEqual(written[0]?.detail, { role: "owner", groups: "staff" });
    assert.ok(!JSON.stringify(written).includes("open-the-gate"));
  });

  test("makes a person of whoever is not said to be an owner", async () => {
    const result = await add(await openActs(), ALICE);
    assert.ok(result.ok);
    assert.equal(result.account.role, "person");
  });

  const refused: readonly (readonly [name: string, input: Partial<NewAccount>, field: string])[] = [
    ["an empty user name", { username: "" }, "username"],
    ["a user name with a space", { username: "al ice" }, "username"],
    ["a user name of mixed scripts", { username: "аlice" }, "username"],
    ["a password that is too short", { password: "short" }, "password"],
    ["an empty password", { password: "" }, "password"],
    ["a password that is the name", { username: "alice.example", password: "Alice.Example" }, "password"],
    ["an address that is none", { email: "alice" }, "email"],
    ["a name with a control character", { name: "Alice\u0000" }, "name"],
  ];
  for (const [name, input, field] of refused) {
    test(`is refused for ${name}, and nothing is stored or written down`, async () => {
      const installation = await openActs();
      const result = await add(installation, { ...ALICE, ...input });
      assert.ok(!result.ok);
      assert.equal(result.field, field, result.message);
      const { total } = await installation.store.accounts.list({ limit: 1 });
      assert.equal(total, 0);
      assert.deepEqual(await installation.events(), []);
      assert.deepEqual(installation.announced, []);
    });
  }

  test("is refused for a name that somebody has, in any spelling", async () => {
    const { store, events, ...rest } = await withAlice();
    for (const username of ["alice", "ALICE", "ａｌｉｃｅ"]) {
      const result = await add(
        { store, events, ...rest },
        { ...ALICE, username, email: "other@example.org" },
      );
      assert.ok(!result.ok);
      assert.equal(result.field, "username");
    }
    assert.equal((await store.accounts.list({ limit: 1 })).total, 1);
    assert.equal((await events()).length, 1);
  });

  test("of one name twice at once makes one account, and a line for the one that failed", async () => {
    const installation = await openActs();
    const results = await Promise.all([add(installation, ALICE), add(installation, ALICE)]);
    assert.equal(results.filter(({ ok }) => ok).length, 1);
    const outcomes = (await installation.events()).map(({ outcome }) => outcome);
    const successes = outcomes.filter((outcome) => outcome === "success").length;
    assert.equal(successes - outcomes.filter((outcome) => outcome === "failure").length, 1);
  });

  test("is not done where the trail cannot be written", async () => {
    const installation = await openActs();
    installation.breakAudit();
    await assert.rejects(add(installation, ALICE));
    assert.equal((await installation.store.accounts.list({ limit: 1 })).total, 0);
  });
});

suite("switching an account off", () => {
  test("stores and announces it first, then revokes its tokens and ends its sessions", async () => {
    const { store, id, parts, order, clock, events } = await withAlice();
    const nowMs = clock.nowMs();
    const application = {
      protocol: "saml",
      id: "app",
      name: "App",
      enabled: true,
      access: { kind: "everyone" },
      consent: "implied",
      release: [],
      createdAtMs: nowMs,
      updatedAtMs: nowMs,
      entityId: "https://app.example",
      metadataXml: "",
      assertionConsumerServices: [],
      singleLogoutServices: [],
      signingCertificates: [],
      encryptionKeys: [],
      nameIdFormats: [],
      requestsMustBeSigned: false,
      signAssertion: true,
      signResponse: false,
      encryptAssertion: false,
    } as const;
    await store.applications.insert(application);
    await store.refreshTokens.insert({
      hash: "h1",
      familyId: "f1",
      accountId: id,
      applicationId: "app",
      scopes: [],
      issuedAtMs: nowMs,
      expiresAtMs: nowMs + 1_000,
      familyExpiresAtMs: nowMs + 1_000,
      wire: {},
    });
    const result = await switchAccount(parts, OWNER, id, false);
    assert.ok(result.ok);
    assert.equal(result.sessionsEnded, 2);
    assert.equal((await store.accounts.get(id))?.enabled, false);
    assert.equal(await store.refreshTokens.find("h1"), undefined);
    assert.deepEqual(order, ["accounts announced, enabled: false", "sessions of alice ended"]);
    const last = (await events()).at(-1);
    assert.equal(last?.action, "account.switched-off");
    assert.equal(last?.targetName, "alice");
  });

  test("keeps the account findable by both its names", async () => {
    const { store, id, parts } = await withAlice();
    await switchAccount(parts, OWNER, id, false);
    assert.equal((await store.accounts.findByLoginName("alice"))?.id, id);
    assert.equal((await store.accounts.findByLoginName("alice@example.org"))?.id, id);
  });

  test("again repeats all of it, for a first time that broke off", async () => {
    const { id, parts, order } = await withAlice();
    const broken = { ...parts, endSessions: async () => await Promise.reject(new Error("away")) };
    await assert.rejects(switchAccount(broken, OWNER, id, false), /away/);
    const result = await switchAccount(parts, OWNER, id, false);
    assert.ok(result.ok);
    assert.equal(order.at(-1), "sessions of alice ended");
  });

  test("on again ends no session", async () => {
    const { store, id, parts, order } = await withAlice();
    await switchAccount(parts, OWNER, id, false);
    order.length = 0;
    const result = await switchAccount(parts, OWNER, id, true);
    assert.ok(result.ok);
    assert.equal(result.sessionsEnded, 0);
    assert.equal((await store.accounts.get(id))?.enabled, true);
    assert.deepEqual(order, ["accounts announced, enabled: true"]);
  });

  test("is refused to whoever would lock themselves out", async () => {
    const { store, id, parts, order, events } = await withAlice();
    const herself: Actor = { kind: "account", id, name: "alice", address: "192.0.2.1" };
    const result = await switchAccount(parts, herself, id, false);
    assert.ok(!result.ok);
    assert.equal(result.code, "yourself");
    assert.equal((await store.accounts.get(id))?.enabled, true);
    assert.deepEqual(order, []);
    assert.equal((await events()).length, 1);
  });

  test("is refused for an account that is not there", async () => {
    const { parts, order } = await withAlice();
    const result = await switchAccount(parts, OWNER, "nobody", false);
    assert.ok(!result.ok);
    assert.equal(result.code, "not-found");
    assert.deepEqual(order, []);
  });

  test("is not done where the trail cannot be written", async () => {
    const { store, id, parts, order, breakAudit } = await withAlice();
    breakAudit();
    await assert.rejects(switchAccount(parts, OWNER, id, false));
    assert.equal((await store.accounts.get(id))?.enabled, true);
    assert.deepEqual(order, []);
  });
});
