import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { decodeProtectedHeader, jwtVerify } from "jose";
import { KeyRing } from "../../src/keys/key-ring.ts";
import { keyTypeOf } from "../../src/oidc/jwt-algorithms.ts";
import { JwtSigner } from "../../src/oidc/jwt-signer.ts";
import { verifyOwnJwt } from "../../src/oidc/jwt-verifier.ts";
import { Unavailable } from "../../src/platform/unavailable.ts";
import { keyRingOf, signingKey } from "../fixtures/oidc/key-ring.ts";

const ALL = keyRingOf("RSA-2048", "P-256", "P-384", "Ed25519");

describe("JwtSigner", () => {
  const signer = new JwtSigner(ALL);

  for (const algorithm of ["RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA"] as const) {
    test(`${algorithm}: another library accepts the signature, and so do we`, async () => {
      const token = signer.sign(algorithm, "JWT", { sub: "ä-1", absent: undefined });
      const key = ALL.active(keyTypeOf(algorithm));
      const { payload, protectedHeader } = await jwtVerify(token, key.publicKey, { algorithms: [algorithm] });
      assert.deepEqual(protectedHeader, { alg: algorithm, typ: "JWT", kid: key.id });
      assert.deepEqual(payload, { sub: "ä-1" });
      assert.deepEqual(verifyOwnJwt(ALL, token, "JWT"), { sub: "ä-1" });
    });
  }

  test("algorithms lists exactly those with an active key", () => {
    const ring = keyRingOf("RSA-2048", "P-256");
    assert.deepEqual(new JwtSigner(ring).algorithms(), ["RS256", "RS384", "RS512", "PS256", "ES256"]);
    const waiting = new KeyRing();
    waiting.load([signingKey("P-256", "next", "next")]);
    assert.deepEqual(new JwtSigner(waiting).algorithms(), []);
  });

  test("without a key of the algorithm's type nothing is signed", () => {
    const signer = new JwtSigner(keyRingOf("P-256"));
    assert.throws(() => signer.sign("RS256", "JWT", {}), Unavailable);
  });

  test("after a rotation the new key signs, and the old one's tokens still verify", () => {
    const ring = new KeyRing();
    const [first, second] = [signingKey("P-256", "a"), signingKey("P-256", "b", "next")];
    ring.load([first, second]);
    const signer = new JwtSigner(ring);
    const before = signer.sign("ES256", "JWT", { n: 1 });
    ring.load([
      { ...second, state: "active" },
      { ...first, state: "retiring" },
    ]);
    assert.equal(decodeProtectedHeader(signer.sign("ES256", "JWT", { n: 2 })).kid, "b");
    assert.deepEqual(verifyOwnJwt(ring, before, "JWT"), { n: 1 });
    ring.load([{ ...second, state: "active" }]);
    assert.equal(verifyOwnJwt(ring, before, "JWT"), undefined);
  });
});
