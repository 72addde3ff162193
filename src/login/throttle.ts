import { sha256 } from "../platform/digest.ts";
import type { Clock } from "../platform/clock.ts";
import type { VolatileStore } from "../volatile/volatile-store.ts";
import { addressBucket } from "./address-bucket.ts";

/** One counter's rule: `free` tries within `windowMs`, then one at a time with a wait that doubles up to `longestWaitMs`. */
interface Limit {
  readonly scope: "pair" | "name" | "address" | "all";
  readonly free: number;
  readonly firstWaitMs: number;
  readonly longestWaitMs: number;
  readonly windowMs: number;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** One name from one place: what a person who mistypes meets. */
const PAIR: Limit = {
  scope: "pair",
  free: 5,
  firstWaitMs: MINUTE,
  longestWaitMs: 15 * MINUTE,
  windowMs: HOUR,
};

/**
 * The rest is about guessing, and is held against unknown places only, so that nobody can shut out the owner of an
 * account, nor an office its own people. One name from everywhere: at most 50 tries an hour. One address over all
 * names; and everything together.
 */
const NAME: Limit = {
  scope: "name",
  free: 10,
  firstWaitMs: 1.5 * MINUTE,
  longestWaitMs: 1.5 * MINUTE,
  windowMs: HOUR,
};
const ADDRESS: Limit = {
  scope: "address",
  free: 100,
  firstWaitMs: MINUTE / 2,
  longestWaitMs: 5 * MINUTE,
  windowMs: HOUR,
};
const ALL: Limit = {
  scope: "all",
  free: 3_000,
  firstWaitMs: 1_000,
  longestWaitMs: 1_000,
  windowMs: 10 * MINUTE,
};

/** Who tries. `name` is the canonical form, `place` a known device of this account where there is one. */
export interface Try {
  readonly name: string;
  readonly address: string;
  readonly knownDevice: string | undefined;
}

/** `checked`: look at the password, then call `succeeded` if it was right. `wait`: do not look at it. */
export type Verdict =
  | {
      readonly kind: "checked";
      /** Tries that are left before the first wait, this one not counted; 0 when there is one already. */
      readonly triesLeft: number;
      /** The wait that follows the last of them. */
      readonly nextWaitMs: number;
      readonly succeeded: () => Promise<void>;
      /** The password was not looked at after all: the try does not count. */
      readonly givenBack: () => Promise<void>;
    }
  | { readonly kind: "wait"; readonly waitMs: number };

interface Slot {
  readonly limit: Limit;
  readonly key: string;
  readonly count: number;
  readonly won: boolean;
  readonly passed: boolean;
}

/**
 * Holds guessing down without locking anybody out. A try is counted before its password is looked at, so of a burst in
 * any number of processes exactly as many are checked as there are free tries; after those, one for each wait, and
 * which one is a single atomic call. During a wait nothing is checked: a right password does not get through either,
 * or the wait would be no hindrance to a guesser. Throws `Unavailable` when the store is away: no check without a count.
 */
export class Throttle {
  readonly #store: VolatileStore;
  readonly #clock: Clock;

  constructor(store: VolatileStore, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  async begin(attempt: Try): Promise<Verdict> {
    const limits = limitsFor(attempt);
    const waitMs = await this.#waiting(limits);
    if (waitMs > 0) return { kind: "wait", waitMs };
    const slots = await Promise.all(limits.map(async ([limit, key]) => await this.#take(limit, key)));
    if (slots.every((slot) => slot.passed)) return this.#checked(slots);
    await this.#giveBack(slots);
    return { kind: "wait", waitMs: Math.max(1_000, await this.#waiting(limits)) };
  }

  /** The longest wait that is running, in milliseconds; one read for all of them. */
  async #waiting(limits: readonly (readonly [Limit, string])[]): Promise<number> {
    const until = await this.#store.getMany(limits.map(([, key]) => waitKey(key)));
    const nowMs = this.#clock.nowMs();
    return Math.max(0, ...until.map((text) => (text === undefined ? 0 : Number(text) - nowMs)));
  }

  async #take(limit: Limit, key: string): Promise<Slot> {
    const { count } = await this.#store.increment(countKey(key), 1, limit.windowMs);
    if (count < limit.free) return { limit, key, count, won: false, passed: true };
    // The last free try, and each one after a wait: whoever sets the next wait has it.
    const waitMs = waitAfter(limit, count);
    const until = String(this.#clock.nowMs() + waitMs);
    const won = await this.#store.setIfAbsent(waitKey(key), until, waitMs);
    return { limit, key, count, won, passed: won };
  }

  #checked(slots: readonly Slot[]): Verdict {
    const pair = slots[0];
    const triesLeft = pair === undefined ? 0 : Math.max(0, pair.limit.free - pair.count);
    return {
      kind: "checked",
      triesLeft,
      nextWaitMs: pair === undefined ? 0 : waitAfter(pair.limit, Math.max(pair.count, pair.limit.free)),
      succeeded: async () => await this.#succeeded(slots),
      givenBack: async () => await this.#giveBack(slots),
    };
  }

  /**
   * The pair begins anew. The others only get this one try back: a guesser who logs in to an account of his own in
   * between must not win fresh tries for his address.
   */
  async #succeeded(slots: readonly Slot[]): Promise<void> {
    const pairs = slots.filter((slot) => slot.limit.scope === "pair");
    const others = slots.filter((slot) => slot.limit.scope !== "pair");
    await Promise.all([
      this.#store.delete(pairs.flatMap(({ key }) => [countKey(key), waitKey(key)])),
      this.#giveBack(others),
    ]);
  }

  async #giveBack(slots: readonly Slot[]): Promise<void> {
    await Promise.all(
      slots.map(async ({ limit, key, won }) => {
        const { count } = await this.#store.increment(countKey(key), -1, limit.windowMs);
        // The window ended in between: a count below nothing would be a gift of tries.
        if (count < 0) await this.#store.delete([countKey(key)]);
        if (won) await this.#store.delete([waitKey(key)]);
      }),
    );
  }
}

/** The pair comes first. Names and addresses are hashed: the store needs neither. */
function limitsFor({ name, address, knownDevice }: Try): readonly (readonly [Limit, string])[] {
  const place = knownDevice === undefined ? `address:${addressBucket(address)}` : `device:${knownDevice}`;
  const pair = [PAIR, keyOf("pair", `${name}|${place}`)] as const;
  if (knownDevice !== undefined) return [pair];
  return [
    pair,
    [NAME, keyOf("name", name)],
    [ADDRESS, keyOf("address", addressBucket(address))],
    [ALL, keyOf("all", "")],
  ];
}

function waitAfter(limit: Limit, count: number): number {
  // Not 2 ** beyond all bounds: the cap is reached within a few doublings.
  const doublings = Math.min(count - limit.free, 20);
  return Math.min(limit.firstWaitMs * 2 ** doublings, limit.longestWaitMs);
}

function keyOf(scope: Limit["scope"], value: string): string {
  return `${scope}:${sha256(value)}`;
}

function countKey(key: string): string {
  return `login-tries:${key}`;
}

function waitKey(key: string): string {
  return `login-wait:${key}`;
}
