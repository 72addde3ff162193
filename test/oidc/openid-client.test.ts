import assert from "node:assert/strict";
import { generateKeyPair } from "node:crypto";
import { after, describe, test } from "node:test";
import { promisify } from "node:util";
import { exportJWK, importPKCS8 } from "jose";
import * as client from "openid-client";
import { TestClock } from "../fixtures/clock.ts";
import { ISSUER } from "../fixtures/oidc/authorization.ts";
import { locationOf, type Registered, SiteBrowser, startLogoutSite } from "../fixtures/oidc/logout-site.ts";

const REDIRECT_URI = "https://wiki.example.org/cb";
const site = await startLogoutSite(new TestClock(Date.now()));
const browser = new SiteBrowser(site);
await browser.logIn();
after(async () => await site.close());

/** The library talks to the issuer's address; the server of this test listens elsewhere. */
const here: client.CustomFetch = async (url, { body, method, headers }) => {
  assert.ok(body === undefined || body === null || body instanceof URLSearchParams);
  const init = { method, headers, body: body ?? null, redirect: "manual" } as const;
  return await fetch(url.replace(ISSUER, site.origin), init);
};

async function configure(
  { application, secret }: Registered,
  method?: client.ClientAuth,
): Promise<client.Configuration> {
  return await client.discovery(new URL(ISSUER), application.id, secret === "" ? undefined : secret, method, {
    execute: [client.allowInsecureRequests, client.enableNonRepudiationChecks],
    [client.customFetch]: here,
  });
}

/** A whole code flow through the library, with everything that it checks. */
async function signOn(config: client.Configuration, scope: string) {
  const verifier = client.randomPKCECodeVerifier();
  const state = client.randomState();
  const nonce = client.randomNonce();
  const url = client.buildAuthorizationUrl(config, {
    redirect_uri: REDIRECT_URI,
    scope,
    state,
    nonce,
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    ...(scope.includes("offline_access") ? { prompt: "consent" } : {}),
  });
  const answer = locationOf(await browser.get(url.href.slice(ISSUER.length)));
  return await client.authorizationCodeGrant(config, new URL(answer), {
    pkceCodeVerifier: verifier,
    expectedState: state,
    expectedNonce: nonce,
    idTokenExpected: true,
  });
}

async function privateKeyJwt(): Promise<{ input: Record<string, unknown>; method: client.ClientAuth }> {
  const { publicKey, privateKey } = await promisify(generateKeyPair)("ec", { namedCurve: "P-256" });
  const pem = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  const key = await importPKCS8(pem, "ES256");
  const jwk = { ...(await exportJWK(publicKey)), kid: "k1" };
  return {
    input: { authenticationMethod: "private_key_jwt", jwks: { keys: [jwk] } },
    method: client.PrivateKeyJwt({ key, kid: "k1" }),
  };
}

describe("openid-client", () => {
  const methods = [
    ["client_secret_post", undefined],
    ["client_secret_basic", client.ClientSecretBasic],
  ] as const;
  for (const [authenticationMethod, method] of methods) {
    test(`gets tokens, claims and new tokens with ${authenticationMethod}`, async () => {
      const registered = await site.register({ authenticationMethod });
      const config = await configure(registered, method?.(registered.secret));
      const tokens = await signOn(config, "openid profile email offline_access");
      const claims = tokens.claims();
      assert.equal(claims?.aud, registered.application.id);
      const userinfo = await client.fetchUserInfo(config, tokens.access_token, claims?.sub ?? "");
      assert.equal(userinfo.preferred_username, "alice");
      const refreshed = await client.refreshTokenGrant(config, tokens.refresh_token ?? "");
      assert.equal(refreshed.claims()?.sub, claims?.sub);
      const introspected = await client.tokenIntrospection(config, refreshed.access_token);
      assert.equal(introspected.active, true);
      await client.tokenRevocation(config, refreshed.refresh_token ?? "");
      const dead = await client.tokenIntrospection(config, refreshed.access_token);
      assert.deepEqual({ ...dead }, { active: false });
    });
  }

  test("gets tokens as a public client", async () => {
    const config = await configure(await site.register({ profile: "browser" }), client.None());
    const tokens = await signOn(config, "openid");
    await client.fetchUserInfo(config, tokens.access_token, tokens.claims()?.sub ?? "");
    const refreshed = await client.refreshTokenGrant(config, tokens.refresh_token ?? "");
    assert.notEqual(refreshed.refresh_token, tokens.refresh_token);
  });

  test("gets tokens with private_key_jwt, and JWT access tokens", async () => {
    const { input, method } = await privateKeyJwt();
    const registered = await site.register({ ...input, accessTokenFormat: "jwt", idTokenAlgorithm: "ES256" });
    const config = await configure(registered, method);
    const tokens = await signOn(config, "openid profile");
    assert.equal(tokens.access_token.split(".").length, 3);
    const userinfo = await client.fetchUserInfo(config, tokens.access_token, tokens.claims()?.sub ?? "");
    assert.equal(userinfo.preferred_username, "alice");
  });

  test("gets a token for a service", async () => {
    const registered = await site.register({
      profile: "service",
      redirectUris: [],
      scopes: ["jobs:run"],
      authenticationMethod: "client_secret_post",
    });
    const tokens = await client.clientCredentialsGrant(await configure(registered), { scope: "jobs:run" });
    assert.equal(tokens.scope, "jobs:run");
    assert.equal(tokens.refresh_token, undefined);
  });

  test("is refused a second use of a code, and its tokens are dead", async () => {
    const config = await configure(await site.register({ authenticationMethod: "client_secret_post" }));
    const tokens = await signOn(config, "openid");
    const verifier = client.randomPKCECodeVerifier();
    const challenge = await client.calculatePKCECodeChallenge(verifier);
    const url = client.buildAuthorizationUrl(config, {
      redirect_uri: REDIRECT_URI,
      scope: "openid",
      code_challenge: challenge,
      code_challenge_method: "S256",
    });
    const answer = new URL(locationOf(await browser.get(url.href.slice(ISSUER.length))));
    const first = await client.authorizationCodeGrant(config, answer, { pkceCodeVerifier: verifier });
    await assert.rejects(
      client.authorizationCodeGrant(config, answer, { pkceCodeVerifier: verifier }),
      (error) => error instanceof client.ResponseBodyError && error.error === "invalid_grant",
    );
    await assert.rejects(client.fetchUserInfo(config, first.access_token, first.claims()?.sub ?? ""));
    await client.fetchUserInfo(config, tokens.access_token, tokens.claims()?.sub ?? "");
  });

  test("comes back from a logout that it began", async () => {
    const bye = "https://wiki.example.org/bye";
    const registered = await site.register({ postLogoutRedirectUris: [bye] });
    const config = await configure(registered);
    const leaving = new SiteBrowser(site);
    await leaving.logIn("bob");
    const url = client.buildEndSessionUrl(config, {
      post_logout_redirect_uri: bye,
      state: "bye-state",
      id_token_hint: await leaving.signOn(registered),
    });
    assert.equal(locationOf(await leaving.get(url.href.slice(ISSUER.length))), `${bye}?state=bye-state`);
    assert.equal(await leaving.silently(registered), "login_required");
  });
});
