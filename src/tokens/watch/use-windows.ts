import type { VolatileStore } from "../../volatile/volatile-store.ts";
import { DAY_MS } from "./use-counters.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** Networks at once; the window looks back between one and two of these. */
export const SHORT_WINDOW_MS = 10 * MINUTE_MS;
/** Dead tokens and probes; as above. */
export const LONG_WINDOW_MS = HOUR_MS;
/** Values of one window: more say nothing that this many do not. */
const MOST_VALUES = 64;
const MOST_NOTED = 50_000;

type Kind = "networks" | "probes" | "dead-from";

/**
 * The last minutes and hours of every token, shared by all processes. Each window is two fixed ones, this and the one
 * before, so that what lies on both sides of a border is seen together.
 */
export class UseWindows {
  readonly #volatile: VolatileStore;
  /** What this process has written in this window already: the same network is one write a window, not one a second. */
  #noted = new Set<string>();

  constructor(volatile: VolatileStore) {
    this.#volatile = volatile;
  }

  /**
   * Notes values and returns all that were noted within the window; undefined: nothing here is new. What is known about
   * dead tokens is always told, because others may have been tried from the same network since.
   */
  async note(
    kind: Kind,
    subject: string,
    values: readonly string[],
    nowMs: number,
  ): Promise<readonly string[] | undefined> {
    const lengthMs = kind === "networks" ? SHORT_WINDOW_MS : LONG_WINDOW_MS;
    const window = Math.floor(nowMs / lengthMs);
    const key = (number: number) => `token-watch:${kind}:${subject}:${number}`;
    const fresh = values.filter((value) => !this.#noted.has(`${key(window)}:${value}`));
    if (fresh.length === 0 && (kind !== "dead-from" || values.length === 0)) return undefined;
    const before = await this.#volatile.hashGetAll(key(window));
    const wanted = fresh.slice(0, Math.max(0, MOST_VALUES - before.size));
    if (wanted.length > 0) {
      const fields = Object.fromEntries(wanted.map((value) => [value, "1"]));
      await this.#volatile.hashSet(key(window), fields, 2 * lengthMs);
    }
    const earlier = await this.#volatile.hashGetAll(key(window - 1));
    this.#remember(fresh.map((value) => `${key(window)}:${value}`));
    return [...new Set([...before.keys(), ...earlier.keys(), ...wanted])];
  }

  /** Counts uses of a dead token; those within the window. */
  async countDead(tokenId: string, uses: number, nowMs: number): Promise<number> {
    const window = Math.floor(nowMs / LONG_WINDOW_MS);
    const key = (number: number) => `token-watch:dead:${number}`;
    const count = await this.#volatile.hashIncrement(key(window), tokenId, uses, 2 * LONG_WINDOW_MS);
    return count + Number((await this.#volatile.hashGet(key(window - 1), tokenId)) ?? "0");
  }

  /** Counts good uses; those of this hour and of this day. */
  async countGood(
    tokenId: string,
    uses: number,
    nowMs: number,
  ): Promise<{ readonly hour: number; readonly today: number }> {
    const hourKey = `token-watch:hour:${Math.floor(nowMs / HOUR_MS)}`;
    const dayKey = `token-watch:day:${Math.floor(nowMs / DAY_MS)}`;
    const [hour, today] = await Promise.all([
      this.#volatile.hashIncrement(hourKey, tokenId, uses, 2 * HOUR_MS),
      this.#volatile.hashIncrement(dayKey, tokenId, uses, DAY_MS + HOUR_MS),
    ]);
    return { hour, today };
  }

  #remember(keys: readonly string[]): void {
    if (this.#noted.size > MOST_NOTED) this.#noted = new Set();
    for (const key of keys) this.#noted.add(key);
  }
}
