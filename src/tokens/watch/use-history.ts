import type { Clock } from "../../platform/clock.ts";
import type { TokenUseCount, TokenUseStore } from "../../storage/api-token-stores.ts";
import { dayText } from "./token-history.ts";
import { DAY_MS } from "./use-counters.ts";
import { MOST_KEPT_DAYS } from "./watch-policy.ts";

/** One day of the chart. */
export interface UseDay {
  /** `YYYY-MM-DD`, UTC. */
  readonly day: string;
  readonly good: number;
  readonly refused: number;
}

export interface UseSum {
  readonly name: string;
  readonly uses: number;
}

/** How a token was used. Sums are the largest first. */
export interface UseHistory {
  /** Every day of the time, those without a use too, the oldest first. */
  readonly days: readonly UseDay[];
  readonly addresses: readonly UseSum[];
  /** An empty name: no resource was told. */
  readonly resources: readonly UseSum[];
  /** `ok` and the refusals. */
  readonly outcomes: readonly UseSum[];
  readonly total: number;
}

/** Reads the histories of tokens for pages and the API. */
export class UseHistories {
  readonly #store: Pick<TokenUseStore, "list">;
  readonly #clock: Clock;

  constructor(store: Pick<TokenUseStore, "list">, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /** The last `days` days with today, 1 to 400. Up to some seconds behind. Throws `RangeError` and `Unavailable`. */
  async history(tokenId: string, days: number): Promise<UseHistory> {
    if (!Number.isInteger(days) || days < 1 || days > MOST_KEPT_DAYS) {
      throw new RangeError(`a history has 1 to ${MOST_KEPT_DAYS} days`);
    }
    const nowMs = this.#clock.nowMs();
    const wanted = Array.from({ length: days }, (_, index) => dayText(nowMs - (days - 1 - index) * DAY_MS));
    const rows = await this.#store.list(tokenId, wanted[0] ?? dayText(nowMs));
    const byDay = Map.groupBy(rows, ({ day }) => day);
    return {
      days: wanted.map((day) => dayOf(day, byDay.get(day) ?? [])),
      addresses: sums(rows, ({ address }) => address),
      resources: sums(rows, ({ resource }) => resource),
      outcomes: sums(rows, ({ outcome }) => outcome),
      total: rows.reduce((total, { count }) => total + count, 0),
    };
  }
}

function dayOf(day: string, rows: readonly TokenUseCount[]): UseDay {
  const usesOf = (isGood: boolean) =>
    rows.reduce((sum, { outcome, count }) => sum + ((outcome === "ok") === isGood ? count : 0), 0);
  return { day, good: usesOf(true), refused: usesOf(false) };
}

function sums(rows: readonly TokenUseCount[], nameOf: (row: TokenUseCount) => string): readonly UseSum[] {
  const totals = new Map<string, number>();
  for (const row of rows) totals.set(nameOf(row), (totals.get(nameOf(row)) ?? 0) + row.count);
  return [...totals].map(([name, uses]) => ({ name, uses })).toSorted((one, other) => other.uses - one.uses);
}
