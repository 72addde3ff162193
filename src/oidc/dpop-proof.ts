import { calculateJwkThumbprint, EmbeddedJWK, errors, type JWK, jwtVerify } from "jose";
import { z } from "zod";
import type { DpopChecker } from "../http/possession-proofs.ts";
import type { Clock } from "../platform/clock.ts";
import { constantTimeEqual, sha256 } from "../platform/digest.ts";
import type { VolatileStore } from "../volatile/volatile-store.ts";

const LONGEST = 8_192;
/** How old a proof may be, and how far ahead of our clock its maker's may be. */
const OLDEST_MS = 60_000;
const AHEAD_MS = 10_000;
/** Longer than a proof can be good, so that a clock which is set back by some minutes brings none of them back. */
const REMEMBERED_MS = OLDEST_MS + AHEAD_MS + 240_000;
/** RFC 9449 4.2: asymmetric ones. There is no default, and nothing symmetric could be among them. */
const ALGORITHMS = ["ES256", "ES384", "EdDSA", "PS256", "RS256"];
const LEAST_RSA_BITS = 2_048;

const Claims = z.object({
  jti: z.string().min(1).max(256),
  htm: z.string(),
  htu: z.string(),
  iat: z.number().int(),
  ath: z.string(),
});

/**
 * Checks DPoP proofs (RFC 9449 4.3): one JWT of the type `dpop+jwt`, signed by the public key in its own header, made
 * for this method, this address and this token, lately, and shown once.
 */
export class DpopProofs implements DpopChecker {
  readonly #volatile: Pick<VolatileStore, "setIfAbsent">;
  readonly #clock: Clock;

  constructor(parts: { volatile: Pick<VolatileStore, "setIfAbsent">; clock: Clock }) {
    this.#volatile = parts.volatile;
    this.#clock = parts.clock;
  }

  /** Throws `Unavailable`: whether a proof was shown before must be known. */
  async check(
    jwt: string,
    use: { readonly method: string; readonly url: string; readonly token: string },
  ): ReturnType<DpopChecker["check"]> {
    const read = await readProof(jwt);
    if (read === undefined) return refused("The DPoP proof is not one: its form, its key or its signature.");
    const { claims, thumbprint } = read;
    const nowMs = this.#clock.nowMs();
    const ageMs = nowMs - claims.iat * 1_000;
    if (ageMs > OLDEST_MS || ageMs < -AHEAD_MS) return refused("The DPoP proof is not of this minute.");
    if (claims.htm !== use.method) return refused("The DPoP proof is for another method.");
    if (bare(claims.htu) !== bare(use.url)) return refused("The DPoP proof is for another address.");
    if (!constantTimeEqual(claims.ath, sha256(use.token))) {
      return refused("The DPoP proof is for another token.");
    }
    // Last, so that a proof which is refused for another reason is not used up by a stranger.
    const key = `dpop-jti:${sha256(JSON.stringify([thumbprint, claims.jti]))}`;
    const first = await this.#volatile.setIfAbsent(key, "1", REMEMBERED_MS);
    return first ? { ok: true, thumbprint } : refused("The DPoP proof was shown before.");
  }
}

function refused(refusal: string): { readonly ok: false; readonly refusal: string } {
  return { ok: false, refusal };
}

async function readProof(
  jwt: string,
): Promise<{ readonly claims: z.output<typeof Claims>; readonly thumbprint: string } | undefined> {
  if (jwt.length > LONGEST) return undefined;
  try {
    const { payload, protectedHeader, key } = await jwtVerify(jwt, EmbeddedJWK, {
      typ: "dpop+jwt",
      algorithms: ALGORITHMS,
      // Time is judged by our own clock and limits, below.
      currentDate: new Date(0),
      clockTolerance: Number.MAX_SAFE_INTEGER,
    });
    const { jwk } = protectedHeader;
    const claims = Claims.safeParse(payload);
    if (jwk === undefined || !claims.success || isWeak(jwk, key)) return undefined;
    return { claims: claims.data, thumbprint: await calculateJwkThumbprint(jwk) };
  } catch (error) {
    // jose's own refusals, and a key that cannot be imported.
    if (error instanceof errors.JOSEError || error instanceof TypeError || error instanceof DOMException) {
      return undefined;
    }
    throw error;
  }
}

/** RFC 9449 4.3, 7: no private key. RFC 7518 3.3: RSA from 2048 bits. */
function isWeak(jwk: JWK, key: unknown): boolean {
  if ("d" in jwk || jwk.kty === "oct") return true;
  const algorithm = typeof key === "object" && key !== null && "algorithm" in key ? key.algorithm : undefined;
  const bits = z.object({ modulusLength: z.number() }).safeParse(algorithm);
  return bits.success && bits.data.modulusLength < LEAST_RSA_BITS;
}

/** Without query and fragment, normalised as RFC 3986 6.2.2 and 6.2.3 have it. */
function bare(address: string): string | undefined {
  if (!URL.canParse(address)) return undefined;
  const { origin, pathname } = new URL(address);
  return origin + pathname;
}
