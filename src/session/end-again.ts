import type { Clock } from "../platform/clock.ts";
import type { EndedSessionStore } from "../storage/stores.ts";
import type { SessionStore } from "./session-store.ts";

/** How far back a volatile store may fall: a replica by seconds, a server that was started from its file by more. */
export const FALLS_BACK_MS = 60 * 60_000;
const AT_ONCE = 100;

/**
 * Ends once more every session that ended within the last hour. For a volatile store that may have lost its last writes
 * (docs/decisions/0004): in it, somebody who logged out would be logged in again. Throws `Unavailable`.
 */
export async function endAgain(
  ended: Pick<EndedSessionStore, "since">,
  sessions: Pick<SessionStore, "end">,
  clock: Clock,
): Promise<void> {
  const all = await ended.since(clock.nowMs() - FALLS_BACK_MS);
  for (let from = 0; from < all.length; from += AT_ONCE) {
    const some = all.slice(from, from + AT_ONCE);
    await Promise.all(some.map(async ({ sessionId, accountId }) => await sessions.end(sessionId, accountId)));
  }
}
