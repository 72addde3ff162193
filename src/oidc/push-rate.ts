import { addressBucket } from "../login/address-bucket.ts";
import type { OidcApplication } from "../model/application.ts";
import { sha256 } from "../platform/digest.ts";
import type { VolatileStore } from "../volatile/volatile-store.ts";

/** How many requests may be pushed within the window, in all processes together. */
export interface PushLimits {
  readonly windowMs: number;
  /** By one client that proves who it is: twenty a second, more than a large portal sends at nine in the morning. */
  readonly confidential: number;
  /** In the name of one public client from one address: anybody can use that name, so it is no measure by itself. */
  readonly public: number;
}

export const PUSH_LIMITS: PushLimits = { windowMs: 60_000, confidential: 1_200, public: 60 };

/**
 * Holds down how many pushed requests one client leaves in the volatile store (RFC 9126 2.3, 7). Counted after the client
 * has proved who it is, so that a stranger cannot use up another's share; a public client's is by address, so that
 * whoever sends many in its name shuts out nobody else's browser.
 */
export class PushRate {
  readonly #store: VolatileStore;
  readonly #limits: PushLimits;

  constructor(store: VolatileStore, limits: PushLimits = PUSH_LIMITS) {
    this.#store = store;
    this.#limits = limits;
  }

  /**
   * Counts one request; undefined when it may be kept, else the milliseconds until one may. Throws `Unavailable` when the
   * store is away, as the request itself could not be kept then.
   */
  async waitMs(application: OidcApplication, address: string): Promise<number | undefined> {
    const isPublic = application.authenticationMethod === "none";
    const key = isPublic ? `${application.id} ${addressBucket(address)}` : application.id;
    const { windowMs } = this.#limits;
    const { count, resetsInMs } = await this.#store.increment(`par-rate:${sha256(key)}`, 1, windowMs);
    const most = isPublic ? this.#limits.public : this.#limits.confidential;
    return count > most ? resetsInMs : undefined;
  }
}
