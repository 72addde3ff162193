import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { pagesApp } from "./pages-app.ts";

const ALICE = {
  username: "alice",
  email: "alice@example.org",
  name: "Alice Example",
  password: "open-the-gate",
};

describe("the login page", () => {
  test("names the application, fills in the hint, and lets the person in who then arrives at the application", async (t) => {
    const app = await pagesApp(t);
    await app.add(ALICE);
    const browser = app.browser();
    app.next({ loginHint: `alice"><script>` });
    const page = await browser.get("/start");
    assert.match(page.path, /^\/login\?flow=[\w-]{43}$/);
    assert.match(page.text, /to continue to <b>Planner<\/b>/);
    assert.match(page.text, /value="alice&quot;&gt;&lt;script&gt;"/);
    assert.equal((await browser.logIn()).text, "signed on: alice at Planner with openid profile");
  });

  test("without an application leads to the person's own", async (t) => {
    const app = await pagesApp(t);
    await app.add(ALICE);
    const browser = app.browser();
    assert.equal((await browser.get("/")).path, "/login");
    const home = await browser.logIn();
    assert.equal(home.path, "/");
    assert.match(home.text, /My applications/);
    assert.equal((await browser.get("/login")).path, "/", "who is logged in is not asked again");
  });

  test("goes on to the page that sent there, and to no other site", async (t) => {
    const app = await pagesApp(t);
    await app.add(ALICE);
    const browser = app.browser();
    assert.equal((await browser.get("/account/sessions")).path, "/login?next=%2Faccount%2Fsessions");
    assert.equal((await browser.logIn()).path, "/account/sessions");
    for (const next of ["//evil.example", "https://evil.example/", "/\\evil.example"]) {
      const other = app.browser();
      await other.get(`/login?next=${encodeURIComponent(next)}`);
      assert.ok(!other.page.text.includes("evil"));
      assert.equal((await other.logIn("alice", "open-the-gate", { next })).path, "/");
    }
  });

  test("WB-01 gives the session another cookie than the one that was planted before", async (t) => {
    const app = await pagesApp(t);
    await app.add(ALICE);
    const browser = app.browser();
    await browser.get("/start");
    browser.setCookie("gatehouse", "s%3Aplanted-by-an-attacker.signature");
    await browser.logIn();
    const first = browser.cookie("gatehouse");
    assert.ok(first !== undefined && !first.includes("planted"));
    app.next({ reauthenticate: true });
    await browser.get("/start");
    await browser.logIn();
    assert.notEqual(browser.cookie("gatehouse"), first, "and another one at each login");
    const thief = app.browser();
    thief.setCookie("gatehouse", first);
    assert.match((await thief.get("/")).path, /^\/login/, "the old one is dead");
  });

  test("says why somebody who is logged in must do it again", async (t) => {
    const app = await pagesApp(t);
    await app.add(ALICE);
    const browser = app.browser();
    await browser.get("/start");
    await browser.logIn();
    app.next({ reauthenticate: true });
    assert.match((await browser.get("/start")).text, /Planner asks you to log in again/);
    assert.match((await browser.logIn()).text, /^signed on/);
    app.clock.advance(60_000);
    app.next({ maxAgeSeconds: 30 });
    assert.match((await browser.get("/start")).text, /too long ago for Planner/);
  });

  test("keeps people logged in on the device only where they said so", async (t) => {
    const app = await pagesApp(t);
    await app.add(ALICE);
    for (const [stay, path] of [
      ["on", "/"],
      [undefined, "/login"],
    ] as const) {
      const browser = app.browser();
      await browser.get("/login");
      await browser.logIn("alice", "open-the-gate", stay === undefined ? {} : { stay });
      app.clock.advance(24 * 60 * 60_000);
      assert.equal((await browser.get("/")).path, path);
    }
  });
});

describe("a login that is refused", () => {
  test("shows the form again with the name and without the password, and focus on the field to correct", async (t) => {
    const app = await pagesApp(t);
    await app.add(ALICE);
    const browser = app.browser();
    await browser.get("/start");
    const page = await browser.logIn("alice", "canary-password", { stay: "on" });
    assert.equal(page.status, 403);
    assert.match(page.text, /<title>Not logged in: name or password is wrong/);
    assert.match(page.text, /That name and password do not belong together/);
    assert.match(page.text, /name="username" type="text" value="alice"/);
    assert.ok(!page.text.includes("canary"));
    assert.match(page.text, /name="password"[^>]*aria-invalid="true" autofocus/);
    assert.match(page.text, /name="stay" checked/);
    assert.match((await browser.logIn()).text, /^signed on/, "the request is still there");
  });

  test("WB-18 looks the same for a wrong password, an unknown name and a switched-off account", async (t) => {
    const app = await pagesApp(t);
    await app.add(ALICE);
    const bob = await app.add({ username: "bobby", password: "bobs-own-password" });
    await app.durable.accounts.update({ ...bob, enabled: false }, { username: "bobby" });
    app.accounts.invalidate();
    const pages: string[] = [];
    for (const [name, password] of [
      ["alice", "wrong-password"],
      ["mally", "wrong-password"],
      ["bobby", "bobs-own-password"],
    ] as const) {
      const browser = app.browser();
      await browser.get("/login");
      const page = await browser.logIn(name, password);
      assert.equal(browser.cookie("gatehouse"), undefined);
      const shown = page.text.replaceAll(name, "NAME").replaceAll(/name="csrf" value="[^"]+"/g, "");
      pages.push(`${page.status} ${[...page.headers.keys()].join()} ${shown}`);
    }
    assert.equal(pages[1], pages[0]);
    assert.equal(pages[2], pages[0]);
  });

  test("too often says when the next one counts, that nobody is locked out, and Retry-After", async (t) => {
    const app = await pagesApp(t);
    await app.add(ALICE);
    const browser = app.browser();
    await browser.get("/login");
    for (let index = 0; index < 5; index += 1) await browser.logIn("alice", "wrong-password");
    const page = await browser.logIn();
    assert.equal(page.status, 429);
    assert.equal(page.headers.get("retry-after"), "60");
    assert.match(page.text, /Too many tries; the next one counts in 1 minute\./);
    assert.match(page.text, /Your account is not locked, and nobody else can lock it\./);
    app.clock.advance(60_000);
    assert.equal((await browser.logIn()).path, "/");
  });

  test("by the person, with the button back, is told to the application", async (t) => {
    const app = await pagesApp(t);
    const browser = app.browser();
    await browser.get("/start");
    assert.match(browser.page.text, /<button[^>]*name="cancel" value="1">Back to Planner<\/button>/);
    assert.equal((await browser.submit({ cancel: "1" })).text, "refused: login-cancelled");
  });
});

describe("WB-05 the steps", () => {
  test("WB-02 another browser cannot go on with a flow, nor post into it", async (t) => {
    const app = await pagesApp(t);
    await app.add(ALICE);
    const victim = app.browser();
    const attacker = app.browser();
    const { path } = await attacker.get("/start");
    const fields = attacker.hidden();
    await victim.get("/login");
    assert.equal((await victim.get(path)).status, 400);
    assert.match(victim.page.text, /This page had been open for too long/);
    const posted = await victim.post("/login", { ...fields, username: "alice", password: "open-the-gate" });
    assert.equal(posted.status, 403, "the token is the other browser's");
    assert.equal(victim.cookie("gatehouse"), undefined);
  });

  test("an empty post, one without a token, and one with an unknown flow log nobody in", async (t) => {
    const app = await pagesApp(t);
    await app.add(ALICE);
    const browser = app.browser();
    await browser.get("/login");
    const { csrf = "" } = browser.hidden();
    const right = { username: "alice", password: "open-the-gate" };
    assert.equal((await browser.post("/login", {})).status, 403);
    assert.equal((await browser.post("/login", right)).status, 403);
    assert.equal((await browser.post("/login", { ...right, csrf, flow: "A".repeat(43) })).status, 400);
    assert.equal(
      (await browser.post("/login", { ...right, csrf }, { "sec-fetch-site": "cross-site" })).status,
      403,
    );
    assert.equal(browser.cookie("gatehouse"), undefined);
  });

  test("a field that came twice, or that our page does not send, is refused", async (t) => {
    const app = await pagesApp(t);
    await app.add(ALICE);
    const browser = app.browser();
    await browser.get("/login");
    const { csrf = "" } = browser.hidden();
    const cookie = `gatehouse-browser=${browser.cookie("gatehouse-browser")}`;
    for (const extra of ["&username=bob", "&stay=yes", "&cancel=2", `&flow=${"x".repeat(200)}`]) {
      const answer = await fetch(`${app.url}/login`, {
        method: "POST",
        redirect: "manual",
        headers: { cookie, "content-type": "application/x-www-form-urlencoded" },
        body: `csrf=${csrf}&username=alice&password=open-the-gate${extra}`,
      });
      assert.equal(answer.status, 400, extra);
    }
  });

  test("the login page of a flow whose turn it is not leads back to the shell", async (t) => {
    const app = await pagesApp(t);
    await app.add(ALICE);
    const browser = app.browser();
    const { path } = await browser.get("/start");
    await browser.get("/login");
    await browser.logIn();
    assert.equal((await browser.get(path)).text, "signed on: alice at Planner with openid profile");
    assert.equal((await browser.get(path)).status, 400, "and the request is answered once");
  });

  test("a forced login is not satisfied by a login for another request of the same moment", async (t) => {
    const app = await pagesApp(t);
    await app.add(ALICE);
    const browser = app.browser();
    app.next({ reauthenticate: true });
    const { path } = await browser.get("/start");
    await browser.get("/login");
    await browser.logIn();
    assert.match((await browser.get(path.replace("/login", "/resume"))).path, /^\/login\?flow=/);
  });

  for (const page of ["consent", "choose-account", "step-up"]) {
    test(`the ${page} page cannot be entered before its turn, nor without a flow`, async (t) => {
      const app = await pagesApp(t);
      const browser = app.browser();
      const { path } = await browser.get("/start");
      assert.match((await browser.get(path.replace("/login", `/${page}`))).path, /^\/login\?flow=/);
      assert.equal((await browser.get(`/${page}`)).status, 400);
    });
  }

  test("an application that asks for a second factor learns that there is none, and the person goes back", async (t) => {
    const app = await pagesApp(t);
    await app.add(ALICE);
    const browser = app.browser();
    app.next({ requestedContext: { comparison: "exact", classes: ["multi-factor"], essential: true } });
    await browser.get("/start");
    assert.equal((await browser.logIn()).text, "refused: context-not-possible");
  });
});

describe("choosing an account", () => {
  test("goes on with the account of the session after one click", async (t) => {
    const app = await pagesApp(t);
    await app.add(ALICE);
    const browser = app.browser();
    await browser.get("/login");
    await browser.logIn();
    app.next({ selectAccount: true });
    const page = await browser.get("/start");
    assert.match(
      page.text,
      /Choose an account[\s\S]*Alice Example[\s\S]*alice@example\.org[\s\S]*Another account/,
    );
    assert.equal((await browser.submit()).text, "signed on: alice at Planner with openid profile");
  });

  test("WB-03 another account logs in over the first, whose session ends", async (t) => {
    const app = await pagesApp(t);
    await app.add(ALICE);
    await app.add({ username: "bob", password: "bobs-own-password" });
    const browser = app.browser();
    await browser.get("/login");
    await browser.logIn();
    app.next({ selectAccount: true });
    const page = await browser.get("/start");
    const another = /href="([^"]*as=another)"/.exec(page.text)?.[1]?.replaceAll("&amp;", "&") ?? "";
    assert.match((await browser.get(another)).text, /<h1>Log in<\/h1>/);
    assert.equal(
      (await browser.logIn("bob", "bobs-own-password")).text,
      "signed on: bob at Planner with openid profile",
    );
    assert.equal(app.ended.length, 1, "alice's session has ended");
  });
});
