import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { compactVerify, decodeJwt, decodeProtectedHeader } from "jose";
import { readIdTokenHint } from "../../src/oidc/id-token-hint.ts";
import { oidcApplication, person } from "../fixtures/oidc/application.ts";
import { STORED_SECRET } from "../fixtures/oidc/client-secret.ts";
import { startTokenNode, WIKI } from "../fixtures/oidc/token-node.ts";
import { newTokens, outcomeOf, send, userinfo } from "../fixtures/oidc/tokens.ts";

const pairwise = oidcApplication({ id: "pairwise", secrets: [STORED_SECRET], subjectType: "pairwise" });
const jwt = oidcApplication({ id: "jwt", secrets: [STORED_SECRET], accessTokenFormat: "jwt" });
const hostile = oidcApplication({
  id: "hostile",
  secrets: [STORED_SECRET],
  release: [
    { name: "sub", source: { kind: "constant", values: ["admin"] } },
    { name: "role", source: { kind: "constant", values: ["user"] } },
  ],
});
const page = oidcApplication({ id: "page", secrets: [STORED_SECRET], origins: ["https://page.example.org"] });
const signed = (["RS256", "PS256", "ES256"] as const).map((algorithm) =>
  oidcApplication({ id: algorithm, secrets: [STORED_SECRET], userinfoSignedResponseAlgorithm: algorithm }),
);
const node = await startTokenNode({ applications: [WIKI, pairwise, jwt, hostile, page, ...signed] });
after(async () => await node.close());

describe("UserInfo", () => {
  test("by GET and by POST with the token in the header gives the same claims (CF-05, CF-06)", async () => {
    const { accessToken, idToken } = await newTokens(node, { scopes: ["openid", "profile", "email"] });
    const headers = { authorization: `Bearer ${accessToken}` };
    const got = await send(node, "/oauth2/userinfo", { headers });
    const posted = await send(node, "/oauth2/userinfo", { method: "POST", headers });
    assert.equal(got.status, 200);
    assert.deepEqual(got.body, posted.body);
    assert.deepEqual(got.body, {
      name: "Alice Example",
      given_name: "Alice",
      family_name: "Example",
      preferred_username: "alice",
      updated_at: 0,
      email: "alice@example.org",
      email_verified: true,
      sub: decodeJwt(idToken).sub,
    });
    assert.equal(got.headers.get("cache-control"), "no-store");
  });

  test("gives no more than the scopes bring, and what was asked for by name (CF-35)", async () => {
    const alone = await userinfo(node, (await newTokens(node, { scopes: ["openid"] })).accessToken);
    assert.deepEqual(Object.keys(alone.body), ["sub"]);
    const claims = { idToken: [], userinfo: [{ name: "name", essential: true }] };
    const named = await userinfo(node, (await newTokens(node, { scopes: ["openid"], claims })).accessToken);
    assert.deepEqual(Object.keys(named.body).sort(), ["name", "sub"]);
  });

  test("has the sub of the ID token, also a pairwise one", async () => {
    const { accessToken, idToken } = await newTokens(node, { clientId: "pairwise" });
    const { sub } = decodeJwt(idToken);
    assert.equal((await userinfo(node, accessToken)).body["sub"], sub);
    assert.notEqual(sub, "a11ce");
  });

  test("tells of the account as it is now", async () => {
    const { accessToken } = await newTokens(node, { scopes: ["openid", "profile"] });
    const names = { username: "alice", email: "alice@example.org" };
    await node.durable.accounts.update(person({ name: "Alice Changed" }), names);
    assert.equal((await userinfo(node, accessToken)).body["name"], "Alice Changed");
    await node.durable.accounts.update(person(), names);
  });

  test("takes a JWT access token as well", async () => {
    const { accessToken } = await newTokens(node, { clientId: "jwt" });
    assert.equal(accessToken.split(".").length, 3);
    assert.equal((await userinfo(node, accessToken)).body["sub"], "a11ce");
  });

  test("lets no mapping write sub (OA-65)", async () => {
    const { accessToken } = await newTokens(node, { clientId: "hostile" });
    assert.deepEqual((await userinfo(node, accessToken)).body, { role: "user", sub: "a11ce" });
  });

  test("takes the scheme in any case", async () => {
    const { accessToken } = await newTokens(node);
    const reply = await send(node, "/oauth2/userinfo", {
      headers: { authorization: `bEARER ${accessToken}` },
    });
    assert.equal(reply.status, 200);
  });

  test("is read by the client's own pages only", async () => {
    const origin = "https://page.example.org";
    for (const [clientId, allowed] of [
      ["page", origin],
      ["wiki", null],
    ] as const) {
      const { accessToken } = await newTokens(node, { clientId });
      const headers = { authorization: `Bearer ${accessToken}`, origin };
      const reply = await send(node, "/oauth2/userinfo", { headers });
      assert.equal(reply.status, 200);
      assert.equal(reply.headers.get("access-control-allow-origin"), allowed);
    }
    const preflight = await fetch(`${node.origin}/oauth2/userinfo`, {
      method: "OPTIONS",
      headers: { origin },
    });
    assert.equal(preflight.headers.get("access-control-allow-headers"), "Authorization, Content-Type");
  });
});

describe("UserInfo is refused", () => {
  test("without a token: 401 with the scheme and no error code (RFC 6750 3.1)", async () => {
    const reply = await send(node, "/oauth2/userinfo", {});
    assert.equal(reply.status, 401);
    assert.equal(reply.headers.get("www-authenticate"), 'Bearer realm="userinfo"');
  });

  test("with the token in the query or in the form (CF-07, OA-18)", async () => {
    const { accessToken } = await newTokens(node);
    const query = await send(node, `/oauth2/userinfo?access_token=${accessToken}`, {});
    assert.equal(query.status, 401);
    const body = new URLSearchParams({ access_token: accessToken });
    const form = await send(node, "/oauth2/userinfo", { method: "POST", body });
    assert.equal(form.status, 401);
  });

  test("with another scheme, no token behind it, or two tokens", async () => {
    const { accessToken } = await newTokens(node);
    for (const authorization of [
      `Basic ${accessToken}`,
      `DPoP ${accessToken}`,
      "Bearer",
      "Bearer ",
      `Bearer ${accessToken} ${accessToken}`,
      `Bearer ${accessToken}, Bearer ${accessToken}`,
      accessToken,
    ]) {
      assert.equal((await send(node, "/oauth2/userinfo", { headers: { authorization } })).status, 401);
    }
  });

  test("with a token that is none: 401 invalid_token (OA-64, WB-84)", async () => {
    const { accessToken, refreshToken, idToken } = await newTokens(node);
    for (const bad of [
      `${accessToken}0`,
      accessToken.slice(0, -1),
      accessToken.toUpperCase(),
      accessToken.replace("_at_", "_rt_"),
      refreshToken,
      idToken,
      "x",
      "a.b.c",
      "x".repeat(10_000),
    ]) {
      const reply = await userinfo(node, bad);
      assert.equal(outcomeOf(reply), "401 invalid_token", bad.slice(0, 40));
      assert.match(
        reply.headers.get("www-authenticate") ?? "",
        /^Bearer realm="userinfo", error="invalid_token"/,
      );
    }
  });

  for (const clientId of ["wiki", "jwt"]) {
    test(`with an expired token (${clientId})`, async () => {
      const { accessToken } = await newTokens(node, { clientId });
      node.clock.advance(599_999);
      assert.equal((await userinfo(node, accessToken)).status, 200);
      node.clock.advance(1);
      assert.equal(outcomeOf(await userinfo(node, accessToken)), "401 invalid_token");
    });
  }

  test("by any other method: 405", async () => {
    const response = await fetch(`${node.origin}/oauth2/userinfo`, { method: "DELETE" });
    assert.equal(response.status, 405);
    assert.equal(response.headers.get("allow"), "GET, HEAD, POST, OPTIONS");
  });
});

describe("UserInfo, signed for the client that is registered for it (OpenID Connect Core 5.3.2)", () => {
  for (const algorithm of ["RS256", "PS256", "ES256"] as const) {
    test(`is a JWT in ${algorithm}, for that client, with the claims that JSON has`, async () => {
      const { accessToken, idToken } = await newTokens(node, {
        clientId: algorithm,
        scopes: ["openid", "email"],
      });
      const response = await fetch(`${node.origin}/oauth2/userinfo`, {
        headers: { authorization: `Bearer ${accessToken}` },
      });
      assert.equal(response.status, 200);
      assert.equal(response.headers.get("content-type"), "application/jwt");
      assert.equal(response.headers.get("cache-control"), "no-store");
      const jwt = await response.text();
      const { alg = "", kid = "" } = decodeProtectedHeader(jwt);
      assert.equal(alg, algorithm);
      const key = node.keyRing.byId(kid);
      assert.ok(key !== undefined);
      const { payload } = await compactVerify(jwt, key.publicKey, { algorithms: [algorithm] });
      const { sub } = decodeJwt(idToken);
      assert.deepEqual(JSON.parse(new TextDecoder().decode(payload)), {
        email: "alice@example.org",
        email_verified: true,
        sub,
        iss: node.issuer,
        aud: algorithm,
      });
    });
  }

  test("is no word about a login: it cannot come back as id_token_hint", async () => {
    const { accessToken, idToken } = await newTokens(node, { clientId: "ES256" });
    const response = await fetch(`${node.origin}/oauth2/userinfo`, {
      headers: { authorization: `Bearer ${accessToken}` },
    });
    assert.equal(readIdTokenHint(node.keyRing, node.issuer, await response.text()), undefined);
    assert.notEqual(readIdTokenHint(node.keyRing, node.issuer, idToken), undefined);
  });

  test("is JSON still when it is an error", async () => {
    const { accessToken } = await newTokens(node, { clientId: "ES256", scopes: ["profile"] });
    const reply = await userinfo(node, accessToken);
    assert.equal(outcomeOf(reply), "403 insufficient_scope");
    assert.match(reply.headers.get("content-type") ?? "", /^application\/json/);
  });
});
