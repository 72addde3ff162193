import type { Clock } from "../platform/clock.ts";
import type { VolatileStore } from "./volatile-store.ts";

/** What is kept in memory by every process, and read anew when another process has changed it. */
export type VersionedKind = "applications" | "keys" | "accounts" | "settings" | "resources";

/** How often a server looks, in milliseconds. */
export const LOOK_EVERY_MS = 400;
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
    let versions: Map<string, string>;
    try {
      versions = await this.#store.hashGetAll(KEY);
    } catch {
      for (const watch of this.#watches) watch.seen = STALE;
      return;
    }
    for (const watch of this.#watches) await follow(watch, versions.get(watch.kind));
  }
}

async function follow(watch: Watch, version: string | undefined): Promise<void> {
  if (watch.seen === version) return;
  try {
    await watch.onChange();
    watch.seen = version;
  } catch {
    // The other store may be away; the next tick tries again.
    watch.seen = STALE;
  }
}
