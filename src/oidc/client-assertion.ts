import { z } from "zod";
import type { OidcApplication } from "../model/application.ts";
import type { Clock } from "../platform/clock.ts";
import type { SpentIdStore } from "../storage/stores.ts";
import type { ClientKeys } from "./client-keys.ts";
import { type CompactJws, readCompactJws } from "./compact-jws.ts";
import { isJwsAlgorithm, verifyJws } from "./jwt-algorithms.ts";
import { OAuthError } from "./oauth-error.ts";

/** RFC 7523 2.2. */
export const JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/** The longest that an assertion may live from now on. */
const MAX_LIFETIME_SECONDS = 300;
/** What clocks may differ by. */
const SKEW_SECONDS = 30;
/** An access token or a logout token of ours is signed too, and must not pass for an assertion (RFC 8725 3.11). */
const TYPES = [undefined, "JWT", "client-authentication+jwt"];

const Instant = z.int().positive();
const Claims = z.object({
  iss: z.string(),
  sub: z.string(),
  // RFC 10070: one string. In an array another server's name could stand beside ours, and that server could use it here.
  aud: z.string(),
  jti: z.string().min(1).max(200),
  exp: Instant,
  nbf: z.optional(Instant),
  iat: z.optional(Instant),
});

/** A client assertion that was taken apart; `clientId` is whom it claims to be, not yet proved. */
export interface ClaimedAssertion {
  readonly clientId: string;
  readonly jws: CompactJws;
}

/** Reads whom an assertion is said to come from. undefined: it is no JWT, or names nobody. */
export function readClientAssertion(token: string): ClaimedAssertion | undefined {
  const jws = readCompactJws(token);
  const sub = jws?.claims["sub"];
  return jws === undefined || typeof sub !== "string" ? undefined : { clientId: sub, jws };
}

/** Verifies private_key_jwt assertions (OpenID Connect Core 9, RFC 7523 3, RFC 10070). */
export class ClientAssertions {
  readonly #issuer: string;
  readonly #keys: ClientKeys;
  readonly #spentIds: Pick<SpentIdStore, "spend">;
  readonly #clock: Clock;

  constructor(parts: {
    issuer: string;
    keys: ClientKeys;
    spentIds: Pick<SpentIdStore, "spend">;
    clock: Clock;
  }) {
    this.#issuer = parts.issuer;
    this.#keys = parts.keys;
    this.#spentIds = parts.spentIds;
    this.#clock = parts.clock;
  }

  /** Throws `OAuthError` (invalid_client) unless the assertion is this client's, for us, for now, and for the first time. */
  async verify(application: OidcApplication, { jws }: ClaimedAssertion): Promise<void> {
    await this.#checkSignature(application, jws);
    const claims = Claims.safeParse(jws.claims);
    if (!claims.success) throw refused("iss, sub, aud, jti or exp is missing or of another kind");
    const { iss, sub, aud, jti, exp, nbf, iat } = claims.data;
    if (iss !== application.id || sub !== application.id) throw refused("iss and sub must be the client_id");
    if (aud !== this.#issuer) throw refused(`aud must be ${this.#issuer} and nothing else`);
    const now = this.#clock.nowMs() / 1000;
    if (exp <= now - SKEW_SECONDS) throw refused("it has expired");
    if (exp > now + MAX_LIFETIME_SECONDS + SKEW_SECONDS) throw refused("exp is more than 5 minutes ahead");
    if (Math.max(nbf ?? 0, iat ?? 0) > now + SKEW_SECONDS) throw refused("nbf or iat is in the future");
    // Last: what was refused for another reason has not spent its jti. Kept longer than it could be accepted.
    const keptMs = (exp - now + 2 * SKEW_SECONDS) * 1000;
    const first = await this.#spentIds.spend("jti", JSON.stringify([application.id, jti]), Math.ceil(keptMs));
    if (!first) throw refused("its jti was used before");
  }

  async #checkSignature(application: OidcApplication, jws: CompactJws): Promise<void> {
    const { alg, kid, typ } = jws.header;
    if (!isJwsAlgorithm(alg)) throw refused("its algorithm is not one of those that are accepted");
    if (!TYPES.includes(typ)) throw refused("its typ is that of another kind of token");
    const keys = await this.#keys.find(application, alg, kid);
    if (!keys.some((key) => verifyJws(alg, key, jws.input, jws.signature))) {
      throw refused("no registered key verifies its signature");
    }
  }
}

function refused(why: string): OAuthError {
  return new OAuthError("invalid_client", `the client assertion is refused: ${why}`);
}
