import type { AuthenticationContext, AuthenticationMethod } from "../model/authentication.ts";
import { type Random, randomToken } from "../platform/random.ts";
import type { Redemption, SingleUse } from "../volatile/single-use.ts";
import type { ClaimsRequest } from "./claims-parameter.ts";

/** How long a code may be redeemed (RFC 6749 4.1.2 recommends ten minutes at most; a redirect takes a second). */
export const CODE_LIFETIME_MS = 60_000;
/** How long a used code is still recognised, so that its reuse revokes what it gave. */
export const CODE_KEPT_USED_MS = 10 * 60_000;

/**
 * What an authorization code stands for: everything that the token endpoint needs, and what the code is bound to
 * (client, reply address, PKCE challenge, session). It survives JSON.
 */
export interface AuthorizationCodePayload {
  readonly clientId: string;
  readonly accountId: string;
  readonly sessionId: string;
  readonly grantId?: string | undefined;
  readonly redirectUri: string;
  /** We demand `redirect_uri` in every authorization request, so the token request must repeat it (RFC 6749 4.1.3). */
  readonly redirectUriWasSent: true;
  /** What was asked for and allowed. With `openid` there is an ID token, without it plain OAuth. */
  readonly scopes: readonly string[];
  readonly nonce?: string | undefined;
  /** S256. Absent: none was sent, and then a `code_verifier` at the token endpoint is refused (RFC 9700 2.1.1). */
  readonly codeChallenge?: string | undefined;
  /** When the person last proved who they are, in epoch milliseconds. */
  readonly authTimeMs: number;
  readonly context: AuthenticationContext;
  /** The `acr` that the ID token says: of those that were asked for and are fulfilled, if any was. */
  readonly acr: string;
  readonly methods: readonly AuthenticationMethod[];
  /** The `claims` parameter, only with claims that this application may have and the person allowed. */
  readonly claims?: ClaimsRequest | undefined;
  /** Resource indicators (RFC 8707); empty: the default audience. */
  readonly resources: readonly string[];
  /** Names every token that this code gives birth to, so that a second presentation revokes them all. */
  readonly familyId: string;
  readonly issuedAtMs: number;
}

/** Authorization codes: 256 random bits, kept as a hash, redeemed once in one atomic call. */
export class AuthorizationCodes {
  readonly #singleUse: SingleUse;
  readonly #random: Random;

  constructor(singleUse: SingleUse, random: Random) {
    this.#singleUse = singleUse;
    this.#random = random;
  }

  /**
   * A code, and the promise that it is stored, which rejects with `Unavailable`: no code is handed out before, but what
   * else must be stored may be on its way at the same time.
   */
  issue(payload: AuthorizationCodePayload): { readonly code: string; readonly stored: Promise<void> } {
    const code = randomToken(this.#random);
    return {
      code,
      stored: this.#singleUse.issueAs("code", code, payload, CODE_LIFETIME_MS, payload.clientId),
    };
  }

  /**
   * *yours*: the first presentation, once for all processes. *used*: the code was redeemed before; revoke the family
   * (RFC 6749 4.1.2). *unknown*: never issued, expired, or another client's. Redeeming spends the code whatever the
   * caller finds wrong later; a client that stole the code cannot spend it, because the client is part of its key.
   */
  async redeem(code: string, clientId: string): Promise<Redemption<AuthorizationCodePayload>> {
    return await this.#singleUse.redeem<AuthorizationCodePayload>("code", code, CODE_KEPT_USED_MS, clientId);
  }
}
