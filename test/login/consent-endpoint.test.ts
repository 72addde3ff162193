import assert from "node:assert/strict";
import { describe, test, type TestContext } from "node:test";
import type { SignOnRequest } from "../../src/model/sign-on-request.ts";
import { pagesApp, POLICY } from "./pages-app.ts";
import { testApplication } from "./requests.ts";

const SCOPES = ["openid", "profile", "email", "groups", "offline_access"];

async function atConsent(t: TestContext, request: Partial<SignOnRequest> = {}) {
  const app = await pagesApp(t, [testApplication({ consent: "ask" })]);
  const account = await app.add({
    username: "alice",
    email: "alice@example.org",
    emailVerified: true,
    name: "Alice Example",
    groups: ["staff", "engineering"],
    password: "open-the-gate",
  });
  const browser = app.browser();
  app.next({ scopes: SCOPES, ...request });
  await browser.get("/start");
  await browser.logIn();
  return { app, browser, account };
}

describe("the consent page", () => {
  test("shows each scope with the values that will be sent, and where the person goes next", async (t) => {
    const { browser } = await atConsent(t);
    const { text, path } = browser.page;
    assert.match(path, /^\/consent\?flow=/);
    assert.match(text, /<h1>Allow Planner to use your account\?<\/h1>/);
    assert.match(
      text,
      /<b>Your name<\/b><small>Alice Example<\/small><\/span><span class="small muted">always/,
    );
    assert.match(text, /<b>Your e-mail address<\/b><small>alice@example\.org<\/small>/);
    assert.match(
      text,
      /name="allow:groups" checked><span><b>Your groups<\/b><small>staff, engineering<\/small>/,
    );
    // What reaches beyond this visit has a line of its own, which says so and can be left out.
    assert.match(
      text,
      /name="allow:offline_access" checked><span><b>Access while you are away<\/b><small>Planner goes on reading what you allow it after you have logged out, until you take it back under “What I allowed”\. Without the tick, that ends when you log out\.<\/small>/,
    );
    assert.match(text, /You can take this back at any time, here under “What I allowed”\./);
    assert.match(text, /Next stop: <b>planner\.example\.org<\/b>/);
  });

  test("says of a resource's scope what it opens there, and that can be left out", async (t) => {
    const { browser, app } = await atConsent(t, {
      scopes: ["openid", "profile", "orders:read", "wiki:edit"],
    });
    assert.match(
      browser.page.text,
      /name="allow:orders:read" checked><span><b>See &lt;your&gt; orders<\/b><small>A permission at Shop &amp; Co, which Planner then has in your name<\/small>/,
    );
    assert.match(browser.page.text, /<b>wiki:edit<\/b><small>A permission at Planner<\/small>/);
    await browser.submit({ answer: "allow", "allow:orders:read": "on" });
    assert.match(
      (await browser.get("/account/consents")).text,
      /See &lt;your&gt; orders \(Shop &amp; Co\)[^<]*<\/small>.*You left out: wiki:edit/s,
    );
    app.next({ scopes: ["openid", "orders:read"] });
    assert.match((await browser.get("/start")).text, /^signed on: alice at Planner with openid orders:read$/);
  });

  test("gives what is always sent and what was ticked, and remembers it", async (t) => {
    const { browser, app } = await atConsent(t);
    const answer = await browser.submit({ answer: "allow", "allow:groups": "on" });
    assert.equal(answer.text, "signed on: alice at Planner with openid profile email groups");
    app.next({ scopes: ["openid", "profile", "groups"] });
    assert.match(
      (await browser.get("/start")).text,
      /^signed on: alice at Planner with openid profile groups$/,
    );
  });

  test("gives access while the person is away with the consent that its line was part of, and not where it was left out", async (t) => {
    const scopes = ["openid", "profile", "offline_access"];
    const given = await atConsent(t, { scopes });
    const answer = await given.browser.submit({ answer: "allow", "allow:offline_access": "on" });
    assert.equal(answer.text, "signed on: alice at Planner with openid profile offline_access");
    assert.match(
      (await given.browser.get("/account/consents")).text,
      /Access while you are away/,
      "what was allowed stands where it can be taken back",
    );
    const left = await atConsent(t, { scopes });
    const without = await left.browser.submit({ answer: "allow" });
    assert.equal(without.text, "signed on: alice at Planner with openid profile");
    const refused = await atConsent(t, { scopes });
    const denied = await refused.browser.submit({ answer: "deny", "allow:offline_access": "on" });
    assert.doesNotMatch(denied.text, /signed on/);
    assert.equal(await refused.app.durable.grants.find(refused.account.id, "planner"), undefined);
  });

  test("asks later only for what is new", async (t) => {
    const { browser, app } = await atConsent(t, { scopes: ["openid", "profile"] });
    await browser.submit({ answer: "allow" });
    app.next({ scopes: ["openid", "profile", "email"] });
    const { text } = await browser.get("/start");
    assert.match(text, /Your e-mail address/);
    assert.ok(!text.includes("Your name"));
  });

  test("does not ask again for what was left out, and never releases it", async (t) => {
    const { browser, app, account } = await atConsent(t);
    await browser.submit({ answer: "allow", "allow:groups": "on" });
    const grant = await app.durable.grants.find(account.id, "planner");
    assert.deepEqual(grant?.declined, ["offline_access"]);
    app.next({ scopes: SCOPES });
    assert.equal(
      (await browser.get("/start")).text,
      "signed on: alice at Planner with openid profile email groups",
    );
  });

  test("asks for everything again with prompt=consent, and takes back what is left out then", async (t) => {
    const { browser, app, account } = await atConsent(t);
    await browser.submit({ answer: "allow", "allow:groups": "on" });
    app.next({ scopes: SCOPES, askConsent: true });
    // What was left out before is not ticked again for the person: a no stays one until they say otherwise.
    assert.match((await browser.get("/start")).text, /allow:groups" checked[\s\S]*allow:offline_access">/);
    const answer = await browser.submit({ answer: "allow", "allow:offline_access": "on" });
    assert.equal(answer.text, "signed on: alice at Planner with openid profile email offline_access");
    const grant = await app.durable.grants.find(account.id, "planner");
    assert.deepEqual(grant?.declined, ["groups"]);
  });

  test("does not count as declined what was allowed before and is not on the page", async (t) => {
    const { browser, app, account } = await atConsent(t, { scopes: ["openid", "groups"] });
    await browser.submit({ answer: "allow", "allow:groups": "on" });
    app.next({ scopes: ["openid", "groups", "profile"] });
    await browser.get("/start");
    await browser.submit({ answer: "allow" });
    const grant = await app.durable.grants.find(account.id, "planner");
    assert.deepEqual([grant?.scopes, grant?.declined], [["groups", "profile"], []]);
  });

  test("told no sends nothing but the refusal", async (t) => {
    const { browser, account, app } = await atConsent(t);
    assert.equal(
      (await browser.submit({ answer: "deny", "allow:groups": "on" })).text,
      "refused: consent-denied",
    );
    assert.equal(await app.durable.grants.find(account.id, "planner"), undefined);
  });
});

describe("WB-11 a consent that was not given to what was shown", () => {
  test("because a value changed meanwhile stores nothing", async (t) => {
    const { browser, account, app } = await atConsent(t);
    const changed = { ...account, email: "other@example.org" };
    await app.durable.accounts.update(changed, { username: "alice", email: changed.email });
    app.accounts.invalidate();
    const answer = await browser.submit({ answer: "allow" });
    assert.equal(answer.status, 403);
    assert.match(answer.text, /This page had been open for too long/);
    assert.equal(await app.durable.grants.find(account.id, "planner"), undefined);
  });

  test("because the application's mapping changed meanwhile stores nothing", async (t) => {
    const { browser, account, app } = await atConsent(t);
    const more = {
      name: "phone",
      source: { kind: "constant", values: ["all of it"] },
      scope: "profile",
    } as const;
    await app.durable.applications.update(testApplication({ consent: "ask", release: [more] }));
    await app.applications.reload();
    assert.equal((await browser.submit({ answer: "allow" })).status, 403);
    assert.equal(await app.durable.grants.find(account.id, "planner"), undefined);
  });

  test("because it was shown for another request stores nothing", async (t) => {
    const { browser, account, app } = await atConsent(t, { scopes: ["openid", "profile"] });
    const { shown = "" } = browser.hidden();
    app.next({ scopes: SCOPES });
    await browser.get("/start");
    assert.equal((await browser.submit({ answer: "allow", shown })).status, 403);
    assert.equal(await app.durable.grants.find(account.id, "planner"), undefined);
  });

  test("because somebody else is logged in now stores nothing", async (t) => {
    const { browser, account, app } = await atConsent(t);
    const bob = await app.add({ username: "bob", password: "bobs-own-password" });
    const { path } = browser.page;
    const fields = browser.hidden();
    await browser.get(path.replace("/consent", "/login").concat("&as=another"));
    await browser.logIn("bob", "bobs-own-password");
    assert.equal((await browser.post("/consent", { ...fields, answer: "allow" })).status, 403);
    assert.equal(await app.durable.grants.find(account.id, "planner"), undefined);
    assert.equal(await app.durable.grants.find(bob.id, "planner"), undefined);
  });

  test("because a scope was added to the form allows only what was asked", async (t) => {
    const { browser, account, app } = await atConsent(t, { scopes: ["openid", "profile"] });
    await browser.submit({ answer: "allow", "allow:groups": "on", "allow:admin": "on" });
    assert.deepEqual((await app.durable.grants.find(account.id, "planner"))?.scopes, ["profile"]);
  });

  const bad: [name: string, fields: Record<string, string>, status: number][] = [
    ["without an answer", {}, 400],
    ["with an unknown answer", { answer: "yes" }, 400],
    ["without the token", { answer: "allow", csrf: "" }, 403],
    ["without the hash", { answer: "allow", shown: "" }, 400],
    ["with another hash", { answer: "allow", shown: "A".repeat(43) }, 403],
    ["into an unknown flow", { answer: "allow", flow: "A".repeat(43) }, 400],
  ];
  for (const [name, fields, status] of bad) {
    test(`because it was posted ${name} is a ${status}`, async (t) => {
      const { browser, account, app } = await atConsent(t);
      assert.equal((await browser.submit(fields)).status, status);
      assert.equal(await app.durable.grants.find(account.id, "planner"), undefined);
    });
  }

  test("because it was sent twice is answered once", async (t) => {
    const { browser } = await atConsent(t);
    const fields = { ...browser.hidden(), answer: "allow" };
    assert.match((await browser.post("/consent", fields)).text, /^signed on/);
    assert.equal((await browser.post("/consent", fields)).status, 400);
  });
});

describe("the step-up page", () => {
  test("says that there is no second factor yet, and leads back to the application", async (t) => {
    const policy = { ...POLICY, availableContexts: ["password", "multi-factor"] as const };
    const app = await pagesApp(t, [testApplication({ name: "Payroll" })], policy);
    await app.add({ username: "alice", password: "open-the-gate" });
    const browser = app.browser();
    app.next({ requestedContext: { comparison: "exact", classes: ["multi-factor"], essential: true } });
    await browser.get("/start");
    const page = await browser.logIn();
    assert.match(page.path, /^\/step-up\?flow=/);
    assert.match(page.text, /Payroll asks for a second factor, and you have none yet\./);
    assert.equal((await browser.submit()).text, "refused: step-up-required");
  });
});
