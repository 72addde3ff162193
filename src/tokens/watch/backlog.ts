import { OTHER } from "../../storage/api-token-stores.ts";
import type { CountedUse } from "./use-counters.ts";

/**
 * What was counted and is not worked off yet. While a store is away rows gather here: like ones are added together, and
 * beyond `mostRows` addresses are told apart no longer, so that an outage costs detail, never the sums, and no memory
 * without end.
 */
export class Backlog {
  readonly #mostRows: number;
  #rows = new Map<string, CountedUse>();

  constructor(mostRows: number) {
    this.#mostRows = mostRows;
  }

  add(rows: readonly CountedUse[]): void {
    for (const row of rows) this.#addOne(row);
  }

  /** Everything; whoever cannot work it off adds it again. */
  take(): readonly CountedUse[] {
    const rows = [...this.#rows.values()];
    this.#rows = new Map();
    return rows;
  }

  #addOne(row: CountedUse): void {
    if (this.#merge(keyOf(row), row)) return;
    if (this.#rows.size < this.#mostRows) {
      this.#rows.set(keyOf(row), { ...row });
      return;
    }
    const rest = { ...row, address: OTHER, resource: OTHER, missing: [] };
    if (this.#merge(keyOf(rest), rest)) return;
    // One row a token, day and outcome has its place beyond the bound, but not for ever.
    if (this.#rows.size < this.#mostRows * 2) this.#rows.set(keyOf(rest), rest);
  }

  #merge(key: string, row: CountedUse): boolean {
    const known = this.#rows.get(key);
    if (known === undefined) return false;
    known.count += row.count;
    known.lastMs = Math.max(known.lastMs, row.lastMs);
    return true;
  }
}

function keyOf({ tokenId, day, address, resource, outcome, missing }: CountedUse): string {
  return JSON.stringify([tokenId, day, address, resource, outcome, missing]);
}
