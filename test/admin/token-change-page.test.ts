import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { DAY_MS } from "../../src/tokens/token-policy.ts";
import { type AdminApp, startAdminApp } from "./admin-app.ts";
import { AdminBrowser, hiddenField } from "./admin-browser.ts";

const API = "http://localhost:4000/api";
const RESOURCE = { [`resource.${API}`]: "on" };

suite("an owner changes the limits of any token", () => {
  let app: AdminApp;
  let olga: AdminBrowser;
  before(async () => {
    app = await startAdminApp();
    olga = await AdminBrowser.as(app, "olga");
  });
  after(async () => await app.close());

  /** A person's own token, made by that person. */
  async function petersToken() {
    const nowMs = app.parts.clock.nowMs();
    const { peter } = app.ids;
    const actor = {
      kind: "account",
      id: peter,
      name: "peter",
      address: "192.0.2.24",
      freshSinceMs: nowMs,
    } as const;
    const made = await app.parts.tokens.apiTokens.create(actor, {
      kind: "pat",
      name: "Peter's",
      expiresAtMs: nowMs + 30 * DAY_MS,
      limits: { resources: [API], scopes: ["tokens:read"] },
    });
    if (!made.ok) throw new Error(made.message);
    return made.token.id;
  }
  const stored = async (id: string) => await app.parts.stores.durable.apiTokens.get(id);

  test("a person's own: to less, and it stands in the audit trail with what was changed", async () => {
    const id = await petersToken();
    const path = `/admin/tokens/${id}/change`;
    const form = await olga.get(path);
    assert.match((await olga.get(`/admin/tokens/${id}`)).body, /Change its limits/);
    const fields = {
      name: "Peter's",
      days: "",
      ...RESOURCE,
      "scope.tokens:read": "on",
      addresses: "192.0.2.7",
    };
    const version = hiddenField(form.body, "version");
    const sent = await olga.post(path, { ...fields, version });
    assert.equal(sent.status, 303);
    const summary = await olga.get(sent.to ?? "");
    assert.match(summary.body, /It works from 192\.0\.2\.7 alone, no longer from anywhere/);
    assert.doesNotMatch(summary.body, /What it could not do before/);
    assert.equal((await stored(id))?.version, 1, "nothing is changed yet");
    const done = await olga.post(sent.to ?? "", {});
    assert.equal(done.to, `/admin/tokens/${id}`);
    assert.deepEqual((await stored(id))?.limits.addresses, ["192.0.2.7"]);
    const { items } = await app.parts.stores.durable.audit.list({
      targetId: id,
      action: "token.changed",
      limit: 5,
    });
    assert.deepEqual(
      items.map(({ actorId, detail }) => [actorId, detail["changed"]]),
      [[app.ids.olga, "limits"]],
    );
  });

  test("never to more than its person may: the page does not offer it, and a slipped-in box is refused", async () => {
    const id = await petersToken();
    const path = `/admin/tokens/${id}/change`;
    const form = await olga.get(path);
    assert.doesNotMatch(form.body, /scope\.tokens:write:all/);
    const fields = { name: "Peter's", days: "", ...RESOURCE, "scope.tokens:write:all": "on" };
    const sent = await olga.post(path, { ...fields, version: hiddenField(form.body, "version") });
    const answer = sent.status === 303 ? await olga.post(sent.to ?? "", {}) : sent;
    assert.equal(answer.status, 400);
    assert.deepEqual((await stored(id))?.limits.scopes, ["tokens:read"]);
  });

  test("two owners at once: the second is told, and overwrites nothing", async () => {
    const id = await petersToken();
    const otto = await AdminBrowser.as(app, "otto");
    const path = `/admin/tokens/${id}/change`;
    const fields = { name: "Peter's", days: "", ...RESOURCE, "scope.tokens:read": "on" };
    const [first, second] = [await olga.get(path), await otto.get(path)];
    const one = await olga.post(path, {
      ...fields,
      addresses: "192.0.2.1",
      version: hiddenField(first.body, "version"),
    });
    const two = await otto.post(path, {
      ...fields,
      addresses: "192.0.2.2",
      version: hiddenField(second.body, "version"),
    });
    await olga.post(one.to ?? "", {});
    const conflict = await otto.post(two.to ?? "", {});
    assert.equal(conflict.status, 409);
    assert.match(conflict.body, /The token was changed meanwhile/);
    assert.match(conflict.body, />192\.0\.2\.2<\/textarea>/);
    assert.deepEqual((await stored(id))?.limits.addresses, ["192.0.2.1"]);
  });

  test("an owner's draft is that owner's alone", async () => {
    const id = await petersToken();
    const path = `/admin/tokens/${id}/change`;
    const form = await olga.get(path);
    const fields = { name: "Mine", days: "", ...RESOURCE, "scope.tokens:read": "on" };
    const sent = await olga.post(path, { ...fields, version: hiddenField(form.body, "version") });
    const otto = await AdminBrowser.as(app, "otto");
    assert.equal((await otto.get(sent.to ?? "")).status, 410);
    await otto.get(path);
    assert.equal((await otto.post(sent.to ?? "", {})).status, 410);
    assert.equal((await stored(id))?.name, "Peter's");
  });

  test("nobody but owners comes here", async () => {
    const id = await petersToken();
    const peter = await AdminBrowser.as(app, "peter");
    assert.equal((await peter.get(`/admin/tokens/${id}/change`)).status, 403);
  });
});
