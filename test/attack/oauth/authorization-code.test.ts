import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { sha256 } from "../../../src/platform/digest.ts";
import { TestClock } from "../../fixtures/clock.ts";
import { oidcApplication, person } from "../../fixtures/oidc/application.ts";
import { REDIRECT_URI, VERIFIER } from "../../fixtures/oidc/authorization.ts";
import { STORED_SECRET } from "../../fixtures/oidc/client-secret.ts";
import { keyRingOf } from "../../fixtures/oidc/key-ring.ts";
import { OTHER, startTokenNode, WIKI } from "../../fixtures/oidc/token-node.ts";
import {
  beginSession,
  isAlive,
  newCode,
  outcomeOf,
  post,
  redeem,
  refresh,
  tokensOf,
} from "../../fixtures/oidc/tokens.ts";

const bob = person({ id: "b0b", username: "bob", email: "bob@example.org" });
const groups = oidcApplication({
  id: "groups",
  secrets: [STORED_SECRET],
  access: { kind: "groups", groups: ["staff"] },
});
const node = await startTokenNode({ applications: [WIKI, OTHER, groups], accounts: [person(), bob] });
after(async () => await node.close());

describe("a code is used once", () => {
  test("a second time it is invalid_grant, and what the first gave is dead (CF-28, CF-29)", async () => {
    const code = await newCode(node);
    const tokens = tokensOf(await redeem(node, code));
    assert.equal(await isAlive(node, tokens.accessToken), true);
    node.clock.advance(30_000);
    const again = await redeem(node, code);
    assert.equal(outcomeOf(again), "400 invalid_grant");
    assert.equal(again.headers.get("cache-control"), "no-store");
    assert.equal(await isAlive(node, tokens.accessToken), false);
    assert.equal(outcomeOf(await refresh(node, tokens.refreshToken)), "400 invalid_grant");
  });

  test("minutes later its reuse still revokes, also what was refreshed meanwhile", async () => {
    const code = await newCode(node);
    const refreshed = tokensOf(await refresh(node, tokensOf(await redeem(node, code)).refreshToken));
    node.clock.advance(8 * 60_000);
    assert.equal(await isAlive(node, refreshed.accessToken), true);
    assert.equal(outcomeOf(await redeem(node, code)), "400 invalid_grant");
    assert.equal(await isAlive(node, refreshed.accessToken), false);
    assert.equal(outcomeOf(await refresh(node, refreshed.refreshToken)), "400 invalid_grant");
  });

  test("its reuse revokes nothing of another code", async () => {
    const kept = tokensOf(await redeem(node, await newCode(node)));
    const code = await newCode(node);
    await redeem(node, code);
    await redeem(node, code);
    assert.equal(await isAlive(node, kept.accessToken), true);
  });

  test("reuse stands in the audit trail", async () => {
    const code = await newCode(node, { familyId: "f-audited" });
    await redeem(node, code);
    await redeem(node, code);
    await node.audit.flush();
    const { items } = await node.durable.audit.list({ limit: 1, action: "code.reused" });
    assert.deepEqual(items[0]?.detail, { family: "f-audited" });
  });

  test("after 60 seconds it is unknown", async () => {
    const code = await newCode(node);
    node.clock.advance(60_000);
    assert.equal(outcomeOf(await redeem(node, code)), "400 invalid_grant");
  });
});

describe("of 50 presentations at once", () => {
  test("at two processes one succeeds, 49 are invalid_grant, and its tokens are dead (OA-20, RL-10)", async () => {
    const folder = mkdtempSync(join(tmpdir(), "gatehouse-code-"));
    const shared = { folder, clock: new TestClock(), keyRing: keyRingOf("RSA-2048", "P-256") };
    const nodes = [await startTokenNode(shared), await startTokenNode(shared)] as const;
    try {
      for (const scopes of [["openid"], ["openid", "offline_access"]]) {
        const code = await newCode(nodes[0], { scopes });
        const replies = await Promise.all(
          Array.from({ length: 50 }, async (_, index) => await redeem(nodes[index % 2 === 0 ? 0 : 1], code)),
        );
        const winners = replies.filter(({ status }) => status === 200);
        assert.equal(winners.length, 1);
        assert.equal(replies.filter((reply) => outcomeOf(reply) === "400 invalid_grant").length, 49);
        for (const winner of winners) {
          const { access_token: access, refresh_token: refreshToken } = winner.body;
          assert.equal(await isAlive(nodes[0], String(access)), false);
          assert.equal(await isAlive(nodes[1], String(access)), false);
          assert.equal(outcomeOf(await refresh(nodes[1], String(refreshToken))), "400 invalid_grant");
        }
      }
    } finally {
      for (const one of nodes) await one.close();
      rmSync(folder, { recursive: true });
    }
  });
});

describe("a code is bound to its client", () => {
  test("another client gets nothing for it, and cannot spend it (CF-73, OA-23)", async () => {
    const code = await newCode(node);
    assert.equal(outcomeOf(await redeem(node, code, {}, "other")), "400 invalid_grant");
    assert.equal(outcomeOf(await redeem(node, code)), "200");
  });

  test("another client that presents a used one revokes nothing", async () => {
    const code = await newCode(node);
    const { accessToken } = tokensOf(await redeem(node, code));
    assert.equal(outcomeOf(await redeem(node, code, {}, "other")), "400 invalid_grant");
    assert.equal(await isAlive(node, accessToken), true);
  });

  test("without client authentication it is not even looked at", async () => {
    const code = await newCode(node);
    const form = {
      grant_type: "authorization_code",
      code,
      redirect_uri: REDIRECT_URI,
      code_verifier: VERIFIER,
    };
    assert.equal(
      outcomeOf(await post(node, "/oauth2/token", { ...form, client_id: "wiki" }, {})),
      "401 invalid_client",
    );
    assert.equal(outcomeOf(await redeem(node, code)), "200");
  });
});

describe("a code dies of a wrong presentation by its own client", () => {
  const cases: readonly (readonly [string, Record<string, string | undefined>, string])[] = [
    ["without the verifier (CF-92, downgrade A of OA-12)", { code_verifier: undefined }, "400 invalid_grant"],
    ["with an empty verifier", { code_verifier: "" }, "400 invalid_grant"],
    ["with another verifier (CF-93)", { code_verifier: "x".repeat(43) }, "400 invalid_grant"],
    ["with the challenge as verifier", { code_verifier: sha256(VERIFIER) }, "400 invalid_grant"],
    ["with a verifier of 1 character", { code_verifier: "x" }, "400 invalid_request"],
    ["with a verifier of 42 characters", { code_verifier: "x".repeat(42) }, "400 invalid_request"],
    ["with a verifier of 129 characters", { code_verifier: "x".repeat(129) }, "400 invalid_request"],
    ["with a padded verifier", { code_verifier: `${"x".repeat(43)}=` }, "400 invalid_request"],
    ["with a verifier with an exclamation mark", { code_verifier: `${VERIFIER}!` }, "400 invalid_request"],
    ["without redirect_uri", { redirect_uri: undefined }, "400 invalid_grant"],
    ["with another redirect_uri", { redirect_uri: "https://wiki.example.org/cb2" }, "400 invalid_grant"],
    ["with a slash behind redirect_uri", { redirect_uri: `${REDIRECT_URI}/` }, "400 invalid_grant"],
    ["with redirect_uri in capitals", { redirect_uri: REDIRECT_URI.toUpperCase() }, "400 invalid_grant"],
    ["with a resource that was not granted", { resource: "https://api.example.org" }, "400 invalid_target"],
  ];
  for (const [name, changes, outcome] of cases) {
    test(name, async () => {
      const code = await newCode(node);
      assert.equal(outcomeOf(await redeem(node, code, changes)), outcome);
      assert.equal(outcomeOf(await redeem(node, code)), "400 invalid_grant");
    });
  }

  test("with a verifier although no challenge was sent (downgrade B of OA-12, RFC 9700 2.1.1)", async () => {
    const code = await newCode(node, { codeChallenge: undefined });
    assert.equal(outcomeOf(await redeem(node, code)), "400 invalid_grant");
    assert.equal(outcomeOf(await redeem(node, code, { code_verifier: undefined })), "400 invalid_grant");
  });

  test("while without both it is good for a client that may do without PKCE", async () => {
    const code = await newCode(node, { codeChallenge: undefined });
    assert.equal(outcomeOf(await redeem(node, code, { code_verifier: undefined })), "200");
  });
});

describe("a code is a code and nothing else (OA-24)", () => {
  test("an empty, long, cut or grown one is invalid, and so are other tokens of ours", async () => {
    const code = await newCode(node);
    const { accessToken, refreshToken, idToken } = tokensOf(await redeem(node, await newCode(node)));
    for (const bad of [
      code.slice(0, -1),
      `${code}A`,
      code.toUpperCase(),
      ` ${code}`,
      "x".repeat(10_000),
      "__proto__",
      accessToken,
      refreshToken,
      idToken,
    ]) {
      assert.equal(outcomeOf(await redeem(node, bad)), "400 invalid_grant", bad.slice(0, 50));
    }
    assert.equal(outcomeOf(await redeem(node, "")), "400 invalid_request");
  });
});

describe("nothing is issued for a code when meanwhile (OA-33)", () => {
  async function redeemAfter(
    change: () => Promise<unknown>,
    code: string,
    clientId?: string,
  ): Promise<string> {
    await change();
    return outcomeOf(await redeem(node, code, {}, clientId));
  }

  for (const scopes of [["openid"], ["openid", "offline_access"]]) {
    test(`the session has ended (${scopes.join(" ")})`, async () => {
      const session = await beginSession(node);
      const code = await newCode(node, { sessionId: session.id, scopes });
      const end = async () => await node.sessions.end(session.id, session.accountId);
      assert.equal(await redeemAfter(end, code), "400 invalid_grant");
    });
  }

  test("the account was switched off", async () => {
    const code = await newCode(node, { accountId: "b0b" });
    const names = { username: "bob", email: "bob@example.org" };
    const off = async () => await node.durable.accounts.update({ ...bob, enabled: false }, names);
    assert.equal(await redeemAfter(off, code), "400 invalid_grant");
    await node.durable.accounts.update(bob, names);
  });

  test("the account has left the groups of the application", async () => {
    const code = await newCode(node, { accountId: "b0b", clientId: "groups" });
    const names = { username: "bob", email: "bob@example.org" };
    const leave = async () => await node.durable.accounts.update({ ...bob, groups: [] }, names);
    assert.equal(await redeemAfter(leave, code, "groups"), "400 invalid_grant");
    await node.durable.accounts.update(bob, names);
  });

  test("the grant was withdrawn", async () => {
    const grant = await node.durable.grants.allow(
      { id: "g-1", accountId: "a11ce", applicationId: "wiki", scopes: ["profile"] },
      node.clock.nowMs(),
    );
    const code = await newCode(node, { grantId: grant.id });
    assert.equal(
      await redeemAfter(async () => await node.families.revokeGrant(grant.id), code),
      "400 invalid_grant",
    );
  });

  test("the client was switched off", async () => {
    const code = await newCode(node, { clientId: "other" });
    await node.durable.applications.update({ ...OTHER, enabled: false });
    const off = async () => await node.applications.reload();
    assert.equal(await redeemAfter(off, code, "other"), "401 invalid_client");
    await node.durable.applications.update(OTHER);
    await node.applications.reload();
  });
});
