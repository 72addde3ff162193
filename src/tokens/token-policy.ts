import type { ApiTokenKind } from "../model/api-token.ts";

/** Limits that hold for every API token of a kind. Times are milliseconds. */
export interface TokenPolicy {
  /** No token of the kind lives longer from the moment when it is made; an expiry is required. */
  readonly longestLifeMs: Readonly<Record<ApiTokenKind, number>>;
  /** A token is said to expire soon when less than this is left of its life. */
  readonly warnBeforeMs: number;
  /** After a rotation the old token works on for this long at most. */
  readonly longestOverlapMs: number;
  /** What makes a secret, or brings a suspended token back, needs a login that is not older. */
  readonly freshLoginMs: number;
  /** Uses in a minute for tokens that have no limit of their own; absent: no limit. */
  readonly perMinute: Readonly<Partial<Record<ApiTokenKind, number>>>;
  /** Live tokens that one owner may have. */
  readonly mostPerOwner: number;
}

const MINUTE = 60_000;
export const DAY_MS = 24 * 60 * MINUTE;
/** A year and the day of a leap year: whatever a policy says, nothing lives longer. */
export const LONGEST_LIFE_MS = 366 * DAY_MS;

export const DEFAULT_TOKEN_POLICY: TokenPolicy = {
  longestLifeMs: { pat: 90 * DAY_MS, key: 365 * DAY_MS, svc: 365 * DAY_MS },
  warnBeforeMs: 7 * DAY_MS,
  longestOverlapMs: 30 * DAY_MS,
  freshLoginMs: 5 * MINUTE,
  perMinute: {},
  mostPerOwner: 200,
};

/** The longest life of a kind, never beyond `LONGEST_LIFE_MS`. */
export function longestLifeMs(policy: TokenPolicy, kind: ApiTokenKind): number {
  return Math.min(policy.longestLifeMs[kind], LONGEST_LIFE_MS);
}
