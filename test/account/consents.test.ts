import assert from "node:assert/strict";
import { after, describe, test, type TestContext } from "node:test";
import { startTokenNode } from "../fixtures/oidc/token-node.ts";
import { isAlive, newTokens, outcomeOf, refresh } from "../fixtures/oidc/tokens.ts";
import { pagesApp } from "../login/pages-app.ts";
import { testApplication } from "../login/requests.ts";

/** alice allowed Planner her name and her groups, and left her telephone number out. */
async function withGrant(t: TestContext) {
  const app = await pagesApp(t, [testApplication({ consent: "ask" })]);
  const alice = await app.add({ username: "alice", name: "Alice Example", password: "open-the-gate" });
  const grant = await app.durable.grants.allow(
    {
      id: "grant-of-alice",
      accountId: alice.id,
      applicationId: "planner",
      scopes: ["profile", "groups"],
      declined: ["phone"],
    },
    app.clock.nowMs(),
  );
  const browser = app.browser();
  await browser.get("/login");
  await browser.logIn();
  return { app, alice, grant, browser };
}

describe("what I allowed", () => {
  test("shows each application with what it may know, since when, and what was left out", async (t) => {
    const { browser } = await withGrant(t);
    const { text } = await browser.get("/account/consents");
    assert.match(text, /<b>Planner<\/b><small>Your groups, Your name<\/small>/);
    assert.match(
      text,
      /Since <time datetime="[^"]+"[^>]*>[^<]+<\/time>\. You left out: Your telephone number/,
    );
    assert.match(text, /href="\/account\/consents" aria-current="page"/);
  });

  test("says so where nothing was allowed", async (t) => {
    const { browser, app } = await withGrant(t);
    await app.durable.grants.delete("grant-of-alice");
    const { text } = await browser.get("/account/consents");
    assert.match(text, /You have allowed nothing yet/);
    assert.ok(!text.includes("Take back"));
  });

  test("is taken back with the button: it is gone, the trail says so, and the application must ask again", async (t) => {
    const { browser, app, grant } = await withGrant(t);
    await browser.get("/account/consents");
    const page = await browser.submit({ grant: grant.id });
    assert.match(page.text, /You have allowed nothing yet/);
    assert.equal(await app.durable.grants.get(grant.id), undefined);
    const { items } = await app.durable.audit.list({ limit: 10, action: "consent.withdrawn" });
    assert.deepEqual(items[0]?.detail, { scopes: "groups profile" });
    app.next({ scopes: ["openid", "profile", "phone"] });
    assert.match((await browser.get("/start")).path, /^\/consent\?flow=/);
  });

  test("is shown to nobody who is not logged in", async (t) => {
    const { app } = await withGrant(t);
    const stranger = app.browser();
    assert.match((await stranger.get("/account/consents")).path, /^\/login/);
  });

  test("of somebody else is neither shown nor taken back", async (t) => {
    const { app, grant } = await withGrant(t);
    await app.add({ username: "bob", password: "bobs-own-password" });
    const bob = app.browser();
    await bob.get("/login");
    await bob.logIn("bob", "bobs-own-password");
    assert.ok(!(await bob.get("/account/consents")).text.includes("Planner"));
    await bob.get("/logout");
    await bob.post("/account/consents", { ...bob.hidden(), grant: grant.id });
    assert.notEqual(await app.durable.grants.get(grant.id), undefined);
  });

  test("is not taken back without the page's token, nor by another site", async (t) => {
    const { browser, app, grant } = await withGrant(t);
    await browser.get("/account/consents");
    const fields = { ...browser.hidden(), grant: grant.id };
    const other = await browser.post("/account/consents", fields, { "sec-fetch-site": "cross-site" });
    assert.equal(other.status, 403);
    assert.equal((await browser.post("/account/consents", { grant: grant.id })).status, 403);
    assert.notEqual(await app.durable.grants.get(grant.id), undefined);
  });
});

describe("what was taken back", async () => {
  const node = await startTokenNode();
  after(async () => await node.close());

  test("ends access and refresh tokens at once, and those of another person go on", async () => {
    const hangingOn = async (accountId: string) => {
      const id = `grant-of-${accountId}`;
      const scopes = ["profile", "offline_access"];
      await node.durable.grants.allow({ id, accountId, applicationId: "wiki", scopes }, 1);
      return await newTokens(node, { grantId: id, scopes: ["openid", ...scopes] });
    };
    const [taken, kept] = [await hangingOn("a11ce"), await hangingOn("b0b")];
    assert.equal(await isAlive(node, taken.accessToken), true);
    assert.equal(await node.families.revokeGrant("grant-of-a11ce"), true);
    assert.equal(await isAlive(node, taken.accessToken), false);
    assert.equal(outcomeOf(await refresh(node, taken.refreshToken)), "400 invalid_grant");
    assert.equal(await isAlive(node, kept.accessToken), true);
  });
});
