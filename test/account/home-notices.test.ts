import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Unavailable } from "../../src/platform/unavailable.ts";
import { tokensApp, type TokensApp } from "./tokens-app.ts";

async function tell(app: TokensApp, id: string, accountId: string): Promise<void> {
  await app.parts.stores.durable.tokenNotices.insert({
    id,
    tokenId: "some-token",
    accountId,
    atMs: app.clock.nowMs(),
    rule: "new-network",
    action: "notified",
    evidence: {},
  });
}

describe("my applications, with notices about API tokens", () => {
  test("say how many were not seen yet, lead to them, and are silent when they were seen", async (t) => {
    const app = await tokensApp(t);
    await tell(app, "one", app.alice.id);
    const alice = await app.browserOf("alice");
    const page = await alice.get("/");
    assert.match(
      page.text,
      /You have <a href="\/account\/tokens">one notice about your API tokens<\/a> that/,
    );
    await tell(app, "two", app.alice.id);
    assert.match((await alice.get("/")).text, /two notices about your API tokens/);
    await app.parts.stores.durable.tokenNotices.markRead(app.alice.id, app.clock.nowMs());
    assert.doesNotMatch((await alice.get("/")).text, /about your API tokens/);
  });

  test("say nothing of what was told to others", async (t) => {
    const app = await tokensApp(t);
    await tell(app, "one", app.olga.id);
    const alice = await app.browserOf("alice");
    assert.doesNotMatch((await alice.get("/")).text, /about your API tokens/);
  });

  test("are shown without the line while the database does not answer, and are broken by nothing else", async (t) => {
    const app = await tokensApp(t);
    const alice = await app.browserOf("alice");
    await tell(app, "one", app.alice.id);
    const unread = t.mock.method(app.parts.stores.durable.tokenNotices, "unread", async () => {
      return await Promise.reject(new Unavailable("durable"));
    });
    const page = await alice.get("/");
    assert.equal(page.status, 200);
    assert.match(page.text, /<h1>My applications<\/h1>/);
    assert.equal(unread.mock.callCount(), 1);
    unread.mock.mockImplementation(async () => await Promise.reject(new TypeError("a bug")));
    assert.equal((await alice.get("/")).status, 500);
  });
});
