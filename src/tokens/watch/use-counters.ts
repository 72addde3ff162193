import type { TokenOwner } from "../../model/api-token.ts";
import type { CheckedTokenKind, TokenUseSeen } from "../../model/token-use.ts";
import { OTHER } from "../../storage/api-token-stores.ts";

/** Uses of one token that differ in nothing that is counted. */
export interface CountedUse {
  readonly tokenId: string;
  readonly kind: CheckedTokenKind;
  readonly owner: TokenOwner;
  /** Days since 1970, UTC. */
  readonly day: number;
  readonly address: string | undefined;
  readonly resource: string | undefined;
  readonly outcome: TokenUseSeen["outcome"];
  /** Scopes that these uses lacked. */
  readonly missing: readonly string[];
  count: number;
  lastMs: number;
}

export const DAY_MS = 86_400_000;
/** Rows of one token between two flushes; further addresses are one. */
const MOST_ROWS_A_TOKEN = 200;
const LONGEST_TEXT = 200;
const MOST_MISSING = 10;

/**
 * Counts uses in memory. This runs in every verification: a use like the last one of its token costs one look-up and a
 * few comparisons, and allocates nothing.
 */
export class UseCounters {
  readonly #mostRows: number;
  #tokens = new Map<string, CountedUse[]>();
  #rows = 0;
  #dropped = 0;

  constructor(mostRows: number) {
    this.#mostRows = mostRows;
  }

  count(use: TokenUseSeen): void {
    const rows = this.#tokens.get(use.tokenId);
    if (rows === undefined) {
      this.#begin(use);
      return;
    }
    const day = Math.floor(use.atMs / DAY_MS);
    for (let index = rows.length - 1; index >= 0; index--) {
      const row = rows[index];
      if (row !== undefined && isLike(row, use, day)) {
        row.count++;
        row.lastMs = use.atMs;
        return;
      }
    }
    this.#add(rows, use, day);
  }

  /** What was counted since the last call, and how many uses there was no room for. */
  take(): { readonly rows: readonly CountedUse[]; readonly dropped: number } {
    const rows = [...this.#tokens.values()].flat();
    const dropped = this.#dropped;
    this.#tokens = new Map();
    this.#rows = 0;
    this.#dropped = 0;
    return { rows, dropped };
  }

  #begin(use: TokenUseSeen): void {
    if (this.#rows >= this.#mostRows) {
      this.#dropped++;
      return;
    }
    const rows: CountedUse[] = [];
    this.#tokens.set(use.tokenId, rows);
    this.#add(rows, use, Math.floor(use.atMs / DAY_MS));
  }

  #add(rows: CountedUse[], use: TokenUseSeen, day: number): void {
    if (rows.length < MOST_ROWS_A_TOKEN && this.#rows < this.#mostRows) {
      rows.push(rowOf(use, day));
      this.#rows++;
      return;
    }
    const rest = rows.find(({ address, outcome }) => address === OTHER && outcome === use.outcome);
    if (rest !== undefined) {
      rest.count++;
      rest.lastMs = use.atMs;
    } else if (rows.length < MOST_ROWS_A_TOKEN * 2) {
      rows.push(rowOf({ ...use, address: OTHER, resource: OTHER }, day));
    } else {
      this.#dropped++;
    }
  }
}

function isLike(row: CountedUse, use: TokenUseSeen, day: number): boolean {
  return (
    row.address === use.address &&
    row.outcome === use.outcome &&
    row.day === day &&
    row.resource === use.resource &&
    (use.missing === undefined || isSame(row.missing, use.missing))
  );
}

function isSame(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((text, index) => text === other[index]);
}

/** What a caller wrote is cut: it must not fill the memory. */
function rowOf({ tokenId, kind, owner, atMs, outcome, ...told }: TokenUseSeen, day: number): CountedUse {
  return {
    tokenId,
    kind,
    owner,
    day,
    address: told.address?.slice(0, LONGEST_TEXT),
    resource: told.resource?.slice(0, LONGEST_TEXT),
    outcome,
    missing: (told.missing ?? []).slice(0, MOST_MISSING).map((scope) => scope.slice(0, LONGEST_TEXT)),
    count: 1,
    lastMs: atMs,
  };
}
