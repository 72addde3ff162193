import assert from "node:assert/strict";
import { describe, test, type TestContext } from "node:test";
import { type ClientChanges, changeClient } from "../../src/admin/acts/change-client.ts";
import { registerClient } from "../../src/admin/acts/register-client.ts";
import { type TokensApp, tokensApp } from "../account/tokens-app.ts";
import { OWNER } from "../admin/acts-installation.ts";

/** A service with a secret, which owners open the API to. */
async function withService(t: TestContext) {
  const app = await tokensApp(t);
  const { stores, audit, applications, resources, clock, random } = app.parts;
  const announce = async () => {
    await applications.reload();
    await resources.reload();
  };
  const acts = { store: stores.durable, audit, announce, clock, random, issuer: app.url };
  const made = await registerClient(acts, OWNER, { name: "Housekeeping", profile: "service" });
  assert.ok(made.ok && made.clientSecret !== undefined);
  const { id } = made.application;
  const change = async (changes: ClientChanges) => await changeClient(acts, OWNER, id, changes);
  const ask = async (form: Readonly<Record<string, string>> = {}) =>
    await tokenFor(app, `${id}:${made.clientSecret}`, form);
  return { app, acts, id, change, ask };
}

async function tokenFor(app: TokensApp, credentials: string, form: Readonly<Record<string, string>>) {
  const response = await fetch(`${app.url}/oauth2/token`, {
    method: "POST",
    headers: { authorization: `Basic ${Buffer.from(credentials).toString("base64")}` },
    body: new URLSearchParams({ grant_type: "client_credentials", resource: `${app.url}/api`, ...form }),
  });
  return (await response.json()) as Readonly<Record<string, string>>;
}

describe("a service that our own API is opened to", () => {
  test("calls it with client credentials and the scopes that it was given, and no other", async (t) => {
    const { app, change, ask } = await withService(t);
    const opened = await change({ resources: [`${app.url}/api`], scopes: ["tokens:read:all"] });
    assert.ok(opened.ok);
    const { access_token: token = "", scope } = await ask();
    assert.equal(scope, "tokens:read:all");
    const made = await app.make("alice");
    const list = await app.api("/tokens", { token });
    assert.equal(list.status, 200, list.text);
    assert.ok(list.text.includes(made.id));
    const revoked = await app.api(`/tokens/${made.id}`, { method: "DELETE", token });
    assert.equal(revoked.status, 403, revoked.text);
    assert.match(revoked.headers.get("www-authenticate") ?? "", /error="insufficient_scope"/);
    assert.equal((await ask({ scope: "tokens:write:all" }))["error"], "invalid_scope");
  });

  test("may change tokens where that scope is among its own, which the trail then has", async (t) => {
    const { app, id, change, ask } = await withService(t);
    await change({ resources: [`${app.url}/api`], scopes: ["tokens:write:all"] });
    const { access_token: token = "" } = await ask();
    const made = await app.make("alice");
    assert.equal((await app.api(`/tokens/${made.id}`, { method: "DELETE", token })).status, 204);
    const { items } = await app.parts.stores.durable.audit.list({ limit: 5, action: "token.revoked" });
    assert.deepEqual([items[0]?.targetId, items[0]?.actorName], [made.id, id]);
  });

  test("is refused a token for it until an owner has opened it, and its scopes must be named for that", async (t) => {
    const { app, change, ask } = await withService(t);
    assert.equal((await ask())["error"], "invalid_target");
    const nameless = await change({ resources: [`${app.url}/api`] });
    assert.ok(!nameless.ok && nameless.issues !== undefined);
    assert.equal(nameless.issues[0]?.field, "scopes");
    assert.equal((await ask())["error"], "invalid_target");
    // The scope without the API opens nothing either.
    assert.ok((await change({ scopes: ["tokens:read:all"] })).ok);
    assert.equal((await ask())["error"], "invalid_target");
    assert.equal((await ask({ resource: "", scope: "tokens:read:all" }))["error"], "invalid_scope");
  });

  test("is out at the next call once it is closed again", async (t) => {
    const { app, change, ask } = await withService(t);
    await change({ resources: [`${app.url}/api`], scopes: ["tokens:read:all"] });
    const { access_token: token = "" } = await ask();
    assert.equal((await app.api("/tokens", { token })).status, 200);
    assert.ok((await change({ resources: [] })).ok);
    assert.equal((await app.api("/tokens", { token })).status, 401);
    assert.equal((await ask())["error"], "invalid_target");
  });

  for (const suffix of ["/api/", "/api/v1", "/API", ""]) {
    test(`is not what ${JSON.stringify(suffix)} after our address names`, async (t) => {
      const { app, change } = await withService(t);
      const result = await change({ resources: [app.url + suffix], scopes: ["tokens:read"] });
      assert.ok(!result.ok);
      assert.match(result.message, /is not a declared resource/);
    });
  }
});
