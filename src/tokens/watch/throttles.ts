import type { Clock } from "../../platform/clock.ts";
import type { VolatileStore } from "../../volatile/volatile-store.ts";

const KEY = "token-watch:throttles";

interface Throttle {
  readonly perMinute: number;
  readonly untilMs: number;
}

/**
 * Tokens that have a lower rate for a while. They stand in the volatile store for all processes, and in memory, read
 * anew every second: whoever verifies a token asks without waiting.
 */
export class Throttles {
  readonly #volatile: VolatileStore;
  readonly #clock: Clock;
  #current: ReadonlyMap<string, Throttle> = new Map();

  constructor(volatile: VolatileStore, clock: Clock) {
    this.#volatile = volatile;
    this.#clock = clock;
  }

  /** Uses a minute that the token has left; undefined: it is not throttled. */
  perMinute(tokenId: string): number | undefined {
    if (this.#current.size === 0) return undefined;
    const throttle = this.#current.get(tokenId);
    return throttle !== undefined && throttle.untilMs > this.#clock.nowMs() ? throttle.perMinute : undefined;
  }

  async impose(tokenId: string, perMinute: number, forMs: number): Promise<void> {
    const untilMs = this.#clock.nowMs() + forMs;
    await this.#volatile.hashSet(KEY, { [tokenId]: `${perMinute}:${untilMs}` }, forMs);
    this.#current = new Map([...this.#current, [tokenId, { perMinute, untilMs }]]);
  }

  /** Reads what all processes have imposed, and sweeps out what is over. Throws `Unavailable`; what was read stays. */
  async refresh(): Promise<void> {
    const stored = await this.#volatile.hashGetAll(KEY);
    const nowMs = this.#clock.nowMs();
    const all = [...stored].map(([tokenId, text]) => [tokenId, read(text)] as const);
    const over = all.filter(([, { untilMs }]) => untilMs <= nowMs).map(([tokenId]) => tokenId);
    if (over.length > 0) await this.#volatile.hashDelete(KEY, over);
    this.#current = new Map(all.filter(([, { untilMs }]) => untilMs > nowMs));
  }
}

function read(text: string): Throttle {
  const [perMinute = 0, untilMs = 0] = text.split(":").map(Number);
  return { perMinute, untilMs };
}
