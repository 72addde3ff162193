import assert from "node:assert/strict";
import { createHmac, sign } from "node:crypto";
import { describe, test } from "node:test";
import { JwtSigner } from "../../src/oidc/jwt-signer.ts";
import { verifyOwnJwt } from "../../src/oidc/jwt-verifier.ts";
import { keyRingOf, signingKey } from "../fixtures/oidc/key-ring.ts";

const ring = keyRingOf("RSA-2048", "P-256");
const signer = new JwtSigner(ring);
const good = signer.sign("RS256", "JWT", { sub: "alice" });
const [goodHeader = "", goodPayload = "", goodSignature = ""] = good.split(".");

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

/** A token with this header, signed with our own RSA key as RS256: only the header is what is wrong with it. */
function withHeader(header: Record<string, unknown>): string {
  const input = `${encode(header)}.${goodPayload}`;
  const key = ring.active("RSA-2048");
  return `${input}.${sign("sha256", Buffer.from(input), key.privateKey).toString("base64url")}`;
}

function accepts(token: string): boolean {
  return verifyOwnJwt(ring, token, "JWT") !== undefined;
}

describe("verifyOwnJwt", () => {
  const kid = "RSA-2048-1";

  test("the helper that forges headers makes good tokens too", () => {
    assert.equal(accepts(good), true);
    assert.equal(accepts(withHeader({ alg: "RS256", kid, typ: "JWT" })), true);
  });

  for (const alg of [
    "none",
    "None",
    "nOnE",
    "NONE",
    "",
    "HS256",
    "RS1",
    "rs256",
    "constructor",
    "__proto__",
  ]) {
    test(`alg "${alg}" is refused, with a signature and without`, () => {
      assert.equal(accepts(withHeader({ alg, kid, typ: "JWT" })), false);
      assert.equal(accepts(`${encode({ alg, kid, typ: "JWT" })}.${goodPayload}.`), false);
    });
  }

  test("our public key used as an HMAC secret, in any of its spellings, is refused", () => {
    const { publicKey, jwk } = ring.active("RSA-2048");
    const spellings = [
      publicKey.export({ type: "spki", format: "pem" }),
      publicKey.export({ type: "spki", format: "der" }),
      publicKey.export({ type: "pkcs1", format: "pem" }),
      JSON.stringify(jwk),
    ];
    for (const secret of spellings) {
      const input = `${encode({ alg: "HS256", kid, typ: "JWT" })}.${goodPayload}`;
      const mac = createHmac("sha256", secret).update(input).digest("base64url");
      assert.equal(accepts(`${input}.${mac}`), false);
    }
  });

  test("an algorithm of another type of key than the one that kid names is refused", () => {
    assert.equal(accepts(withHeader({ alg: "ES256", kid, typ: "JWT" })), false);
    assert.equal(accepts(withHeader({ alg: "RS512", kid, typ: "JWT" })), false);
    assert.equal(accepts(withHeader({ alg: "RS256", kid: "P-256-1", typ: "JWT" })), false);
  });

  for (const strange of [
    "",
    "unknown",
    "__proto__",
    "constructor",
    "../../dev/null",
    "' OR 1=1",
    "x".repeat(9000),
  ]) {
    test(`kid "${strange.slice(0, 20)}" finds no key`, () => {
      assert.equal(accepts(withHeader({ alg: "RS256", kid: strange, typ: "JWT" })), false);
    });
  }

  test("a missing or non-text kid is refused: keys are not tried one after another", () => {
    for (const header of [
      { alg: "RS256", typ: "JWT" },
      { alg: "RS256", typ: "JWT", kid: [kid] },
    ]) {
      assert.equal(accepts(withHeader(header)), false);
    }
  });

  test("a key that the token brings along is not used", () => {
    const foreign = signingKey("RSA-2048", "evil");
    for (const brought of [
      { jwk: foreign.jwk },
      { jku: "https://evil.test/jwks" },
      { x5u: "https://evil.test" },
    ]) {
      const input = `${encode({ alg: "RS256", kid: "evil", typ: "JWT", ...brought })}.${goodPayload}`;
      const signature = sign("sha256", Buffer.from(input), foreign.privateKey).toString("base64url");
      assert.equal(accepts(`${input}.${signature}`), false);
    }
  });

  test("crit is refused, whatever it names", () => {
    for (const crit of [["exp"], ["b64"], [], null]) {
      assert.equal(accepts(withHeader({ alg: "RS256", kid, typ: "JWT", crit, b64: false })), false);
    }
  });

  test("one kind of token is not taken for another, and a missing typ for none", () => {
    for (const typ of ["at+jwt", "logout+jwt", "jwt", "application/JWT", undefined, 1]) {
      assert.equal(accepts(withHeader({ alg: "RS256", kid, typ })), false);
    }
    assert.equal(verifyOwnJwt(ring, good, "at+jwt"), undefined);
  });

  test("any other spelling of the same bytes is refused", () => {
    const last = goodSignature.slice(-1);
    const loose = String.fromCharCode(last.charCodeAt(0) + 1);
    for (const token of [
      `${good}=`,
      `${good}==`,
      ` ${good}`,
      `${good}\n`,
      `${goodHeader}=.${goodPayload}.${goodSignature}`,
      `${goodHeader}.${goodPayload}.${goodSignature.slice(0, -1)}${loose}`,
      `${goodHeader}.${goodPayload}.${Buffer.from(goodSignature, "base64url").toString("base64")}`,
      `${good}.`,
      `${goodHeader}.${goodPayload}`,
      `${goodHeader}..${goodSignature}`,
      "",
      "..",
    ]) {
      assert.equal(accepts(token), false, token.slice(-20));
    }
  });

  test("an ES256 signature of zeros, out of range, in DER or cut is refused", () => {
    const token = signer.sign("ES256", "JWT", { sub: "alice" });
    const input = token.slice(0, token.lastIndexOf("."));
    const key = ring.active("P-256");
    const der = sign("sha256", Buffer.from(input), key.privateKey);
    for (const signature of [
      Buffer.alloc(64),
      Buffer.alloc(64, 0xff),
      der,
      Buffer.alloc(0),
      Buffer.alloc(63, 1),
    ]) {
      assert.equal(accepts(`${input}.${signature.toString("base64url")}`), false);
    }
    assert.equal(accepts(token), true);
  });

  test("a payload that is no JSON object, or no UTF-8, is refused although it is signed", () => {
    const key = ring.active("RSA-2048");
    for (const payload of ["[1]", '"text"', "null", "{", "\xff"]) {
      const input = `${goodHeader}.${Buffer.from(payload, "latin1").toString("base64url")}`;
      const signature = sign("sha256", Buffer.from(input), key.privateKey).toString("base64url");
      assert.equal(accepts(`${input}.${signature}`), false, payload);
    }
  });

  test("a token of more than 16 384 characters is not looked at", () => {
    assert.equal(accepts(signer.sign("RS256", "JWT", { pad: "x".repeat(20_000) })), false);
  });
});
