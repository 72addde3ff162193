import type { KeyRing } from "../keys/key-ring.ts";
import { readCompactJws } from "./compact-jws.ts";
import { isJwsAlgorithm, keyTypeOf, verifyJws } from "./jwt-algorithms.ts";
import type { JwtType } from "./jwt-signer.ts";

/**
 * The claims of a JWT that we signed ourselves, or undefined. The only way in for hints, access tokens and whatever
 * else comes back to us: it checks the form, the signature and the type, nothing about time or audience.
 *
 * The header chooses nothing: `kid` finds a key of ours, and `alg` must be one that this key's type signs with
 * (RFC 8725 3.1). `typ` must be there and right, so that no token stands for another kind (3.11).
 */
export function verifyOwnJwt(
  keyRing: KeyRing,
  token: string,
  type: JwtType,
): Readonly<Record<string, unknown>> | undefined {
  const jws = readCompactJws(token);
  if (jws === undefined) return undefined;
  const { alg, kid, typ } = jws.header;
  if (typ !== type || kid === undefined || !isJwsAlgorithm(alg)) return undefined;
  const key = keyRing.byId(kid);
  if (key === undefined || key.type !== keyTypeOf(alg)) return undefined;
  return verifyJws(alg, key.publicKey, jws.input, jws.signature) ? jws.claims : undefined;
}
