import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import type { SamlApplication } from "../../src/model/application.ts";
import { samlApplication } from "../fixtures/saml/installation.ts";
import { type AdminApp, startAdminApp } from "./admin-app.ts";
import { AdminBrowser, type Fields } from "./admin-browser.ts";

const PATH = "/admin/applications/app-1/settings";
const FORM: Fields = {
  signAssertion: "on",
  encryption: "none",
  signatureAlgorithm: "rsa-sha256",
  signingKeyId: "",
  nameIdFormat: "",
  nameIdSource: "",
  audiences: "",
};

suite("the settings page of a SAML application", () => {
  let app: AdminApp;
  before(async () => {
    app = await startAdminApp();
    await app.parts.stores.durable.applications.insert(samlApplication({ name: "<b>Wiki</b>" }));
  });
  after(async () => {
    await app.close();
  });

  async function stored(): Promise<SamlApplication> {
    const found = await app.parts.stores.durable.applications.get("app-1");
    assert.ok(found?.protocol === "saml");
    return found;
  }

  test("shows the form, with the published keys and without markup of the name", async () => {
    const olga = await AdminBrowser.as(app, "olga");
    const page = await olga.get(PATH);
    assert.equal(page.status, 200);
    assert.match(page.body, /The key that signs now: RSA-2048/);
    assert.doesNotMatch(page.body, /<b>Wiki/);
  });

  test("changes the settings and goes back to the application", async () => {
    const olga = await AdminBrowser.as(app, "olga");
    await olga.get(PATH);
    const answer = await olga.post(PATH, { ...FORM, signResponse: "on", audiences: "urn:a\r\nurn:b" });
    assert.equal(answer.to, "/admin/applications/app-1");
    const { signResponse, audiences } = await stored();
    assert.deepEqual([signResponse, audiences], [true, ["urn:a", "urn:b"]]);
  });

  test("shows what is wrong with what was typed, and changes nothing", async () => {
    const olga = await AdminBrowser.as(app, "olga");
    const before_ = await stored();
    await olga.get(PATH);
    const answer = await olga.post(PATH, { ...FORM, nameIdSource: "emial" });
    assert.equal(answer.status, 400);
    assert.match(answer.body, /There is no field “emial”/);
    assert.match(answer.body, /value="emial"/);
    assert.deepEqual(await stored(), before_);
  });

  test("warns on the page of what is weak", async () => {
    const olga = await AdminBrowser.as(app, "olga");
    await olga.get(PATH);
    await olga.post(PATH, { ...FORM, allowSha1: "on" });
    assert.match((await olga.get(PATH)).body, /Signatures with SHA-1 are accepted of it/);
  });

  test("refuses a field that the page does not send, a person who is no owner, and a form of another site", async () => {
    const olga = await AdminBrowser.as(app, "olga");
    await olga.get(PATH);
    assert.equal((await olga.post(PATH, { ...FORM, entityId: "x" })).status, 400);
    const peter = await AdminBrowser.as(app, "peter");
    assert.equal((await peter.get(PATH)).status, 403);
    assert.equal((await peter.post(PATH, FORM)).status, 403);
    assert.equal((await olga.post(PATH, { ...FORM, csrf: "forged" })).status, 403);
  });

  test("shows on the application's page the certificate of the key that it stays with", async () => {
    const olga = await AdminBrowser.as(app, "olga");
    const next = app.parts.keyRing
      .published()
      .find(({ type, state }) => type === "RSA-2048" && state === "next");
    assert.ok(next !== undefined);
    await olga.get(PATH);
    await olga.post(PATH, { ...FORM, signingKeyId: next.id });
    const page = await olga.get("/admin/applications/app-1");
    assert.ok(page.body.includes(`/admin/certificates/${next.id}`));
  });

  test("is not there for an application that does not exist", async () => {
    const olga = await AdminBrowser.as(app, "olga");
    assert.equal((await olga.get("/admin/applications/nobody/settings")).status, 404);
  });
});
