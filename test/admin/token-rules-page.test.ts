import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { DAY_MS } from "../../src/tokens/token-policy.ts";
import { type AdminApp, startAdminApp } from "./admin-app.ts";
import { AdminBrowser, hiddenField } from "./admin-browser.ts";
import { TOKEN_ROWS } from "./token-rows.ts";

const PATH = "/admin/tokens/rules";
const FORM = TOKEN_ROWS["POST /tokens/rules"].form;

suite("the page of the rules for API tokens", () => {
  let app: AdminApp;
  before(async () => {
    app = await startAdminApp();
  });
  after(async () => {
    await app.close();
  });

  async function make(days: number) {
    const nowMs = app.parts.clock.nowMs();
    const actor = {
      kind: "account",
      id: app.ids.olga,
      name: "olga",
      address: "192.0.2.24",
      freshSinceMs: nowMs,
    } as const;
    return await app.parts.tokens.apiTokens.create(actor, {
      kind: "pat",
      name: `For ${days} days`,
      expiresAtMs: nowMs + days * DAY_MS,
      limits: { resources: ["http://localhost:4000/api"], scopes: ["tokens:read"] },
    });
  }

  test("changes them; what is made from then on is held to them, and what exists keeps its end", async () => {
    const older = await make(60);
    assert.ok(older.ok);
    const olga = await AdminBrowser.as(app, "olga");
    const page = await olga.get(PATH);
    assert.match(page.body, /the rules that hold until you change one/);
    const version = hiddenField(page.body, "version");
    const answer = await olga.post(PATH, { ...FORM, patDays: "30", "new-network": "suspend", version });
    assert.equal(answer.to, `${PATH}?changed`);
    const shown = await olga.get(`${PATH}?changed`);
    assert.match(shown.body, /id="patDays"[^>]*value="30"/);
    assert.match(shown.body, /id="new-network"[^]*?value="suspend" selected/);
    const refused = await make(31);
    assert.ok(!refused.ok);
    assert.equal(refused.issues?.[0]?.field, "expiresAtMs");
    assert.ok((await make(30)).ok);
    const kept = await app.parts.stores.durable.apiTokens.get(older.token.id);
    assert.equal(kept?.expiresAtMs, older.token.expiresAtMs);
    assert.equal(app.parts.settings.tokenRules().watch.rules["new-network"], "suspend");
  });

  test("shows what was typed with what is wrong beside it, and changes nothing", async () => {
    const olga = await AdminBrowser.as(app, "olga");
    const page = await olga.get(PATH);
    const before_ = await app.parts.stores.durable.settings.all();
    const version = hiddenField(page.body, "version");
    const answer = await olga.post(PATH, { ...FORM, version, keptDays: "<b>", leaked: "forget" });
    assert.equal(answer.status, 400);
    assert.match(answer.body, /<title>Not changed/);
    assert.match(answer.body, /value="&lt;b&gt;"[^>]*aria-invalid="true"/);
    assert.match(answer.body, /It is a whole number from 31 to 400/);
    assert.match(answer.body, /<select id="leaked"[^>]*aria-invalid="true"/);
    assert.deepEqual(await app.parts.stores.durable.settings.all(), before_);
  });

  test("a form that was loaded before somebody else's change does not undo it", async () => {
    const olga = await AdminBrowser.as(app, "olga");
    const otto = await AdminBrowser.as(app, "otto");
    const [hers, his] = [await olga.get(PATH), await otto.get(PATH)];
    const first = { ...FORM, leaked: "suspend", version: hiddenField(his.body, "version") };
    assert.equal((await otto.post(PATH, first)).status, 303);
    const second = { ...FORM, leaked: "off", version: hiddenField(hers.body, "version") };
    assert.equal((await olga.post(PATH, second)).status, 409);
    assert.equal(app.parts.settings.tokenRules().watch.rules.leaked, "suspend");
  });
});
