import assert from "node:assert/strict";
import { describe, test, type TestContext } from "node:test";
import type { TestBrowser } from "../login/test-browser.ts";
import { DAY_MS, PLANNER, tokensApp, type Wanted } from "./tokens-app.ts";

/** A little more than the login may be old. */
const STALE_MS = 6 * 60_000;
const FIELDS = {
  name: "Nightly report",
  days: "",
  [`resource.${PLANNER}`]: "on",
  "scope.planner:read": "on",
} as const;
const WIDER = { ...FIELDS, "scope.planner:write": "on" };
const NARROWER = { ...FIELDS, addresses: "192.0.2.0/24" };

async function aliceWithToken(t: TestContext, limits: Wanted["limits"] = {}) {
  const app = await tokensApp(t);
  const browser = await app.browserOf("alice");
  const { id } = await app.make("alice", { limits });
  const path = `/account/tokens/${id}/change`;
  return {
    app,
    browser,
    id,
    path,
    token: async () => {
      const token = await app.parts.stores.durable.apiTokens.get(id);
      if (token === undefined) throw new Error("the token is gone");
      return token;
    },
    fillIn: async (fields: Readonly<Record<string, string>>) => {
      await browser.get(path);
      return await browser.submit(fields);
    },
  };
}

/** Name and value of what the page's form would send as it stands. */
function typed(browser: TestBrowser): ReadonlyMap<string, string> {
  const { text } = browser.page;
  const checked = text.matchAll(
    /<input type="(?:checkbox|radio)" name="([^"]+)"(?: value="([^"]*)")? checked>/g,
  );
  return new Map([...checked].map(([, name = "", value = "on"]) => [name, value]));
}

describe("a token's limits are changed", () => {
  test("the form shows them as they are", async (t) => {
    const { browser, path } = await aliceWithToken(t, {
      addresses: ["192.0.2.7"],
      methods: ["GET"],
      pathPrefixes: ["/plans"],
      perMinute: 60,
      binding: { kind: "certificate", thumbprint: "c".repeat(43) },
    });
    const { text } = await browser.get(path);
    const boxes = typed(browser);
    assert.deepEqual(
      [boxes.get("days"), boxes.get(`resource.${PLANNER}`), boxes.get("scope.planner:read")],
      ["", "on", "on"],
    );
    assert.deepEqual([boxes.has("scope.planner:write"), boxes.has("method.GET")], [false, true]);
    assert.match(text, />192\.0\.2\.7<\/textarea>/);
    assert.match(text, />\/plans<\/textarea>/);
    assert.match(text, /name="perMinute"[^>]* value="60"/);
    assert.match(text, /<option value="certificate" selected>/);
    assert.match(text, new RegExp(`value="${"c".repeat(43)}"`));
  });

  test("what becomes wider and what narrower is said first, and done after a yes", async (t) => {
    const { browser, token, fillIn } = await aliceWithToken(t, { perDay: 10 });
    const before = await token();
    const summary = await fillIn({
      ...WIDER,
      addresses: "192.0.2.0/24",
      perDay: "",
      days: "60",
      name: "Weekly",
    });
    assert.equal(summary.status, 200);
    const [wider = "", narrower = ""] = summary.text.split("What it cannot do any more");
    assert.match(wider, /It may also: change your plans\./);
    assert.match(wider, /It works until 23 January 2027, 12:00 UTC, not only until 24 December 2026/);
    assert.match(wider, /It has no limit of its own in a day any more; before, it was 10\./);
    assert.match(narrower, /It works from 192\.0\.2\.0\/24 alone, no longer from anywhere\./);
    assert.match(narrower, /It is called “Weekly”, no longer “Nightly report”\./);
    assert.deepEqual(await token(), before, "nothing is changed yet");
    const done = await browser.submit();
    assert.match(done.path, /^\/account\/tokens\/[0-9a-f]{32}$/);
    const { name, limits, expiresAtMs, version, hash } = await token();
    assert.deepEqual(
      [name, limits.scopes, limits.addresses, limits.perDay, version],
      ["Weekly", ["planner:read", "planner:write"], ["192.0.2.0/24"], undefined, before.version + 1],
    );
    assert.equal(expiresAtMs, before.createdAtMs + 60 * DAY_MS);
    assert.equal(hash, before.hash, "the secret stays");
  });

  test("the end stays where no other one is chosen", async (t) => {
    const { app, browser, token, fillIn } = await aliceWithToken(t);
    const { expiresAtMs } = await token();
    app.clock.advance(60_000);
    await fillIn(NARROWER);
    await browser.submit();
    const changed = await token();
    assert.deepEqual([changed.expiresAtMs, changed.limits.addresses], [expiresAtMs, ["192.0.2.0/24"]]);
  });

  test("anything wider asks for a login of this moment, and forgets nothing that was typed", async (t) => {
    const { app, browser, token, fillIn } = await aliceWithToken(t);
    app.clock.advance(STALE_MS);
    const login = await fillIn(WIDER);
    assert.match(login.path, /^\/login\?again=1&next=/);
    assert.deepEqual((await token()).limits.scopes, ["planner:read"]);
    const summary = await browser.logIn();
    assert.match(summary.path, /\/change\/[\w-]{43}$/);
    await browser.submit();
    assert.deepEqual((await token()).limits.scopes, ["planner:read", "planner:write"]);
  });

  test("a login that has grown old between the summary and the yes changes nothing yet", async (t) => {
    const { app, browser, token, fillIn } = await aliceWithToken(t);
    await fillIn(WIDER);
    app.clock.advance(STALE_MS);
    const login = await browser.submit();
    assert.match(login.path, /^\/login\?again=1&next=/);
    assert.deepEqual((await token()).limits.scopes, ["planner:read"]);
    await browser.logIn();
    await browser.submit();
    assert.deepEqual((await token()).limits.scopes, ["planner:read", "planner:write"]);
  });

  test("what only takes away needs no new login: it must be easy", async (t) => {
    const { app, browser, token, fillIn } = await aliceWithToken(t);
    app.clock.advance(STALE_MS);
    assert.match((await fillIn(NARROWER)).path, /\/change\/[\w-]{43}$/);
    await browser.submit();
    assert.deepEqual((await token()).limits.addresses, ["192.0.2.0/24"]);
  });

  test("a method that the page does not know stays in the list, so that the list does not become empty unseen", async (t) => {
    const { browser, token, path } = await aliceWithToken(t, { methods: ["PURGE"] });
    await browser.get(path);
    assert.equal(typed(browser).get("method.PURGE"), "on");
    await browser.submit({ ...NARROWER, "method.PURGE": "on" });
    await browser.submit();
    assert.deepEqual((await token()).limits.methods, ["PURGE"]);
  });
});

describe("a token's limits are not changed", () => {
  test("where nothing is different, and the page says so", async (t) => {
    const { token, fillIn } = await aliceWithToken(t);
    const page = await fillIn(FIELDS);
    assert.equal(page.status, 400);
    assert.match(page.text, /Nothing is different from before/);
    assert.equal((await token()).version, 1);
  });

  test("where it was changed meanwhile: what was typed stands there again, against how it is now", async (t) => {
    const { app, browser, id, token, path } = await aliceWithToken(t);
    await browser.get(path);
    const olga = { kind: "account", id: app.olga.id, name: "olga", address: "192.0.2.9" } as const;
    await app.parts.tokens.apiTokens.change(olga, id, { name: "Renamed" });
    const conflict = await browser.submit(NARROWER);
    assert.equal(conflict.status, 409);
    assert.match(conflict.text, /The token was changed meanwhile/);
    assert.match(conflict.text, />192\.0\.2\.0\/24<\/textarea>/);
    assert.deepEqual((await token()).limits.addresses, []);
    const summary = await browser.submit(NARROWER);
    assert.match(summary.text, /It is called “Nightly report”, no longer “Renamed”/);
    await browser.submit();
    const { name, limits } = await token();
    assert.deepEqual([name, limits.addresses], ["Nightly report", ["192.0.2.0/24"]]);
  });

  test("where it was changed between the summary and the yes", async (t) => {
    const { app, browser, id, token, fillIn } = await aliceWithToken(t);
    await fillIn(NARROWER);
    const olga = { kind: "account", id: app.olga.id, name: "olga", address: "192.0.2.9" } as const;
    await app.parts.tokens.apiTokens.change(olga, id, { name: "Renamed" });
    const conflict = await browser.submit();
    assert.equal(conflict.status, 409);
    assert.deepEqual([(await token()).name, (await token()).limits.addresses], ["Renamed", []]);
  });

  test("twice by one yes: the second is told that it has changed", async (t) => {
    const { browser, token, fillIn } = await aliceWithToken(t);
    const { path } = await fillIn(NARROWER);
    const fields = browser.hidden();
    await browser.post(path, fields);
    assert.equal((await browser.post(path, fields)).status, 410);
    assert.equal((await token()).version, 2);
  });

  for (const [what, fields, words] of [
    ["without a name", { ...FIELDS, name: " " }, /Give it a name/],
    ["to no resource", { name: "x", days: "" }, /Name at least one resource/],
    ["to a list that says everywhere", { ...FIELDS, addresses: "0.0.0.0/0" }, /means every address/],
    ["to a rate that is none", { ...FIELDS, perMinute: "0" }, /At least one use a minute/],
    ["to a key that is none", { ...FIELDS, binding: "dpop", thumbprint: "x" }, /SHA-256 in base64url/],
  ] as const) {
    test(what, async (t) => {
      const { token, fillIn } = await aliceWithToken(t);
      const page = await fillIn(fields);
      assert.equal(page.status, 400);
      assert.match(page.text, words);
      assert.equal((await token()).version, 1);
    });
  }

  test("to a life that is longer than any may be: it counts from when it was made", async (t) => {
    const { app, browser, token, fillIn } = await aliceWithToken(t);
    app.clock.advance(25 * DAY_MS);
    await browser.get("/login");
    await browser.logIn();
    const page = await fillIn({ ...FIELDS, days: "90" });
    const answer = page.status === 200 ? await browser.submit() : page;
    assert.equal(answer.status, 400);
    assert.match(answer.text, /lives for 90 days at most/);
    assert.equal((await token()).version, 1);
  });

  for (const [what, more] of [
    ["a right that nobody offers", { "scope.accounts:delete": "on" }],
    ["a right of another resource", { "scope.tokens:write:all": "on" }],
  ] as const) {
    test(`to ${what}`, async (t) => {
      const { browser, token, fillIn } = await aliceWithToken(t);
      const summary = await fillIn({ ...FIELDS, ...more });
      const answer = summary.status === 200 ? await browser.submit() : summary;
      assert.equal(answer.status, 400);
      assert.equal((await token()).version, 1);
    });
  }

  test("by somebody else, by nobody, or from another site's page", async (t) => {
    const { app, browser, path, token } = await aliceWithToken(t);
    const bob = await app.browserOf("bob");
    assert.equal((await bob.get(path)).status, 404);
    await bob.get("/account/tokens/new");
    const { csrf = "" } = bob.hidden();
    assert.equal((await bob.post(path, { ...NARROWER, version: "1", csrf })).status, 404);
    assert.equal((await browser.post(path, { ...NARROWER, version: "1", csrf: "none" })).status, 403);
    const answer = await fetch(`${app.url}${path}`, { redirect: "manual" });
    assert.match(answer.headers.get("location") ?? "", /\/login/);
    assert.equal((await token()).version, 1);
  });

  test("by a draft of another token, of another person, or of a new token", async (t) => {
    const { app, browser, path, token, fillIn } = await aliceWithToken(t);
    const other = await app.make("alice");
    const { path: summary } = await fillIn(NARROWER);
    const draft = summary.split("/").at(-1) ?? "";
    assert.equal((await browser.get(`/account/tokens/${other.id}/change/${draft}`)).status, 410);
    assert.equal((await browser.get(`/account/tokens/new/${draft}`)).status, 410);
    await browser.get("/account/tokens/new");
    const made = await browser.submit({ name: "New", days: "30", "scope.planner:read": "on" });
    const newDraft = made.path.split("/").at(-1) ?? "";
    assert.equal((await browser.get(`${path}/${newDraft}`)).status, 410);
    assert.equal((await token()).version, 1);
  });

  test("once it is revoked or has ended: its page is shown instead", async (t) => {
    const { app, browser, path, id } = await aliceWithToken(t);
    app.clock.advance(31 * DAY_MS);
    await browser.get("/login");
    await browser.logIn();
    assert.equal((await browser.get(path)).path, `/account/tokens/${id}`);
    assert.doesNotMatch(browser.page.text, /Change its limits/);
    const second = await app.make("alice");
    await app.parts.tokens.apiTokens.revoke({ kind: "system" }, second.id, { reason: "owner" });
    const shown = await browser.get(`/account/tokens/${second.id}/change`);
    assert.equal(shown.path, `/account/tokens/${second.id}`);
  });
});
