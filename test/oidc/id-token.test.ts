import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { decodeJwt, decodeProtectedHeader } from "jose";
import type { IdTokenAlgorithm, OidcApplication } from "../../src/model/application.ts";
import { IdTokens } from "../../src/oidc/id-token.ts";
import { readIdTokenHint } from "../../src/oidc/id-token-hint.ts";
import { JwtSigner } from "../../src/oidc/jwt-signer.ts";
import { Subjects } from "../../src/session/subject.ts";
import { TestClock } from "../fixtures/clock.ts";
import { oidcApplication, person } from "../fixtures/oidc/application.ts";
import { keyRingOf } from "../fixtures/oidc/key-ring.ts";

const issuer = "https://id.example.org/tenant";
const clock = new TestClock();
const keyRing = keyRingOf("RSA-2048", "P-256", "P-384", "Ed25519");
const signer = new JwtSigner(keyRing);
const idTokens = new IdTokens({ issuer, signer, subjects: new Subjects("a-secret"), clock });
const nowSeconds = clock.nowMs() / 1000;

function issue(application: OidcApplication = oidcApplication(), changes: Record<string, unknown> = {}) {
  return idTokens.issue({
    application,
    account: person(),
    sessionId: "s1",
    scopes: ["openid", "profile", "email"],
    claims: undefined,
    nonce: "n-1",
    authTimeMs: clock.nowMs() - 90_500,
    acr: "urn:acr",
    methods: ["pwd"],
    ...changes,
  });
}

describe("IdTokens", () => {
  test("a token has exactly these claims (CF-S9, CF-S10)", () => {
    const { sid, ...claims } = decodeJwt(issue());
    assert.deepEqual(claims, {
      iss: issuer,
      sub: "a11ce",
      aud: "wiki",
      exp: nowSeconds + 600,
      iat: nowSeconds,
      auth_time: nowSeconds - 91,
      nonce: "n-1",
      acr: "urn:acr",
      amr: ["pwd"],
    });
    assert.match(String(sid), /^_[\w-]{22}$/);
  });

  test("without a nonce in the request there is none in the token", () => {
    assert.equal("nonce" in decodeJwt(issue(oidcApplication(), { nonce: undefined })), false);
  });

  test("sid is the same in one session and differs between applications", () => {
    const sid = (application: OidcApplication) => decodeJwt(issue(application))["sid"];
    assert.equal(sid(oidcApplication()), sid(oidcApplication()));
    assert.notEqual(sid(oidcApplication()), sid(oidcApplication({ id: "planner" })));
  });

  test("a pairwise subject differs between sectors, is the same within one, and is not the account's id", () => {
    const sub = (changes: Partial<OidcApplication>) =>
      decodeJwt(issue(oidcApplication({ subjectType: "pairwise", ...changes }))).sub;
    assert.equal(sub({}), sub({ id: "other", redirectUris: ["https://wiki.example.org/other"] }));
    assert.notEqual(sub({}), sub({ redirectUris: ["https://planner.example.org/cb"] }));
    assert.equal(sub({ sectorIdentifier: "example.org" }), sub({ id: "x", sectorIdentifier: "example.org" }));
    assert.notEqual(sub({}), "a11ce");
  });

  for (const algorithm of ["RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA"] as const) {
    test(`a client that chose ${algorithm} gets it, with a kid (CF-03)`, () => {
      const header = decodeProtectedHeader(issue(oidcApplication({ idTokenAlgorithm: algorithm })));
      assert.equal(header.alg, algorithm);
      assert.notEqual(header.kid, undefined);
    });
  }

  // Core 3.1.3.6; access token and RS256 hash are those of the example in its appendix A.4.
  for (const [algorithm, expected] of [
    ["RS256", "77QmUPtjPfzWtF2AnpK9RQ"],
    ["ES384", undefined],
    ["EdDSA", undefined],
  ] as const satisfies readonly (readonly [IdTokenAlgorithm, string | undefined])[]) {
    test(`at_hash is half of ${algorithm}'s digest`, () => {
      const application = oidcApplication({ idTokenAlgorithm: algorithm });
      const accessToken = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y";
      const hash = decodeJwt(issue(application, { accessToken }))["at_hash"];
      const bytes = { RS256: 16, ES384: 24, EdDSA: 32 }[algorithm];
      assert.equal(Buffer.from(String(hash), "base64url").length, bytes);
      if (expected !== undefined) assert.equal(hash, expected);
    });
  }
});

describe("readIdTokenHint", () => {
  test("an ID token of ours is read, also long after it expired", () => {
    const token = issue();
    clock.advance(86_400_000);
    const hint = readIdTokenHint(keyRing, issuer, token);
    assert.equal(hint?.subject, "a11ce");
    assert.equal(hint?.clientId, "wiki");
    assert.match(hint?.sessionIndex ?? "", /^_/);
  });

  test("another issuer's, another kind of token, a UserInfo answer, and one without sub or aud are none", () => {
    assert.equal(readIdTokenHint(keyRing, "https://id.example.org", issue()), undefined);
    const claims = { iss: issuer, sub: "a11ce", aud: "wiki", exp: 1 };
    assert.equal(readIdTokenHint(keyRing, issuer, signer.sign("ES256", "at+jwt", claims)), undefined);
    const { exp: _, ...userinfo } = claims;
    assert.equal(readIdTokenHint(keyRing, issuer, signer.sign("ES256", "JWT", userinfo)), undefined);
    for (const broken of [
      { ...claims, sub: 1 },
      { ...claims, aud: ["wiki"] },
      { iss: issuer, aud: "wiki", exp: 1 },
    ]) {
      assert.equal(readIdTokenHint(keyRing, issuer, signer.sign("ES256", "JWT", broken)), undefined);
    }
    assert.notEqual(readIdTokenHint(keyRing, issuer, signer.sign("ES256", "JWT", claims)), undefined);
  });
});
