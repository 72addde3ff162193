import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { JwtSigner } from "../../src/oidc/jwt-signer.ts";
import { authorization, ISSUER } from "../fixtures/oidc/authorization.ts";
import { oidcApplication } from "../fixtures/oidc/application.ts";
import { keyRingOf } from "../fixtures/oidc/key-ring.ts";
import { errorCodeOf, requestOf, type RequestReader, requestReader } from "../fixtures/oidc/requests.ts";

let reader: RequestReader;
before(async () => {
  reader = await requestReader(ISSUER, [
    oidcApplication(),
    oidcApplication({ id: "pairs", subjectType: "pairwise" }),
  ]);
});

function hint(claims: Readonly<Record<string, unknown>> = {}): string {
  return new JwtSigner(reader.keyRing).sign("ES256", "JWT", {
    iss: ISSUER,
    sub: "a11ce",
    aud: "wiki",
    exp: 1,
    ...claims,
  });
}

async function codeOf(changes: Readonly<Record<string, string>>): Promise<string> {
  return errorCodeOf(await reader.read(authorization(changes)));
}

async function expected(changes: Readonly<Record<string, string>>): Promise<string | undefined> {
  return requestOf(await reader.read(authorization(changes))).expectedAccountId;
}

describe("id_token_hint", () => {
  test("an expired hint of ours names the account (CF-23)", async () => {
    assert.equal(await expected({ id_token_hint: hint() }), "a11ce");
  });

  test("a hint signed by somebody else, for another client, or changed is invalid_request", async () => {
    const foreign = new JwtSigner(keyRingOf("P-256")).sign("ES256", "JWT", {
      iss: ISSUER,
      sub: "a11ce",
      aud: "wiki",
    });
    const none = `${Buffer.from('{"alg":"none"}').toString("base64url")}.${hint().split(".")[1]}.`;
    for (const bad of [
      foreign,
      none,
      hint({ aud: "other" }),
      hint({ iss: "https://evil.test" }),
      "x",
      hint().slice(0, -2),
    ]) {
      assert.equal(await codeOf({ id_token_hint: bad }), "invalid_request");
    }
  });

  test("a hint about somebody whom we do not know is login_required", async () => {
    assert.equal(await codeOf({ id_token_hint: hint({ sub: "gone" }) }), "login_required");
  });

  test("a pairwise subject is found through the sessions that the client has, and only there", async () => {
    await reader.participants.record("s1", "a11ce", {
      applicationId: "pairs",
      protocol: "oidc",
      subject: "pairwise-sub",
      sessionIndex: "_i",
      lastSignOnMs: 0,
      wire: {},
    });
    const known = hint({ aud: "pairs", sub: "pairwise-sub" });
    assert.equal(await expected({ client_id: "pairs", id_token_hint: known }), "a11ce");
    for (const sub of ["another", "a11ce"]) {
      assert.equal(
        await codeOf({ client_id: "pairs", id_token_hint: hint({ aud: "pairs", sub }) }),
        "login_required",
      );
    }
  });
});

describe("a sub in the claims parameter (Core 5.5.1)", () => {
  test("with a value it names the account", async () => {
    assert.equal(await expected({ claims: '{"id_token":{"sub":{"value":"a11ce"}}}' }), "a11ce");
    assert.equal(await expected({ claims: '{"userinfo":{"sub":{"values":["a11ce"]}}}' }), "a11ce");
  });

  test("without a value it names nobody", async () => {
    assert.equal(await expected({ claims: '{"id_token":{"sub":{"essential":true}}}' }), undefined);
  });

  test("several, an unknown one, or one that contradicts the hint is login_required", async () => {
    for (const sub of ['{"values":["a11ce","b0b"]}', '{"value":"b0b"}', '{"value":1}']) {
      assert.equal(await codeOf({ claims: `{"id_token":{"sub":${sub}}}` }), "login_required");
    }
    const claims = '{"id_token":{"sub":{"value":"b0b"}}}';
    assert.equal(await codeOf({ claims, id_token_hint: hint() }), "login_required");
  });
});
