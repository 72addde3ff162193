import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { oidcApplication } from "../fixtures/oidc/application.ts";
import { basic, STORED_SECRET } from "../fixtures/oidc/client-secret.ts";
import { OTHER, startTokenNode, WIKI } from "../fixtures/oidc/token-node.ts";
import { isAlive, newTokens, outcomeOf, post, refresh, tokensOf } from "../fixtures/oidc/tokens.ts";

const jwt = oidcApplication({ id: "jwt", secrets: [STORED_SECRET], accessTokenFormat: "jwt" });
const open = oidcApplication({
  id: "open",
  authenticationMethod: "none",
  origins: ["https://open.example.org"],
});
const node = await startTokenNode({ applications: [WIKI, OTHER, jwt, open] });
after(async () => await node.close());

const OFFLINE = { scopes: ["openid", "offline_access"] };

async function revoke(token: string, clientId = "wiki", more: Record<string, string> = {}) {
  return await post(node, "/oauth2/revoke", { token, ...more }, { authorization: basic(clientId) });
}

describe("revocation (RFC 7009, OA-35)", () => {
  for (const clientId of ["wiki", "jwt"]) {
    for (const kind of ["accessToken", "refreshToken"] as const) {
      test(`of one token ends its whole family at once (${kind}, ${clientId})`, async () => {
        const first = await newTokens(node, { ...OFFLINE, clientId });
        const tokens = tokensOf(await refresh(node, first.refreshToken, {}, clientId));
        const reply = await revoke(tokens[kind], clientId);
        assert.equal(reply.status, 200);
        assert.deepEqual(reply.body, {});
        assert.equal(await isAlive(node, tokens.accessToken, clientId), false);
        assert.equal(await isAlive(node, first.accessToken, clientId), false);
        const again = await refresh(node, tokens.refreshToken, {}, clientId);
        assert.equal(outcomeOf(again), "400 invalid_grant");
      });
    }
  }

  test("leaves other families alone", async () => {
    const kept = await newTokens(node, OFFLINE);
    await revoke((await newTokens(node, OFFLINE)).refreshToken);
    assert.equal(await isAlive(node, kept.accessToken), true);
  });

  test("finds the token whatever the hint says", async () => {
    for (const hint of ["access_token", "refresh_token", "x"]) {
      const tokens = await newTokens(node, OFFLINE);
      await revoke(tokens.refreshToken, "wiki", { token_type_hint: hint });
      assert.equal(await isAlive(node, tokens.accessToken), false);
    }
  });

  test("of a replaced refresh token ends the family too", async () => {
    const first = await newTokens(node, OFFLINE);
    const second = tokensOf(await refresh(node, first.refreshToken));
    assert.equal((await revoke(first.refreshToken)).status, 200);
    assert.equal(outcomeOf(await refresh(node, second.refreshToken)), "400 invalid_grant");
  });

  test("of what is unknown, expired or revoked already is 200", async () => {
    const tokens = await newTokens(node, OFFLINE);
    for (const text of [
      "x",
      `${tokens.accessToken}0`,
      tokens.idToken,
      tokens.accessToken,
      tokens.accessToken,
    ]) {
      assert.equal((await revoke(text)).status, 200);
    }
  });

  test("of another client's token is refused, and revokes nothing", async () => {
    const tokens = await newTokens(node, OFFLINE);
    assert.equal(outcomeOf(await revoke(tokens.accessToken, "other")), "400 invalid_grant");
    assert.equal(outcomeOf(await revoke(tokens.refreshToken, "other")), "400 invalid_grant");
    assert.equal(await isAlive(node, tokens.accessToken), true);
    assert.equal(outcomeOf(await refresh(node, tokens.refreshToken)), "200");
  });

  test("needs the client to prove who it is", async () => {
    const { accessToken } = await newTokens(node, OFFLINE);
    const named = { token: accessToken, client_id: "wiki" };
    assert.equal(outcomeOf(await post(node, "/oauth2/revoke", named, {})), "401 invalid_client");
    assert.equal(await isAlive(node, accessToken), true);
    assert.equal(outcomeOf(await revoke("")), "400 invalid_request");
  });

  test("may be asked for by a public client, from its pages", async () => {
    const made = node.accessTokens.make(open, {
      clientId: "open",
      basis: undefined,
      subject: "a11ce",
      scopes: [],
      audience: [node.issuer],
      userinfoWishes: [],
      familyId: "f-open",
    });
    await node.accessTokens.store(made);
    assert.ok((await node.accessTokens.active(made.text)) !== undefined);
    const origin = "https://open.example.org";
    const reply = await post(node, "/oauth2/revoke", { token: made.text, client_id: "open" }, { origin });
    assert.equal(reply.status, 200);
    assert.equal(reply.headers.get("access-control-allow-origin"), origin);
    assert.equal(await node.accessTokens.active(made.text), undefined);
  });
});
