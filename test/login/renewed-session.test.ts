import assert from "node:assert/strict";
import { test } from "node:test";
import { pagesApp } from "./pages-app.ts";

const ALICE = { username: "alice", name: "Alice Example", password: "open-the-gate" };
const COOKIES = ["gatehouse", "gatehouse-browser"];

test("WB-01 of one session that was renewed in two tabs at once, no cookie outlives its end", async (t) => {
  const app = await pagesApp(t);
  const alice = await app.add(ALICE);
  const tabs = [app.browser(), app.browser()] as const;
  await tabs[0].get("/start");
  await tabs[0].logIn();
  for (const name of COOKIES) tabs[1].setCookie(name, tabs[0].cookie(name));
  for (const tab of tabs) {
    app.next({ reauthenticate: true });
    await tab.get("/start");
  }
  await Promise.all(tabs.map(async (tab) => await tab.logIn()));
  assert.notEqual(tabs[0].cookie("gatehouse"), tabs[1].cookie("gatehouse"));
  const live = await app.sessions.listByAccount(alice.id);
  assert.equal(live.length, 1, "both logins renewed the one session");

  await app.endSession.endQuietly(live.map(({ id }) => id));
  for (const tab of tabs) assert.equal((await tab.get("/")).path, "/login");
});
