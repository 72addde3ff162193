import assert from "node:assert/strict";
import { test } from "node:test";
import { createRenderer, VIEWS_FOLDER } from "../../src/http/render.ts";
import { siteOf } from "../../src/http/site.ts";
import type { Organisation } from "../../src/model/organisation.ts";
import { TEST_SITE } from "./site.ts";

const NOBODY: Organisation = { language: "en", scopes: [], contacts: [] };
const PROBLEM = {
  problem: {
    status: 403,
    code: "test",
    title: "Not for you",
    explanation: "It is not.",
    advice: "Ask.",
    fault: "nobody",
    facts: [],
  },
  reference: "AB-12",
  atMs: 0,
  homeLink: false,
};

test("the links at the foot and the help on an error page follow the settings, without a restart", () => {
  let organisation: Organisation = NOBODY;
  const site = siteOf(TEST_SITE, { organisation: () => organisation });
  const render = createRenderer(site, VIEWS_FOLDER);
  const before = render("problem", PROBLEM);
  assert.doesNotMatch(before, /class="foot"|Help:/);
  organisation = {
    ...NOBODY,
    privacyUrl: "https://example.org/privacy?a=1&b=2",
    documentationUrl: "https://example.org/help",
    contacts: [
      { kind: "technical", email: "ada@example.org" },
      { kind: "support", name: "The <desk>", email: "help@example.org" },
    ],
  };
  const after = render("problem", PROBLEM);
  assert.match(after, /<a href="https:\/\/example\.org\/help">Help<\/a>/);
  assert.match(after, /<a href="https:\/\/example\.org\/privacy\?a=1&amp;b=2">Privacy<\/a>/);
  assert.match(after, /<a href="mailto:help@example\.org">The &lt;desk&gt; \(help@example\.org\)<\/a>/);
  assert.doesNotMatch(after, /ada@example|>Terms</);
});

test("where no support contact is named, no other one is shown for it", () => {
  const contacts = [{ kind: "security", email: "cert@example.org" }] as const;
  const site = siteOf(TEST_SITE, { organisation: () => ({ ...NOBODY, contacts }) });
  assert.equal(site.help, undefined);
});
