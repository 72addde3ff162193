import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { eventually } from "../fixtures/eventually.ts";
import { formOf, SiteBrowser, startLogoutSite } from "../fixtures/oidc/logout-site.ts";

const site = await startLogoutSite();
after(async () => await site.close());

/** alice is logged in and at an application; then bob logs in over her session, in the same browser. */
async function bobAfterAlice() {
  const party = await site.relyingParty();
  const client = await site.register({ backchannelLogoutUri: `${party.base}/logout` });
  const browser = new SiteBrowser(site);
  await browser.logIn("alice");
  await browser.signOn(client);
  const { csrf = "" } = await formOf(await browser.get("/logout"));
  const sent = await browser.post("/login", { csrf, username: "bob", password: "open-the-gate-bob" });
  assert.equal(sent.status, 303);
  return party;
}

describe("WB-03 when another account logs in over a session", () => {
  test("the applications of the first one are told", async () => {
    const party = await bobAfterAlice();
    await eventually(() => {
      assert.equal(party.received.length, 1);
      return Promise.resolve();
    });
  });
});
