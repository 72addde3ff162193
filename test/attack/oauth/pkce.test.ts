import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { checkVerifier, readChallenge } from "../../../src/oidc/pkce.ts";
import { sha256 } from "../../../src/platform/digest.ts";

describe("code_challenge", () => {
  // The example of RFC 7636, appendix B.
  const challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

  test("S256 with 43 characters is taken as it is", () => {
    assert.deepEqual(readChallenge(challenge, "S256"), { kind: "challenge", challenge });
  });

  test("neither challenge nor method is no PKCE", () => {
    assert.deepEqual(readChallenge(undefined, undefined), { kind: "none" });
  });

  for (const method of [undefined, "plain", "s256", "S512", "S256 ", "none"]) {
    test(`method ${method ?? "missing, which means plain"} is refused`, () => {
      assert.equal(readChallenge(challenge, method).kind, "refused");
    });
  }

  test("a method without a challenge is refused, so that a stripped challenge is noticed", () => {
    assert.equal(readChallenge(undefined, "S256").kind, "refused");
  });

  for (const bad of [
    "",
    "a",
    challenge.slice(1),
    `${challenge}A`,
    `${challenge}=`,
    `${challenge.slice(1)}+`,
    `${challenge}\n`,
  ]) {
    test(`a challenge of another form is refused: ${JSON.stringify(bad)}`, () => {
      assert.equal(readChallenge(bad, "S256").kind, "refused");
    });
  }
});

describe("code_verifier", () => {
  const verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
  const challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

  test("the verifier of the RFC's example answers its challenge", () => {
    assert.equal(checkVerifier(challenge, verifier), "ok");
  });

  test("downgrade: a challenge was sent and the verifier is missing", () => {
    assert.equal(checkVerifier(challenge, undefined), "missing");
  });

  test("downgrade the other way: no challenge was sent and a verifier comes", () => {
    assert.equal(checkVerifier(undefined, verifier), "unexpected");
    assert.equal(checkVerifier(undefined, undefined), "ok");
  });

  for (const length of [43, 128]) {
    test(`${length} characters of all kinds are accepted (OA-14)`, () => {
      const text = "AZaz09-._~".repeat(13).slice(0, length);
      assert.equal(checkVerifier(sha256(text), text), "ok");
    });
  }

  for (const length of [0, 1, 42, 129, 10_000]) {
    test(`${length} characters are malformed even when their hash fits (OA-14)`, () => {
      const text = "a".repeat(length);
      assert.equal(checkVerifier(sha256(text), text), "malformed");
    });
  }

  for (const strange of ["!", "=", "+", "/", " ", "\n", "ä", "\0", "%"]) {
    test(`the character ${JSON.stringify(strange)} is malformed even when the hash fits`, () => {
      const text = `${"a".repeat(50)}${strange}`;
      assert.equal(checkVerifier(sha256(text), text), "malformed");
    });
  }

  test("the challenge itself is no verifier: plain does not work", () => {
    assert.equal(checkVerifier(challenge, challenge), "mismatch");
  });
});
