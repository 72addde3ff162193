import { createPublicKey, hash, type JsonWebKey, type KeyObject, X509Certificate } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import type { TokenBinding } from "../model/api-token.ts";
import { RefusedInput, UsageError } from "./command.ts";

const LARGEST_FILE_BYTES = 65_536;

/** What a JWK is made of for its thumbprint, in the order of RFC 7638 3.2 and RFC 8037 2. */
const MEMBERS: Readonly<Record<string, readonly (keyof JsonWebKey)[]>> = {
  EC: ["crv", "kty", "x", "y"],
  OKP: ["crv", "kty", "x"],
  RSA: ["e", "kty", "n"],
};

/**
 * What a token is bound to, out of the file that is there anyway: a client certificate (RFC 8705 3.1), or the public key
 * that the client's DPoP proofs carry (RFC 9449 6.1). undefined: neither was named. Throws `UsageError`, `RefusedInput`.
 */
export function bindingOf({
  certificate,
  "dpop-key": key,
}: {
  readonly certificate?: string | undefined;
  readonly "dpop-key"?: string | undefined;
}): TokenBinding | undefined {
  if (certificate !== undefined && key !== undefined)
    throw new UsageError("--certificate or --dpop-key: a token is bound to one of them");
  if (certificate !== undefined)
    return { kind: "certificate", thumbprint: certificateThumbprint(certificate) };
  return key === undefined ? undefined : { kind: "dpop", thumbprint: keyThumbprint(key) };
}

function certificateThumbprint(path: string): string {
  const bytes = readFile(path);
  return hash("sha256", certificateIn(bytes, path).raw, "base64url");
}

function certificateIn(bytes: Buffer, path: string): X509Certificate {
  try {
    return new X509Certificate(bytes);
  } catch {
    throw new RefusedInput(`${path} is not a certificate in PEM or DER`);
  }
}

function keyThumbprint(path: string): string {
  const jwk = publicKeyIn(readFile(path).toString("utf8"), path).export({ format: "jwk" });
  const members = MEMBERS[jwk.kty ?? ""];
  if (members === undefined) throw new RefusedInput(`${path} has a key of a kind that is not used for DPoP`);
  const named = Object.fromEntries(members.map((member) => [member, jwk[member]]));
  return hash("sha256", JSON.stringify(named), "base64url");
}

/** Of a private key only its public half is looked at. */
function publicKeyIn(text: string, path: string): KeyObject {
  try {
    if (!text.trimStart().startsWith("{")) return createPublicKey(text);
    return createPublicKey({ key: JSON.parse(text) as JsonWebKey, format: "jwk" });
  } catch {
    throw new RefusedInput(`${path} is not a public key as JWK or PEM`);
  }
}

function readFile(path: string): Buffer {
  try {
    if (statSync(path).size <= LARGEST_FILE_BYTES) return readFileSync(path);
  } catch {
    throw new RefusedInput(`cannot read ${path}`);
  }
  throw new RefusedInput(`${path} is larger than ${LARGEST_FILE_BYTES} bytes`);
}
