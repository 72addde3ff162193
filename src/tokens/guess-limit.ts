import { addressBucket } from "../login/address-bucket.ts";
import { sha256 } from "../platform/digest.ts";
import type { VolatileStore } from "../volatile/volatile-store.ts";

const MINUTE_MS = 60_000;

/** What an address has tried within a minute, in fixed windows and for all processes (RFC 6585 4). */
export class GuessLimit {
  readonly #volatile: Pick<VolatileStore, "increment">;
  readonly #name: string;
  readonly #perMinute: number;

  /** `name`: what is counted, as part of the key in the store. */
  constructor(volatile: Pick<VolatileStore, "increment">, name: string, perMinute: number) {
    this.#volatile = volatile;
    this.#name = name;
    this.#perMinute = perMinute;
  }

  /** Counts one: the seconds to wait, where it is one too many. Throws `Unavailable`. */
  async count(address: string): Promise<number | undefined> {
    const key = `${this.#name}:${sha256(addressBucket(address))}`;
    const { count, resetsInMs } = await this.#volatile.increment(key, 1, MINUTE_MS);
    return count > this.#perMinute ? Math.max(1, Math.ceil(resetsInMs / 1_000)) : undefined;
  }
}
