import type { EndSession } from "./flow/end-session.ts";
import type { Parts } from "./parts.ts";
import { endedBy } from "./token-feed.ts";

/** What the administrators' acts are given in a server: a change is in force here at once, elsewhere within a second. */
export function actParts(parts: Parts, endSession: EndSession) {
  const { applications, settings, accounts, signingKeys, sessions, versions, hasher, audit, clock, random } =
    parts;
  const refresh = {
    applications: async () => await applications.reload(),
    accounts: async () => await Promise.resolve(accounts.invalidate()),
    keys: async () => await signingKeys.load(),
    settings: async () => await settings.reload(),
    resources: async () => await parts.resources.reload(),
  };
  return {
    store: parts.stores.durable,
    hasher,
    audit,
    clock,
    random,
    announce: async (changed: keyof typeof refresh, touched?: string) => {
      // Here first: what was switched off is closed in this process even while the volatile store is away.
      await refresh[changed]();
      await versions.bump(changed);
      await parts.tokens.note(endedBy(parts, changed, touched));
    },
    endSessions: async (accountId: string) => {
      const live = await sessions.listByAccount(accountId);
      return (await endSession.endQuietly(live.map(({ id }) => id))).length;
    },
  };
}
