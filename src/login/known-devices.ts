import { sha256 } from "../platform/digest.ts";
import { type Random, randomToken } from "../platform/random.ts";
import type { VolatileStore } from "../volatile/volatile-store.ts";

/** How long a device stays known after the last login on it. */
export const DEVICE_KNOWN_MS = 180 * 24 * 60 * 60_000;

const TOKEN = /^[\w-]{43}$/;

/**
 * Devices on which somebody has logged in to an account. Being known is no proof of identity and opens nothing: it only
 * keeps the limits that strangers have used up from falling on the owner. The cookie carries 256 random bits; stored is
 * their hash together with the account.
 */
export class KnownDevices {
  readonly #store: VolatileStore;
  readonly #random: Random;

  constructor(store: VolatileStore, random: Random) {
    this.#store = store;
    this.#random = random;
  }

  /** The device's key for limits when it is known for this account. One read, whether or not the account exists. */
  async find(accountId: string | undefined, token: string | undefined): Promise<string | undefined> {
    const hash = sha256(token ?? "");
    const known = await this.#store.get(deviceKey(accountId ?? "", hash));
    return known === undefined || accountId === undefined ? undefined : hash;
  }

  /** After a login: the cookie's value, the one that was there or a new one. */
  async remember(accountId: string, token: string | undefined): Promise<string> {
    const kept = token !== undefined && TOKEN.test(token) ? token : randomToken(this.#random);
    await this.#store.set(deviceKey(accountId, sha256(kept)), "1", DEVICE_KNOWN_MS);
    return kept;
  }
}

function deviceKey(accountId: string, tokenHash: string): string {
  return `known-device:${accountId}:${tokenHash}`;
}
