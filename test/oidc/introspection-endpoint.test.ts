import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { oidcApplication, person } from "../fixtures/oidc/application.ts";
import { ISSUER } from "../fixtures/oidc/authorization.ts";
import { basic, STORED_SECRET } from "../fixtures/oidc/client-secret.ts";
import { ORDERS, PAYROLL } from "../fixtures/oidc/resources.ts";
import { OTHER, startTokenNode, type TokenNode, WIKI } from "../fixtures/oidc/token-node.ts";
import { beginSession, newTokens, outcomeOf, post, refresh } from "../fixtures/oidc/tokens.ts";

const jwt = oidcApplication({ id: "jwt", secrets: [STORED_SECRET], accessTokenFormat: "jwt" });
const open = oidcApplication({ id: "open", authenticationMethod: "none" });
const bob = person({ id: "b0b", username: "bob", email: "bob@example.org" });
const node = await startTokenNode({ applications: [WIKI, OTHER, jwt, open], accounts: [person(), bob] });
after(async () => await node.close());

const OFFLINE = { scopes: ["openid", "profile", "offline_access"] };
const INACTIVE = { active: false };

async function ask(token: string, clientId = "wiki", more: Record<string, string> = {}) {
  return await post(node, "/oauth2/introspect", { token, ...more }, { authorization: basic(clientId) });
}

describe("introspection (RFC 7662)", () => {
  for (const clientId of ["wiki", "jwt"]) {
    test(`tells the client of its own access token what it may know (${clientId})`, async () => {
      const { accessToken } = await newTokens(node, { clientId });
      const now = Math.floor(node.clock.nowMs() / 1000);
      const reply = await ask(accessToken, clientId);
      assert.equal(reply.headers.get("cache-control"), "no-store");
      assert.deepEqual(reply.body, {
        active: true,
        iss: ISSUER,
        client_id: clientId,
        sub: "a11ce",
        username: "alice",
        aud: ISSUER,
        scope: "openid profile",
        token_type: "Bearer",
        iat: now,
        exp: now + 600,
        auth_time: now,
        acr: "urn:example:password",
      });
    });
  }

  test("finds a token whatever the hint says", async () => {
    const tokens = await newTokens(node, OFFLINE);
    for (const hint of ["refresh_token", "access_token", "id_token", "x"]) {
      const more = { token_type_hint: hint };
      assert.equal((await ask(tokens.accessToken, "wiki", more)).body["active"], true);
      assert.equal((await ask(tokens.refreshToken, "wiki", more)).body["active"], true);
    }
  });

  test("calls a refresh token active until it was used", async () => {
    const { refreshToken } = await newTokens(node, OFFLINE);
    const { active, client_id: client, scope, token_type: type } = (await ask(refreshToken)).body;
    assert.deepEqual(
      { active, client, scope, type },
      {
        active: true,
        client: "wiki",
        scope: "openid profile offline_access",
        type: undefined,
      },
    );
    await refresh(node, refreshToken);
    assert.deepEqual((await ask(refreshToken)).body, INACTIVE);
  });

  test("says nothing but inactive to another client (OA-39)", async () => {
    for (const clientId of ["wiki", "jwt"]) {
      const tokens = await newTokens(node, { ...OFFLINE, clientId });
      assert.deepEqual((await ask(tokens.accessToken, "other")).body, INACTIVE);
      assert.deepEqual((await ask(tokens.refreshToken, "other")).body, INACTIVE);
    }
  });

  test("says the same of what was never a token, of an ID token and of a code", async () => {
    const { idToken, accessToken } = await newTokens(node);
    for (const text of [idToken, `${accessToken}0`, "x", "a.b.c", "x".repeat(20_000)]) {
      const reply = await ask(text);
      assert.equal(reply.status, 200);
      assert.deepEqual(reply.body, INACTIVE);
    }
  });

  test("is refused to public clients, to strangers, and without a token", async () => {
    const { accessToken } = await newTokens(node);
    const named = { token: accessToken, client_id: "open" };
    assert.equal(outcomeOf(await post(node, "/oauth2/introspect", named, {})), "401 invalid_client");
    assert.equal(
      outcomeOf(await post(node, "/oauth2/introspect", { token: accessToken }, {})),
      "401 invalid_client",
    );
    assert.equal(outcomeOf(await ask("")), "400 invalid_request");
    const get = await fetch(`${node.origin}/oauth2/introspect?token=${accessToken}`);
    assert.equal(get.status, 405);
  });

  test("is for no page of a browser: no CORS header ever", async () => {
    const headers = { authorization: basic("wiki"), origin: "https://wiki.example.org" };
    const reply = await post(node, "/oauth2/introspect", { token: "x" }, headers);
    assert.equal(reply.headers.get("access-control-allow-origin"), null);
    const preflight = await fetch(`${node.origin}/oauth2/introspect`, { method: "OPTIONS" });
    assert.equal(preflight.status, 405);
  });
});

describe("introspection says inactive at once when", () => {
  for (const clientId of ["wiki", "jwt"]) {
    test(`the session has ended (${clientId})`, async () => {
      const session = await beginSession(node);
      const tokens = await newTokens(node, { clientId, sessionId: session.id });
      assert.equal((await ask(tokens.accessToken, clientId)).body["active"], true);
      await node.sessions.end(session.id, session.accountId);
      assert.deepEqual((await ask(tokens.accessToken, clientId)).body, INACTIVE);
      assert.deepEqual((await ask(tokens.refreshToken, clientId)).body, INACTIVE);
    });

    test(`the account was switched off, with offline_access too (${clientId})`, async () => {
      const tokens = await newTokens(node, { ...OFFLINE, clientId, accountId: "b0b" });
      const names = { username: "bob", email: "bob@example.org" };
      await node.durable.accounts.update({ ...bob, enabled: false }, names);
      assert.deepEqual((await ask(tokens.accessToken, clientId)).body, INACTIVE);
      assert.deepEqual((await ask(tokens.refreshToken, clientId)).body, INACTIVE);
      await node.durable.accounts.update(bob, names);
    });

    test(`the grant was withdrawn (${clientId})`, async () => {
      const grant = await node.durable.grants.allow(
        { id: `g-${clientId}`, accountId: "a11ce", applicationId: clientId, scopes: ["profile"] },
        node.clock.nowMs(),
      );
      const tokens = await newTokens(node, { ...OFFLINE, clientId, grantId: grant.id });
      await node.families.revokeGrant(grant.id);
      assert.deepEqual((await ask(tokens.accessToken, clientId)).body, INACTIVE);
      assert.deepEqual((await ask(tokens.refreshToken, clientId)).body, INACTIVE);
    });
  }
});

describe("introspection by the server of a resource", () => {
  const asked = { scopes: ["openid", "profile", "orders:read", "payroll:read"] };
  const two = { ...asked, resources: [ORDERS.identifier, PAYROLL.identifier] };
  let at: TokenNode;

  before(async () => {
    const resources = [ORDERS, PAYROLL].map(({ identifier }) => identifier);
    const shop = oidcApplication({ secrets: [STORED_SECRET], resources });
    const servers = ["api", "pay", "both", "stranger"].map((id) => oidcApplication({ ...shop, id }));
    at = await startTokenNode({
      applications: [shop, oidcApplication({ ...shop, id: "hidden", subjectType: "pairwise" }), ...servers],
      resources: [
        { ...ORDERS, introspectionClientIds: ["api", "both", "wiki"] },
        { ...PAYROLL, introspectionClientIds: ["pay", "both"] },
      ],
    });
  });
  after(async () => await at.close());

  const askAs = async (clientId: string, token: string) =>
    (await post(at, "/oauth2/introspect", { token }, { authorization: basic(clientId) })).body;

  for (const [clientId, audience, scope] of [
    ["api", ORDERS.identifier, "orders:read"],
    ["pay", PAYROLL.identifier, "payroll:read"],
    ["both", two.resources, "orders:read payroll:read"],
    ["wiki", two.resources, "orders:read payroll:read"],
  ] as const) {
    test(`shows ${clientId} what concerns it: its audience and scopes`, async () => {
      const { accessToken } = await newTokens(at, two);
      const body = await askAs(clientId, accessToken);
      assert.deepEqual([body["active"], body["aud"], body["scope"]], [true, audience, scope]);
      assert.deepEqual([body["client_id"], body["sub"]], ["wiki", "a11ce"]);
    });
  }

  test("says inactive of tokens for other resources, for ourselves, and of refresh tokens", async () => {
    const orders = { ...asked, resources: [ORDERS.identifier] };
    assert.deepEqual(await askAs("pay", (await newTokens(at, orders)).accessToken), INACTIVE);
    const ours = await newTokens(at, { scopes: ["openid", "offline_access"] });
    assert.deepEqual(await askAs("api", ours.accessToken), INACTIVE);
    assert.deepEqual(await askAs("api", (await newTokens(at, two)).refreshToken), INACTIVE);
    assert.deepEqual(await askAs("stranger", (await newTokens(at, two)).accessToken), INACTIVE);
  });

  test("puts no name beside a pairwise subject", async () => {
    const { accessToken } = await newTokens(at, { ...two, clientId: "hidden" });
    const seen = await askAs("api", accessToken);
    assert.equal(seen["active"], true);
    assert.notEqual(seen["sub"], "a11ce");
    assert.equal("username" in seen, false);
    assert.equal((await askAs("hidden", accessToken))["username"], "alice");
    assert.equal((await askAs("api", (await newTokens(at, two)).accessToken))["username"], "alice");
  });

  test("ends for a server that is taken off the list, and with the resource", async () => {
    const { accessToken } = await newTokens(at, two);
    await at.durable.resources.update({ ...ORDERS, introspectionClientIds: [] });
    await at.resources.reload();
    assert.deepEqual(await askAs("api", accessToken), INACTIVE);
    await at.durable.resources.delete(PAYROLL.id);
    await at.resources.reload();
    assert.deepEqual(await askAs("pay", accessToken), INACTIVE);
    assert.equal((await askAs("wiki", accessToken))["active"], true);
    await at.durable.resources.delete(ORDERS.id);
    await at.resources.reload();
    assert.deepEqual(await askAs("wiki", accessToken), INACTIVE);
  });
});
