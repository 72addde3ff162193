import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type AdminApp, startAdminApp } from "./admin-app.ts";
import { AdminBrowser, hidden, hiddenField } from "./admin-browser.ts";

const OWN_API = "http://localhost:4000/api";
const DAY_MS = 86_400_000;
const HALF_HOUR_MS = 1_800_000;
const HOST = { origin: "http://localhost:4000" };

describe("revoking many tokens on the administrators' page", () => {
  let app: AdminApp;
  let olga: AdminBrowser;
  before(async () => {
    app = await startAdminApp();
    olga = await AdminBrowser.as(app, "olga");
  });
  after(async () => await app.close());

  const store = () => app.parts.stores.durable.apiTokens;
  const stateOf = async (id: string) => (await store().get(id))?.state;

  async function key(project: string, scopes: readonly string[] = []): Promise<string> {
    const nowMs = app.parts.clock.nowMs();
    const actor = {
      kind: "account",
      id: app.ids.olga,
      name: "olga",
      address: "192.0.2.1",
      freshSinceMs: nowMs,
    } as const;
    const made = await app.parts.tokens.apiTokens.create(actor, {
      kind: scopes.length > 0 ? "pat" : "key",
      ...(scopes.length > 0 ? {} : { owner: { kind: "project", id: project } }),
      name: `Of ${project}`,
      expiresAtMs: nowMs + 30 * DAY_MS,
      limits: { resources: [OWN_API], scopes },
    });
    if (!made.ok) throw new Error(made.message);
    return made.token.id;
  }

  async function preview(fields: Readonly<Record<string, string>>) {
    const page = await olga.get(`/admin/tokens/revoke?${new URLSearchParams(fields).toString()}`);
    assert.equal(page.status, 200);
    return page;
  }

  async function confirm(fields: Readonly<Record<string, string>>, page: { readonly body: string }) {
    const fingerprint = hiddenField(page.body, "fingerprint");
    return await olga.post("/admin/tokens/revoke", { ...fields, fingerprint }, HOST);
  }

  test("by owner: those that were shown, and no other", async () => {
    const [one, two, other] = [await key("bulk-a"), await key("bulk-a"), await key("bulk-b")];
    const fields = { owner: "bulk-a" };
    const page = await preview(fields);
    assert.match(page.body, /Two tokens would be revoked/);
    assert.equal((await confirm(fields, page)).status, 200);
    assert.deepEqual(
      [await stateOf(one), await stateOf(two), await stateOf(other)],
      ["revoked", "revoked", "active"],
    );
  });

  test("by scope", async () => {
    const [wide, narrow] = [await key("s", ["tokens:read", "tokens:write"]), await key("s", ["tokens:read"])];
    const fields = { scope: "tokens:write" };
    assert.equal((await confirm(fields, await preview(fields))).status, 200);
    assert.deepEqual([await stateOf(wide), await stateOf(narrow)], ["revoked", "active"]);
  });

  test("by the address of the last use", async () => {
    const [used, unused] = [await key("bulk-c"), await key("bulk-c")];
    await store().used([{ id: used, atMs: app.parts.clock.nowMs(), address: "192.0.2.77" }]);
    const fields = { address: "192.0.2.77" };
    assert.equal((await confirm(fields, await preview(fields))).status, 200);
    assert.deepEqual([await stateOf(used), await stateOf(unused)], ["revoked", "active"]);
  });

  test("by age: what grew old enough since the preview makes it another set, and none is revoked", async () => {
    const old = await key("bulk-d");
    app.clock.advance(HALF_HOUR_MS);
    const young = await key("bulk-d");
    app.clock.advance(DAY_MS - HALF_HOUR_MS + 1);
    const fields = { owner: "bulk-d", madeDays: "1" };
    olga = await AdminBrowser.as(app, "olga");
    const page = await preview(fields);
    assert.match(page.body, /One token would be revoked/);
    app.clock.advance(HALF_HOUR_MS);
    const changed = await confirm(fields, page);
    assert.equal(changed.status, 409);
    assert.match(changed.body, /Nothing was revoked/);
    assert.match(changed.body, /Two tokens would be revoked/);
    assert.deepEqual([await stateOf(old), await stateOf(young)], ["active", "active"]);
    assert.equal((await confirm(fields, changed)).status, 200);
    assert.deepEqual([await stateOf(old), await stateOf(young)], ["revoked", "revoked"]);
  });

  test("one that was exchanged for another since the preview: as many, and yet none is revoked", async () => {
    const [first, second] = [await key("bulk-e"), await key("bulk-e")];
    const fields = { owner: "bulk-e" };
    const page = await preview(fields);
    await app.parts.tokens.apiTokens.revoke({ kind: "system" }, first);
    const third = await key("bulk-e");
    const changed = await confirm(fields, page);
    assert.equal(changed.status, 409);
    assert.match(changed.body, /it would be other tokens/);
    assert.deepEqual([await stateOf(second), await stateOf(third)], ["active", "active"]);
  });

  test("the preview of one condition is no consent to another", async () => {
    const [mine, others] = [await key("bulk-f"), await key("bulk-g")];
    const page = await preview({ owner: "bulk-f" });
    assert.equal((await confirm({ owner: "bulk-g" }, page)).status, 409);
    assert.deepEqual([await stateOf(mine), await stateOf(others)], ["active", "active"]);
  });

  test("no condition is no preview and no revocation; a number of days that is none is said", async () => {
    const id = await key("bulk-h");
    const page = await preview({});
    assert.equal(hidden(page.body, "fingerprint"), undefined);
    const fingerprint = "x".repeat(43);
    assert.equal((await olga.post("/admin/tokens/revoke", { fingerprint }, HOST)).status, 200);
    const wrong = await olga.get("/admin/tokens/revoke?madeDays=-1");
    assert.equal(wrong.status, 400);
    assert.equal((await olga.post("/admin/tokens/revoke", { owner: "bulk-h" }, HOST)).status, 400);
    assert.equal(await stateOf(id), "active");
  });

  test("an ordinary person has no such page, and a form without its secret or from elsewhere does nothing", async () => {
    const id = await key("bulk-i");
    const fields = { owner: "bulk-i" };
    const page = await preview(fields);
    const fingerprint = hiddenField(page.body, "fingerprint");
    const peter = await AdminBrowser.as(app, "peter");
    for (const path of ["/admin/tokens", "/admin/tokens/revoke?owner=bulk-i", `/admin/tokens/${id}`]) {
      const answer = await peter.get(path);
      assert.ok([403, 404].includes(answer.status), path);
      assert.ok(!answer.body.includes("bulk-i") || answer.status === 404, path);
    }
    const forged = { ...fields, fingerprint };
    assert.ok([403, 404].includes((await peter.post("/admin/tokens/revoke", forged, HOST)).status));
    for (const attempt of [
      await olga.post("/admin/tokens/revoke", { ...forged, csrf: "x" }, HOST),
      await olga.post("/admin/tokens/revoke", { ...forged, csrf: "" }, HOST),
      await olga.post("/admin/tokens/revoke", forged, { origin: "https://evil.example" }),
    ]) {
      assert.equal(attempt.status, 403);
    }
    assert.equal(await stateOf(id), "active");
    assert.equal((await confirm(fields, page)).status, 200);
    assert.equal(await stateOf(id), "revoked");
  });
});
