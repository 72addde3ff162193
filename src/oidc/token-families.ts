import type { GrantStore, RefreshTokenStore } from "../storage/stores.ts";
import type { RevocationEvent } from "../tokens/revocation-log.ts";
import type { VolatileStore } from "../volatile/volatile-store.ts";
import { ACCESS_TOKEN_LIFETIME_MS } from "./token-lifetimes.ts";

/** Twice an access token's life: also one that a request in flight issues a moment later has expired by then. */
const MARK_MS = 2 * ACCESS_TOKEN_LIFETIME_MS;

export interface TokenFamiliesParts {
  readonly volatile: VolatileStore;
  readonly refreshTokens: RefreshTokenStore;
  readonly grants: GrantStore;
  /** Tells the APIs that keep answers about tokens. */
  readonly note: (events: readonly RevocationEvent[]) => Promise<void>;
}

/**
 * Revokes whole families of tokens. A family is what one authorization code began; its refresh tokens are revoked in
 * the database, and a mark in the volatile store, which every use of an access token looks for, makes its access
 * tokens worthless in every process at once. The mark needs no list of them, so none can be missing from it.
 */
export class TokenFamilies {
  readonly #store: VolatileStore;
  readonly #refreshTokens: RefreshTokenStore;
  readonly #grants: GrantStore;
  readonly #note: TokenFamiliesParts["note"];

  constructor(parts: TokenFamiliesParts) {
    this.#store = parts.volatile;
    this.#refreshTokens = parts.refreshTokens;
    this.#grants = parts.grants;
    this.#note = parts.note;
  }

  /** Also a family whose first token is still on its way: it will not be stored. */
  async revoke(familyId: string): Promise<void> {
    await this.#store.set(familyKey(familyId), "1", MARK_MS);
    // Each of the two whatever becomes of the other.
    await both(this.#note([{ what: "revoked", id: familyId }]), this.#refreshTokens.revokeFamily(familyId));
  }

  /** Withdraws what a person allowed an application, with every token that hangs on it. False: it was gone already. */
  async revokeGrant(grantId: string): Promise<boolean> {
    await this.#store.set(grantKey(grantId), "1", MARK_MS);
    return await both(this.#note([{ what: "grant-withdrawn", id: grantId }]), this.#grants.delete(grantId));
  }

  /** One round trip. */
  async isRevoked(familyId: string, grantId: string | undefined): Promise<boolean> {
    const keys = [familyKey(familyId), ...(grantId === undefined ? [] : [grantKey(grantId)])];
    const marks = await this.#store.getMany(keys);
    return marks.some((mark) => mark !== undefined);
  }
}

/** What the second one finds, when both have ended. */
async function both<T>(told: Promise<void>, stored: Promise<T>): Promise<T> {
  const [first, second] = await Promise.allSettled([told, stored]);
  if (first.status === "rejected") throw first.reason;
  if (second.status === "rejected") throw second.reason;
  return second.value;
}

function familyKey(familyId: string): string {
  return `revoked-family:${familyId}`;
}

function grantKey(grantId: string): string {
  return `revoked-grant:${grantId}`;
}
