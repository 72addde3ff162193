import type { TokenUseStore } from "../../storage/api-token-stores.ts";
import { networkOf } from "./network-of.ts";
import { learningDays, type Usual } from "./rules.ts";
import { DAY_MS } from "./use-counters.ts";

/** A token that is used once a quarter has a history too. */
const LOOK_BACK_DAYS = 120;
/** What is usual is taken from so many of the days with use, the last ones. */
const LAST_ACTIVE_DAYS = 14;
const LATE_WITHIN_MS = 30 * DAY_MS;
const MOST_TOKENS = 10_000;
/** Whoever has more networks than that has none that could be new. */
const MOST_NETWORKS = 1_000;

/**
 * What each token did before: read from the database when it is asked for, and kept in memory for the day. Networks that
 * this process knows cost nothing.
 */
export class TokenHistory {
  readonly #store: Pick<TokenUseStore, "rememberNetworks" | "networks" | "usualOf">;
  #day = -1;
  #usual = new Map<string, Omit<Usual, "lateNetworks">>();
  #networks = new Map<string, Set<string>>();

  constructor(store: Pick<TokenUseStore, "rememberNetworks" | "networks" | "usualOf">) {
    this.#store = store;
  }

  /** Remembers networks of good uses; those that were never seen for the token before. */
  async newNetworks(tokenId: string, networks: readonly string[], nowMs: number): Promise<readonly string[]> {
    this.#turnDay(nowMs);
    const known = this.#networks.get(tokenId) ?? new Set<string>();
    const unknown = networks.filter((network) => !known.has(network));
    if (unknown.length === 0 || known.size >= MOST_NETWORKS) return [];
    const fresh = await this.#store.rememberNetworks(tokenId, unknown, nowMs);
    for (const network of unknown) known.add(network);
    if (this.#networks.size >= MOST_TOKENS) this.#networks = new Map();
    this.#networks.set(tokenId, known);
    return fresh;
  }

  /** What was usual until yesterday. `justNew` are not counted as known. */
  async usualOf(tokenId: string, justNew: readonly string[], nowMs: number): Promise<Usual> {
    this.#turnDay(nowMs);
    let days = this.#usual.get(tokenId);
    if (days === undefined) {
      days = await this.#readDays(tokenId, nowMs);
      if (this.#usual.size >= MOST_TOKENS) this.#usual = new Map();
      this.#usual.set(tokenId, days);
    }
    if (justNew.length === 0) return { ...days, lateNetworks: 0 };
    const learntWithinMs = learningDays(days) * DAY_MS;
    return { ...days, lateNetworks: await this.#lateNetworks(tokenId, justNew, learntWithinMs, nowMs) };
  }

  async #readDays(tokenId: string, nowMs: number): Promise<Omit<Usual, "lateNetworks">> {
    const rows = await this.#store.usualOf(tokenId, dayText(nowMs - LOOK_BACK_DAYS * DAY_MS));
    const today = dayText(nowMs);
    const byDay = Map.groupBy(
      rows.filter(({ day }) => day < today),
      ({ day }) => day,
    );
    const last = [...byDay.values()].slice(-LAST_ACTIVE_DAYS);
    const usesOf = (day: typeof rows) => day.reduce((sum, { uses }) => sum + uses, 0);
    const networksOf = (day: typeof rows) => new Set(day.map(({ address }) => networkOf(address))).size;
    const [firstDay = today] = byDay.keys();
    return {
      activeDays: byDay.size,
      ageDays: Math.floor((nowMs - Date.parse(firstDay)) / DAY_MS),
      busiestDay: Math.max(0, ...last.map(usesOf)),
      networksADay: Math.max(0, ...last.map(networksOf)),
    };
  }

  async #lateNetworks(
    tokenId: string,
    justNew: readonly string[],
    learntWithinMs: number,
    nowMs: number,
  ): Promise<number> {
    const networks = await this.#store.networks(tokenId);
    const [first] = networks;
    if (first === undefined) return 0;
    return networks.filter(
      ({ network, firstSeenMs }) =>
        !justNew.includes(network) &&
        firstSeenMs > first.firstSeenMs + learntWithinMs &&
        firstSeenMs > nowMs - LATE_WITHIN_MS,
    ).length;
  }

  /** What was usual until yesterday changes at midnight; and a network that is still used is told to the store once a day. */
  #turnDay(nowMs: number): void {
    const day = Math.floor(nowMs / DAY_MS);
    if (day === this.#day) return;
    this.#day = day;
    this.#usual = new Map();
    this.#networks = new Map();
  }
}

/** `YYYY-MM-DD`, UTC. */
export function dayText(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 10);
}
