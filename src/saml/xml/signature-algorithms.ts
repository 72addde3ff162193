import { type KeyObject, verify } from "node:crypto";

/** A signature method that is accepted: its hash and the kind of key that it goes with. */
export interface SignatureMethod {
  readonly hash: "sha1" | "sha256" | "sha384" | "sha512";
  readonly keyType: "rsa" | "ec";
}

/**
 * The whole list, by full URI (XML Signature 6.4, RFC 6931). There is no default and no guess from the end of a name:
 * `anything#rsa-md5` is no algorithm, and SHA-1 and HMAC are not in it.
 */
export const SIGNATURE_METHODS: ReadonlyMap<string, SignatureMethod> = new Map([
  ["http://www.w3.org/2001/04/xmldsig-more#rsa-sha256", { hash: "sha256", keyType: "rsa" }],
  ["http://www.w3.org/2001/04/xmldsig-more#rsa-sha384", { hash: "sha384", keyType: "rsa" }],
  ["http://www.w3.org/2001/04/xmldsig-more#rsa-sha512", { hash: "sha512", keyType: "rsa" }],
  ["http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256", { hash: "sha256", keyType: "ec" }],
  ["http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384", { hash: "sha384", keyType: "ec" }],
  ["http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512", { hash: "sha512", keyType: "ec" }],
]);

/** Digest methods of a Reference, by full URI. */
export const DIGEST_METHODS: ReadonlyMap<string, SignatureMethod["hash"]> = new Map([
  ["http://www.w3.org/2001/04/xmlenc#sha256", "sha256"],
  ["http://www.w3.org/2001/04/xmldsig-more#sha384", "sha384"],
  ["http://www.w3.org/2001/04/xmlenc#sha512", "sha512"],
]);

/** Which algorithms a sender's signatures may have. */
export interface AcceptedAlgorithms {
  readonly signatures: ReadonlyMap<string, SignatureMethod>;
  readonly digests: ReadonlyMap<string, SignatureMethod["hash"]>;
}

/** For every sender of whom nothing else was said. */
export const STRONG: AcceptedAlgorithms = { signatures: SIGNATURE_METHODS, digests: DIGEST_METHODS };

/**
 * For an application that has SHA-1 switched on: who can choose what it signs (a RelayState, an ID) may find two
 * messages with one signature, so it is never accepted of anybody else.
 */
export const WITH_SHA1: AcceptedAlgorithms = {
  signatures: new Map([
    ...SIGNATURE_METHODS,
    ["http://www.w3.org/2000/09/xmldsig#rsa-sha1", { hash: "sha1", keyType: "rsa" }],
  ]),
  digests: new Map([...DIGEST_METHODS, ["http://www.w3.org/2000/09/xmldsig#sha1", "sha1"]]),
};

/** True where any of the keys made this signature. Keys of the other kind are passed over. */
export function anyKeyVerifies(
  method: SignatureMethod,
  signed: Buffer,
  signature: Buffer,
  keys: readonly KeyObject[],
): boolean {
  return keys
    .filter((key) => key.asymmetricKeyType === method.keyType)
    .some((key) => keyVerifies(method, signed, signature, key));
}

function keyVerifies(method: SignatureMethod, signed: Buffer, signature: Buffer, key: KeyObject): boolean {
  if (method.keyType === "rsa") return verify(method.hash, signed, key, signature);
  // XML Signature writes an ECDSA signature as r and s side by side (RFC 6931 2.3.6); some programs send DER instead.
  return (
    verify(method.hash, signed, { key, dsaEncoding: "ieee-p1363" }, signature) ||
    (signature[0] === 0x30 && verify(method.hash, signed, { key, dsaEncoding: "der" }, signature))
  );
}
