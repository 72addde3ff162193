import { createHmac } from "node:crypto";

/**
 * The names under which applications know an account. They are computed, not stored: HMAC-SHA-256 under a secret of
 * the installation that is made once and never changes, so they survive a renamed account, and a deleted account's
 * value never comes back because account ids are never used again.
 */
export class Subjects {
  readonly #secret: string;

  constructor(secret: string) {
    this.#secret = secret;
  }

  /**
   * Pairwise and persistent (SAML Core 8.3.7, OpenID Connect Core 8.1): the same for one account at one sector, and
   * not to be linked with any other sector's. `sector` is the entityID or the sector identifier.
   */
  pairwise(accountId: string, sector: string): string {
    return this.#mac("pairwise", accountId, sector);
  }

  /** Transient (SAML Core 8.3.8): lives as long as the session, and is another one in the next. */
  transient(sessionId: string, applicationId: string): string {
    return `_${this.#mac("transient", sessionId, applicationId)}`;
  }

  #mac(...parts: readonly string[]): string {
    return createHmac("sha256", this.#secret).update(JSON.stringify(parts)).digest("base64url");
  }
}
