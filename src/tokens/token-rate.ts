import type { ApiToken } from "../model/api-token.ts";
import type { RateState } from "../model/token-use.ts";
import type { VolatileStore } from "../volatile/volatile-store.ts";
import { DAY_MS, type TokenPolicy } from "./token-policy.ts";

const MINUTE_MS = 60_000;

/** How a use counts against what the token may be used. `undefined`: it has no limit, and nothing was counted. */
export type RateVerdict =
  | { readonly kind: "within" | "rate" | "quota"; readonly state: RateState }
  | undefined;

export interface TokenRateParts {
  readonly volatile: Pick<VolatileStore, "increment">;
  readonly policy: TokenPolicy;
  /** A lower rate for a token that the watch slows down. */
  readonly throttled: (tokenId: string) => number | undefined;
}

/**
 * Counts a use in fixed windows: a minute from its first use, and a day of UTC. Only a token with a limit costs a round
 * trip. Throws `Unavailable`: a limit that cannot be counted is not a limit that is kept.
 */
export async function countUse(
  { volatile, policy, throttled }: TokenRateParts,
  { id, kind, limits }: ApiToken,
  nowMs: number,
): Promise<RateVerdict> {
  const perMinute = lowest(limits.perMinute ?? policy.perMinute[kind], throttled(id));
  const { perDay } = limits;
  let state: RateState | undefined;
  if (perMinute !== undefined) {
    const minute = await volatile.increment(`token-minute:${id}`, 1, MINUTE_MS);
    state = stateOf(perMinute, minute.count, minute.resetsInMs);
    if (minute.count > perMinute) return { kind: "rate", state };
  }
  if (perDay !== undefined) {
    const day = Math.floor(nowMs / DAY_MS);
    const resetsInMs = (day + 1) * DAY_MS - nowMs;
    const used = await volatile.increment(`token-day:${id}:${day}`, 1, resetsInMs + MINUTE_MS);
    const daily = stateOf(perDay, used.count, resetsInMs);
    if (used.count > perDay) return { kind: "quota", state: daily };
    state = state === undefined || daily.remaining < state.remaining ? daily : state;
  }
  return state && { kind: "within", state };
}

function stateOf(limit: number, count: number, resetsInMs: number): RateState {
  return { limit, remaining: Math.max(0, limit - count), resetsInMs };
}

function lowest(a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return Math.min(a, b);
}
