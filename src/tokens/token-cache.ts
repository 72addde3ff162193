import type { ApiToken } from "../model/api-token.ts";
import type { ApiTokenStore } from "../storage/api-token-stores.ts";
import { type CompiledToken, compileToken, type Standing } from "./compiled-token.ts";

/** A token in memory, with what stood behind it when that was last worked out. */
export interface CachedToken extends CompiledToken {
  readonly readAtMs: number;
  standing: { readonly value: Standing; readonly owner: unknown; readonly declared: unknown } | undefined;
}

const KEPT = 20_000;
const UNKNOWN_KEPT = 2_000;
/** A record is read anew after this, whatever was announced or missed. */
const KEPT_FOR_MS = 60_000;
/** A guess that is repeated costs one look-up in this time. */
const UNKNOWN_FOR_MS = 5_000;

/**
 * API tokens by the hash of their secret, those in use in memory. `clear` is called when the version in the volatile
 * store changes, and at once for a change of this process. The look-up is by hash alone: no comparison of secrets whose
 * time could tell anything, and nothing to learn from the time of a look-up but a hash.
 */
export class TokenCache {
  readonly #store: Pick<ApiTokenStore, "findByHash">;
  /** In the order of their last use, the oldest first. */
  readonly #known = new Map<string, CachedToken>();
  readonly #unknown = new Map<string, number>();
  readonly #reading = new Map<string, Promise<CachedToken | undefined>>();
  #generation = 0;

  constructor(store: Pick<ApiTokenStore, "findByHash">) {
    this.#store = store;
  }

  /** Without asking the store: the token, `unknown` for what was lately found to be none, or undefined. */
  peek(hash: string, nowMs: number): CachedToken | "unknown" | undefined {
    const known = this.#known.get(hash);
    if (known !== undefined && isWithin(known.readAtMs, KEPT_FOR_MS, nowMs)) {
      this.#known.delete(hash);
      this.#known.set(hash, known);
      return known;
    }
    const missedAtMs = this.#unknown.get(hash);
    return missedAtMs !== undefined && isWithin(missedAtMs, UNKNOWN_FOR_MS, nowMs) ? "unknown" : undefined;
  }

  /** From the store; those who ask for one token at once share one look-up. Throws `Unavailable`. */
  async read(hash: string, nowMs: number): Promise<CachedToken | undefined> {
    const running = this.#reading.get(hash);
    if (running !== undefined) return await running;
    const reading = this.#read(hash, nowMs).finally(() => {
      // A clear may have put a younger look-up in its place.
      if (this.#reading.get(hash) === reading) this.#reading.delete(hash);
    });
    this.#reading.set(hash, reading);
    return await reading;
  }

  clear(): void {
    this.#generation += 1;
    this.#known.clear();
    this.#unknown.clear();
    // A look-up that began before the change must not answer who asks after it.
    this.#reading.clear();
  }

  async #read(hash: string, nowMs: number): Promise<CachedToken | undefined> {
    const generation = this.#generation;
    const token = await this.#store.findByHash(hash);
    // Read before a change and arrived after it: the change may be in it or not.
    if (generation !== this.#generation) return await this.#read(hash, nowMs);
    if (token === undefined) {
      put(this.#unknown, hash, nowMs, UNKNOWN_KEPT);
      return undefined;
    }
    const cached = cachedToken(token, nowMs);
    put(this.#known, hash, cached, KEPT);
    return cached;
  }
}

function cachedToken(token: ApiToken, readAtMs: number): CachedToken {
  return { ...compileToken(token), readAtMs, standing: undefined };
}

/** Also false after the clock was set back. */
function isWithin(sinceMs: number, forMs: number, nowMs: number): boolean {
  const ageMs = nowMs - sinceMs;
  return ageMs >= 0 && ageMs < forMs;
}

function put<T>(map: Map<string, T>, key: string, value: T, most: number): void {
  map.delete(key);
  map.set(key, value);
  if (map.size <= most) return;
  const [oldest] = map.keys();
  if (oldest !== undefined) map.delete(oldest);
}
