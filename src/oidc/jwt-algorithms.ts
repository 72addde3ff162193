import { constants, type KeyObject, sign, verify } from "node:crypto";
import type { IdTokenAlgorithm } from "../model/application.ts";
import type { SigningKeyType } from "../model/signing-key.ts";
import { derToRaw, rawToDer } from "./ecdsa-signature.ts";

/** How one JWS algorithm signs (RFC 7518 3.1, RFC 8037 3.1). There is no default: a name that is not here is refused. */
interface JwsAlgorithm {
  /** The one type of key that it works with: what keeps a public key from being used as an HMAC secret. */
  readonly keyType: SigningKeyType;
  readonly digest: "sha256" | "sha384" | "sha512" | null;
  readonly padding?: "pss" | undefined;
  /** ECDSA: how many bytes each of the two numbers has. */
  readonly widthBytes?: number | undefined;
}

const ALGORITHMS: Readonly<Record<IdTokenAlgorithm, JwsAlgorithm>> = {
  RS256: { keyType: "RSA-2048", digest: "sha256" },
  RS384: { keyType: "RSA-2048", digest: "sha384" },
  RS512: { keyType: "RSA-2048", digest: "sha512" },
  PS256: { keyType: "RSA-2048", digest: "sha256", padding: "pss" },
  ES256: { keyType: "P-256", digest: "sha256", widthBytes: 32 },
  ES384: { keyType: "P-384", digest: "sha384", widthBytes: 48 },
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
  const { digest, padding, widthBytes } = ALGORITHMS[algorithm];
  const signature = sign(digest, Buffer.from(input), padding === "pss" ? pss(privateKey) : privateKey);
  return widthBytes === undefined ? signature : derToRaw(signature, widthBytes);
}

/** False also for a signature that is none, whatever its length. */
export function verifyJws(
  algorithm: IdTokenAlgorithm,
  publicKey: KeyObject,
  input: string,
  signature: Buffer,
): boolean {
  const { digest, padding, widthBytes } = ALGORITHMS[algorithm];
  const bytes = widthBytes === undefined ? signature : rawToDer(signature, widthBytes);
  if (bytes === undefined) return false;
  return verify(digest, Buffer.from(input), padding === "pss" ? pss(publicKey) : publicKey, bytes);
}

/** RFC 7518 3.5: the salt is as long as the digest. */
function pss(key: KeyObject) {
  return { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
}
