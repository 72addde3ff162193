import type { AuditTrail } from "../../audit/audit-trail.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Random } from "../../platform/random.ts";
import type { ApiTokenStore } from "../../storage/api-token-stores.ts";
import type { RevocationEvent } from "../revocation-log.ts";
import type { TokenPolicy } from "../token-policy.ts";
import type { DeclaredResources, Owners } from "../token-rights.ts";

/** What every act on tokens is given. */
export interface TokenActParts {
  readonly store: ApiTokenStore;
  readonly owners: Owners;
  readonly resources: DeclaredResources;
  readonly audit: Pick<AuditTrail, "record" | "note">;
  readonly policy: TokenPolicy;
  /**
   * Makes the change known after it is stored: this process forgets what it kept at once, the log for offline caches
   * gets these events, and every other process looks within a second. Throws `Unavailable`: the change is stored, but
   * not everybody knows; the act may be repeated.
   */
  readonly announce: (events: readonly RevocationEvent[]) => Promise<void>;
  readonly clock: Clock;
  readonly random: Random;
}
