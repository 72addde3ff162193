import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { TestClock } from "../../fixtures/clock.ts";
import { oidcApplication, person } from "../../fixtures/oidc/application.ts";
import { REDIRECT_URI, VERIFIER } from "../../fixtures/oidc/authorization.ts";
import { STORED_SECRET } from "../../fixtures/oidc/client-secret.ts";
import { keyRingOf } from "../../fixtures/oidc/key-ring.ts";
import { OTHER, startTokenNode, type TokenNode, WIKI } from "../../fixtures/oidc/token-node.ts";
import {
  beginSession,
  isAlive,
  newCode,
  newTokens,
  outcomeOf,
  post,
  refresh,
  tokensOf,
} from "../../fixtures/oidc/tokens.ts";

const DAY_MS = 24 * 60 * 60_000;
const OFFLINE = { scopes: ["openid", "profile", "offline_access"] };
const bob = person({ id: "b0b", username: "bob", email: "bob@example.org" });
const names = { username: "bob", email: "bob@example.org" };
const open = oidcApplication({ id: "open", authenticationMethod: "none" });
const codeOnly = oidcApplication({
  id: "code-only",
  secrets: [STORED_SECRET],
  grantTypes: ["authorization_code"],
});
const node = await startTokenNode({
  applications: [WIKI, OTHER, open, codeOnly],
  accounts: [person(), bob],
});
after(async () => await node.close());

async function refused(token: string, form: Record<string, string> = {}, clientId = "wiki"): Promise<void> {
  assert.equal(outcomeOf(await refresh(node, token, form, clientId)), "400 invalid_grant");
}

describe("a refresh token is replaced at every use", () => {
  test("by another one, with new tokens beside it", async () => {
    const first = await newTokens(node, OFFLINE);
    const second = tokensOf(await refresh(node, first.refreshToken));
    assert.notEqual(second.refreshToken, first.refreshToken);
    assert.notEqual(second.accessToken, first.accessToken);
    assert.equal(await isAlive(node, second.accessToken), true);
    const third = tokensOf(await refresh(node, second.refreshToken));
    assert.equal(await isAlive(node, third.accessToken), true);
  });

  test("a lost answer is given again within ten seconds: the same successor, not a second one (OA-31)", async () => {
    const { refreshToken } = await newTokens(node, OFFLINE);
    const lost = tokensOf(await refresh(node, refreshToken));
    node.clock.advance(10_000);
    const again = tokensOf(await refresh(node, refreshToken));
    assert.equal(again.refreshToken, lost.refreshToken);
    assert.equal(await isAlive(node, again.accessToken), true);
    assert.equal(outcomeOf(await refresh(node, again.refreshToken)), "200");
  });

  test("a second later it is a theft: this family ends, access tokens too (OA-30)", async () => {
    const first = await newTokens(node, OFFLINE);
    const second = tokensOf(await refresh(node, first.refreshToken));
    node.clock.advance(10_001);
    await refused(first.refreshToken);
    await refused(second.refreshToken);
    assert.equal(await isAlive(node, second.accessToken), false);
    assert.equal(await isAlive(node, first.accessToken), false);
  });

  test("another family of the same person at the same client lives on (B58)", async () => {
    const kept = await newTokens(node, OFFLINE);
    const stolen = await newTokens(node, OFFLINE);
    await refresh(node, stolen.refreshToken);
    node.clock.advance(60_000);
    await refused(stolen.refreshToken);
    assert.equal(await isAlive(node, kept.accessToken), true);
    assert.equal(outcomeOf(await refresh(node, kept.refreshToken)), "200");
  });

  test("theft stands in the audit trail, without the token", async () => {
    const { refreshToken } = await newTokens(node, { ...OFFLINE, familyId: "f-stolen" });
    await refresh(node, refreshToken);
    node.clock.advance(60_000);
    await refused(refreshToken);
    await node.audit.flush();
    const { items } = await node.durable.audit.list({ limit: 1, action: "refresh-token.reused" });
    assert.deepEqual(items[0]?.detail, { family: "f-stolen" });
    assert.equal(JSON.stringify(items).includes(refreshToken), false);
  });
});

describe("one refresh token, 50 times at once at two processes", () => {
  test("leaves one live family: all answers carry the same successor (OA-31, RL-11)", async () => {
    const folder = mkdtempSync(join(tmpdir(), "gatehouse-refresh-"));
    const shared = { folder, clock: new TestClock(), keyRing: keyRingOf("RSA-2048", "P-256") };
    const nodes: readonly TokenNode[] = [await startTokenNode(shared), await startTokenNode(shared)];
    try {
      const [first] = nodes;
      assert.ok(first !== undefined);
      const { refreshToken } = await newTokens(first, OFFLINE);
      const replies = await Promise.all(
        Array.from(
          { length: 50 },
          async (_, index) => await refresh(nodes[index % 2] ?? first, refreshToken),
        ),
      );
      const successors = new Set(replies.map((reply) => tokensOf(reply).refreshToken));
      assert.equal(successors.size, 1);
      shared.clock.advance(11_000);
      const [successor = ""] = successors;
      assert.equal(outcomeOf(await refresh(first, refreshToken)), "400 invalid_grant");
      assert.equal(outcomeOf(await refresh(first, successor)), "400 invalid_grant");
    } finally {
      for (const one of nodes) await one.close();
      rmSync(folder, { recursive: true });
    }
  });
});

describe("a refresh token is bound to its client", () => {
  test("another client gets nothing for it and revokes nothing (CF-36, CF-74)", async () => {
    const first = await newTokens(node, OFFLINE);
    await refused(first.refreshToken, {}, "other");
    const second = tokensOf(await refresh(node, first.refreshToken));
    node.clock.advance(60_000);
    await refused(first.refreshToken, {}, "other");
    assert.equal(await isAlive(node, second.accessToken), true);
  });

  test("the grace of a lost answer is for its client alone", async () => {
    const { refreshToken } = await newTokens(node, OFFLINE);
    await refresh(node, refreshToken);
    await refused(refreshToken, {}, "other");
  });

  test("without client authentication it is not even looked at", async () => {
    const { refreshToken } = await newTokens(node, OFFLINE);
    const form = { grant_type: "refresh_token", refresh_token: refreshToken };
    assert.equal(outcomeOf(await post(node, "/oauth2/token", form, {})), "401 invalid_client");
    const named = { ...form, client_id: "wiki" };
    assert.equal(outcomeOf(await post(node, "/oauth2/token", named, {})), "401 invalid_client");
    assert.equal(outcomeOf(await refresh(node, refreshToken)), "200");
  });

  test("a public client's is rotated just the same", async () => {
    const code = await newCode(node, { ...OFFLINE, clientId: "open" });
    const exchange = { grant_type: "authorization_code", code, client_id: "open" };
    const form = { ...exchange, redirect_uri: REDIRECT_URI, code_verifier: VERIFIER };
    const { refreshToken } = tokensOf(await post(node, "/oauth2/token", form, {}));
    const again = { grant_type: "refresh_token", client_id: "open", refresh_token: refreshToken };
    assert.equal(outcomeOf(await post(node, "/oauth2/token", again, {})), "200");
    node.clock.advance(60_000);
    assert.equal(outcomeOf(await post(node, "/oauth2/token", again, {})), "400 invalid_grant");
  });

  test("a client that is not registered for it gets none", async () => {
    const tokens = await newTokens(node, { ...OFFLINE, clientId: "code-only" });
    assert.equal(tokens.refreshToken, "undefined");
    const { refreshToken } = await newTokens(node, OFFLINE);
    const reply = await refresh(node, refreshToken, {}, "code-only");
    assert.equal(outcomeOf(reply), "400 unauthorized_client");
  });
});

describe("the scope of a refresh", () => {
  test("may be narrower, for this answer only (RFC 6749 6)", async () => {
    const first = await newTokens(node, OFFLINE);
    const narrow = tokensOf(await refresh(node, first.refreshToken, { scope: "openid" }));
    assert.equal(narrow.scope, "openid");
    const whole = tokensOf(await refresh(node, narrow.refreshToken));
    assert.equal(whole.scope, "openid profile offline_access");
  });

  test("may not be wider, and the mistake does not cost the token (OA-32)", async () => {
    const { refreshToken } = await newTokens(node, OFFLINE);
    for (const scope of ["openid email", "admin", "openid  profile", 'a"b', "x".repeat(3_000)]) {
      assert.equal(outcomeOf(await refresh(node, refreshToken, { scope })), "400 invalid_scope", scope);
    }
    assert.equal(outcomeOf(await refresh(node, refreshToken)), "200");
  });

  test("may not be carried to a resource that was not granted", async () => {
    const { refreshToken } = await newTokens(node, OFFLINE);
    const reply = await refresh(node, refreshToken, { resource: "https://api.example.org" });
    assert.equal(outcomeOf(reply), "400 invalid_target");
  });
});

describe("a refresh token without offline_access", () => {
  test("dies with its session (OA-34)", async () => {
    const session = await beginSession(node);
    const tokens = await newTokens(node, { sessionId: session.id });
    const refreshed = tokensOf(await refresh(node, tokens.refreshToken));
    await node.sessions.end(session.id, session.accountId);
    await refused(refreshed.refreshToken);
    assert.equal(await isAlive(node, refreshed.accessToken), false);
  });

  test("dies when the session has been idle too long", async () => {
    const { refreshToken } = await newTokens(node);
    node.clock.advance(7_200_001);
    await refused(refreshToken);
  });

  test("with offline_access it outlives the session", async () => {
    const session = await beginSession(node);
    const tokens = await newTokens(node, { ...OFFLINE, sessionId: session.id });
    await node.sessions.end(session.id, session.accountId);
    const refreshed = tokensOf(await refresh(node, tokens.refreshToken));
    assert.equal(await isAlive(node, refreshed.accessToken), true);
  });
});

describe("a refresh token dies", () => {
  test("after 14 days without use, and lives while it is used", async () => {
    let { refreshToken } = await newTokens(node, OFFLINE);
    for (let count = 0; count < 2; count++) {
      node.clock.advance(14 * DAY_MS - 1);
      ({ refreshToken } = tokensOf(await refresh(node, refreshToken)));
    }
    const idle = (await newTokens(node, OFFLINE)).refreshToken;
    node.clock.advance(14 * DAY_MS);
    await refused(idle);
  });

  test("30 days after the login, however often it was used (OA-34)", async () => {
    let { refreshToken } = await newTokens(node, OFFLINE);
    for (let day = 1; day < 30; day++) {
      node.clock.advance(DAY_MS);
      ({ refreshToken } = tokensOf(await refresh(node, refreshToken)));
    }
    node.clock.advance(DAY_MS);
    await refused(refreshToken);
  });

  test("with its grant, at once and with its access tokens", async () => {
    const grant = await node.durable.grants.allow(
      { id: "g-1", accountId: "a11ce", applicationId: "wiki", scopes: ["profile"] },
      node.clock.nowMs(),
    );
    const tokens = await newTokens(node, { ...OFFLINE, grantId: grant.id });
    const refreshed = tokensOf(await refresh(node, tokens.refreshToken));
    await node.families.revokeGrant(grant.id);
    await refused(refreshed.refreshToken);
    assert.equal(await isAlive(node, refreshed.accessToken), false);
  });

  test("while its account is switched off (OA-33)", async () => {
    const { refreshToken, accessToken } = await newTokens(node, { ...OFFLINE, accountId: "b0b" });
    await node.durable.accounts.update({ ...bob, enabled: false }, names);
    await refused(refreshToken);
    assert.equal(await isAlive(node, accessToken), false);
    await node.durable.accounts.update(bob, names);
  });

  test("when everything of its account is revoked", async () => {
    const { refreshToken } = await newTokens(node, { ...OFFLINE, accountId: "b0b" });
    await node.durable.refreshTokens.revokeByAccount("b0b");
    await refused(refreshToken);
  });

  test("with its client", async () => {
    const { refreshToken, accessToken } = await newTokens(node, { ...OFFLINE, clientId: "other" });
    await node.durable.applications.update({ ...OTHER, enabled: false });
    await node.applications.reload();
    assert.equal(outcomeOf(await refresh(node, refreshToken, {}, "other")), "401 invalid_client");
    assert.equal(await node.accessTokens.active(accessToken), undefined);
    await node.durable.applications.update(OTHER);
    await node.applications.reload();
  });
});

describe("what is no refresh token", () => {
  test("is invalid_grant: cut, grown, changed in case, or another kind of token (WB-84)", async () => {
    const { refreshToken, accessToken, idToken } = await newTokens(node, OFFLINE);
    const flipped = refreshToken.replace(/[a-z](?=[^a-z]*$)/, (letter) => letter.toUpperCase());
    for (const bad of [
      refreshToken.slice(0, -1),
      `${refreshToken}0`,
      flipped,
      refreshToken.replace("gth_rt_", "gth_at_"),
      accessToken,
      idToken,
      "x".repeat(10_000),
      "undefined",
    ]) {
      await refused(bad);
    }
    const empty = await refresh(node, "");
    assert.equal(outcomeOf(empty), "400 invalid_request");
    assert.equal(outcomeOf(await refresh(node, refreshToken)), "200");
  });
});
