import { z } from "zod";
import type { KeyRing } from "../keys/key-ring.ts";
import { isJwsAlgorithm, keyTypeOf, verifyJws } from "./jwt-algorithms.ts";
import type { JwtType } from "./jwt-signer.ts";

const MAX_CHARACTERS = 16_384;
const Header = z.object({ alg: z.string(), kid: z.string(), typ: z.optional(z.string()) });
const Claims = z.record(z.string(), z.unknown());

/**
 * The claims of a JWT that we signed ourselves, or undefined. The only way in for hints, access tokens and whatever
 * else comes back to us: it checks the form, the signature and the type, nothing about time or audience.
 *
 * The header chooses nothing: `kid` finds a key of ours, `alg` must be one that this key's type signs with, and jku,
 * jwk, x5u and x5c are not looked at (RFC 8725 3.1, 3.10). `crit` is refused (RFC 7515 4.1.11).
 */
export function verifyOwnJwt(
  keyRing: KeyRing,
  token: string,
  type: JwtType,
): Readonly<Record<string, unknown>> | undefined {
  if (token.length > MAX_CHARACTERS) return undefined;
  const [header, payload, signature, ...more] = token.split(".");
  if (header === undefined || payload === undefined || signature === undefined || more.length > 0) {
    return undefined;
  }
  const bytes = strictBase64url(signature);
  const read = readHeader(header, type);
  if (bytes === undefined || read === undefined) return undefined;
  const key = keyRing.byId(read.kid);
  if (key === undefined || key.type !== keyTypeOf(read.alg)) return undefined;
  if (!verifyJws(read.alg, key.publicKey, `${header}.${payload}`, bytes)) return undefined;
  const claims = Claims.safeParse(readJson(payload));
  return claims.success ? claims.data : undefined;
}

function readHeader(text: string, type: JwtType) {
  const json = readJson(text);
  const parsed = Header.safeParse(json);
  if (!parsed.success || (json !== null && typeof json === "object" && "crit" in json)) return undefined;
  const { alg, kid, typ } = parsed.data;
  if (!isJwsAlgorithm(alg) || typ !== type) return undefined;
  return { alg, kid };
}

function readJson(encoded: string): unknown {
  const bytes = strictBase64url(encoded);
  if (bytes === undefined) return undefined;
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}

/** Only the one canonical spelling: padding, white space, the other alphabet or loose last bits would make a second token of one. */
function strictBase64url(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, "base64url");
  return bytes.toString("base64url") === text ? bytes : undefined;
}
