import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { GOOD, HOSTILE_ADDRESSES } from "../../fixtures/oidc/hostile-addresses.ts";
import { locationOf, SiteBrowser, startLogoutSite } from "../../fixtures/oidc/logout-site.ts";

const site = await startLogoutSite();
const wiki = await site.register({ postLogoutRedirectUris: [GOOD] });
const browser = new SiteBrowser(site);
await browser.logIn();
const hint = await browser.signOn(wiki);
after(async () => await site.close());

describe("post_logout_redirect_uri", () => {
  for (const address of HOSTILE_ADDRESSES) {
    test(`${JSON.stringify(address).slice(0, 80)} is refused with an error page, never a redirect (OA-01)`, async () => {
      const response = await browser.logOut({ id_token_hint: hint, post_logout_redirect_uri: address });
      assert.equal(response.headers.get("location"), null);
      assert.equal(response.status, 400);
    });
  }

  test("that is registered is where the same hint leads", async () => {
    assert.equal(await browser.silently(wiki), "logged in");
    const response = await browser.logOut({ id_token_hint: hint, post_logout_redirect_uri: GOOD });
    assert.equal(locationOf(response), GOOD);
  });
});
