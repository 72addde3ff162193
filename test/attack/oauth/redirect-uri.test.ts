import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { checkRedirectUri, findRegistered } from "../../../src/oidc/redirect-uri.ts";
import { authorization } from "../../fixtures/oidc/authorization.ts";
import { TestBrowser } from "../../fixtures/oidc/client.ts";
import { oidcApplication } from "../../fixtures/oidc/application.ts";
import { GOOD, HOSTILE_ADDRESSES } from "../../fixtures/oidc/hostile-addresses.ts";
import { type OidcApp, startOidcApp } from "../../fixtures/oidc-app.ts";

describe("redirect_uri at the authorization endpoint (OA-01, OA-04)", () => {
  let app: OidcApp;
  before(async () => {
    app = await startOidcApp({ applications: [oidcApplication({ redirectUris: [GOOD] })] });
  });
  after(async () => await app.close());

  async function send(redirectUri: string | undefined, extra = ""): Promise<Response> {
    const browser = new TestBrowser(app);
    await browser.logIn();
    return await browser.authorize({ redirect_uri: redirectUri }, extra);
  }

  async function assertPage(response: Response, what: string): Promise<void> {
    assert.equal(response.status, 400, what);
    assert.equal(response.headers.get("location"), null, what);
    assert.match(response.headers.get("content-type") ?? "", /^text\/html/);
  }

  test("the registered address gets a code, so the pages below are pages for a reason", async () => {
    const response = await send(GOOD);
    assert.equal(response.status, 303);
    assert.match(response.headers.get("location") ?? "", /^https:\/\/wiki\.example\.org\/cb\?tenant=1&code=/);
  });

  for (const hostile of HOSTILE_ADDRESSES) {
    test(`a page, no redirect: ${JSON.stringify(hostile).slice(0, 90)}`, async () => {
      await assertPage(await send(hostile), hostile);
    });
  }

  test("a missing or an empty address is a page, also with one registered (CF-67)", async () => {
    await assertPage(await send(undefined), "missing");
    await assertPage(await send(""), "empty");
  });

  test("two addresses are a page, whichever is the registered one", async () => {
    await assertPage(await send(GOOD, `&redirect_uri=${encodeURIComponent("https://evil.test/")}`), "second");
    await assertPage(await send("https://evil.test/", `&redirect_uri=${encodeURIComponent(GOOD)}`), "first");
    await assertPage(await send(GOOD, `&redirect_uri=${encodeURIComponent(GOOD)}`), "twice the same");
  });

  test("an unknown, a missing or a repeated client is a page", async () => {
    const browser = new TestBrowser(app);
    for (const client_id of ["nobody", undefined, "__proto__", "WIKI", "wiki "]) {
      const text = new URLSearchParams(authorization({ client_id, redirect_uri: GOOD })).toString();
      await assertPage(await browser.get(`/oauth2/authorize?${text}`), text);
    }
    const text = new URLSearchParams(authorization({ redirect_uri: GOOD })).toString();
    for (const second of ["wiki", "nobody", ""]) {
      await assertPage(await browser.get(`/oauth2/authorize?${text}&client_id=${second}`), second);
    }
  });

  test("every other error of a request with a bad address is a page too", async () => {
    for (const extra of [
      "&response_type=token",
      "&request=x.y.",
      "&prompt=none",
      "&response_mode=fragment",
    ]) {
      await assertPage(await send("https://evil.test/cb", extra), extra);
    }
  });

  test("the page shows what came as text (OA-19)", async () => {
    const html = await (await send("https://evil.test/<script>alert(1)</script>")).text();
    assert.doesNotMatch(html, /<script>alert/);
    assert.match(html, /&lt;script&gt;alert/);
  });
});

describe("findRegistered", () => {
  for (const hostile of HOSTILE_ADDRESSES) {
    test(`another string is not found: ${JSON.stringify(hostile).slice(0, 90)}`, () => {
      assert.equal(findRegistered([GOOD], hostile), undefined);
    });
  }

  for (const [registered, sent] of [
    ["http://127.0.0.1/cb", "http://127.0.0.1:61023/cb"],
    ["http://[::1]/cb", "http://[::1]:61023/cb"],
    ["http://127.0.0.1:5000/cb?x=1", "http://127.0.0.1:6000/cb?x=1"],
    ["http://127.0.0.1:5000/cb", "http://127.0.0.1/cb"],
    ["http://127.0.0.1/", "http://127.0.0.1:1/"],
  ] as const) {
    test(`loopback: ${sent} is ${registered} (RFC 8252 7.3, OA-02)`, () => {
      assert.equal(findRegistered([registered], sent), sent);
    });
  }

  for (const [registered, sent] of [
    ["http://127.0.0.1/cb", "http://127.0.0.1:61023/other"],
    ["http://127.0.0.1/cb", "http://127.0.0.1:61023/cb?x=1"],
    ["http://127.0.0.1/cb", "http://127.0.0.1:61023/cb#x"],
    ["http://127.0.0.1/cb", "http://[::1]:61023/cb"],
    ["http://127.0.0.1/cb", "http://localhost:61023/cb"],
    ["http://localhost/cb", "http://localhost:61023/cb"],
    ["http://localhost:1/cb", "http://127.0.0.1:1/cb"],
    ["http://127.0.0.1/cb", "http://127.0.0.2:61023/cb"],
    ["http://127.0.0.1/cb", "http://127.0.0.1.nip.io:61023/cb"],
    ["http://localhost/cb", "http://localhost.evil.test/cb"],
    ["http://127.0.0.1/cb", "http://127.0.0.1:80@evil.test/cb"],
    ["http://127.0.0.1/cb", "http://127.0.0.1:61023@evil.test/cb"],
    ["http://127.0.0.1/cb", "http://127.1:61023/cb"],
    ["http://127.0.0.1/cb", "http://2130706433:61023/cb"],
    ["http://127.0.0.1/cb", "http://127.0.0.1:061023/cb"],
    ["http://127.0.0.1/cb", "http://127.0.0.1:99999/cb"],
    ["http://127.0.0.1/cb", "http://127.0.0.1:0/cb"],
    ["http://127.0.0.1/cb", "http://127.0.0.1:/cb"],
    ["http://127.0.0.1/cb", "http://127.0.0.1:-1/cb"],
    ["http://127.0.0.1/cb", "https://127.0.0.1:61023/cb"],
    ["https://127.0.0.1/cb", "https://127.0.0.1:61023/cb"],
  ] as const) {
    test(`loopback: ${sent} is not ${registered}`, () => {
      assert.equal(findRegistered([registered], sent), undefined);
    });
  }

  test("an address that is stored and runs as a script is not found", () => {
    for (const stored of ["javascript:alert(1)", "data:text/html,x", "http://wiki.example.org/cb", "x:y"]) {
      assert.equal(findRegistered([stored], stored), undefined, stored);
    }
  });

  test("a registered string is no pattern", () => {
    assert.equal(findRegistered(["https://wiki.example.org/.*"], "https://wiki.example.org/evil"), undefined);
    assert.equal(findRegistered(["https://*.example.org/cb"], "https://evil.example.org/cb"), undefined);
  });
});

describe("checkRedirectUri at registration", () => {
  for (const [profile, uri] of [
    ["web", "https://wiki.example.org/cb"],
    ["web", "https://wiki.example.org"],
    ["web", "https://wiki.example.org:8443/cb?tenant=1"],
    ["web", "http://localhost:4002/cb"],
    ["browser", "https://app.example.org/"],
    ["browser", "http://127.0.0.1:5173/"],
    ["native", "http://127.0.0.1/cb"],
    ["native", "http://[::1]/cb"],
    ["native", "com.example.app:/cb"],
    ["native", "app.immich:///oauth-callback"],
    ["native", "https://app.example.org/claimed"],
  ] as const) {
    test(`${profile}: ${uri} may be registered`, () => {
      assert.equal(checkRedirectUri(uri, profile), undefined);
    });
  }

  for (const [profile, uri] of [
    ["web", "com.example.app:/cb"],
    ["browser", "com.example.app:/cb"],
    ["native", "myapp:/cb"],
    ["native", "myapp://cb"],
    ["native", "javascript:alert(1)"],
    ["native", "data:text/html,x"],
    ["native", "intent://x#Intent;scheme=https;end"],
    ["native", "urn:ietf:wg:oauth:2.0:oob"],
    ["native", "http://192.168.0.1/cb"],
    ["native", "http://localhost.evil.test/cb"],
    ["web", "https://wiki.example.org/cb#"],
    ["web", "https://wiki.example.org/*"],
    ["web", "http://wiki.example.org/cb"],
    ["web", "https://wiki.example.org/a/../cb"],
    ["web", "https://wiki.example.org:443/cb"],
    ["web", "https://user@wiki.example.org/cb"],
    ["web", "https://wiki.example.org./cb"],
    ["web", "HTTPS://wiki.example.org/cb"],
    ["web", "https://wíki.example.org/cb"],
    ["web", "ERROR:ENDPOINT_NOT_SET"],
    ["web", ""],
    ["web", `https://wiki.example.org/${"x".repeat(2_048)}`],
    ["service", "https://wiki.example.org/cb"],
  ] as const) {
    test(`${profile}: ${uri.slice(0, 60)} is refused with a sentence (OA-03, CF-69)`, () => {
      assert.match(checkRedirectUri(uri, profile) ?? "", /^[A-Z].*/);
    });
  }

  test("whatever differs from the good address and may be registered at all is a plain https address", () => {
    const registrable = HOSTILE_ADDRESSES.filter((uri) => checkRedirectUri(uri, "native") === undefined);
    for (const uri of registrable) assert.match(uri, /^https:\/\/[a-z0-9.[\]:-]+(?:[/?][!-~]*)?$/i);
  });
});
