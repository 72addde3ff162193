import type { Clock } from "../platform/clock.ts";
import { Unavailable } from "../platform/unavailable.ts";
import type { VolatileStore } from "./volatile-store.ts";

/** What is kept in memory by every process, and read anew when another process has changed it. */
export const VERSIONED_KINDS = [
  "applications",
  "keys",
  "accounts",
  "settings",
  "resources",
  "tokens",
  "revocations",
] as const;
export type VersionedKind = (typeof VERSIONED_KINDS)[number];

/** How often a server looks, in milliseconds. */
export const LOOK_EVERY_MS = 400;
/** A look that is older than this says nothing about the present any more. */
export const KNOWN_FOR_MS = 1_500;
/** When this long has passed since a change was announced, every running process has read it. */
export const SEEN_AFTER_MS = 2 * LOOK_EVERY_MS;

const KEY = "versions";
/** When it expires everything is read once more, which costs little. */
const TTL_MS = 30 * 24 * 60 * 60 * 1_000;

interface Watch {
  readonly kind: VersionedKind;
  readonly onChange: () => Promise<void>;
  /** What `onChange` last succeeded for; `stale` when it must run whatever the store says. */
  seen: string | undefined | typeof STALE;
}

const STALE = Symbol("stale");

/** Tells every process within a tick that something was changed. */
export class Versions {
  readonly #store: VolatileStore;
  readonly #clock: Clock;
  readonly #watches: Watch[] = [];
  #timer: NodeJS.Timeout | undefined;
  #intervalMs = 0;
  /** When the last look that succeeded was begun; undefined after one that failed. */
  #lookedAtMs: number | undefined;
  #looking: Promise<void> | undefined;

  constructor(store: VolatileStore, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /** Call it after the change is stored. Throws `Unavailable`. */
  async bump(kind: VersionedKind): Promise<void> {
    // The step comes from the clock: counted by one, a store that was emptied could come to the number that was last
    // seen before anybody looked.
    const step = 1 + (this.#clock.nowMs() % 2 ** 30);
    await this.#store.hashIncrement(KEY, kind, step, TTL_MS);
  }

  /** For a store that may have lost what was announced last (docs/decisions/0004). Throws `Unavailable`. */
  async bumpAll(): Promise<void> {
    for (const kind of VERSIONED_KINDS) await this.bump(kind);
  }

  /**
   * Whether what is kept in memory is known to be as it is stored, up to `KNOWN_FOR_MS` ago. False while the store is
   * away, and after the clock has jumped.
   */
  isKnown(nowMs: number): boolean {
    if (this.#lookedAtMs === undefined) return false;
    const ageMs = nowMs - this.#lookedAtMs;
    return ageMs >= 0 && ageMs <= KNOWN_FOR_MS;
  }

  /**
   * Looks now, and reads what has changed before it returns. Those who ask together share one look. Throws
   * `Unavailable` when the store does not answer, or when what has changed cannot be read.
   */
  async look(): Promise<void> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
    });
    await this.#looking;
  }

  /** `onChange` also runs once at the first tick: a change may have come between the first reading and the watch. */
  watch(kind: VersionedKind, onChange: () => Promise<void>): void {
    this.#watches.push({ kind, onChange, seen: STALE });
  }

  start(intervalMs = LOOK_EVERY_MS): void {
    this.stop();
    this.#intervalMs = intervalMs;
    this.#next();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** One look. The next one is planned when this one has ended, so that they never overlap. */
  #next(): void {
    const look = async () => {
      await this.#tick();
      if (this.#timer === timer) this.#next();
    };
    const timer = setTimeout(() => void look(), this.#intervalMs);
    timer.unref();
    this.#timer = timer;
  }

  /** Never throws. While the store does not answer nothing is known, and afterwards anything may have changed. */
  async #tick(): Promise<void> {
    await this.look().catch(() => undefined);
  }

  async #look(): Promise<void> {
    const startedMs = this.#clock.nowMs();
    let versions: Map<string, string>;
    try {
      versions = await this.#store.hashGetAll(KEY);
    } catch (error) {
      this.#lookedAtMs = undefined;
      for (const watch of this.#watches) watch.seen = STALE;
      throw error;
    }
    let failed = false;
    for (const watch of this.#watches) failed = !(await follow(watch, versions.get(watch.kind))) || failed;
    this.#lookedAtMs = failed ? undefined : startedMs;
    if (failed) throw new Unavailable("durable");
  }
}

/** False when it could not be read: the other store may be away, and the next look tries again. */
async function follow(watch: Watch, version: string | undefined): Promise<boolean> {
  if (watch.seen === version) return true;
  try {
    await watch.onChange();
    watch.seen = version;
    return true;
  } catch {
    watch.seen = STALE;
    return false;
  }
}
