import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { after, describe, test } from "node:test";
import { decodeJwt, decodeProtectedHeader } from "jose";
import { KeyRing } from "../../../src/keys/key-ring.ts";
import { JwtSigner } from "../../../src/oidc/jwt-signer.ts";
import { oidcApplication } from "../../fixtures/oidc/application.ts";
import { ISSUER } from "../../fixtures/oidc/authorization.ts";
import { part } from "../../fixtures/oidc/client-authentication.ts";
import { STORED_SECRET } from "../../fixtures/oidc/client-secret.ts";
import { keyRingOf, signingKey } from "../../fixtures/oidc/key-ring.ts";
import { startTokenNode } from "../../fixtures/oidc/token-node.ts";
import { isAlive, newTokens } from "../../fixtures/oidc/tokens.ts";

const jwt = oidcApplication({ id: "jwt", secrets: [STORED_SECRET], accessTokenFormat: "jwt" });
const node = await startTokenNode({ applications: [jwt] });
after(async () => await node.close());

async function alive(text: string): Promise<boolean> {
  return await isAlive(node, text, "jwt");
}

async function good(): Promise<{ text: string; header: object; claims: object }> {
  const { accessToken: text } = await newTokens(node, { clientId: "jwt" });
  return { text, header: decodeProtectedHeader(text), claims: decodeJwt(text) };
}

describe("a JWT access token is not believed", () => {
  test("without a signature, under any spelling of none (OA-51)", async () => {
    const { text, header, claims } = await good();
    for (const alg of ["none", "None", "NONE", "nOnE", ""]) {
      assert.equal(await alive(`${part({ ...header, alg })}.${part(claims)}.`), false);
    }
    assert.equal(await alive(text.replace(/\.[^.]*$/, ".")), false);
    assert.equal(await alive(text), true);
  });

  test("with an HMAC under one of our public keys (OA-52)", async () => {
    const { header, claims } = await good();
    for (const key of node.keyRing.published()) {
      const spellings = [
        JSON.stringify(key.jwk),
        key.publicKey.export({ type: "spki", format: "pem" }),
        key.publicKey.export({ type: "spki", format: "der" }),
      ];
      for (const secret of spellings) {
        const input = `${part({ ...header, alg: "HS256", kid: key.id })}.${part(claims)}`;
        const mac = createHmac("sha256", secret).update(input).digest("base64url");
        assert.equal(await alive(`${input}.${mac}`), false);
      }
    }
  });

  test("under a key of the sender's, whatever its header says (OA-53, OA-54)", async () => {
    const { claims } = await good();
    const foreign = keyRingOf("P-256");
    const made = new JwtSigner(foreign).sign("ES256", "at+jwt", { ...claims });
    assert.equal(await alive(made), false);
    const [, payload = "", signature = ""] = made.split(".");
    const jwk = foreign.published()[0]?.jwk;
    for (const extra of [{ jwk }, { jku: "https://evil.test/jwks" }, { x5u: "https://evil.test/x" }]) {
      const header = part({ alg: "ES256", typ: "at+jwt", kid: "P-256-1", ...extra });
      assert.equal(await alive(`${header}.${payload}.${signature}`), false);
    }
  });

  test("with changed claims under the old signature", async () => {
    const { text, claims } = await good();
    const [header = "", , signature = ""] = text.split(".");
    assert.equal(await alive(`${header}.${part({ ...claims, scope: "openid admin" })}.${signature}`), false);
    assert.equal(await alive(`${header}.${part({ ...claims, exp: 9_999_999_999 })}.${signature}`), false);
  });

  test("signed by us as another kind of token, or for another issuer (OA-56)", async () => {
    const { claims } = await good();
    const mine = { ...claims };
    for (const type of ["JWT", "logout+jwt"] as const) {
      assert.equal(await alive(node.signer.sign("ES256", type, mine)), false);
    }
    assert.equal(await alive(node.signer.sign("ES256", "at+jwt", { ...mine, iss: `${ISSUER}/` })), false);
    assert.equal(await alive(node.signer.sign("ES256", "at+jwt", mine)), true);
  });

  test("signed by us with a jti that was never issued, or with none", async () => {
    const { claims } = await good();
    for (const jti of ["unknown", "", 7, undefined, "__proto__"]) {
      assert.equal(await alive(node.signer.sign("ES256", "at+jwt", { ...claims, jti })), false);
    }
  });

  test("by its jti alone, which resource servers see", async () => {
    const { claims } = await good();
    assert.ok("jti" in claims && typeof claims.jti === "string");
    assert.equal(await alive(claims.jti), false);
    assert.equal(await alive(`gth_at_${claims.jti}`), false);
  });

  test("in another spelling of itself (OA-64)", async () => {
    const { text } = await good();
    const [header = "", payload = "", signature = ""] = text.split(".");
    const loose = `${signature.slice(0, -1)}${signature.endsWith("A") ? "B" : "A"}`;
    for (const bad of [
      `${header}.${payload}.${loose}`,
      `${header}.${payload}.${signature}=`,
      `${header}=.${payload}.${signature}`,
      `${header}.${payload}`,
      `${text}.`,
      `${text}.x`,
    ]) {
      assert.equal(await alive(bad), false, bad.slice(-40));
    }
  });
});

describe("a JWT access token whose key was retired (OA-62)", () => {
  test("is good while the key is published, and dead when it is gone", async () => {
    const ring = new KeyRing();
    const old = signingKey("P-256", "old");
    const fresh = signingKey("P-256", "fresh");
    ring.load([old]);
    const rotating = await startTokenNode({ applications: [jwt], keyRing: ring });
    try {
      const { accessToken } = await newTokens(rotating, { clientId: "jwt" });
      ring.load([fresh, { ...old, state: "retiring" }]);
      assert.equal(await isAlive(rotating, accessToken, "jwt"), true);
      ring.load([fresh]);
      assert.equal(await isAlive(rotating, accessToken, "jwt"), false);
    } finally {
      await rotating.close();
    }
  });
});
