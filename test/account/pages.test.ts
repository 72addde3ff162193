import assert from "node:assert/strict";
import { describe, test, type TestContext } from "node:test";
import type { Application } from "../../src/model/application.ts";
import { pagesApp } from "../login/pages-app.ts";
import { testApplication } from "../login/requests.ts";

async function loggedIn(t: TestContext, applications?: readonly Application[]) {
  const app = await pagesApp(t, applications);
  await app.add({ username: "alice", groups: ["finance"], password: "open-the-gate" });
  await app.add({ username: "bob", password: "bobs-own-password" });
  const browser = app.browser();
  await browser.get("/login");
  await browser.logIn();
  return { app, browser };
}

describe("my applications", () => {
  test("are those that the account may enter, in the order of their names, with one click each", async (t) => {
    const { browser, app } = await loggedIn(t, [
      testApplication({ id: "w", name: "Wiki", startUrl: "https://wiki.example.org/login" }),
      testApplication({ id: "p", name: "Planner" }),
      testApplication({ id: "y", name: "Payroll", access: { kind: "groups", groups: ["finance"] } }),
      testApplication({ id: "v", name: "Vault", access: { kind: "groups", groups: ["admins"] } }),
      testApplication({ id: "o", name: "Old", enabled: false }),
    ]);
    const names = (text: string) => [...text.matchAll(/<b>([^<]+)<\/b><small>/g)].map((match) => match[1]);
    assert.deepEqual(names(browser.page.text), ["Payroll", "Planner", "Wiki"]);
    assert.match(browser.page.text, /<a class="pick" href="https:\/\/wiki\.example\.org\/login">/);
    assert.match(browser.page.text, /<a class="pick" href="https:\/\/planner\.example\.org\/">/);
    const bob = app.browser();
    await bob.get("/login");
    await bob.logIn("bob", "bobs-own-password");
    assert.deepEqual(names(bob.page.text), ["Planner", "Wiki"]);
  });

  test("with an address that is no web address have no link", async (t) => {
    const { browser } = await loggedIn(t, [
      testApplication({ id: "j", name: "Evil", startUrl: "javascript:alert(1)" }),
      testApplication({ id: "n", name: "Native", redirectUris: ["com.example.app:/cb"] }),
    ]);
    assert.ok(!/href="(javascript|com\.example)/.test(browser.page.text));
    assert.match(browser.page.text, /Open it on your device/);
  });

  test("are found by a part of their name, and what was sought stays text", async (t) => {
    const { browser } = await loggedIn(t);
    assert.match((await browser.get("/?q=PLAN")).text, /<b>Planner<\/b>/);
    const none = await browser.get("/?q=%3Cscript%3E");
    assert.match(none.text, /Nothing here is called “&lt;script&gt;”/);
    assert.equal((await browser.get("/?q=%ff")).status, 400);
  });

  test("say until when the person is logged in", async (t) => {
    const { browser } = await loggedIn(t);
    assert.match(browser.page.text, /You are logged in until <time datetime="2026-11-25T00:00:00\.000Z"/);
  });
});

describe("WB-10 the logout page", () => {
  test("asks first: its address alone ends nothing", async (t) => {
    const { browser, app } = await loggedIn(t);
    assert.match((await browser.get("/logout")).text, /Log out\?[\s\S]*You are logged in as alice/);
    assert.deepEqual(app.ended, []);
    assert.equal((await browser.get("/")).path, "/");
  });

  test("ends the session of this browser with its one button", async (t) => {
    const { browser, app } = await loggedIn(t);
    await browser.get("/logout");
    await browser.submit();
    assert.equal(app.ended.length, 1);
    assert.equal((await browser.get("/")).path, "/login");
  });

  test("ends all of the person's sessions, and nobody else's, with the second one", async (t) => {
    const { browser, app } = await loggedIn(t);
    const [telephone, bob] = [app.browser(), app.browser()];
    await telephone.get("/login");
    await telephone.logIn();
    await bob.get("/login");
    await bob.logIn("bob", "bobs-own-password");
    assert.match((await browser.get("/logout")).text, /one other session of yours ends as well/);
    await browser.submit({ everywhere: "1" });
    assert.equal((await telephone.get("/")).path, "/login");
    assert.equal((await bob.get("/")).path, "/");
  });

  test("refuses a post without the token, and one from another site", async (t) => {
    const { browser, app } = await loggedIn(t);
    await browser.get("/logout");
    const fields = browser.hidden();
    assert.equal((await browser.post("/logout", {})).status, 403);
    assert.equal((await browser.post("/logout", fields, { "sec-fetch-site": "cross-site" })).status, 403);
    assert.deepEqual(app.ended, []);
  });
});

describe("the list of sessions", () => {
  test("shows this one and the others, and ends another with its button", async (t) => {
    const { browser, app } = await loggedIn(t);
    const telephone = app.browser();
    await telephone.get("/start");
    await telephone.logIn();
    const page = await browser.get("/account/sessions");
    assert.match(page.text, /Two sessions\./);
    assert.match(page.text, /You are here/);
    assert.match(page.text, /In use: Planner/);
    const end = /name="end" value="([^"]+)"/.exec(page.text)?.[1] ?? "";
    await browser.submit({ end });
    assert.match(browser.page.text, /One session\./);
    assert.equal((await telephone.get("/")).path, "/login");
  });

  test("WB-78 ends nobody else's session", async (t) => {
    const { browser, app } = await loggedIn(t);
    const bob = app.browser();
    await bob.get("/login");
    await bob.logIn("bob", "bobs-own-password");
    const [session] = await app.sessions.listByAccount((await app.accounts.findByLoginName("bob"))?.id ?? "");
    await browser.get("/logout");
    await browser.post("/account/sessions", { ...browser.hidden(), end: session?.id ?? "none" });
    assert.deepEqual(app.ended, []);
    assert.equal((await bob.get("/")).path, "/");
  });

  test("WB-24 none of the person's pages may be kept by a cache", async (t) => {
    const { browser } = await loggedIn(t);
    for (const path of ["/", "/account/sessions", "/logout", "/login"]) {
      assert.equal((await browser.get(path)).headers.get("cache-control"), "no-store", path);
    }
  });
});
