import type { TokenDayAddress, TokenUseCount, TokenUseStore } from "../../../src/storage/api-token-stores.ts";
import type { VolatileStore } from "../../../src/volatile/volatile-store.ts";

/**
 * The counts in memory, for a simulation that plays months in seconds: the same answers as the database gives, without
 * its limits of different addresses. The contract tests are about the real one.
 */
export class MemoryUses implements TokenUseStore {
  readonly #days = new Map<string, Map<string, TokenDayAddress & { uses: number }>>();
  readonly #networks = new Map<string, Map<string, number>>();

  async add(counts: readonly TokenUseCount[]): Promise<void> {
    for (const { tokenId, day, address, outcome, count } of counts) {
      if (outcome !== "ok") continue;
      const days = valueAt(this.#days, tokenId, () => new Map<string, TokenDayAddress & { uses: number }>());
      valueAt(days, `${day} ${address}`, () => ({ day, address, uses: 0 })).uses += count;
    }
    await Promise.resolve();
  }

  async usualOf(tokenId: string, fromDay: string): Promise<readonly TokenDayAddress[]> {
    const all = [...(this.#days.get(tokenId)?.values() ?? [])];
    return await Promise.resolve(
      all.filter(({ day }) => day >= fromDay).toSorted((one, other) => (one.day < other.day ? -1 : 1)),
    );
  }

  async rememberNetworks(tokenId: string, networks: readonly string[], atMs: number) {
    const known = valueAt(this.#networks, tokenId, () => new Map<string, number>());
    const fresh = [...new Set(networks)].filter((network) => !known.has(network));
    for (const network of fresh) known.set(network, atMs);
    return await Promise.resolve(fresh);
  }

  async networks(tokenId: string) {
    const known = [...(this.#networks.get(tokenId) ?? [])];
    return await Promise.resolve(known.map(([network, firstSeenMs]) => ({ network, firstSeenMs })));
  }

  list = notSimulated;
  deleteBefore = notSimulated;
}

/** The hashes of the volatile store in memory; nothing of them expires, because every window has a name of its own. */
export function memoryVolatile(clock: { nowMs(): number }): VolatileStore {
  const hashes = new Map<string, Map<string, string>>();
  const until = new Map<string, number>();
  return {
    hashGetAll: async (key) => await Promise.resolve(new Map(hashes.get(key))),
    hashGet: async (key, field) => await Promise.resolve(hashes.get(key)?.get(field)),
    hashSet: async (key, fields) => {
      const hash = valueAt(hashes, key, () => new Map<string, string>());
      for (const [field, value] of Object.entries(fields)) hash.set(field, value);
      await Promise.resolve();
    },
    hashIncrement: async (key, field, by) => {
      const hash = valueAt(hashes, key, () => new Map<string, string>());
      const count = Number(hash.get(field) ?? "0") + by;
      hash.set(field, String(count));
      return await Promise.resolve(count);
    },
    setIfAbsent: async (key, _value, ttlMs) => {
      if ((until.get(key) ?? 0) > clock.nowMs()) return await Promise.resolve(false);
      until.set(key, clock.nowMs() + ttlMs);
      return true;
    },
    hashSetAll: notSimulated,
    hashDelete: notSimulated,
    get: notSimulated,
    getMany: notSimulated,
    set: notSimulated,
    getAndDelete: notSimulated,
    delete: notSimulated,
    expire: notSimulated,
    increment: notSimulated,
    takeOnce: notSimulated,
    issueOnce: notSimulated,
    ping: notSimulated,
    close: notSimulated,
  };
}

function valueAt<T>(map: Map<string, T>, key: string, make: () => T): T {
  const value = map.get(key) ?? make();
  map.set(key, value);
  return value;
}

async function notSimulated(): Promise<never> {
  return await Promise.reject(new Error("this is not part of the simulation"));
}
