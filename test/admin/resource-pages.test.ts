import assert from "node:assert/strict";
import { beforeEach, afterEach, suite, test } from "node:test";
import { oidcApplication } from "../fixtures/oidc/application.ts";
import { type AdminApp, startAdminApp } from "./admin-app.ts";
import { AdminBrowser, type Answer, type Fields, hiddenField } from "./admin-browser.ts";

const PATH = "/admin/resources";
const IDENTIFIER = "https://orders.example.org/api";
const FORM: Fields = {
  identifier: IDENTIFIER,
  name: "Orders & <b>Sons</b>",
  scopes: "orders:read=See your orders\r\n\r\norders:refund=Give money = back",
  scopeGroups: "orders:refund=accounting",
  introspectionClients: "",
  accessTokenFormat: "jwt",
};

let app: AdminApp;
let olga: AdminBrowser;
beforeEach(async () => {
  app = await startAdminApp();
  olga = await AdminBrowser.as(app, "olga");
});
afterEach(async () => await app.close());

async function stored() {
  return await app.parts.stores.durable.resources.all();
}

/** Declares it on the page; the path of its own page. */
async function declare(changes: Fields = {}): Promise<string> {
  const answer = await olga.post(`${PATH}/new`, { ...FORM, ...changes });
  assert.equal(answer.status, 303, answer.body);
  return (answer.to ?? "").replace("?declared", "");
}

async function change(path: string, changes: Fields): Promise<Answer> {
  const version = hiddenField((await olga.get(path)).body, "version");
  const { identifier: _, ...form } = FORM;
  return await olga.post(path, { ...form, version, ...changes });
}

suite("the pages about resources", () => {
  test("declare one, show it without markup of its name, and list it beside our own", async () => {
    const path = await declare();
    const [resource] = await stored();
    assert.deepEqual(resource?.scopes, [
      { name: "orders:read", description: "See your orders" },
      { name: "orders:refund", description: "Give money = back", groups: ["accounting"] },
    ]);
    assert.deepEqual([resource?.identifier, resource?.accessTokenFormat], [IDENTIFIER, "jwt"]);
    const page = await olga.get(`${path}?declared`);
    assert.match(page.body, /It is open to no client yet/);
    const list = await olga.get(PATH);
    for (const { body } of [page, list, await olga.get(`${path}/remove`)]) {
      assert.match(body, /Orders &amp; &lt;b&gt;Sons&lt;\/b&gt;/);
      assert.doesNotMatch(body, /<b>Sons/);
    }
    assert.match(list.body, /http:\/\/localhost:4000\/api/);
    const audit = await olga.get("/admin/audit");
    assert.match(audit.body, /Declared the resource/);
  });

  const wrong: readonly (readonly [name: string, changes: Fields, field: string, text: RegExp])[] = [
    ["an identifier that is no URI", { identifier: "orders" }, "identifier", /whole URI without a fragment/],
    ["one with a fragment", { identifier: `${IDENTIFIER}#x` }, "identifier", /whole URI without a fragment/],
    ["our own address", { identifier: "http://localhost:4000/api" }, "identifier", /declares its own API/],
    ["no name", { name: " " }, "name", /It is missing/],
    ["a name that turns the line around", { name: "a\u202eb" }, "name", /one line of text/],
    ["no scope", { scopes: "", scopeGroups: "" }, "scopes", /at least one scope/],
    ["a scope without words", { scopes: "orders:read", scopeGroups: "" }, "scopes", /It is missing/],
    ["a scope with a space", { scopes: "a b=x", scopeGroups: "" }, "scopes", /is no name for a scope/],
    ["a scope that has a meaning here", { scopes: "openid=x", scopeGroups: "" }, "scopes", /has a meaning/],
    ["a scope of our own API", { scopes: "tokens:read=x", scopeGroups: "" }, "scopes", /has a meaning/],
    ["a group for no scope", { scopeGroups: "other=staff" }, "scopeGroups", /none of the scopes/],
    ["a client that is none", { introspectionClients: "nobody" }, "introspectionClients", /no client ID/],
  ];
  for (const [name, changes, field, text] of wrong) {
    test(`declare nothing for ${name}: the page says so at the field and keeps what was typed`, async () => {
      const answer = await olga.post(`${PATH}/new`, { ...FORM, ...changes });
      assert.equal(answer.status, 400);
      assert.match(answer.body, /<title>Not declared/);
      assert.match(/id="\w+-wrong">[^]*?<\/p>/.exec(answer.body)?.[0] ?? "", text);
      assert.match(answer.body, new RegExp(`id="${field}-wrong"`));
      assert.match(answer.body, /<option value="jwt" selected>/);
      assert.deepEqual(await stored(), []);
    });
  }

  test("say where an identifier or a scope is another resource's already", async () => {
    await declare();
    const identifier = await olga.post(`${PATH}/new`, { ...FORM, scopes: "o=x", scopeGroups: "" });
    assert.match(identifier.body, /id="identifier-wrong"[^]*This identifier is declared already\./);
    const scope = await olga.post(`${PATH}/new`, { ...FORM, identifier: "urn:example:x" });
    assert.match(scope.body, /id="scopes-wrong"[^]*Another resource declares a scope of the same name\./);
    assert.equal((await stored()).length, 1);
  });

  test("change one, and not by a form that was loaded before somebody else's change", async () => {
    const path = await declare();
    const late = hiddenField((await olga.get(path)).body, "version");
    const changed = await change(path, { scopes: "orders:read=Look at orders", scopeGroups: "" });
    assert.equal(changed.to, `${path}?changed`);
    assert.deepEqual((await stored())[0]?.scopes, [{ name: "orders:read", description: "Look at orders" }]);
    const second = await change(path, { version: late, name: "Another" });
    assert.equal(second.status, 409);
    assert.match(second.body, /Somebody else has changed it/);
    const refused = await change(path, { scopes: "a b=x", scopeGroups: "", name: "Typed" });
    assert.equal(refused.status, 400);
    assert.match(refused.body, /value="Typed"/);
    assert.equal((await stored())[0]?.name, FORM["name"]);
  });

  test("take back the form of its tokens, and take clients that may introspect", async () => {
    await app.parts.stores.durable.applications.insert(oidcApplication());
    const path = await declare();
    await change(path, { accessTokenFormat: "client", introspectionClients: "wiki" });
    const [resource] = await stored();
    assert.deepEqual([resource?.accessTokenFormat, resource?.introspectionClientIds], [undefined, ["wiki"]]);
    assert.match((await olga.get(path)).body, /Introspected now by Wiki/);
  });

  test("switch one off and on again", async () => {
    const path = await declare();
    assert.equal((await olga.post(`${path}/switch`, { enabled: "off" })).to, path);
    assert.equal((await stored())[0]?.enabled, false);
    await olga.post(`${path}/switch`, { enabled: "on" });
    assert.equal((await stored())[0]?.enabled, true);
  });

  test("name the clients, the API tokens and the introspecting clients that lose one before it is removed", async () => {
    const { applications } = app.parts.stores.durable;
    const client = oidcApplication({ name: "<i>Wiki</i>", resources: [IDENTIFIER], scopes: ["orders:read"] });
    await applications.insert(client);
    await applications.insert(oidcApplication({ id: "server", name: "Orders' server" }));
    await applications.insert(oidcApplication({ id: "other", name: "Stranger" }));
    const path = await declare({ introspectionClients: "server" });
    await app.parts.resources.reload();
    await makeToken();
    const page = await olga.get(`${path}/remove`);
    assert.match(page.body, /One client loses it/);
    assert.match(page.body, /&lt;i&gt;Wiki&lt;\/i&gt;/);
    assert.match(page.body, /one API token/);
    assert.match(page.body, /Orders&#39; server<\/a> may no longer introspect/);
    assert.doesNotMatch(page.body, /Stranger|<i>Wiki/);
    assert.equal((await stored()).length, 1);

    assert.equal((await olga.post(`${path}/remove`, {})).to, PATH);
    assert.deepEqual(await stored(), []);
    const wiki = await applications.get("wiki");
    assert.deepEqual(wiki?.protocol === "oidc" && wiki.resources, []);
    assert.equal((await olga.get(path)).status, 404);
    assert.equal((await olga.post(`${path}/remove`, {})).status, 404);
  });

  test("show our own API, which can be neither changed nor removed", async () => {
    const own = `${PATH}/own-api`;
    const page = await olga.get(own);
    assert.match(page.body, /tokens:write:all/);
    assert.doesNotMatch(page.body, /<form (class="\w[^"]*" )?method="post"/);
    const { identifier: _, ...form } = FORM;
    assert.equal((await olga.post(own, { ...form, version: "0" })).status, 404);
    assert.equal((await olga.post(`${own}/switch`, { enabled: "off" })).status, 404);
    assert.equal((await olga.get(`${own}/remove`)).status, 404);
    assert.equal((await olga.post(`${own}/remove`, {})).status, 404);
  });
});

/** An API token of olga's for the resource. */
async function makeToken(): Promise<void> {
  const nowMs = app.parts.clock.nowMs();
  const result = await app.parts.tokens.apiTokens.create(
    { kind: "account", id: app.ids.olga, name: "olga", address: "192.0.2.24", freshSinceMs: nowMs },
    {
      kind: "pat",
      name: "Orders",
      expiresAtMs: nowMs + 86_400_000,
      limits: { scopes: ["orders:read"], resources: [IDENTIFIER] },
    },
  );
  assert.ok(result.ok, result.ok ? "" : result.message);
}
