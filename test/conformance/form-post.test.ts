import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Suite } from "../fixtures/oidc/suite.ts";
import { basicModules } from "./basic-modules.ts";

describe("oidcc-formpost-basic-certification-test-plan (CF-41)", () => {
  basicModules("form_post");
});

describe("the page that posts by itself", () => {
  let suite: Suite;
  before(async () => {
    suite = await Suite.start("form_post");
  });
  after(async () => await suite.close());

  async function page(changes: Record<string, string> = {}): Promise<Response> {
    const browser = suite.browser();
    await browser.logIn();
    return await suite.authorize(browser, changes);
  }

  test("is not cached, allows no inline script, and has a visible button where scripts are off", async () => {
    const response = await page();
    assert.equal(response.headers.get("cache-control"), "no-store");
    assert.match(response.headers.get("content-security-policy") ?? "", /script-src 'self'/);
    assert.doesNotMatch(response.headers.get("content-security-policy") ?? "", /unsafe|form-action/);
    const html = await response.text();
    assert.match(html, /<button[^>]*>/);
    assert.doesNotMatch(html, /<script(?![^>]*\ssrc=)[^>]*>|\son\w+=/);
  });

  for (const state of [
    '"><script>alert(1)</script>',
    "' onfocus='x",
    "</form><form action=https://evil.test>",
    "&quot;&amp;",
  ]) {
    test(`state ${state} is escaped and comes back whole (WB-20)`, async () => {
      const response = await page({ state });
      const html = await response.clone().text();
      assert.doesNotMatch(html, /<script>alert|evil\.test>/);
      assert.equal((await suite.answer(response))["state"], state);
    });
  }
});
