import assert from "node:assert/strict";
import { describe, test, type TestContext } from "node:test";
import { Csrf, csrfGuard } from "../../src/http/csrf.ts";
import { formBody } from "../../src/http/form-body.ts";
import { createReplySender } from "../../src/http/reply-sender.ts";
import type { Browser } from "../../src/flow/browser.ts";
import { systemClock } from "../../src/platform/clock.ts";
import { silentLog } from "../../src/platform/log.ts";
import { systemRandom } from "../../src/platform/random.ts";
import { bareBrowser, post, serve, withBrowser } from "./serve.ts";
import { testRenderer } from "./site.ts";

const ISSUER = "https://id.example.org/idp";
const csrf = new Csrf("a key of the tests", ISSUER);

async function guarded(t: TestContext, browser: Browser): Promise<string> {
  const replySender = createReplySender({
    issuer: ISSUER,
    render: testRenderer(),
    log: silentLog,
    clock: systemClock,
    random: systemRandom,
  });
  return await serve(
    t,
    withBrowser(browser),
    formBody(1_000),
    csrfGuard(csrf, replySender),
    (_request, response) => {
      response.send("let through");
    },
  );
}

describe("WB-10 a form of ours", () => {
  const browser = bareBrowser();
  const token = csrf.token(browser);
  const letThrough: [name: string, headers: Record<string, string>][] = [
    ["from a browser that says nothing about the sender", {}],
    ["that the browser calls same-origin", { "sec-fetch-site": "same-origin" }],
    ["with our origin", { origin: "https://id.example.org" }],
    ["with the null origin that our own referrer policy makes", { origin: "null" }],
    ["with the null origin and same-origin beside it", { origin: "null", "sec-fetch-site": "same-origin" }],
  ];
  for (const [name, headers] of letThrough) {
    test(`${name} is let through`, async (t) => {
      const answer = await post(await guarded(t, browser), { csrf: token }, headers);
      assert.equal(await answer.text(), "let through");
    });
  }

  const refused: [name: string, fields: Record<string, string>, headers: Record<string, string>][] = [
    ["without a token", {}, {}],
    ["with an empty token", { csrf: "" }, {}],
    ["with a token of another browser", { csrf: csrf.token(bareBrowser("another browser")) }, {}],
    ["with a token under another key", { csrf: new Csrf("another key", ISSUER).token(browser) }, {}],
    ["with a token that is cut short", { csrf: token.slice(0, -1) }, {}],
    ["from another site, with the right token", { csrf: token }, { "sec-fetch-site": "cross-site" }],
    ["from a sibling subdomain, with the right token", { csrf: token }, { "sec-fetch-site": "same-site" }],
    ["from another origin, with the right token", { csrf: token }, { origin: "https://evil.example" }],
    ["from our host over http, with the right token", { csrf: token }, { origin: "http://id.example.org" }],
  ];
  for (const [name, fields, headers] of refused) {
    test(`${name} is refused`, async (t) => {
      const answer = await post(await guarded(t, browser), fields, headers);
      assert.equal(answer.status, 403);
      assert.match(await answer.text(), /This page had been open for too long/);
    });
  }
});

test("WB-09 without the binding cookie even the token for no cookie is refused, and the page says why", async (t) => {
  const browser = { ...bareBrowser(), binding: undefined };
  const answer = await post(await guarded(t, browser), { csrf: csrf.token(browser) });
  assert.equal(answer.status, 403);
  assert.match(
    await answer.text(),
    /Your browser did not bring our cookie back.*Allow cookies for id\.example\.org/s,
  );
});
