import assert from "node:assert/strict";
import { afterEach, beforeEach, suite, test } from "node:test";
import type { OidcApplication } from "../../src/model/application.ts";
import { oidcApplication } from "../fixtures/oidc/application.ts";
import { type AdminApp, startAdminApp } from "./admin-app.ts";
import { AdminBrowser, type Answer, type Fields, hiddenField } from "./admin-browser.ts";
import { CLIENT_FORM } from "./client-form.ts";
import { declareOrders } from "./resource-rows.ts";

const PATH = "/admin/applications/wiki/client";
const ORDERS = "https://orders.example/api";
const OWN = "http://localhost:4000/api";

let app: AdminApp;
let olga: AdminBrowser;
beforeEach(async () => {
  app = await startAdminApp();
  olga = await AdminBrowser.as(app, "olga");
  await declareOrders(app);
  const secrets = [{ hash: "h-of-a-secret", lastFour: "cret", createdAtMs: 0 }];
  await app.parts.stores.durable.applications.insert(oidcApplication({ name: "<b>Wiki</b>", secrets }));
});
afterEach(async () => await app.close());

async function stored(id = "wiki"): Promise<OidcApplication> {
  const found = await app.parts.stores.durable.applications.get(id);
  assert.ok(found?.protocol === "oidc");
  return found;
}

async function send(changes: Fields = {}, path = PATH): Promise<Answer> {
  const version = hiddenField((await olga.get(path)).body, "version");
  return await olga.post(path, { ...CLIENT_FORM, version, ...changes });
}

suite("the settings page of an OpenID Connect client", () => {
  test("shows what is registered, without markup of its name and without its secret's hash", async () => {
    const page = await olga.get(PATH);
    assert.equal(page.status, 200);
    assert.match(page.body, /https:\/\/wiki\.example\.org\/cb/);
    assert.match(page.body, /name="resource\.https:\/\/orders\.example\/api"/);
    assert.match(page.body, /<option value="ES256" selected>/);
    assert.doesNotMatch(page.body, /<b>Wiki|h-of-a-secret/);
  });

  test("changes every setting, and what identifies and proves the client stays", async () => {
    const before = await stored();
    const answer = await send({
      name: "Wiki 2",
      redirectUris: "https://wiki.example.org/a\r\nhttps://wiki.example.org/b",
      backchannelLogoutUri: " https://wiki.example.org/bc ",
      frontchannelLogoutUri: "https://wiki.example.org/fc",
      origins: "https://wiki.example.org",
      consent: "ask",
      scopes: "email orders:read",
      clientCredentials: "on",
      pkce: "optional",
      par: "required",
      userinfoSignedResponseAlgorithm: "PS256",
      accessTokenFormat: "jwt",
      subjectType: "pairwise",
      [`resource.${ORDERS}`]: "on",
    });
    assert.equal(answer.to, "/admin/applications/wiki", answer.body);
    const after = await stored();
    assert.deepEqual(after, {
      ...before,
      name: "Wiki 2",
      redirectUris: ["https://wiki.example.org/a", "https://wiki.example.org/b"],
      backchannelLogoutUri: "https://wiki.example.org/bc",
      frontchannelLogoutUri: "https://wiki.example.org/fc",
      origins: ["https://wiki.example.org"],
      consent: "ask",
      scopes: ["email", "orders:read"],
      grantTypes: ["authorization_code", "refresh_token", "client_credentials"],
      pkceRequired: false,
      parRequired: true,
      userinfoSignedResponseAlgorithm: "PS256",
      accessTokenFormat: "jwt",
      subjectType: "pairwise",
      resources: [ORDERS],
      updatedAtMs: after.updatedAtMs,
    });
    const page = await olga.get("/admin/applications/wiki");
    assert.match(page.body, /Gets tokens for[^]*https:\/\/orders\.example\/api/);
    assert.match((await olga.get("/admin/audit")).body, /Changed the settings of/);
  });

  test("takes back what is left empty", async () => {
    await send({
      backchannelLogoutUri: "https://wiki.example.org/bc",
      userinfoSignedResponseAlgorithm: "ES256",
    });
    await send();
    const { backchannelLogoutUri, userinfoSignedResponseAlgorithm, resources } = await stored();
    assert.deepEqual(
      [backchannelLogoutUri, userinfoSignedResponseAlgorithm, resources],
      [undefined, undefined, []],
    );
  });

  test("opens our own API with the scopes that are named, and not without", async () => {
    const nameless = await send({ [`resource.${OWN}`]: "on" });
    assert.equal(nameless.status, 400);
    assert.match(nameless.body, /id="scopes-wrong"[^]*Name the scopes of Gatehouse/);
    assert.equal((await send({ [`resource.${OWN}`]: "on", scopes: "tokens:read" })).status, 303);
    assert.deepEqual((await stored()).resources, [OWN]);
  });

  test("takes the keys of a client that proves itself with them, and their address in their stead", async () => {
    const { jwk } = app.parts.keyRing.active("RSA-2048");
    const jwks = { keys: [jwk] };
    const changes = { id: "keys", authenticationMethod: "private_key_jwt", jwks } as const;
    await app.parts.stores.durable.applications.insert(oidcApplication(changes));
    const path = "/admin/applications/keys/client";
    assert.match((await olga.get(path)).body, /&quot;kty&quot;: &quot;RSA&quot;|"kty": "RSA"/);
    const both = { jwks: JSON.stringify(jwks), jwksUri: "https://wiki.example.org/jwks" };
    assert.equal((await send(both, path)).status, 400);
    assert.equal((await send({ jwks: "{}", jwksUri: "" }, path)).status, 400);
    assert.equal((await send({ jwks: "", jwksUri: "" }, path)).status, 400);
    assert.equal((await send({ jwks: "", jwksUri: "https://wiki.example.org/jwks" }, path)).status, 303);
    const after = await stored("keys");
    assert.deepEqual([after.jwks, after.jwksUri], [undefined, "https://wiki.example.org/jwks"]);
  });

  const wrong: readonly (readonly [name: string, changes: Fields, field: string])[] = [
    ["no name", { name: " " }, "name"],
    ["no redirect address", { redirectUris: "" }, "redirectUris"],
    ["a redirect address with a wildcard", { redirectUris: "https://*.example.org/" }, "redirectUris"],
    ["a redirect address that runs in the browser", { redirectUris: "javascript:alert(1)" }, "redirectUris"],
    ["a logout address without https", { backchannelLogoutUri: "http://a.example/" }, "backchannelLogoutUri"],
    ["an origin with a path", { origins: "https://a.example/x" }, "origins"],
    ["a scope with a quotation mark", { scopes: 'a"b' }, "scopes"],
    ["a resource that nobody declares", { "resource.urn:example:none": "on" }, "resources"],
    ["a sector for public names", { sectorIdentifier: "example.org" }, "sectorIdentifier"],
    ["a name as long as a page", { name: "n".repeat(101) }, "name"],
  ];
  for (const [name, changes, field] of wrong) {
    test(`changes nothing for ${name}: the page says so at the field and keeps what was typed`, async () => {
      const before = await stored();
      const answer = await send({ ...changes, postLogoutRedirectUris: "https://kept.example/" });
      assert.equal(answer.status, 400);
      assert.match(answer.body, /<title>Not changed/);
      const shown = field === "resources" ? /is not a declared resource/ : new RegExp(`id="${field}-wrong"`);
      assert.match(answer.body, shown);
      assert.match(answer.body, /https:\/\/kept\.example\//);
      assert.deepEqual(await stored(), before);
    });
  }

  test("refuses a form that was loaded before somebody else's change", async () => {
    const late = hiddenField((await olga.get(PATH)).body, "version");
    await send({ name: "First" });
    const answer = await send({ name: "Second", version: late });
    assert.equal(answer.status, 409);
    assert.equal((await stored()).name, "First");
  });

  test("refuses what the page does not offer, and is not there for what is no client", async () => {
    for (const changes of [
      { pkce: "off" },
      { idTokenAlgorithm: "none" },
      { idTokenAlgorithm: "HS256" },
      { authenticationMethod: "none" },
      { [`resource.${ORDERS}`]: "yes" },
      { secrets: "x" },
    ]) {
      assert.equal((await send(changes)).status, 400, JSON.stringify(changes));
    }
    assert.equal((await olga.get("/admin/applications/nobody/client")).status, 404);
    assert.equal((await olga.post("/admin/applications/nobody/client", CLIENT_FORM)).status, 404);
  });
});
