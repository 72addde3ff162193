import type { Parts } from "./parts.ts";
import { FALLS_BACK_MS } from "./session/end-again.ts";
import { DAY_MS } from "./tokens/token-policy.ts";
import type { TokenWatch } from "./tokens/watch/token-watch.ts";
import { MOST_KEPT_DAYS } from "./tokens/watch/watch-policy.ts";

const UPKEEP_EVERY_MS = 10 * 60_000;

/** What has expired in the database is swept out; in the volatile store it goes by itself. */
export function startUpkeep(parts: Parts, watch: Pick<TokenWatch, "sweep">): NodeJS.Timeout {
  const run = async () => {
    try {
      await sweep(parts, watch);
    } catch (error) {
      parts.log.warn(
        { error: String(error) },
        "what has expired could not be swept out of the database; tried again in ten minutes",
      );
    }
  };
  return setInterval(() => void run(), UPKEEP_EVERY_MS).unref();
}

/** One round. Throws `Unavailable`. */
export async function sweep({ stores, clock }: Parts, watch: Pick<TokenWatch, "sweep">): Promise<void> {
  const { refreshTokens, spentIds, endedSessions, apiTokens } = stores.durable;
  const nowMs = clock.nowMs();
  await refreshTokens.deleteExpired(nowMs);
  await spentIds.deleteExpired();
  await endedSessions.deleteBefore(nowMs - FALLS_BACK_MS);
  await watch.sweep();
  // As long as what is known about their use, so that a count never stands for a token that nobody can look up.
  await apiTokens.deleteEndedBefore(nowMs - MOST_KEPT_DAYS * DAY_MS);
}
