import { generateKeyPair, type KeyObject } from "node:crypto";
import { promisify } from "node:util";
import type { JWK } from "jose";
import type { SigningKeyType } from "../model/signing-key.ts";

const generate = promisify(generateKeyPair);

/** A fresh private key of this type. */
export async function newPrivateKey(type: SigningKeyType): Promise<KeyObject> {
  switch (type) {
    case "RSA-2048":
      return (await generate("rsa", { modulusLength: 2048 })).privateKey;
    case "P-256":
    case "P-384":
      return (await generate("ec", { namedCurve: type })).privateKey;
    case "Ed25519":
      return (await generate("ed25519")).privateKey;
  }
}

/** The public half alone, without `kid` and `use` (RFC 7517). */
export function publicJwk(publicKey: KeyObject): JWK {
  return publicKey.export({ format: "jwk" });
}
