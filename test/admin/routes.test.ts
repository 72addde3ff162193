import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { registerClient } from "../../src/admin/acts/register-client.ts";
import { OWNER } from "./acts-installation.ts";
import { type AdminApp, startAdminApp } from "./admin-app.ts";
import { AdminBrowser, type Answer, type Fields } from "./admin-browser.ts";
import { addTestFederation, FEDERATION_ROWS } from "./federation-rows.ts";
import { CLIENT_FORM } from "./client-form.ts";
import { declareOrders, RESOURCE_ROWS } from "./resource-rows.ts";
import { makeKeyToken, TOKEN_ROWS } from "./token-rows.ts";

let app: AdminApp;
let wiki: string;
let key: string;
let token: string;
let federation: string;
let orders: string;

before(async () => {
  app = await startAdminApp();
  const { stores, applications, audit, clock, random } = app.parts;
  const announce = async () => await applications.reload();
  const acts = { store: stores.durable, audit, announce, clock, random };
  const result = await registerClient(acts, OWNER, { name: "Wiki", redirectUris: ["https://wiki.example/"] });
  assert.ok(result.ok);
  wiki = result.application.id;
  key = app.parts.keyRing.active("RSA-2048").id;
  token = await makeKeyToken(app);
  federation = await addTestFederation(app);
  orders = await declareOrders(app);
});

after(async () => await app.close());

/** What an owner gets for each route, with a form as the page would send it. */
interface Row {
  readonly owner: number;
  readonly form?: Fields;
  /** The body is a form with a file. */
  readonly multipart?: true;
}

const ROWS: Readonly<Record<string, Row>> = {
  "GET /": { owner: 303 },
  "GET /applications": { owner: 200 },
  "GET /applications/new": { owner: 200 },
  "POST /applications/new/check": { owner: 400, multipart: true },
  "POST /applications/new/choose": {
    owner: 410,
    form: { draft: "d".repeat(43), entityId: "https://a.example" },
  },
  "POST /applications/new/register": {
    owner: 410,
    form: { draft: "d".repeat(43), entityId: "https://a.example" },
  },
  "GET /applications/new/client": { owner: 200 },
  "POST /applications/new/client": {
    owner: 200,
    form: {
      once: "o".repeat(43),
      name: "New",
      profile: "web",
      consent: "ask",
      redirectUris: "https://new.example/",
    },
  },
  "GET /applications/:id": { owner: 200 },
  "GET /certificates/:id": { owner: 200 },
  "POST /applications/:id/switch": { owner: 303, form: { enabled: "off" } },
  "POST /applications/:id/access": { owner: 303, form: { access: "everyone" } },
  "POST /applications/:id/profiles": { owner: 404, form: { idpInitiated: "on" } },
  "GET /applications/:id/settings": { owner: 404 },
  "POST /applications/:id/settings": {
    owner: 404,
    form: { encryption: "none", signAssertion: "on", signatureAlgorithm: "rsa-sha256" },
  },
  "GET /applications/:id/metadata": { owner: 404 },
  "POST /applications/:id/metadata": { owner: 404, form: { url: "https://sp.example/metadata" } },
  "POST /applications/:id/metadata/fetch": { owner: 404, form: {} },
  "POST /applications/:id/metadata/member": {
    owner: 409,
    form: { digest: "d".repeat(43), decision: "agree" },
  },
  "POST /applications/:id/metadata/waiting": {
    owner: 409,
    form: { digest: "d".repeat(43), decision: "agree" },
  },
  "GET /applications/:id/client": { owner: 200 },
  "POST /applications/:id/client": { owner: 409, form: CLIENT_FORM },
  "GET /applications/:id/release": { owner: 200 },
  "POST /applications/:id/release": { owner: 303, form: { rows: "0" } },
  "POST /applications/:id/release/profile": { owner: 303, form: { profile: "default" } },
  "GET /applications/:id/secret": { owner: 200 },
  "POST /applications/:id/secret": { owner: 200, form: { once: "s".repeat(43), overlapHours: "24" } },
  "POST /applications/:id/remove": { owner: 303, form: {} },
  ...FEDERATION_ROWS,
  ...RESOURCE_ROWS,
  "GET /accounts": { owner: 200 },
  "GET /accounts/new": { owner: 200 },
  "POST /accounts/new": { owner: 303, form: { username: "new", role: "person", password: "open-the-gate" } },
  "GET /accounts/:id": { owner: 200 },
  "POST /accounts/:id/switch": { owner: 303, form: { enabled: "off" } },
  ...TOKEN_ROWS,
  "POST /applications/:id/key": { owner: 404, form: { signingKeyId: "" } },
  "GET /audit": { owner: 200 },
  "GET /keys": { owner: 200 },
  "POST /keys/step": { owner: 404, form: { keyId: "no-such-key", step: "sign", reason: "now" } },
  "POST /keys/schedule": { owner: 303, form: { version: "0", slowestReaderHours: "24" } },
  "GET /organisation": { owner: 200 },
  "POST /organisation": { owner: 303, form: { version: "0", language: "en" } },
};

async function ask(browser: AdminBrowser, route: string, row: Row): Promise<Answer> {
  const [method, pattern = ""] = route.split(" ");
  const path = `/admin${pattern.replace(":id", idFor(pattern))}`;
  if (method === "GET") return await browser.get(path);
  return row.multipart === true
    ? await browser.upload(path, { name: "", content: "" })
    : await browser.post(path, row.form ?? {});
}

function idFor(pattern: string): string {
  if (pattern.startsWith("/accounts")) return app.ids.peter;
  if (pattern.startsWith("/cert")) return key;
  if (pattern.startsWith("/federations")) return federation;
  if (pattern.startsWith("/resources")) return orders;
  return pattern.startsWith("/tokens") ? token : wiki;
}

/** Everything that an act could have changed. */
async function state(): Promise<string> {
  const { durable } = app.parts.stores;
  const accounts = await durable.accounts.list({ limit: 100 });
  const audit = await durable.audit.list({ limit: 1 });
  const tokens = await durable.apiTokens.list({}, { limit: 100 });
  const federations = await durable.federations.all();
  const resources = await durable.resources.all();
  const applications = await durable.applications.all();
  return JSON.stringify([applications, accounts, audit.total, tokens, federations, resources]);
}

/** The routes that Express would answer, read out of the router itself. */
function mountedRoutes(): readonly string[] {
  const found: string[] = [];
  const walk = (stack: AdminApp["router"]["stack"]): void => {
    for (const layer of stack) {
      if (layer.route === undefined) {
        if ("stack" in layer.handle) walk(layer.handle.stack as AdminApp["router"]["stack"]);
        continue;
      }
      const { path } = layer.route;
      const methods = new Set(layer.route.stack.map(({ method }) => method.toUpperCase()));
      for (const method of methods) found.push(`${method} ${path}`);
    }
  };
  walk(app.router.stack);
  return found;
}

suite("the pages under /admin", () => {
  test("have a row in this table for each route", () => {
    assert.deepEqual(new Set(mountedRoutes()), new Set(Object.keys(ROWS)));
  });

  test("begin with the guard: nothing is mounted before it", () => {
    assert.equal(app.router.stack[0]?.route, undefined);
    assert.equal("stack" in (app.router.stack[0]?.handle ?? {}), false);
  });
});

suite("a stranger", () => {
  for (const [route, row] of Object.entries(ROWS)) {
    test(`is sent to the login by ${route}, and nothing changes`, async () => {
      const browser = await AdminBrowser.as(app, undefined);
      const before = await state();
      const answer = await ask(browser, route, row);
      assert.equal(answer.status, 303);
      assert.match(answer.to ?? "", /^\/login\?next=%2Fadmin/);
      assert.equal(answer.body, "");
      assert.equal(await state(), before);
    });
  }

  test("is sent to the login by a page that does not exist", async () => {
    const browser = await AdminBrowser.as(app, undefined);
    assert.equal((await browser.get("/admin/nowhere")).status, 303);
  });
});

suite("a person who is no owner", () => {
  for (const [route, row] of Object.entries(ROWS)) {
    test(`is refused ${route} with 403, and nothing changes`, async () => {
      const browser = await AdminBrowser.as(app, "peter");
      const before = await state();
      const answer = await ask(browser, route, row);
      assert.equal(answer.status, 403);
      assert.ok(!answer.body.includes("Wiki"));
      assert.equal(await state(), before);
    });
  }

  const spellings = [
    "/admin/",
    "/ADMIN/applications",
    "/admin//applications",
    "/admin/./audit",
    "/admin/audit/",
    "/admin/%61udit",
    "/admin;x/audit",
  ];
  for (const path of spellings) {
    test(`gets nothing out of another spelling of the address: ${path}`, async () => {
      const browser = await AdminBrowser.as(app, "peter");
      const answer = await browser.get(path);
      assert.ok([403, 404].includes(answer.status), String(answer.status));
    });
  }
});

suite("an owner", () => {
  for (const [route, row] of Object.entries(ROWS)) {
    if (route.endsWith("/remove")) continue;
    test(`gets ${row.owner} from ${route}`, async () => {
      const browser = await AdminBrowser.as(app, "olga");
      assert.equal((await ask(browser, route, row)).status, row.owner);
    });
  }

  for (const [route, row] of Object.entries(ROWS)) {
    if (!route.startsWith("POST")) continue;
    test(`changes nothing by ${route} with another browser's token, from another site, or without a token`, async () => {
      const browser = await AdminBrowser.as(app, "olga");
      const stranger = await AdminBrowser.as(app, "otto");
      const before = await state();
      const [, pattern = ""] = route.split(" ");
      const path = `/admin${pattern.replace(":id", idFor(pattern))}`;
      const foreign = await browser.post(path, { ...row.form, csrf: stranger.csrf });
      const site = await browser.post(path, row.form ?? {}, { "sec-fetch-site": "cross-site" });
      const none = await browser.postRaw(path, new URLSearchParams(row.form ?? {}));
      const expected = row.multipart === true ? 415 : 403;
      assert.deepEqual([foreign.status, site.status, none.status], [expected, expected, expected]);
      assert.equal(await state(), before);
      assert.notEqual(browser.csrf, stranger.csrf);
    });

    if (row.multipart === true) continue;
    test(`changes nothing by ${route} with a field that the page does not send`, async () => {
      const browser = await AdminBrowser.as(app, "olga");
      const before = await state();
      const [, pattern = ""] = route.split(" ");
      const path = `/admin${pattern.replace(":id", idFor(pattern))}`;
      for (const name of [
        "id",
        "actor",
        "createdAtMs",
        "__proto__",
        "constructor",
        "secrets",
        "emailVerified",
      ]) {
        const answer = await browser.post(path, { ...row.form, [name]: "x" });
        assert.equal(answer.status, 400, name);
      }
      assert.equal(await state(), before);
      assert.equal(Object.keys(Object.prototype).length, 0);
    });
  }

  test("who is made a person, or switched off, is out at the next request", async () => {
    const browser = await AdminBrowser.as(app, "otto");
    assert.equal((await browser.get("/admin/audit")).status, 200);
    const { accounts } = app.parts.stores.durable;
    const otto = await accounts.get(app.ids.otto);
    assert.ok(otto);
    await accounts.update({ ...otto, role: "person" }, { username: "otto" });
    app.parts.accounts.invalidate();
    assert.equal((await browser.get("/admin/audit")).status, 403);
    await accounts.update({ ...otto, enabled: false }, { username: "otto" });
    app.parts.accounts.invalidate();
    assert.equal((await browser.get("/admin/audit")).status, 303);
  });

  test("removes an application, and it is gone from the list", async () => {
    const browser = await AdminBrowser.as(app, "olga");
    assert.equal((await browser.post(`/admin/applications/${wiki}/remove`, {})).to, "/admin/applications");
    assert.equal((await browser.get(`/admin/applications/${wiki}`)).status, 404);
    assert.equal((await browser.get("/admin/applications?q=Wiki")).body.includes(wiki), false);
  });
});
