import { createPublicKey, type KeyObject, sign, X509Certificate } from "node:crypto";
import type { SigningKeyType } from "../model/signing-key.ts";

const TEN_YEARS_MS = 10 * 365 * 86_400_000;
const DAY_MS = 86_400_000;

/** DER of the AlgorithmIdentifier and the hash that a certificate of this key is signed with (RFC 3279, 5758, 8410). */
const SIGNATURES: Record<SigningKeyType, { readonly algorithm: string; readonly hash: string | null }> = {
  "RSA-2048": { algorithm: "300d06092a864886f70d01010b0500", hash: "sha256" },
  "P-256": { algorithm: "300a06082a8648ce3d040302", hash: "sha256" },
  "P-384": { algorithm: "300a06082a8648ce3d040303", hash: "sha384" },
  Ed25519: { algorithm: "300506032b6570", hash: null },
};

/**
 * A self-signed X.509 certificate around a key (RFC 5280 4.1), as base64 DER. Service providers read the key out of
 * it and nothing else (SAML Metadata Interoperability Profile 2.6.1), so it lives ten years: the key's own life is
 * the rotation's business. `serial` is 15 random bytes.
 */
export function selfSignedCertificate(
  type: SigningKeyType,
  privateKey: KeyObject,
  commonName: string,
  nowMs: number,
  serial: Buffer,
): string {
  const { algorithm, hash } = SIGNATURES[type];
  const algorithmDer = Buffer.from(algorithm, "hex");
  const name = distinguishedName(commonName);
  const toBeSigned = sequence(
    // [0] EXPLICIT version 3.
    Buffer.from("a003020102", "hex"),
    // A leading 01 keeps the number positive and never zero.
    tagged(0x02, Buffer.concat([Buffer.from([1]), serial])),
    algorithmDer,
    name,
    sequence(time(nowMs - DAY_MS), time(nowMs + TEN_YEARS_MS)),
    name,
    createPublicKey(privateKey).export({ type: "spki", format: "der" }),
  );
  const signature = sign(hash, toBeSigned, privateKey);
  // A BIT STRING begins with the number of its unused bits.
  return sequence(
    toBeSigned,
    algorithmDer,
    tagged(0x03, Buffer.concat([Buffer.from([0]), signature])),
  ).toString("base64");
}

/** Base64 DER of a certificate given as PEM, and whether it belongs to the key. Throws when it is no certificate. */
export function certificateFromPem(
  pem: string,
  privateKey: KeyObject,
): { certificate: string; belongs: boolean } {
  const certificate = new X509Certificate(pem);
  return {
    certificate: certificate.raw.toString("base64"),
    belongs: certificate.checkPrivateKey(privateKey),
  };
}

function tagged(tag: number, content: Buffer): Buffer {
  const length = content.length;
  if (length < 0x80) return Buffer.concat([Buffer.from([tag, length]), content]);
  const bytes: number[] = [];
  for (let rest = length; rest > 0; rest >>= 8) bytes.unshift(rest & 0xff);
  return Buffer.concat([Buffer.from([tag, 0x80 | bytes.length, ...bytes]), content]);
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return tagged(0x30, Buffer.concat(parts));
}

/** `CN=commonName`; 64 characters at most (RFC 5280, ub-common-name). */
function distinguishedName(commonName: string): Buffer {
  const attribute = sequence(
    Buffer.from("0603550403", "hex"),
    tagged(0x0c, Buffer.from(commonName.slice(0, 64))),
  );
  return sequence(tagged(0x31, attribute));
}

/** UTCTime until 2049, GeneralizedTime from 2050 (RFC 5280 4.1.2.5). */
function time(ms: number): Buffer {
  const digits = new Date(ms)
    .toISOString()
    .replace(/\.\d+Z$/, "Z")
    .replace(/[-:T]/g, "");
  return Number(digits.slice(0, 4)) < 2050
    ? tagged(0x17, Buffer.from(digits.slice(2)))
    : tagged(0x18, Buffer.from(digits));
}
