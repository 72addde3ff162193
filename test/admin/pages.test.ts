import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { registerClient } from "../../src/admin/acts/register-client.ts";
import type { OidcApplication } from "../../src/model/application.ts";
import { OWNER } from "./acts-installation.ts";
import { type AdminApp, startAdminApp } from "./admin-app.ts";
import { AdminBrowser } from "./admin-browser.ts";

let app: AdminApp;
let olga: AdminBrowser;

before(async () => {
  app = await startAdminApp();
  olga = await AdminBrowser.as(app, "olga");
});

after(async () => await app.close());

async function addClients(names: readonly string[]): Promise<readonly OidcApplication[]> {
  const { stores, audit, clock, random, applications } = app.parts;
  const announce = async () => await Promise.resolve();
  const acts = { store: stores.durable, audit, announce, clock, random };
  const added: OidcApplication[] = [];
  for (const name of names) {
    const redirectUris = [`https://${name.toLowerCase().replaceAll(" ", "-")}.example/callback`];
    const result = await registerClient(acts, OWNER, { name, redirectUris });
    assert.ok(result.ok);
    added.push(result.application);
  }
  await applications.reload();
  return added;
}

suite("the list of applications", () => {
  test("says what will stand there while it is empty", async () => {
    const { body } = await olga.get("/admin/applications");
    assert.match(body, /No application is registered yet/);
    assert.ok(!body.includes("<table>"));
  });

  test("is searched by name, identifier and address, in pages of 25", async () => {
    const names = Array.from({ length: 30 }, (_, index) => `Tool ${String(index).padStart(2, "0")}`);
    const [first] = await addClients(names);
    const page1 = await olga.get("/admin/applications");
    assert.match(page1.body, /Applications, 1 to 25 of 30/);
    assert.ok(page1.body.includes("Tool 00") && !page1.body.includes("Tool 25"));
    const page2 = await olga.get("/admin/applications?page=2");
    assert.ok(page2.body.includes("Tool 29") && !page2.body.includes("Tool 00"));
    for (const q of ["tool 00", first?.id ?? "", "https://tool-00.example"]) {
      const { body } = await olga.get(`/admin/applications?q=${encodeURIComponent(q)}`);
      assert.ok(body.includes("Tool 00") && !body.includes("Tool 01"), q);
    }
    assert.match((await olga.get("/admin/applications?protocol=saml")).body, /No application matches/);
    assert.match((await olga.get("/admin/applications?state=off")).body, /No application matches/);
  });

  test("takes what makes no sense in its address as not said", async () => {
    for (const query of ["page=-1", "page=999999999999", "page=x", "protocol=x", "state=x", "q=%00"]) {
      assert.equal((await olga.get(`/admin/applications?${query}`)).status, 200, query);
    }
    assert.equal((await olga.get("/admin/applications?q=%ff")).status, 400);
    assert.equal((await olga.get("/admin/applications?q=a&q=b")).status, 400);
  });

  test("shows what was searched as text", async () => {
    const { body } = await olga.get(
      `/admin/applications?q=${encodeURIComponent('"><script>alert(1)</script>')}`,
    );
    assert.ok(!body.includes("<script>alert"));
  });
});

suite("an application's page", () => {
  test("switches it off and on, with what follows said beforehand", async () => {
    const [wiki] = await addClients(["Wiki"]);
    const path = `/admin/applications/${wiki?.id}`;
    assert.match((await olga.get(path)).body, /From this moment nobody can enter Wiki\./);
    assert.equal((await olga.post(`${path}/switch`, { enabled: "off" })).to, path);
    assert.match((await olga.get(path)).body, /Switch Wiki on/);
    assert.equal((await olga.post(`${path}/switch`, { enabled: "on" })).to, path);
    assert.equal(app.parts.applications.byId(wiki?.id ?? "")?.enabled, true);
  });

  test("says at the field that an empty list of groups would close it", async () => {
    const [wiki] = await addClients(["Wiki"]);
    const path = `/admin/applications/${wiki?.id}`;
    const wrong = await olga.post(`${path}/access`, { access: "groups", groups: " \r\n," });
    assert.equal(wrong.status, 400);
    assert.match(wrong.body, /id="groups-wrong"/);
    assert.equal((await olga.post(`${path}/access`, { access: "groups", groups: "staff" })).status, 303);
    assert.match((await olga.get(path)).body, /open to staff/);
  });

  test("gives the certificate that signs now as PEM, and no private key", async () => {
    const key = app.parts.keyRing.active("RSA-2048");
    const { status, body, headers } = await olga.get(`/admin/certificates/${key.id}`);
    assert.equal(status, 200);
    assert.match(body, /^-----BEGIN CERTIFICATE-----/);
    assert.ok(!body.includes("PRIVATE"));
    assert.match(headers.get("content-disposition") ?? "", /^attachment/);
    assert.equal((await olga.get("/admin/certificates/none")).status, 404);
  });
});

suite("the accounts' pages", () => {
  test("list, find and show accounts, with neither password nor hash", async () => {
    const list = await olga.get("/admin/accounts?q=PET");
    assert.ok(list.body.includes("peter") && !list.body.includes("otto"));
    const one = await olga.get(`/admin/accounts/${app.ids.peter}`);
    assert.match(one.body, /Logged in now/);
    for (const { body } of [list, one]) assert.ok(!body.includes("argon2") && !body.includes("hash-of"));
    assert.equal((await olga.get("/admin/accounts?after=forged")).status, 200);
    assert.equal((await olga.get("/admin/accounts/nobody")).status, 404);
  });

  test("add an account, and keep what was typed except the password where something is wrong", async () => {
    const typed = {
      username: "nina",
      email: "nina@example.org",
      name: "Nina",
      groups: "staff",
      role: "person",
    };
    const wrong = await olga.post("/admin/accounts/new", { ...typed, password: "short" });
    assert.equal(wrong.status, 400);
    assert.match(wrong.body, /id="password-wrong"/);
    assert.match(wrong.body, /value="nina@example\.org"/);
    assert.ok(!wrong.body.includes("short"));
    const done = await olga.post("/admin/accounts/new", { ...typed, password: "open-the-gate" });
    assert.equal(done.status, 303);
    const stored = await app.parts.stores.durable.accounts.findByLoginName("nina");
    assert.equal(done.to, `/admin/accounts/${stored?.id}`);
    assert.deepEqual(stored?.groups, ["staff"]);
    const twice = await olga.post("/admin/accounts/new", { ...typed, email: "", password: "open-the-gate" });
    assert.match(twice.body, /id="username-wrong"/);
  });

  test("switch an account off: its session is over at the next request", async () => {
    const peter = await AdminBrowser.as(app, "peter");
    assert.equal((await peter.get("/admin/audit")).status, 403, "he is logged in");
    const page = await olga.get(`/admin/accounts/${app.ids.peter}`);
    assert.match(page.body, /one session ends/);
    assert.equal(
      (await olga.post(`/admin/accounts/${app.ids.peter}/switch`, { enabled: "off" })).status,
      303,
    );
    assert.equal((await peter.get("/admin/audit")).status, 303, "he is not any more");
    await olga.post(`/admin/accounts/${app.ids.peter}/switch`, { enabled: "on" });
    assert.equal((await peter.get("/admin/audit")).status, 303, "and his old session stays dead");
  });

  test("do not let an owner switch themselves off", async () => {
    const path = `/admin/accounts/${app.ids.olga}`;
    assert.ok(!(await olga.get(path)).body.includes("Switch olga off"));
    const answer = await olga.post(`${path}/switch`, { enabled: "off" });
    assert.equal(answer.status, 409);
    assert.equal((await olga.get(path)).status, 200);
  });
});

suite("the audit page", () => {
  test("tells who did what to what, when and from where, newest first", async () => {
    const [vault] = await addClients(["Vault"]);
    await olga.post(`/admin/applications/${vault?.id}/switch`, { enabled: "off" });
    const { body } = await olga.get(`/admin/audit?target=${vault?.id}`);
    const row =
      /<tr><td class="w nowrap"><time datetime="2026-11-24T12:00:00.000Z"[^]*?<\/tr>/.exec(body)?.[0] ?? "";
    assert.match(row, /<th scope="row" class="w">olga<\/th>/);
    assert.match(row, new RegExp(`Switched off <a href="/admin/applications/${vault?.id}">Vault</a>`));
    assert.match(row, /<span class="mono">192\.0\.2\.24<\/span>/);
  });

  test("is narrowed by kind, actor and text, and shows a forged cursor the newest", async () => {
    const kind = await olga.get("/admin/audit?kind=account.added");
    assert.ok(kind.body.includes("Added the account") && !kind.body.includes("Registered <a"));
    assert.match((await olga.get("/admin/audit?actor=nobody")).body, /No entry matches/);
    assert.match((await olga.get("/admin/audit?q=no-such-thing")).body, /No entry matches/);
    assert.equal((await olga.get("/admin/audit?after=1%20or%201=1")).status, 200);
    assert.equal((await olga.get("/admin/audit?kind=constructor")).status, 200);
  });
});
