import { constants, type KeyObject, sign, verify } from "node:crypto";
import type { IdTokenAlgorithm } from "../model/application.ts";
import type { SigningKeyType } from "../model/signing-key.ts";

/** How one JWS algorithm signs (RFC 7518 3.1, RFC 8037 3.1). There is no default: a name that is not here is refused. */
interface JwsAlgorithm {
  /** The one type of key that it works with: what keeps a public key from being used as an HMAC secret. */
  readonly keyType: SigningKeyType;
  readonly digest: "sha256" | "sha384" | "sha512" | null;
  readonly padding?: "pss" | undefined;
  /** The raw signature of two numbers that JWS wants, not DER. */
  readonly raw?: true | undefined;
}

const ALGORITHMS: Readonly<Record<IdTokenAlgorithm, JwsAlgorithm>> = {
  RS256: { keyType: "RSA-2048", digest: "sha256" },
  RS384: { keyType: "RSA-2048", digest: "sha384" },
  RS512: { keyType: "RSA-2048", digest: "sha512" },
  PS256: { keyType: "RSA-2048", digest: "sha256", padding: "pss" },
  ES256: { keyType: "P-256", digest: "sha256", raw: true },
  ES384: { keyType: "P-384", digest: "sha384", raw: true },
  EdDSA: { keyType: "Ed25519", digest: null },
};

/** All that we can sign with, in the order of discovery. */
export const JWS_ALGORITHMS: readonly IdTokenAlgorithm[] = [
  "RS256",
  "RS384",
  "RS512",
  "PS256",
  "ES256",
  "ES384",
  "EdDSA",
];

/** Narrows a header's `alg`; anything else, `none` and HS256 included, is not one of ours. */
export function isJwsAlgorithm(name: unknown): name is IdTokenAlgorithm {
  return typeof name === "string" && Object.hasOwn(ALGORITHMS, name);
}

export function keyTypeOf(algorithm: IdTokenAlgorithm): SigningKeyType {
  return ALGORITHMS[algorithm].keyType;
}

/** Signs in this thread: with one process a core the thread pool only adds to the cost of a signature. */
export function signJws(algorithm: IdTokenAlgorithm, privateKey: KeyObject, input: string): Buffer {
  return sign(ALGORITHMS[algorithm].digest, Buffer.from(input), keyInput(algorithm, privateKey));
}

export function verifyJws(
  algorithm: IdTokenAlgorithm,
  publicKey: KeyObject,
  input: string,
  signature: Buffer,
): boolean {
  return verify(ALGORITHMS[algorithm].digest, Buffer.from(input), keyInput(algorithm, publicKey), signature);
}

function keyInput(algorithm: IdTokenAlgorithm, key: KeyObject) {
  const { padding, raw } = ALGORITHMS[algorithm];
  if (padding === "pss") {
    // RFC 7518 3.5: the salt is as long as the digest.
    return {
      key,
      padding: constants.RSA_PKCS1_PSS_PADDING,
      saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
    };
  }
  return raw === true ? { key, dsaEncoding: "ieee-p1363" as const } : { key };
}
