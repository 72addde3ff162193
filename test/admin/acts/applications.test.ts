import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { registerClient, type RegisterClientInput } from "../../../src/admin/acts/register-client.ts";
import { removeApplication } from "../../../src/admin/acts/remove-application.ts";
import { setAccess } from "../../../src/admin/acts/set-access.ts";
import { switchApplication } from "../../../src/admin/acts/switch-application.ts";
import { applicationSummary } from "../../../src/admin/application-summary.ts";
import { sha256 } from "../../../src/platform/digest.ts";
import { type ActsInstallation, COMMAND, openActs, OWNER } from "../acts-installation.ts";

const WIKI: RegisterClientInput = { name: "Wiki", redirectUris: ["https://wiki.example.org/callback"] };

async function withWiki(): Promise<ActsInstallation & { readonly id: string }> {
  const installation = await openActs();
  const result = await registerClient(installation.acts, COMMAND, WIKI);
  assert.ok(result.ok);
  installation.announced.length = 0;
  return { ...installation, id: result.application.id };
}

suite("registering a client", () => {
  test("keeps of its secret a hash and four characters, and shows it once", async () => {
    const { acts, store, announced, events } = await openActs();
    const result = await registerClient(acts, COMMAND, WIKI);
    assert.ok(result.ok && result.clientSecret !== undefined);
    const stored = await store.applications.get(result.application.id);
    assert.ok(stored?.protocol === "oidc");
    assert.equal(stored.secrets[0]?.hash, sha256(result.clientSecret));
    assert.ok(!JSON.stringify(stored).includes(result.clientSecret));
    assert.deepEqual(announced, ["applications"]);
    const written = await events();
    assert.equal(written[0]?.action, "application.registered");
    assert.equal(written[0]?.actorId, "command");
    assert.equal(written[0]?.actorName, "root");
    assert.ok(!JSON.stringify(written).includes(result.clientSecret));
    assert.ok(!JSON.stringify(written).includes(sha256(result.clientSecret)));
  });

  test("shows in its summary neither the secret nor its hash", async () => {
    const { acts } = await openActs();
    const result = await registerClient(acts, COMMAND, WIKI);
    assert.ok(result.ok && result.clientSecret !== undefined);
    const summary = JSON.stringify(applicationSummary(result.application));
    assert.ok(!summary.includes(result.clientSecret));
    assert.ok(!summary.includes(sha256(result.clientSecret)));
    assert.ok(summary.includes(result.clientSecret.slice(-4)));
  });

  const refused: readonly (readonly [
    name: string,
    input: RegisterClientInput & Record<string, unknown>,
    field: string,
  ])[] = [
    [
      "a redirect address that runs in the browser",
      { ...WIKI, redirectUris: ["javascript:alert(1)"] },
      "redirectUris",
    ],
    [
      "a redirect address without https",
      { ...WIKI, redirectUris: ["http://wiki.example.org/"] },
      "redirectUris",
    ],
    ["no redirect address", { name: "Wiki" }, "redirectUris"],
    ["no name", { ...WIKI, name: " " }, "name"],
    ["an id of its own choice", { ...WIKI, id: "app-mine" }, ""],
    ["secrets of its own choice", { ...WIKI, secrets: [{ hash: "x" }] }, ""],
    [
      "keys that are private",
      { ...WIKI, authenticationMethod: "private_key_jwt", jwks: { keys: [{ kty: "oct", k: "AA" }] } },
      "jwks",
    ],
    ["no keys at all for private_key_jwt", { ...WIKI, authenticationMethod: "private_key_jwt" }, "jwks"],
  ];
  for (const [name, input, field] of refused) {
    test(`is refused for ${name}, and nothing is stored or written down`, async () => {
      const { acts, store, announced, events } = await openActs();
      const result = await registerClient(acts, OWNER, input);
      assert.ok(!result.ok);
      assert.equal(result.code, "invalid");
      assert.ok(
        result.issues?.some((issue) => issue.field.startsWith(field)),
        JSON.stringify(result.issues),
      );
      assert.deepEqual(await store.applications.all(), []);
      assert.deepEqual(announced, []);
      assert.deepEqual(await events(), []);
    });
  }
});

suite("an application", () => {
  test("is switched off and on again, announced and written down each time", async () => {
    const { acts, store, id, announced, events } = await withWiki();
    assert.ok((await switchApplication(acts, OWNER, id, false)).ok);
    assert.equal((await store.applications.get(id))?.enabled, false);
    assert.ok((await switchApplication(acts, OWNER, id, true)).ok);
    assert.equal((await store.applications.get(id))?.enabled, true);
    assert.deepEqual(announced, ["applications", "applications"]);
    assert.deepEqual(
      (await events()).map(({ action }) => action),
      ["application.registered", "application.switched-off", "application.switched-on"],
    );
  });

  test("is opened to groups, with before and after in the trail", async () => {
    const { acts, store, id, events } = await withWiki();
    const result = await setAccess(acts, OWNER, id, { kind: "groups", groups: ["staff", "board"] });
    assert.ok(result.ok);
    assert.deepEqual((await store.applications.get(id))?.access, {
      kind: "groups",
      groups: ["staff", "board"],
    });
    assert.deepEqual((await events()).at(-1)?.detail, { before: "everybody", after: "staff, board" });
  });

  test("is not closed to everybody by an empty list of groups", async () => {
    const { acts, store, id, announced } = await withWiki();
    const result = await setAccess(acts, OWNER, id, { kind: "groups", groups: [] });
    assert.ok(!result.ok);
    assert.equal(result.field, "groups");
    assert.deepEqual((await store.applications.get(id))?.access, { kind: "everyone" });
    assert.deepEqual(announced, []);
  });

  test("is removed with its grants and its refresh tokens", async () => {
    const { acts, store, id, clock, announced, events } = await withWiki();
    const nowMs = clock.nowMs();
    const account = {
      id: "a11ce",
      username: "alice",
      emailVerified: false,
      groups: [],
      role: "person",
      enabled: true,
      attributes: {},
      createdAtMs: nowMs,
      updatedAtMs: nowMs,
    } as const;
    await store.accounts.insert(account, { username: "alice" });
    const grant = { id: "g1", accountId: "a11ce", applicationId: id, scopes: ["email"] };
    await store.grants.allow(grant, nowMs);
    const token = {
      hash: "h1",
      familyId: "f1",
      accountId: "a11ce",
      applicationId: id,
      grantId: "g1",
      scopes: [],
      issuedAtMs: nowMs,
      expiresAtMs: nowMs + 1_000,
      familyExpiresAtMs: nowMs + 1_000,
      wire: {},
    };
    await store.refreshTokens.insert(token);
    assert.notEqual(await store.refreshTokens.find("h1"), undefined);
    assert.ok((await removeApplication(acts, OWNER, id)).ok);
    assert.equal(await store.applications.get(id), undefined);
    assert.equal(await store.grants.find("a11ce", id), undefined);
    assert.equal(await store.refreshTokens.find("h1"), undefined);
    assert.deepEqual(announced, ["applications"]);
    assert.equal((await events()).at(-1)?.action, "application.removed");
    assert.equal((await events()).at(-1)?.targetName, "Wiki");
  });

  const onNothing = {
    "switched off": async ({ acts }: ActsInstallation) => await switchApplication(acts, OWNER, "gone", false),
    "opened to groups": async ({ acts }: ActsInstallation) =>
      await setAccess(acts, OWNER, "gone", { kind: "everyone" }),
    removed: async ({ acts }: ActsInstallation) => await removeApplication(acts, OWNER, "gone"),
  };
  for (const [name, act] of Object.entries(onNothing)) {
    test(`that is not there is not ${name}, and nothing is written down`, async () => {
      const installation = await openActs();
      const result = await act(installation);
      assert.ok(!result.ok);
      assert.equal(result.code, "not-found");
      assert.deepEqual(await installation.events(), []);
      assert.deepEqual(installation.announced, []);
    });
  }

  test("that is switched off is not switched on again by a change of the same moment", async () => {
    const { acts, store, id, events } = await withWiki();
    const [off, access] = await Promise.all([
      switchApplication(acts, OWNER, id, false),
      setAccess(acts, COMMAND, id, { kind: "groups", groups: ["staff"] }),
    ]);
    const refused = [off, access].filter((result) => !result.ok);
    assert.equal(refused.length, 1, "both were made of the same reading: one of them must be made anew");
    assert.equal(refused[0]?.ok === false && refused[0].code, "conflict");
    const stored = await store.applications.get(id);
    assert.equal(stored?.enabled, !off.ok);
    assert.equal(stored?.access.kind, access.ok ? "groups" : "everyone");
    assert.equal((await events()).at(-1)?.outcome, "failure");
  });

  test("is changed twice within a millisecond, one after the other", async () => {
    const { acts, store, id } = await withWiki();
    assert.ok((await switchApplication(acts, OWNER, id, false)).ok);
    assert.ok((await setAccess(acts, OWNER, id, { kind: "groups", groups: ["staff"] })).ok);
    const stored = await store.applications.get(id);
    assert.deepEqual([stored?.enabled, stored?.access.kind], [false, "groups"]);
  });

  test("is not switched off where the trail cannot be written", async () => {
    const { acts, store, id, breakAudit, announced } = await withWiki();
    breakAudit();
    await assert.rejects(switchApplication(acts, OWNER, id, false));
    assert.equal((await store.applications.get(id))?.enabled, true);
    assert.deepEqual(announced, []);
  });

  test("whose change breaks has a line that says so", async () => {
    const { acts, id, events } = await withWiki();
    const broken = { ...acts, announce: async () => await Promise.reject(new Error("away")) };
    await assert.rejects(switchApplication(broken, OWNER, id, false), /away/);
    assert.deepEqual(
      (await events()).slice(1).map(({ action, outcome }) => [action, outcome]),
      [
        ["application.switched-off", "success"],
        ["application.switched-off", "failure"],
      ],
    );
  });
});
