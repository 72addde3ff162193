import { sha256 } from "../platform/digest.ts";
import { type Random, randomToken } from "../platform/random.ts";
import type { VolatileStore } from "./volatile-store.ts";

/** The kinds of one-time values. The kind is part of the key: a PAR id is never a valid code. */
export type SingleUseKind = "code" | "par" | "artifact" | "magic";

/** *Yours*: the first presentation. *Used*: a later one, with what was issued, so that it can be revoked. */
export type Redemption<T> =
  | { readonly state: "yours" | "used"; readonly value: T }
  | { readonly state: "unknown" };

/**
 * What must happen once: issue a random value, redeem it once. An id that somebody else made is spent in the database
 * (SpentIdStore): it has no value here that could say when it was stored (docs/decisions/0004).
 */
export class SingleUse {
  readonly #store: VolatileStore;
  readonly #random: Random;

  constructor(store: VolatileStore, random: Random) {
    this.#store = store;
    this.#random = random;
  }

  /**
   * Stores `value` (it must survive JSON) under 256 fresh random bits, which are returned and kept only as SHA-256.
   * `boundTo` becomes part of the key: presented by anybody else the id is unknown, so a stranger who has it can
   * neither use it nor spend it.
   */
  async issue(kind: SingleUseKind, value: unknown, ttlMs: number, boundTo?: string): Promise<string> {
    const id = randomToken(this.#random);
    await this.issueAs(kind, id, value, ttlMs, boundTo);
    return id;
  }

  /** As `issue`, under an id whose form a standard prescribes: at least 128 random bits of the caller's. */
  async issueAs(
    kind: SingleUseKind,
    id: string,
    value: unknown,
    ttlMs: number,
    boundTo?: string,
  ): Promise<void> {
    await this.#store.issueOnce(key(kind, id, boundTo), JSON.stringify(value), ttlMs);
  }

  /**
   * One atomic call. `keepUsedMs` is how long a second presentation is still recognised as a reuse. `boundTo` as at
   * `issue`.
   */
  async redeem<T>(
    kind: SingleUseKind,
    id: string,
    keepUsedMs: number,
    boundTo?: string,
  ): Promise<Redemption<T>> {
    const taken = await this.#store.takeOnce(key(kind, id, boundTo), keepUsedMs);
    if (taken === undefined) return { state: "unknown" };
    return { state: taken.state, value: JSON.parse(taken.value) as T };
  }
}

function key(kind: SingleUseKind, id: string, boundTo?: string): string {
  return `${kind}:${sha256(boundTo === undefined ? id : JSON.stringify([boundTo, id]))}`;
}
