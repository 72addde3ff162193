import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { decodeJwt, decodeProtectedHeader } from "jose";
import { oidcApplication } from "../fixtures/oidc/application.ts";
import { ISSUER, REDIRECT_URI, VERIFIER } from "../fixtures/oidc/authorization.ts";
import { basic, CLIENT_SECRET, STORED_SECRET } from "../fixtures/oidc/client-secret.ts";
import { OTHER, startTokenNode, WIKI } from "../fixtures/oidc/token-node.ts";
import {
  beginSession,
  type Form,
  newCode,
  newTokens,
  outcomeOf,
  post,
  redeem,
  refresh,
  send,
  tokensOf,
} from "../fixtures/oidc/tokens.ts";

const job = oidcApplication({
  id: "job",
  profile: "service",
  secrets: [STORED_SECRET],
  redirectUris: [],
  grantTypes: ["client_credentials"],
  accessTokenFormat: "jwt",
  scopes: ["jobs:run", "jobs:read", "profile", "offline_access"],
});
const page = oidcApplication({
  id: "page",
  authenticationMethod: "none",
  origins: ["https://page.example.org"],
  grantTypes: ["authorization_code", "refresh_token", "client_credentials"],
});
const node = await startTokenNode({ applications: [WIKI, OTHER, job, page] });
after(async () => await node.close());

async function token(form: Form, clientId = "wiki") {
  return await post(node, "/oauth2/token", form, { authorization: basic(clientId) });
}

describe("the answer to a code", () => {
  test("has the form of RFC 6749 5.1 and OpenID Connect Core 3.1.3.3, and is kept by no cache (CF-S8)", async () => {
    const reply = await redeem(node, await newCode(node));
    assert.equal(reply.status, 200);
    assert.equal(reply.headers.get("cache-control"), "no-store");
    assert.match(reply.headers.get("content-type") ?? "", /^application\/json/);
    const { access_token: access, refresh_token: refreshed, id_token: id, ...rest } = reply.body;
    assert.match(String(access), /^gth_at_[0-9A-Za-z]{49}$/);
    assert.match(String(refreshed), /^gth_rt_[0-9A-Za-z]{49}$/);
    assert.equal(decodeJwt(String(id)).iss, ISSUER);
    assert.deepEqual(rest, { token_type: "Bearer", expires_in: 600, scope: "openid profile" });
  });

  test("without openid is plain OAuth: no ID token, and no UserInfo", async () => {
    const reply = await redeem(node, await newCode(node, { scopes: ["profile"] }));
    assert.equal(reply.body["id_token"], undefined);
    const used = await send(node, "/oauth2/userinfo", {
      headers: { authorization: `Bearer ${String(reply.body["access_token"])}` },
    });
    assert.equal(outcomeOf(used), "403 insufficient_scope");
  });

  test("without a scope says none", async () => {
    const reply = await redeem(node, await newCode(node, { scopes: [] }));
    assert.equal(reply.status, 200);
    assert.equal("scope" in reply.body, false);
  });

  test("stores no token as it is", async () => {
    const keys: string[] = [];
    const set = node.volatile.set.bind(node.volatile);
    node.volatile.set = async (key, value, ttlMs) => {
      keys.push(key, value);
      await set(key, value, ttlMs);
    };
    const tokens = await newTokens(node);
    node.volatile.set = set;
    assert.ok(keys.length > 0);
    for (const text of [tokens.accessToken, tokens.refreshToken, tokens.idToken]) {
      assert.equal(
        keys.some((one) => one.includes(text)),
        false,
      );
    }
  });
});

describe("the ID token of a refresh (CF-36, OpenID Connect Core 12.2)", () => {
  test("keeps iss, sub, aud, auth_time, acr, amr and sid, is issued anew and has no nonce", async () => {
    const session = await beginSession(node);
    const scopes = ["openid", "offline_access"];
    const first = await newTokens(node, { sessionId: session.id, scopes });
    node.clock.advance(3_600_000);
    await node.sessions.end(session.id, session.accountId);
    const before = decodeJwt(first.idToken);
    const after = decodeJwt(tokensOf(await refresh(node, first.refreshToken)).idToken);
    for (const name of ["iss", "sub", "aud", "auth_time", "acr", "amr", "sid"]) {
      assert.notEqual(before[name], undefined, name);
      assert.deepEqual(after[name], before[name], name);
    }
    assert.equal(before["nonce"], "n-1");
    assert.equal("nonce" in after, false);
    assert.equal((after.iat ?? 0) - (before.iat ?? 0), 3_600);
  });
});

describe("a token request is refused", () => {
  const cases: readonly (readonly [string, Form, string])[] = [
    ["without grant_type", {}, "400 invalid_request"],
    ["with an empty grant_type", { grant_type: "" }, "400 invalid_request"],
    [
      "by password, for every client (OA-16)",
      { grant_type: "password", username: "a", password: "b" },
      "400 unsupported_grant_type",
    ],
    [
      "to exchange a token for another one, which nobody offers (OA-36 to OA-38)",
      {
        grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
        subject_token: "x",
        subject_token_type: "urn:ietf:params:oauth:token-type:access_token",
      },
      "400 unsupported_grant_type",
    ],
    [
      "for a device",
      { grant_type: "urn:ietf:params:oauth:grant-type:device_code", device_code: "x" },
      "400 unsupported_grant_type",
    ],
    [
      "by an assertion as a grant",
      { grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer", assertion: "x" },
      "400 unsupported_grant_type",
    ],
    ["for the implicit grant", { grant_type: "implicit" }, "400 unsupported_grant_type"],
    [
      "with a grant_type like a property of every object",
      { grant_type: "constructor" },
      "400 unsupported_grant_type",
    ],
    [
      "for a grant that the client is not registered for",
      { grant_type: "client_credentials" },
      "400 unauthorized_client",
    ],
    ["without a code", { grant_type: "authorization_code" }, "400 invalid_request"],
    ["without a refresh token", { grant_type: "refresh_token" }, "400 invalid_request"],
  ];
  for (const [name, form, outcome] of cases) {
    test(name, async () => assert.equal(outcomeOf(await token(form)), outcome));
  }

  test("for a parameter that comes twice, known or not, also with the same value (OA-17)", async () => {
    const code = await newCode(node);
    const form = new URLSearchParams({ grant_type: "authorization_code", code, code_verifier: VERIFIER });
    for (const [name, value] of [
      ["code", code],
      ["grant_type", "authorization_code"],
      ["x", "1"],
    ] as const) {
      const twice = `${form.toString()}&redirect_uri=${encodeURIComponent(REDIRECT_URI)}&x=1&${name}=${value}`;
      const reply = await send(node, "/oauth2/token", {
        method: "POST",
        body: twice,
        headers: { authorization: basic("wiki"), "content-type": "application/x-www-form-urlencoded" },
      });
      assert.equal(outcomeOf(reply), "400 invalid_request", name);
    }
    assert.equal(outcomeOf(await redeem(node, code)), "200");
  });

  test("by any method but POST, which Allow names", async () => {
    for (const method of ["GET", "HEAD", "PUT", "DELETE", "PATCH"]) {
      const response = await fetch(`${node.origin}/oauth2/token?grant_type=client_credentials`, { method });
      assert.equal(response.status, 405);
      assert.equal(response.headers.get("allow"), "POST, OPTIONS");
    }
  });

  test("with its parameters in the address", async () => {
    const query = new URLSearchParams({
      grant_type: "client_credentials",
      client_id: "job",
      client_secret: CLIENT_SECRET,
    });
    assert.equal(
      outcomeOf(await post(node, `/oauth2/token?${query.toString()}`, {}, {})),
      "401 invalid_client",
    );
  });

  test("as JSON, with 415, and above 64 KiB, with 413", async () => {
    const headers = { authorization: basic("job"), "content-type": "application/json" };
    const json = await send(node, "/oauth2/token", {
      method: "POST",
      body: '{"grant_type":"client_credentials"}',
      headers,
    });
    assert.equal(json.status, 415);
    const large = await token({ grant_type: "client_credentials", scope: "x".repeat(70_000) }, "job");
    assert.equal(large.status, 413);
  });

  test("with a broken percent-encoding", async () => {
    const headers = { authorization: basic("job"), "content-type": "application/x-www-form-urlencoded" };
    const reply = await send(node, "/oauth2/token", { method: "POST", body: "grant_type=%zz", headers });
    assert.equal(outcomeOf(reply), "400 invalid_request");
  });
});

describe("client credentials (RFC 6749 4.4)", () => {
  test("give the client a token of its own: no person, no ID token, no refresh token", async () => {
    const reply = await token({ grant_type: "client_credentials" }, "job");
    assert.equal(reply.status, 200);
    assert.deepEqual(Object.keys(reply.body).sort(), ["access_token", "expires_in", "scope", "token_type"]);
    assert.equal(reply.body["scope"], "jobs:run jobs:read");
    const claims = decodeJwt(String(reply.body["access_token"]));
    assert.equal(claims.sub, "job");
    assert.equal(claims["client_id"], "job");
    assert.equal("auth_time" in claims, false);
  });

  test("give fewer scopes where fewer were asked for", async () => {
    const reply = await token({ grant_type: "client_credentials", scope: "jobs:read" }, "job");
    assert.equal(reply.body["scope"], "jobs:read");
  });

  for (const scope of ["openid", "profile", "offline_access", "jobs:read admin"]) {
    test(`refuse the scope ${scope}`, async () => {
      const reply = await token({ grant_type: "client_credentials", scope }, "job");
      assert.equal(outcomeOf(reply), "400 invalid_scope");
    });
  }

  test("are refused to a public client, whatever its registration says", async () => {
    const reply = await post(
      node,
      "/oauth2/token",
      { grant_type: "client_credentials", client_id: "page" },
      {},
    );
    assert.equal(outcomeOf(reply), "400 unauthorized_client");
  });

  test("open no UserInfo, and die with the client", async () => {
    const reply = await token({ grant_type: "client_credentials" }, "job");
    const access = String(reply.body["access_token"]);
    const authorization = `Bearer ${access}`;
    const used = await send(node, "/oauth2/userinfo", { headers: { authorization } });
    assert.equal(outcomeOf(used), "403 insufficient_scope");
    await node.durable.applications.update({ ...job, enabled: false });
    await node.applications.reload();
    assert.equal(await node.accessTokens.active(access), undefined);
    await node.durable.applications.update(job);
    await node.applications.reload();
  });
});

describe("a JWT access token (RFC 9068, OA-63)", () => {
  test("has its type, and the claims of section 2.2", async () => {
    const reply = await token({ grant_type: "client_credentials" }, "job");
    const text = String(reply.body["access_token"]);
    const { typ, alg, kid } = decodeProtectedHeader(text);
    assert.deepEqual({ typ, alg }, { typ: "at+jwt", alg: "ES256" });
    assert.ok(node.keyRing.byId(kid ?? "") !== undefined);
    const { jti, revocation_ids: ids, ...claims } = decodeJwt<{ revocation_ids?: string[] }>(text);
    const now = Math.floor(node.clock.nowMs() / 1000);
    assert.match(jti ?? "", /^[\w-]{43}$/);
    assert.match(
      ids?.join(" ") ?? "",
      /^[0-9a-f]{32}$/,
      "its family alone: there is no session and no grant",
    );
    assert.deepEqual(claims, {
      iss: ISSUER,
      sub: "job",
      aud: ISSUER,
      client_id: "job",
      iat: now,
      exp: now + 600,
      scope: "jobs:run jobs:read",
    });
  });
});

describe("pages of a browser (CORS)", () => {
  const origin = "https://page.example.org";

  test("may ask from a registered origin, without credentials", async () => {
    const preflight = await fetch(`${node.origin}/oauth2/token`, { method: "OPTIONS", headers: { origin } });
    assert.equal(preflight.status, 204);
    assert.equal(preflight.headers.get("access-control-allow-origin"), origin);
    assert.equal(preflight.headers.get("access-control-allow-methods"), "POST");
    assert.equal(preflight.headers.get("access-control-allow-credentials"), null);
    assert.equal(preflight.headers.get("vary"), "Origin");
  });

  test("read the answer to their own client, and no other client's", async () => {
    const code = await newCode(node, { clientId: "page" });
    const exchange = { grant_type: "authorization_code", code, client_id: "page" };
    const form = { ...exchange, redirect_uri: REDIRECT_URI, code_verifier: VERIFIER };
    const own = await post(node, "/oauth2/token", form, { origin });
    assert.equal(outcomeOf(own), "200");
    assert.equal(own.headers.get("access-control-allow-origin"), origin);
    const foreign = await post(
      node,
      "/oauth2/token",
      { grant_type: "client_credentials" },
      { origin, authorization: basic("job") },
    );
    assert.equal(foreign.status, 200);
    assert.equal(foreign.headers.get("access-control-allow-origin"), null);
  });

  test("read an error too", async () => {
    const reply = await post(node, "/oauth2/token", { client_id: "page", grant_type: "x" }, { origin });
    assert.equal(outcomeOf(reply), "400 unsupported_grant_type");
    assert.equal(reply.headers.get("access-control-allow-origin"), origin);
  });

  for (const other of [
    "https://page.example.org.evil.test",
    "https://PAGE.example.org",
    "http://page.example.org",
    "https://page.example.org:444",
    "null",
    "*",
  ]) {
    test(`from ${other} are told nothing`, async () => {
      const preflight = await fetch(`${node.origin}/oauth2/token`, {
        method: "OPTIONS",
        headers: { origin: other },
      });
      assert.equal(preflight.headers.get("access-control-allow-origin"), null);
      assert.equal(preflight.headers.get("vary"), "Origin");
      const reply = await post(
        node,
        "/oauth2/token",
        { client_id: "page", grant_type: "x" },
        { origin: other },
      );
      assert.equal(reply.headers.get("access-control-allow-origin"), null);
    });
  }
});
