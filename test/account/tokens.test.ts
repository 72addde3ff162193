import assert from "node:assert/strict";
import { describe, test, type TestContext } from "node:test";
import type { TestBrowser } from "../login/test-browser.ts";
import { DAY_MS, forOwnApi, PLANNER, tokensApp, type TokensApp } from "./tokens-app.ts";

const FORM = { name: "Nightly report", days: "30", "scope.planner:read": "on" };
const SECRET = /gth_pat_[0-9A-Za-z]{49}/;
/** A little more than the login may be old. */
const STALE_MS = 6 * 60_000;

async function aliceIn(t: TestContext) {
  const app = await tokensApp(t);
  return { app, browser: await app.browserOf("alice") };
}

async function fillIn(browser: TestBrowser, fields: Record<string, string> = FORM) {
  await browser.get("/account/tokens/new");
  return await browser.submit(fields);
}

async function stateOf(app: TokensApp, id: string) {
  return (await app.parts.stores.durable.apiTokens.get(id))?.state;
}

/** All tokens of the installation. */
async function total(app: TokensApp): Promise<number> {
  return (await app.parts.stores.durable.apiTokens.list({}, { limit: 1 })).total;
}

describe("a new token", () => {
  test("is said in plain words, then made, and shown once", async (t) => {
    const { app, browser } = await aliceIn(t);
    const summary = await fillIn(browser, { ...FORM, addresses: "192.0.2.0/24", "method.GET": "on" });
    assert.match(summary.text, /At Planner it may: read your plans\./);
    assert.match(summary.text, /until 24 December 2026, from 192\.0\.2\.0\/24 alone/);
    assert.match(summary.text, /Only with GET\./);
    assert.equal(await total(app), 0);
    const made = await browser.submit();
    const [secret = ""] = SECRET.exec(made.text) ?? [];
    assert.notEqual(secret, "");
    assert.equal(made.headers.get("cache-control"), "no-store");
    const list = await browser.get("/account/tokens");
    assert.match(list.text, new RegExp(`gth_pat_…${secret.slice(-4)}`));
    assert.ok(!list.text.includes(secret.slice(0, 20)));
    const id = /account\/tokens\/([0-9a-f]{32})/.exec(list.text)?.[1] ?? "";
    const token = await app.parts.stores.durable.apiTokens.get(id);
    assert.deepEqual(token?.limits.resources, [PLANNER]);
    assert.deepEqual(token?.limits.methods, ["GET"]);
    assert.equal(token?.expiresAtMs, app.clock.nowMs() + 30 * DAY_MS);
  });

  test("can be made with every box that the page offers, alone", async (t) => {
    const { browser } = await aliceIn(t);
    const page = await browser.get("/account/tokens/new");
    const boxes = [...page.text.matchAll(/name="((?:resource|scope|method)\.[^"]*)"/g)].map(
      ([, name = ""]) => name,
    );
    assert.ok(boxes.includes(`resource.${PLANNER}`) && boxes.includes("scope.planner:read"));
    for (const box of boxes.filter((name) => !name.startsWith("method."))) {
      const summary = await fillIn(browser, { name: "One box", days: "30", [box]: "on" });
      assert.equal(summary.status, 200, box);
      assert.match((await browser.submit()).text, SECRET, box);
    }
  });

  for (const [kind, words] of [
    ["certificate", /Only together with its client certificate\./],
    ["dpop", /Only together with its key\./],
  ] as const) {
    test(`can be bound to a key (${kind}) on the page`, async (t) => {
      const { app, browser } = await aliceIn(t);
      const thumbprint = "t".repeat(43);
      assert.match((await fillIn(browser, { ...FORM, binding: kind, thumbprint })).text, words);
      await browser.submit();
      const [token] = (await app.parts.stores.durable.apiTokens.list({}, { limit: 1 })).items;
      assert.deepEqual(token?.limits.binding, { kind, thumbprint });
    });
  }

  test("warns when it can be used from anywhere", async (t) => {
    const { browser } = await aliceIn(t);
    assert.match((await fillIn(browser)).text, /Whoever finds it can use it from anywhere/);
  });

  test("is made once, however often the form is sent", async (t) => {
    const { app, browser } = await aliceIn(t);
    const { path } = await fillIn(browser);
    const fields = browser.hidden();
    assert.match((await browser.post(path, fields)).text, SECRET);
    const again = await browser.post(path, fields);
    assert.equal(again.status, 410);
    assert.doesNotMatch(again.text, SECRET);
    assert.equal(await total(app), 1);
  });

  test("asks for a login of this moment, and forgets nothing that was typed", async (t) => {
    const { app, browser } = await aliceIn(t);
    app.clock.advance(STALE_MS);
    const login = await fillIn(browser);
    assert.equal(login.status, 200);
    assert.match(login.path, /^\/login\?again=1&next=/);
    assert.match(login.text, /You are logged in already/);
    const summary = await browser.logIn();
    assert.match(summary.path, /^\/account\/tokens\/new\/[\w-]{43}$/);
    assert.match(summary.text, /read your plans/);
    // The page stays open too long before the button.
    app.clock.advance(STALE_MS);
    assert.match((await browser.submit()).path, /^\/login\?again=1/);
    assert.equal(await total(app), 0);
    await browser.logIn();
    assert.match((await browser.submit()).text, SECRET);
    assert.equal(await total(app), 1);
  });

  test("is not made with a wrong password at the login in between", async (t) => {
    const { app, browser } = await aliceIn(t);
    app.clock.advance(STALE_MS);
    await fillIn(browser);
    assert.equal((await browser.logIn("alice", "wrong")).status, 403);
    assert.equal(await total(app), 0);
  });

  test("belongs to nobody else: another account's draft is not there", async (t) => {
    const { app, browser } = await aliceIn(t);
    const { path } = await fillIn(browser);
    const bob = await app.browserOf("bob");
    assert.equal((await bob.get(path)).status, 410);
    await bob.get("/account/tokens/new");
    assert.equal((await bob.post(path, bob.hidden())).status, 410);
    assert.equal(await total(app), 0);
  });

  const wrongs: readonly (readonly [string, Record<string, string>, RegExp])[] = [
    ["no name", { name: "" }, /Give it a name/],
    ["no API", { "scope.planner:read": "", "scope.unknown": "on" }, /Name at least one resource/],
    ["an address that is none", { addresses: "192.0.2.0/33" }, /prefix length that does not exist/],
    ["the address of everybody", { addresses: "0.0.0.0/0" }, /means every address/],
    ["no time", { days: "" }, /Say when it expires/],
    ["a path with dots", { paths: "/a/../b" }, /no dot segments/],
    ["letters for a number", { perMinute: "many" }, /cannot be taken|number/],
    ["a thumbprint that is none", { binding: "dpop", thumbprint: "x" }, /thumbprint is SHA-256/],
  ];
  for (const [what, changes, text] of wrongs) {
    test(`is not gone on with for ${what}, and what was typed stays`, async (t) => {
      const { app, browser } = await aliceIn(t);
      const fields = { ...FORM, name: "Typed before", ...changes };
      const kept = Object.entries(fields).filter(([, value]) => value !== "");
      const page = await fillIn(browser, Object.fromEntries(kept));
      assert.equal(page.status, 400);
      assert.match(page.text, text);
      if (changes["name"] === undefined) assert.match(page.text, /value="Typed before"/);
      assert.equal(await total(app), 0);
    });
  }

  const refusals: readonly (readonly [string, Record<string, string>, RegExp])[] = [
    ["a scope that the person may not hold", { "scope.tokens:read:all": "on" }, /not a scope of these/],
    ["a scope that nobody declares", { "scope.planner:admin": "on" }, /not a scope of these/],
    ["a longer life than the policy's", { days: "91" }, /lives for 90 days at most/],
    ["an API that nobody declares", { "resource.https://evil.example": "on" }, /not a resource/],
  ];
  for (const [what, changes, text] of refusals) {
    test(`is refused when a forged form asks for ${what}`, async (t) => {
      const { app, browser } = await aliceIn(t);
      await fillIn(browser, { ...FORM, ...changes });
      const page = await browser.submit();
      assert.equal(page.status, 400);
      assert.match(page.text, text);
      assert.equal(await total(app), 0);
    });
  }

  test("is not made for a form with a field of its own, without our token, or from another site", async (t) => {
    const { app, browser } = await aliceIn(t);
    await browser.get("/account/tokens/new");
    const csrf = browser.hidden()["csrf"] ?? "";
    const path = "/account/tokens/new";
    assert.equal((await browser.post(path, { ...FORM, csrf, owner: "olga" })).status, 400);
    assert.equal((await browser.post(path, FORM)).status, 403);
    const foreign = { "sec-fetch-site": "cross-site" };
    assert.equal((await browser.post(path, { ...FORM, csrf }, foreign)).status, 403);
    const summary = await fillIn(browser);
    assert.equal((await browser.post(summary.path, {})).status, 403);
    assert.equal(await total(app), 0);
  });
});

describe("a token's page", () => {
  test("shows limits and use, and leads to the end of it", async (t) => {
    const { app, browser } = await aliceIn(t);
    const { id } = await app.make("alice");
    const day = "2026-11-24";
    await app.parts.stores.durable.tokenUse.add([
      { tokenId: id, day, address: "192.0.2.9", resource: PLANNER, outcome: "ok", count: 41 },
      { tokenId: id, day, address: "198.51.100.1", resource: PLANNER, outcome: "scope", count: 2 },
    ]);
    const page = await browser.get(`/account/tokens/${id}`);
    assert.match(page.text, /aria-label="43 uses in 30 days, two of them refused"/);
    assert.match(page.text, /192\.0\.2\.9[^]*Right missing/);
    await browser.post(`/account/tokens/${id}/revoke`, browser.hidden());
    assert.equal(await stateOf(app, id), "revoked");
    assert.match(browser.page.text, /“Nightly report” is revoked/);
    assert.match(browser.page.text, /Its owner stopped it/);
    assert.doesNotMatch(browser.page.text, /\/rotate"/);
  });

  test("of somebody else is not there, to see or to end, for a person and for an owner alike", async (t) => {
    const { app, browser } = await aliceIn(t);
    const { id } = await app.make("bob");
    const owner = await app.browserOf("olga");
    for (const stranger of [browser, owner]) {
      for (const path of ["", "/rotate", "/release"]) {
        assert.equal((await stranger.get(`/account/tokens/${id}${path}`)).status, 404, path);
      }
      await stranger.get("/account/tokens/new");
      const fields = stranger.hidden();
      for (const path of ["/revoke", "/release"]) {
        assert.equal((await stranger.post(`/account/tokens/${id}${path}`, fields)).status, 404, path);
      }
      const rotation = { ...fields, overlap: "0", version: "1" };
      assert.equal((await stranger.post(`/account/tokens/${id}/rotate`, rotation)).status, 404);
    }
    assert.equal(await stateOf(app, id), "active");
    assert.equal(await total(app), 1);
  });

  test("and the list are the person's alone, also where the person is an owner", async (t) => {
    const { app } = await aliceIn(t);
    await app.make("alice", { name: "Hers" });
    await app.make("olga", { name: "Mine" });
    const page = await (await app.browserOf("olga")).get("/account/tokens");
    assert.match(page.text, /Mine/);
    assert.doesNotMatch(page.text, /Hers/);
  });

  test("are shown to nobody who is not logged in", async (t) => {
    const { app, browser } = await aliceIn(t);
    const { id } = await app.make("alice");
    browser.setCookie("gatehouse", undefined);
    for (const path of ["/account/tokens", `/account/tokens/${id}`, "/account/tokens/inspect"]) {
      assert.match((await browser.get(path)).path, /^\/login\?next=%2Faccount%2Ftokens/);
    }
  });
});

describe("a new secret", () => {
  test("is made after a fresh login, once for a page, and the old one goes on as long as was said", async (t) => {
    const { app, browser } = await aliceIn(t);
    const { id } = await app.make("alice");
    app.clock.advance(STALE_MS);
    await browser.get(`/account/tokens/${id}/rotate`);
    const page = await browser.logIn();
    assert.equal(page.path, `/account/tokens/${id}/rotate`);
    const fields = { ...browser.hidden(), overlap: "3600" };
    const made = await browser.post(page.path, fields);
    assert.match(made.text, SECRET);
    const old = await app.parts.stores.durable.apiTokens.get(id);
    assert.equal(old?.expiresAtMs, app.clock.nowMs() + 3_600_000);
    assert.equal(await total(app), 2);
    const again = await browser.post(page.path, fields);
    assert.equal(again.status, 409);
    assert.doesNotMatch(again.text, SECRET);
    assert.equal(await total(app), 2);
  });

  test("is not made without a fresh login, nor for an overlap that the page does not have", async (t) => {
    const { app, browser } = await aliceIn(t);
    const { id } = await app.make("alice");
    await browser.get(`/account/tokens/${id}/rotate`);
    const path = `/account/tokens/${id}/rotate`;
    const fields = { ...browser.hidden(), overlap: "3600" };
    assert.equal((await browser.post(path, { ...fields, overlap: "99999999" })).status, 400);
    app.clock.advance(STALE_MS);
    assert.match((await browser.post(path, fields)).path, /^\/login\?again=1/);
    assert.equal(await total(app), 1);
  });
});

describe("a suspended token", () => {
  test("is released by its person, right after a login", async (t) => {
    const { app, browser } = await aliceIn(t);
    const { id } = await app.make("alice");
    await app.parts.tokens.apiTokens.suspend({ kind: "system" }, id, { reason: "rule:new-network" });
    const list = await browser.get("/account/tokens");
    assert.match(list.text, /is suspended<\/b><p>It was used from a network/);
    app.clock.advance(STALE_MS);
    const path = `/account/tokens/${id}/release`;
    await browser.get(path);
    assert.match(browser.page.path, /^\/login\?again=1/);
    await browser.logIn();
    assert.match(browser.page.text, /Release “Nightly report”\?/);
    await browser.submit();
    assert.equal(await stateOf(app, id), "active");
  });

  test("stays so without a fresh login, and when an administrator suspended it", async (t) => {
    const { app, browser } = await aliceIn(t);
    const { id } = await app.make("alice");
    const path = `/account/tokens/${id}/release`;
    await app.parts.tokens.apiTokens.suspend({ kind: "system" }, id, { reason: "administrator" });
    await browser.get(path);
    assert.equal((await browser.submit()).status, 403);
    await browser.get(path);
    const fields = browser.hidden();
    app.clock.advance(STALE_MS);
    await browser.post(path, fields);
    assert.equal(await stateOf(app, id), "suspended");
  });
});

describe("the page that takes a token apart", () => {
  test("says what it is and shows it never again", async (t) => {
    const { app, browser } = await aliceIn(t);
    const { secret } = await app.make("alice", forOwnApi(app, "tokens:read"));
    await browser.get("/account/tokens/inspect");
    const page = await browser.submit({ token: ` ${secret.slice(0, 20)}\n${secret.slice(20)} ` });
    assert.equal(page.status, 200);
    assert.match(page.text, /This is a token of Gatehouse/);
    assert.ok(!page.text.includes(secret.slice(10, 40)));
    const spoilt = await browser.submit({ token: `${secret.slice(0, -1)}!` });
    assert.match(spoilt.text, /no token that can be taken apart/);
  });

  test("takes no token out of an address, and none without the form's own token", async (t) => {
    const { browser } = await aliceIn(t);
    const page = await browser.get("/account/tokens/inspect?token=gth_pat_x");
    assert.doesNotMatch(page.text, /gth_pat_x/);
    assert.equal((await browser.post("/account/tokens/inspect", { token: "x" })).status, 403);
  });
});

test("what the watch noticed stands on the page, new until the person has seen it", async (t) => {
  const { app, browser } = await aliceIn(t);
  const { id } = await app.make("alice", { name: "Laptop" });
  const notice = { tokenId: id, atMs: app.clock.nowMs(), action: "suspended", evidence: { networks: 9 } };
  const { tokenNotices } = app.parts.stores.durable;
  await tokenNotices.insert({ ...notice, id: "n1", accountId: app.alice.id, rule: "many-networks" });
  await tokenNotices.insert({ ...notice, id: "n2", accountId: app.olga.id, rule: "scope-probing" });
  const page = await browser.get("/account/tokens");
  assert.match(page.text, /“Laptop” was used from many networks within a short time\. It is suspended/);
  assert.match(page.text, />New</);
  assert.doesNotMatch(page.text, /try out rights/);
  const seen = await browser.post("/account/tokens/notices", browser.hidden());
  assert.match(seen.text, /“Laptop” was used/);
  assert.doesNotMatch(seen.text, />New</);
  assert.equal(await tokenNotices.unread(app.olga.id), 1);
  assert.equal((await browser.post("/account/tokens/notices", {})).status, 403);
});
