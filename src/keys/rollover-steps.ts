import type { KeyRollover } from "../model/settings.ts";
import type { SigningKey } from "./key-ring.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** The `cacheDuration` of our SAML metadata: how often service providers should look again. */
export const METADATA_CACHE_HOURS = 6;
/** What was signed with a retiring key has expired, and caches have been filled anew, after this time. */
export const RETIRING_MS = 7 * DAY_MS;

/**
 * From when on a key may sign without being new to anybody: it was published when it was made, and the slowest reader has
 * come by since. Nobody who keeps to our metadata is slower than its `cacheDuration`.
 */
export function safeToSignAtMs(
  { createdAtMs }: Pick<SigningKey, "createdAtMs">,
  { slowestReaderHours }: KeyRollover,
): number {
  return createdAtMs + Math.max(METADATA_CACHE_HOURS, slowestReaderHours) * HOUR_MS;
}

/** From when on a retiring key may be taken out of metadata and JWKS. */
export function safeToRetireAtMs({ stateSinceMs }: Pick<SigningKey, "stateSinceMs">): number {
  return stateSinceMs + RETIRING_MS;
}

/** When the schedule lets `next` take the place of `active`; undefined where there is no schedule. */
export function dueAtMs(
  active: Pick<SigningKey, "stateSinceMs">,
  next: Pick<SigningKey, "createdAtMs">,
  rollover: KeyRollover,
): number | undefined {
  const { rotateEveryDays } = rollover;
  if (rotateEveryDays === undefined) return undefined;
  return Math.max(active.stateSinceMs + rotateEveryDays * DAY_MS, safeToSignAtMs(next, rollover));
}
