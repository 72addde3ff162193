import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { type AdminApp, startAdminApp } from "./admin-app.ts";
import { AdminBrowser, type Fields, hiddenField } from "./admin-browser.ts";

const PATH = "/admin/organisation";
const FORM: Fields = {
  language: "en",
  name: "Example & <b>Sons</b>",
  url: "https://example.org/",
  supportEmail: "help@example.org",
  scopes: "example.org\r\nexample.net",
};

suite("the page about the organisation", () => {
  let app: AdminApp;
  before(async () => {
    app = await startAdminApp();
  });
  after(async () => {
    await app.close();
  });

  test("changes it, comes back to the page, and shows it without its markup", async () => {
    const olga = await AdminBrowser.as(app, "olga");
    const page = await olga.get(PATH);
    assert.match(page.body, /Nothing is set yet/);
    const answer = await olga.post(PATH, { ...FORM, version: hiddenField(page.body, "version") });
    assert.equal(answer.to, `${PATH}?changed`);
    const shown = await olga.get(`${PATH}?changed`);
    assert.match(shown.body, /value="Example &amp; &lt;b&gt;Sons&lt;\/b&gt;"/);
    assert.doesNotMatch(shown.body, /<b>Sons/);
    const { organisation } = await app.parts.stores.durable.settings.all();
    assert.deepEqual(organisation?.value.scopes, ["example.org", "example.net"]);
    assert.deepEqual(app.parts.settings.organisation(), organisation?.value);
  });

  test("shows what was typed with what is wrong beside it, and changes nothing", async () => {
    const olga = await AdminBrowser.as(app, "olga");
    const page = await olga.get(PATH);
    const before_ = await app.parts.stores.durable.settings.all();
    const version = hiddenField(page.body, "version");
    const answer = await olga.post(PATH, {
      ...FORM,
      version,
      scopes: "no domain",
      logoUrl: "http://a.example/l",
    });
    assert.equal(answer.status, 400);
    assert.match(answer.body, /<title>Not changed/);
    assert.match(answer.body, /“no” is no domain/);
    assert.match(answer.body, /value="http:\/\/a\.example\/l"[^>]*aria-invalid="true"/);
    assert.deepEqual(await app.parts.stores.durable.settings.all(), before_);
  });

  test("a form that was loaded before somebody else's change does not undo it", async () => {
    const olga = await AdminBrowser.as(app, "olga");
    const otto = await AdminBrowser.as(app, "otto");
    const [hers, his] = [await olga.get(PATH), await otto.get(PATH)];
    const first = await otto.post(PATH, {
      ...FORM,
      name: "Otto's",
      version: hiddenField(his.body, "version"),
    });
    assert.equal(first.status, 303);
    const second = await olga.post(PATH, {
      ...FORM,
      name: "Olga's",
      version: hiddenField(hers.body, "version"),
    });
    assert.equal(second.status, 409);
    assert.match(second.body, /somebody else has changed it/i);
    assert.equal(app.parts.settings.organisation().name, "Otto's");
  });
});
