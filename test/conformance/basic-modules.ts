import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { decodeJwt, decodeProtectedHeader } from "jose";
import { JwtSigner } from "../../src/oidc/jwt-signer.ts";
import { sha256 } from "../../src/platform/digest.ts";
import { authorization, VERIFIER } from "../fixtures/oidc/authorization.ts";
import { flowOf, jsonOf, locationOf } from "../fixtures/oidc/client.ts";
import { assertCode, assertEntropy, assertError, assertTokens } from "../fixtures/oidc/shared-checks.ts";
import { type Mode, Suite } from "../fixtures/oidc/suite.ts";

/**
 * The modules of `oidcc-basic-certification-test-plan`, each a test that is named after it; the form-post plan has the
 * same ones with `response_mode=form_post`. Where the suite allows several outcomes, the strict one of ours is here.
 */
export function basicModules(mode: Mode): void {
  let suite: Suite;
  before(async () => {
    suite = await Suite.start(mode);
  });
  after(async () => await suite.close());

  describe("requests", () => {
    test("oidcc-server: two clients log in, and all shared checks hold (CF-01)", async () => {
      const first = await suite.first(suite.browser());
      const second = await suite.first(suite.browser(), { client_id: "second" });
      assert.equal(first.claims.sub, second.claims.sub);
    });

    test("oidcc-response-type-missing: invalid_request at the client (CF-02)", async () => {
      const response = await suite.authorize(suite.browser(), { response_type: undefined });
      assertError(await suite.answer(response), "invalid_request", "st-1");
    });

    test("oidcc-ensure-request-without-nonce-succeeds-for-code-flow (CF-08)", async () => {
      const { claims } = await suite.first(suite.browser(), { nonce: undefined });
      assert.equal("nonce" in claims, false);
    });

    for (const [number, scope, names] of [
      ["CF-09", "profile", ["name", "given_name", "family_name", "preferred_username", "updated_at"]],
      ["CF-10", "email", ["email", "email_verified"]],
      ["CF-11", "address", ["address"]],
      ["CF-12", "phone", ["phone_number", "phone_number_verified"]],
    ] as const) {
      test(`oidcc-scope-${scope}: its claims come from UserInfo (${number})`, async () => {
        const { userinfo } = await suite.first(suite.browser(), { scope: `openid ${scope}` });
        for (const name of names) assert.ok(name in userinfo, name);
      });
    }

    test("oidcc-scope-all (CF-13)", async () => {
      const { userinfo } = await suite.first(suite.browser(), {
        scope: "openid profile email address phone",
      });
      for (const name of ["name", "email", "address", "phone_number"]) assert.ok(name in userinfo, name);
    });

    test("oidcc-alternate-happy-flow: order of scopes and parameters changes nothing (CF-14)", async () => {
      const browser = suite.browser();
      const scope = "phone address email profile openid";
      const reversed = Object.entries(authorization({ scope, response_mode: mode })).toReversed();
      const path = `/oauth2/authorize?${new URLSearchParams(reversed).toString()}`;
      const answer = await suite.logIn(browser, await browser.get(path));
      const { userinfo } = await suite.complete(answer, { code_verifier: VERIFIER });
      for (const name of ["name", "email", "address", "phone_number"]) assert.ok(name in userinfo, name);
    });

    for (const [number, module, changes] of [
      ["CF-15", "oidcc-display-page", { display: "page" }],
      ["CF-16", "oidcc-display-popup", { display: "popup" }],
      ["CF-22", "oidcc-ensure-request-with-unknown-parameter-succeeds", { extra: "foobar" }],
      ["CF-24", "oidcc-login-hint", { login_hint: "alice@example.org" }],
      ["CF-25", "oidcc-ui-locales", { ui_locales: "se fr-CA xx--" }],
      ["CF-26", "oidcc-claims-locales", { claims_locales: "se" }],
    ] as const) {
      test(`${module}: no error, and the person still logs in (${number})`, async () => {
        await suite.first(suite.browser(), changes);
      });
    }

    test("oidcc-ensure-request-with-acr-values-succeeds: acr is one of them (CF-27)", async () => {
      const password = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport";
      const { claims } = await suite.first(suite.browser(), { acr_values: `urn:unknown ${password}` });
      assert.equal(claims.acr, password);
    });

    test("oidcc-claims-essential: name comes from UserInfo (CF-35)", async () => {
      const claims = '{"userinfo":{"name":{"essential":true}}}';
      const { userinfo } = await suite.first(suite.browser(), { claims });
      assert.deepEqual(Object.keys(userinfo).sort(), ["name", "sub"]);
    });

    test("oidcc-ensure-request-with-valid-pkce-succeeds (CF-37)", async () => {
      const browser = suite.browser();
      const changes = { code_challenge: sha256(VERIFIER), code_challenge_method: "S256" };
      const answer = await suite.logIn(browser, await suite.authorize(browser, changes));
      await suite.complete(answer, { code_verifier: VERIFIER });
    });

    test("oidcc-ensure-post-request-succeeds: a POST from another site, then the login (CF-31)", async () => {
      const browser = suite.browser();
      const body = new URLSearchParams(authorization({ response_mode: mode })).toString();
      const parked = await browser.crossSitePost("/oauth2/authorize", body);
      const answer = await suite.logIn(browser, await browser.follow(parked));
      await suite.complete(answer, { code_verifier: VERIFIER });
    });
  });

  describe("requests that must not reach a code", () => {
    test("oidcc-ensure-registered-redirect-uri: a page, never a redirect (CF-30)", async () => {
      const response = await suite.authorize(suite.browser(), {
        redirect_uri: "https://wiki.example.org/cb2",
      });
      assert.equal(response.status, 400);
      assert.equal(response.headers.get("location"), null);
      assert.doesNotMatch(await response.text(), /action="https:\/\/wiki/);
    });

    test("oidcc-request-uri-unsigned-supported-correctly-or-rejected-as-unsupported (CF-33)", async () => {
      const changes = { request_uri: `${suite.app.origin}/request.jwt` };
      const response = await suite.authorize(suite.browser(), changes);
      assertError(await suite.answer(response), "request_uri_not_supported", "st-1");
    });

    test("oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported (CF-34)", async () => {
      const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
      const request = `${part({ alg: "none" })}.${part(authorization({ response_mode: mode }))}.`;
      const response = await suite.authorize(suite.browser(), { request });
      assertError(await suite.answer(response), "request_not_supported", "st-1");
      // As the official suite sends it: mode and state in the object alone.
      const inside = { request, response_mode: undefined, state: undefined, nonce: undefined };
      const answer = await suite.answer(await suite.authorize(suite.browser(), inside));
      assertError(answer, "request_not_supported", "st-1");
    });

    test("oidcc-ensure-request-object-with-redirect-uri: the bad one outside is a page (CF-35b)", async () => {
      const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
      const request = `${part({ alg: "none" })}.${part(authorization())}.`;
      const changes = { request, redirect_uri: "https://wiki.example.org/bad" };
      assert.equal((await suite.authorize(suite.browser(), changes)).status, 400);
    });
  });

  describe("sessions", () => {
    test("oidcc-prompt-login: a new login, a later auth_time, the same sub (CF-17)", async () => {
      const browser = suite.browser();
      const first = await suite.first(browser);
      suite.app.clock.advance(2_000);
      const second = await suite.first(browser, { prompt: "login" });
      assert.equal(second.claims.sub, first.claims.sub);
      assert.ok(second.claims.auth_time > first.claims.auth_time);
    });

    test("oidcc-prompt-none-not-logged-in: login_required with the whole state (CF-18)", async () => {
      const state = "s".repeat(128);
      const response = await suite.authorize(suite.browser(), { prompt: "none", state });
      assertError(await suite.answer(response), "login_required", state);
    });

    test("oidcc-prompt-none-logged-in: no screen, same sub, same auth_time (CF-19)", async () => {
      const browser = suite.browser();
      const first = await suite.first(browser);
      suite.app.clock.advance(5_000);
      const state = "s".repeat(128);
      const second = await suite.second(browser, { prompt: "none", state });
      assert.equal(second.claims.sub, first.claims.sub);
      assert.equal(second.claims.auth_time, first.claims.auth_time);
    });

    test("oidcc-max-age-1: after two seconds a new login with a later auth_time (CF-20)", async () => {
      const browser = suite.browser();
      const first = await suite.first(browser);
      suite.app.clock.advance(2_000);
      const second = await suite.first(browser, { max_age: "1" });
      assert.ok(second.claims.auth_time > first.claims.auth_time);
    });

    test("oidcc-max-age-10000: no screen, the same auth_time (CF-21)", async () => {
      const browser = suite.browser();
      const first = await suite.first(browser, { max_age: "15000" });
      suite.app.clock.advance(2_000);
      const second = await suite.second(browser, { max_age: "10000" });
      assert.equal(second.claims.auth_time, first.claims.auth_time);
    });

    test("oidcc-id-token-hint: silent success, same sub; another's hint is login_required (CF-23)", async () => {
      const browser = suite.browser();
      const first = await suite.first(browser);
      const second = await suite.second(browser, { prompt: "none", id_token_hint: first.idToken });
      assert.equal(second.claims.sub, first.claims.sub);
      const signer = new JwtSigner(suite.app.keyRing);
      const other = signer.sign("RS256", "JWT", { ...first.claims, sub: "somebody-else" });
      const response = await suite.authorize(browser, { prompt: "none", id_token_hint: other });
      assertError(await suite.answer(response), "login_required", "st-1");
    });

    test("a session whose record is gone is no session: login_required, no loop (B50)", async () => {
      const browser = suite.browser();
      await suite.first(browser);
      suite.app.clock.advance(3 * 3_600_000);
      const response = await suite.authorize(browser, { prompt: "none" });
      assertError(await suite.answer(response), "login_required", "st-1");
    });
  });

  describe("tokens", () => {
    test("oidcc-idtoken-signature: RS256 and a kid (CF-03)", async () => {
      const header = decodeProtectedHeader((await suite.first(suite.browser())).idToken);
      assert.equal(header.alg, "RS256");
      assert.equal(typeof header.kid, "string");
    });

    test("oidcc-userinfo-get and -post-header (CF-05, CF-06)", async () => {
      const { accessToken, claims } = await suite.first(suite.browser());
      for (const method of ["GET", "POST"]) {
        assert.equal((await suite.userinfo(accessToken, method))["sub"], claims.sub);
      }
    });

    test("oidcc-userinfo-post-body: 401, a second way in is a second risk (CF-07)", async () => {
      const { accessToken } = await suite.first(suite.browser());
      const body = new URLSearchParams({ access_token: accessToken });
      const response = await fetch(`${suite.app.origin}/oauth2/userinfo`, { method: "POST", body });
      assert.equal(response.status, 401);
    });

    test("oidcc-server-client-secret-post (CF-32)", async () => {
      await suite.first(suite.browser(), { client_id: "post" });
    });

    test("oidcc-codereuse: 400 invalid_grant (CF-28)", async () => {
      const browser = suite.browser();
      const code = assertCode(await suite.logIn(browser, await suite.authorize(browser)), "st-1");
      await assertTokens(await suite.redeem(code));
      const again = await suite.redeem(code);
      assert.equal(again.status, 400);
      assert.equal((await jsonOf(again))["error"], "invalid_grant");
    });

    test("oidcc-codereuse-30seconds: 400 invalid_grant, and the first access token is dead (CF-29)", async () => {
      const browser = suite.browser();
      const code = assertCode(await suite.logIn(browser, await suite.authorize(browser)), "st-1");
      const { accessToken } = await assertTokens(await suite.redeem(code));
      suite.app.clock.advance(30_000);
      const again = await suite.redeem(code);
      assert.equal(again.status, 400);
      assert.equal((await jsonOf(again))["error"], "invalid_grant");
      const headers = { authorization: `Bearer ${accessToken}` };
      assert.equal((await fetch(`${suite.app.origin}/oauth2/userinfo`, { headers })).status, 401);
    });

    test("oidcc-refresh-token: same iss, sub, aud and auth_time; the second client gets invalid_grant (CF-36)", async () => {
      const browser = suite.browser();
      const changes = { client_id: "asks", scope: "openid offline_access", prompt: "consent" };
      const login = await suite.authorize(browser, changes);
      const consent = flowOf(await browser.get(`/test/login?flow=${flowOf(login, "/login")}`), "/consent");
      const allowed = await browser.get(`/test/allow?flow=${consent}&scopes=offline_access`);
      const first = await suite.complete(await suite.answer(allowed), { client_id: "asks" });
      suite.app.clock.advance(2_000);
      const form = { grant_type: "refresh_token", refresh_token: first.refreshToken };
      const wrong = await suite.token(form, "second");
      assert.equal(wrong.status, 400);
      assert.equal((await jsonOf(wrong))["error"], "invalid_grant");
      const refreshed = await assertTokens(await suite.token(form, "asks"));
      const claims = decodeJwt(refreshed.idToken);
      for (const name of ["iss", "sub", "aud", "auth_time"])
        assert.equal(claims[name], first.claims[name], name);
      assert.equal("nonce" in claims, false);
    });

    test("codes have no fixed part in 64 of them (CF-S7)", async () => {
      const browser = suite.browser();
      await suite.first(browser);
      const codes: string[] = [];
      for (let count = 0; count < 64; count++) {
        codes.push(assertCode(await suite.answer(await suite.authorize(browser)), "st-1"));
      }
      assertEntropy(codes);
    });
  });

  if (mode === "query") {
    test("nothing of an answer stands in a fragment (CF-S3)", async () => {
      const browser = suite.browser();
      await suite.first(browser);
      assert.doesNotMatch(locationOf(await suite.authorize(browser)), /#/);
      assert.doesNotMatch(locationOf(await suite.authorize(browser, { response_type: undefined })), /#/);
    });
  }
}
