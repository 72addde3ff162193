import { z } from "zod";
import type { Applications } from "../flow/applications.ts";
import type { KeyRing } from "../keys/key-ring.ts";
import type { Account } from "../model/account.ts";
import type { OidcApplication } from "../model/application.ts";
import type { Clock } from "../platform/clock.ts";
import { sha256 } from "../platform/digest.ts";
import { type Random, randomToken } from "../platform/random.ts";
import { makeToken, readToken } from "../tokens/token-format.ts";
import type { VolatileStore } from "../volatile/volatile-store.ts";
import type { Audiences } from "./audiences.ts";
import type { ClaimWish } from "./claims-parameter.ts";
import type { JwtSigner } from "./jwt-signer.ts";
import { verifyOwnJwt } from "./jwt-verifier.ts";
import { revocationIdsOf } from "./revocation-ids.ts";
import type { TokenFamilies } from "./token-families.ts";
import { ACCESS_TOKEN_LIFETIME_MS } from "./token-lifetimes.ts";
import type { TokenBasis, TokenStanding } from "./token-standing.ts";

/** What an access token stands for; it survives JSON. */
export interface AccessTokenGrant {
  readonly clientId: string;
  /** undefined: the client's own token, with no person behind it. */
  readonly basis: TokenBasis | undefined;
  readonly subject: string;
  readonly scopes: readonly string[];
  readonly audience: readonly string[];
  readonly familyId: string;
  readonly authTimeMs?: number | undefined;
  readonly acr?: string | undefined;
  /** Claims that UserInfo adds because they were asked for by name. */
  readonly userinfoWishes: readonly ClaimWish[];
}

export interface StoredAccessToken extends AccessTokenGrant {
  readonly issuedAtMs: number;
  readonly expiresAtMs: number;
}

/** A token that is good now, with those whom it concerns as they are now. */
export interface ActiveAccessToken {
  readonly token: StoredAccessToken;
  readonly application: OidcApplication;
  readonly account: Account | undefined;
}

export interface AccessTokensParts {
  readonly issuer: string;
  readonly applications: Applications;
  readonly audiences: Audiences;
  readonly standing: TokenStanding;
  readonly families: TokenFamilies;
  readonly signer: JwtSigner;
  readonly keyRing: KeyRing;
  readonly volatile: VolatileStore;
  readonly clock: Clock;
  readonly random: Random;
}

/** A token with the place of its record; nothing is stored yet. */
export interface MadeAccessToken {
  readonly text: string;
  readonly key: string;
  readonly record: StoredAccessToken;
}

/**
 * Access tokens, opaque (256 random bits) or JWT (RFC 9068) by the resource's or the client's registration. Either has a record in the
 * volatile store, under a hash, and it is the record that counts here: a signature alone opens nothing of ours, so
 * both kinds can be revoked and both die with their session, account, grant and client.
 */
export class AccessTokens {
  readonly #parts: AccessTokensParts;

  constructor(parts: AccessTokensParts) {
    this.#parts = parts;
  }

  /** Throws `Unavailable` when there is no key to sign a JWT with. */
  make(application: OidcApplication, grant: AccessTokenGrant): MadeAccessToken {
    const issuedAtMs = this.#parts.clock.nowMs();
    const record = { ...grant, issuedAtMs, expiresAtMs: issuedAtMs + ACCESS_TOKEN_LIFETIME_MS };
    if (this.#parts.audiences.format(application, grant.audience) === "opaque") {
      const { text, hash } = makeToken("at", this.#parts.random);
      return { text, key: opaqueKey(hash), record };
    }
    const jti = randomToken(this.#parts.random);
    return { text: this.#jwt(application, record, jti), key: jwtKey(jti), record };
  }

  /** Throws `Unavailable`: no token is handed out that was not stored. */
  async store({ key, record }: MadeAccessToken): Promise<void> {
    await this.#parts.volatile.set(key, JSON.stringify(record), ACCESS_TOKEN_LIFETIME_MS);
  }

  /** undefined: not a token of ours, expired, revoked, or what it stood on has ended. */
  async active(text: string): Promise<ActiveAccessToken | undefined> {
    const token = await this.find(text);
    const application = token && this.#parts.applications.oidcByClientId(token.clientId);
    if (token === undefined || application?.enabled !== true) return undefined;
    const { standing, families, audiences } = this.#parts;
    // A resource that was switched off, removed or closed to this client takes its tokens with it.
    if (!token.audience.some((one) => audiences.isOpen(application, one))) return undefined;
    const { basis } = token;
    const [revoked, account] = await Promise.all([
      families.isRevoked(token.familyId, basis?.grantId),
      basis === undefined ? undefined : standing.atUse(application, basis),
    ]);
    if (revoked || (basis !== undefined && account === undefined)) return undefined;
    // Of what it was issued with, what its audience still declares and its person may still hold.
    const scopes =
      account === undefined
        ? audiences.scopesFor(token.audience, token.scopes)
        : audiences.scopesOfPerson(token.audience, token.scopes, account);
    return { token: { ...token, scopes }, application, account };
  }

  /** The record alone, without asking whether what it stands on still stands. */
  async find(text: string): Promise<StoredAccessToken | undefined> {
    const key = this.#keyOf(text);
    const stored = key === undefined ? undefined : await this.#parts.volatile.get(key);
    if (stored === undefined) return undefined;
    const record = JSON.parse(stored) as StoredAccessToken;
    return record.expiresAtMs > this.#parts.clock.nowMs() ? record : undefined;
  }

  /** Where the record of a presented token would be; guesses and other kinds of tokens cost no look-up. */
  #keyOf(text: string): string | undefined {
    if (!text.includes(".")) {
      const read = readToken(text);
      return read?.kind === "at" ? opaqueKey(read.hash) : undefined;
    }
    const { keyRing, issuer } = this.#parts;
    const claims = JwtClaims.safeParse(verifyOwnJwt(keyRing, text, "at+jwt"));
    return claims.success && claims.data.iss === issuer ? jwtKey(claims.data.jti) : undefined;
  }

  /** RFC 9068 2.2. Signed as the client's ID tokens are, with a `typ` that keeps the two apart. */
  #jwt(application: OidcApplication, record: StoredAccessToken, jti: string): string {
    const { audience, authTimeMs, scopes } = record;
    return this.#parts.signer.sign(application.idTokenAlgorithm, "at+jwt", {
      iss: this.#parts.issuer,
      sub: record.subject,
      aud: audience.length === 1 ? audience[0] : audience,
      client_id: record.clientId,
      exp: Math.floor(record.expiresAtMs / 1000),
      iat: Math.floor(record.issuedAtMs / 1000),
      jti,
      scope: scopes.length === 0 ? undefined : scopes.join(" "),
      auth_time: authTimeMs === undefined ? undefined : Math.floor(authTimeMs / 1000),
      acr: record.acr,
      revocation_ids: revocationIdsOf(record),
    });
  }
}

const JwtClaims = z.object({ iss: z.string(), jti: z.string() });

function opaqueKey(hash: string): string {
  return `at:${hash}`;
}

/** Another space than the opaque ones: a `jti`, which resource servers see, is not a token. */
function jwtKey(jti: string): string {
  return `at-jwt:${sha256(jti)}`;
}
