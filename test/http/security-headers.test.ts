import assert from "node:assert/strict";
import { test } from "node:test";
import { securityHeaders } from "../../src/http/security-headers.ts";
import { serve } from "./serve.ts";

test("WB-26 every answer carries the policy of the pages and nothing that says what serves it", async (t) => {
  const url = await serve(t, securityHeaders("https://id.example.org"), (_request, response) => {
    response.send("x");
  });
  const { headers } = await fetch(url);
  const expected: Record<string, string | null> = {
    "content-security-policy":
      "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; frame-ancestors 'none'; base-uri 'none'",
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
    "x-content-type-options": "nosniff",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
    "strict-transport-security": "max-age=31536000",
    "x-powered-by": null,
  };
  for (const [name, value] of Object.entries(expected)) assert.equal(headers.get(name), value, name);
  assert.match(headers.get("permissions-policy") ?? "", /camera=\(\).*publickey-credentials-get=\(self\)/);
});

test("B54 no form-action: it would block the redirect after the login form in Chromium", async (t) => {
  const url = await serve(t, securityHeaders("https://id.example.org"), (_request, response) => {
    response.send("x");
  });
  const { headers } = await fetch(url);
  assert.ok(!headers.get("content-security-policy")?.includes("form-action"));
});

test("an http issuer on loopback sends no HSTS, which would bind every port of localhost", async (t) => {
  const url = await serve(t, securityHeaders("http://localhost:4000"), (_request, response) => {
    response.send("x");
  });
  assert.equal((await fetch(url)).headers.get("strict-transport-security"), null);
});
