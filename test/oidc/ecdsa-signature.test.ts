import assert from "node:assert/strict";
import { createPublicKey, generateKeyPairSync, sign, verify } from "node:crypto";
import { describe, test } from "node:test";
import { derToRaw, rawToDer } from "../../src/oidc/ecdsa-signature.ts";

for (const [curve, width] of [
  ["P-256", 32],
  ["P-384", 48],
] as const) {
  describe(`ECDSA signatures of ${curve}`, () => {
    const { privateKey } = generateKeyPairSync("ec", { namedCurve: curve });
    const publicKey = createPublicKey(privateKey);

    test("300 of them are accepted by node:crypto in the raw form, and come back to the same DER", () => {
      for (let count = 0; count < 300; count++) {
        const input = Buffer.from(`message ${count}`);
        const der = sign("sha256", input, privateKey);
        const raw = derToRaw(der, width);
        assert.ok(verify("sha256", input, { key: publicKey, dsaEncoding: "ieee-p1363" }, raw));
        assert.deepEqual(rawToDer(raw, width), der);
      }
    });

    test("small numbers get their zeros, and lose them again", () => {
      const raw = Buffer.alloc(2 * width);
      raw[width - 1] = 1;
      raw[2 * width - 1] = 0x80;
      const der = Buffer.from([0x30, 7, 2, 1, 1, 2, 2, 0, 0x80]);
      assert.deepEqual(rawToDer(raw, width), der);
      assert.deepEqual(derToRaw(der, width), raw);
    });

    test("any other length is no signature", () => {
      for (const length of [0, 1, 2 * width - 1, 2 * width + 1, 200]) {
        assert.equal(rawToDer(Buffer.alloc(length, 1), width), undefined);
      }
    });
  });
}
