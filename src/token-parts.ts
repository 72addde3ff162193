import type { Accounts } from "./account/accounts.ts";
import type { AuditTrail } from "./audit/audit-trail.ts";
import type { Applications } from "./flow/applications.ts";
import type { Resources } from "./flow/resources.ts";
import type { Settings } from "./flow/settings.ts";
import type { Clock } from "./platform/clock.ts";
import type { Random } from "./platform/random.ts";
import type { Stores } from "./storage/open-stores.ts";
import { ApiTokens } from "./tokens/api-tokens.ts";
import { RevocationFeed } from "./tokens/revocation-feed.ts";
import { RevocationLog, type RevocationEvent } from "./tokens/revocation-log.ts";
import { TokenCache } from "./tokens/token-cache.ts";
import type { TokenPolicy } from "./tokens/token-policy.ts";
import type { Owners } from "./tokens/token-rights.ts";
import { tokenPolicyOf } from "./tokens/token-rules.ts";
import type { Versions } from "./volatile/versions.ts";

/** What API tokens stand on. */
export interface TokenFoundation {
  readonly stores: Stores;
  readonly accounts: Accounts;
  readonly applications: Applications;
  readonly resources: Resources;
  readonly settings: Pick<Settings, "tokenRules">;
  readonly audit: AuditTrail;
  readonly versions: Versions;
  readonly clock: Clock;
  readonly random: Random;
}

/** The parts of API tokens that the server and the command share. */
export interface TokenParts {
  readonly policy: TokenPolicy;
  readonly owners: Owners;
  readonly apiTokens: ApiTokens;
  readonly cache: TokenCache;
  /** For the APIs that keep answers about tokens. */
  readonly feed: RevocationFeed;
  /** Makes events known to them; in every process of ours they must hold already. Throws `Unavailable`. */
  readonly note: (events: readonly RevocationEvent[]) => Promise<void>;
  /** The same for API tokens, whose records are kept in memory: here at once, in every process within a second. */
  readonly announce: (events: readonly RevocationEvent[]) => Promise<void>;
}

export function openTokens(foundation: TokenFoundation): TokenParts {
  const { stores, accounts, applications, resources, settings, audit, versions, clock, random } = foundation;
  const policy = tokenPolicyOf(() => settings.tokenRules());
  const store = stores.durable.apiTokens;
  const cache = new TokenCache(store);
  const log = new RevocationLog(stores.volatile, clock);
  const feed = new RevocationFeed({ log, currency: versions, clock });
  const owners: Owners = {
    account: async (id) => await accounts.get(id),
    application: (id) => applications.byId(id),
  };
  versions.watch("tokens", async () => await Promise.resolve(cache.clear()));
  versions.watch("revocations", async () => await feed.look());
  const note = async (events: readonly RevocationEvent[]) => {
    if (events.length === 0) return;
    await log.append(events);
    await versions.bump("revocations");
    // It is written down, and that is what counts: a look that fails is repeated at the next tick.
    await feed.look().catch(() => undefined);
  };
  const announce = async (events: readonly RevocationEvent[]) => {
    // Here first: a revoked token opens nothing in this process, even while the volatile store is away.
    cache.clear();
    await versions.bump("tokens");
    await note(events);
  };
  const apiTokens = new ApiTokens({
    store,
    owners,
    resources,
    audit,
    policy,
    announce,
    clock,
    random,
  });
  return { policy, owners, apiTokens, cache, feed, note, announce };
}
