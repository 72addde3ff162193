import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { sha256 } from "../../src/platform/digest.ts";
import { type AdminApp, startAdminApp } from "./admin-app.ts";
import { AdminBrowser, type Fields, hiddenField } from "./admin-browser.ts";

const PATH = "/admin/applications/new/client";

let app: AdminApp;
let olga: AdminBrowser;

before(async () => {
  app = await startAdminApp();
  olga = await AdminBrowser.as(app, "olga");
});

after(async () => await app.close());

async function form(changes: Fields = {}): Promise<Fields> {
  const page = await olga.get(PATH);
  return {
    once: hiddenField(page.body, "once"),
    name: "Wiki",
    profile: "web",
    consent: "implied",
    redirectUris: "https://wiki.example/callback\r\nhttps://wiki.example/second",
    ...changes,
  };
}

async function clients() {
  const all = await app.parts.stores.durable.applications.all();
  return all.flatMap((application) => (application.protocol === "oidc" ? [application] : []));
}

async function named(name: string) {
  return (await clients()).find((client) => client.name === name);
}

/** The secret that the page shows, in the one place where it does. */
function secretIn(page: string): string {
  const shown = /<div class="copy big"><code>([\w-]{43})<\/code>/.exec(page)?.[1];
  assert.ok(shown !== undefined, "the page shows no secret");
  return shown;
}

suite("an OpenID Connect client", () => {
  test("is registered by the form, its secret in the answer and nowhere else afterwards", async () => {
    const answer = await olga.post(PATH, await form());
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get("cache-control"), "no-store");
    const secret = secretIn(answer.body);
    const [stored] = await clients();
    assert.ok(stored);
    assert.equal(stored.secrets[0]?.hash, sha256(secret));
    assert.deepEqual(stored.redirectUris, ["https://wiki.example/callback", "https://wiki.example/second"]);
    assert.ok(answer.body.includes(stored.id));
    const pages = ["/admin/applications", `/admin/applications/${stored.id}`, "/admin/audit"];
    for (const path of pages) {
      const { status, body } = await olga.get(path);
      assert.equal(status, 200);
      assert.ok(!body.includes(secret), path);
      assert.ok(!body.includes(sha256(secret)), path);
    }
    const events = JSON.stringify((await app.parts.stores.durable.audit.list({ limit: 100 })).items);
    assert.ok(!events.includes(secret) && !events.includes(sha256(secret)));
  });

  test("is registered once, however often the form is sent", async () => {
    const sent = await form({ name: "Once" });
    const answers = await Promise.all([olga.post(PATH, sent), olga.post(PATH, sent), olga.post(PATH, sent)]);
    const statuses = answers.map(({ status }) => status);
    assert.equal(statuses.filter((status) => status === 200).length, 1);
    assert.equal(statuses.filter((status) => status === 409).length, 2);
    assert.equal((await clients()).filter(({ name }) => name === "Once").length, 1);
  });

  test("without a secret of its own shows none", async () => {
    const answer = await olga.post(PATH, await form({ profile: "browser", name: "Page" }));
    assert.equal(answer.status, 200);
    assert.ok(!answer.body.includes("Its secret"));
    assert.deepEqual((await named("Page"))?.secrets, []);
  });

  test("with keys of its own is registered for private_key_jwt", async () => {
    const { jwk } = app.parts.keyRing.active("RSA-2048");
    const jwks = JSON.stringify({ keys: [jwk] });
    const answer = await olga.post(
      PATH,
      await form({ name: "Keys", authenticationMethod: "private_key_jwt", jwks }),
    );
    assert.equal(answer.status, 200);
    assert.equal((await named("Keys"))?.authenticationMethod, "private_key_jwt");
  });

  const wrong: readonly (readonly [name: string, changes: Fields, field: string])[] = [
    ["an address that runs in the browser", { redirectUris: "javascript:alert(1)" }, "redirectUris"],
    ["an address without https", { redirectUris: "http://wiki.example/" }, "redirectUris"],
    ["an address with a wildcard", { redirectUris: "https://*.example/" }, "redirectUris"],
    ["no address", { redirectUris: "" }, "redirectUris"],
    ["no name", { name: "" }, "name"],
    ["keys that are no JSON", { authenticationMethod: "private_key_jwt", jwks: "{" }, "jwks"],
    [
      "a logout address without https",
      { backchannelLogoutUri: "ftp://wiki.example/" },
      "backchannelLogoutUri",
    ],
    ["a start address that runs in the browser", { startUrl: "javascript:alert(1)" }, "startUrl"],
  ];
  for (const [name, changes, field] of wrong) {
    test(`is not registered for ${name}: the page says so at the field and keeps what was typed`, async () => {
      const before = (await clients()).length;
      const answer = await olga.post(
        PATH,
        await form({ ...changes, postLogoutRedirectUris: "https://kept.example/" }),
      );
      assert.equal(answer.status, 400);
      assert.match(answer.body, new RegExp(`id="${field}-wrong"`));
      assert.match(answer.body, /https:\/\/kept\.example\//);
      assert.match(answer.body, /<title>Not registered/);
      assert.equal((await clients()).length, before);
    });
  }
});
