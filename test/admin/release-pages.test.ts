import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { registerClient } from "../../src/admin/acts/register-client.ts";
import { samlApplication } from "../fixtures/saml/installation.ts";
import { OWNER } from "./acts-installation.ts";
import { type AdminApp, startAdminApp } from "./admin-app.ts";
import { AdminBrowser } from "./admin-browser.ts";

const SAML = "/admin/applications/app-1/release";

suite("the mapping of an application", () => {
  let app: AdminApp;
  let oidc = "";
  let olga: AdminBrowser;
  before(async () => {
    app = await startAdminApp();
    const { stores, audit, clock, random } = app.parts;
    await stores.durable.applications.insert(samlApplication());
    const announce = async () => await Promise.resolve();
    const acts = { store: stores.durable, audit, clock, random, announce };
    const input = {
      name: "Shop",
      redirectUris: ["https://shop.example.org/cb"],
      scopes: ["profile", "email"],
    };
    const result = await registerClient(acts, OWNER, input);
    assert.ok(result.ok);
    oidc = `/admin/applications/${result.application.id}/release`;
    olga = await AdminBrowser.as(app, "olga");
  });
  after(async () => {
    await app.close();
  });

  async function releaseOf(path: string) {
    return (await app.parts.stores.durable.applications.get(path.split("/")[3] ?? ""))?.release;
  }

  test("is changed row by row, empty rows left out, and recorded in the trail", async () => {
    await olga.get(SAML);
    const answer = await olga.post(SAML, {
      rows: "3",
      "name-0": "urn:oid:0.9.2342.19200300.100.1.3",
      "source-0": "email",
      "friendly-0": "mail",
      "name-2": "department",
      "source-2": 'first(attribute("department"), constant("none"))',
    });
    assert.equal(answer.to, SAML);
    const release = await releaseOf(SAML);
    assert.deepEqual(
      release?.map(({ name, source, friendlyName }) => [name, source.kind, friendlyName]),
      [
        ["urn:oid:0.9.2342.19200300.100.1.3", "account", "mail"],
        ["department", "first", undefined],
      ],
    );
    const [event] = (await app.parts.stores.durable.audit.list({ limit: 1 })).items;
    assert.equal(event?.action, "application.release-changed");
    assert.equal(event?.detail["before"], "the ready-made set");
    assert.match(String(event?.detail["after"]), /department/);
  });

  test("shows what an account would send: the name and the attributes, and nothing that it has no value for", async () => {
    const page = await olga.get(`${SAML}?account=olga`);
    assert.equal(page.status, 200);
    assert.match(page.body, /nameid-format:persistent/);
    assert.match(page.body, /department<\/span>[\s\S]*?>none</);
    assert.doesNotMatch(page.body, /Attribute · mail/);
    assert.match((await olga.get(`${SAML}?account=nobody`)).body, /There is no such account/);
  });

  test("is replaced by a ready-made one with one click, with the NameID format of the product", async () => {
    await olga.get(SAML);
    assert.equal((await olga.post(`${SAML}/profile`, { profile: "google-workspace" })).to, SAML);
    const stored = await app.parts.stores.durable.applications.get("app-1");
    assert.ok(stored?.protocol === "saml");
    assert.match(stored.nameIdFormat ?? "", /emailAddress$/);
    assert.deepEqual(
      stored.release.map(({ name }) => name),
      ["email", "firstName", "lastName"],
    );
    await olga.post(`${SAML}/profile`, { profile: "default" });
    assert.deepEqual(await releaseOf(SAML), []);
  });

  test("of an OpenID Connect client has scopes, and its preview the ID token and UserInfo", async () => {
    await olga.get(oidc);
    const fields = { rows: "1", "name-0": "team", "source-0": "username", "multi-0": "on" };
    assert.equal((await olga.post(oidc, fields)).to, oidc);
    const [rule] = (await releaseOf(oidc)) ?? [];
    assert.deepEqual([rule?.name, rule?.multiValued, rule?.scope], ["team", true, undefined]);
    const page = await olga.get(`${oidc}?account=olga`);
    assert.match(page.body, /ID token/);
    assert.match(page.body, /UserInfo/);
    assert.match(page.body, />team</);
    assert.match(page.body, />sub</);
  });

  const refused: readonly (readonly [string, string, Record<string, string>, RegExp])[] = [
    ["a source that cannot be read", "saml", { "name-0": "a", "source-0": "emial" }, /There is no field/],
    ["a row without a name", "saml", { "source-0": "email" }, /The name is missing/],
    [
      "a name format that is no URI",
      "saml",
      { "name-0": "a", "source-0": "email", "format-0": "x y" },
      /no URI/,
    ],
    [
      "a claim that says who somebody is",
      "oidc",
      { "name-0": "sub", "source-0": "email" },
      /No mapping may write it/,
    ],
    [
      "a claim that says who issued it",
      "oidc",
      { "name-0": "iss", "source-0": "email" },
      /No mapping may write it/,
    ],
  ];
  for (const [name, protocol, fields, problem] of refused) {
    test(`refuses ${name}, and changes nothing`, async () => {
      const path = protocol === "saml" ? SAML : oidc;
      const before_ = await releaseOf(path);
      await olga.get(path);
      const answer = await olga.post(path, { rows: "1", ...fields });
      assert.equal(answer.status, 400);
      assert.match(answer.body, problem);
      assert.deepEqual(await releaseOf(path), before_);
    });
  }

  test("refuses fields that the page does not send, more rows than there may be, and people who are no owners", async () => {
    await olga.get(SAML);
    assert.equal((await olga.post(SAML, { rows: "1", "name-1": "x" })).status, 400);
    assert.equal((await olga.post(SAML, { rows: "100000" })).status, 400);
    assert.equal((await olga.post(`${SAML}/profile`, { profile: "__proto__" })).status, 404);
    const peter = await AdminBrowser.as(app, "peter");
    assert.equal((await peter.get(SAML)).status, 403);
    assert.equal((await peter.get(`${SAML}?account=olga`)).status, 403);
  });
});
