import { mayEnter } from "../decision/access.ts";
import { isLive } from "../decision/freshness.ts";
import type { Account } from "../model/account.ts";
import type { OidcApplication } from "../model/application.ts";
import type { SignOnPolicy } from "../model/policy.ts";
import type { Clock } from "../platform/clock.ts";
import type { SessionStore } from "../session/session-store.ts";
import type { GrantStore } from "../storage/stores.ts";

/** What tokens of a person stand on. */
export interface TokenBasis {
  readonly accountId: string;
  /** The session that they die with; undefined where `offline_access` was granted. */
  readonly sessionId: string | undefined;
  /** What the person allowed; undefined where the organisation's consent is implied. */
  readonly grantId: string | undefined;
}

export interface TokenStandingParts {
  readonly accounts: { get(id: string): Promise<Account | undefined> };
  readonly sessions: Pick<SessionStore, "exists" | "get">;
  readonly grants: Pick<GrantStore, "get">;
  readonly policy: SignOnPolicy;
  readonly clock: Clock;
}

/**
 * Whether what tokens stand on still stands: the account may log in and may enter this application, the session lives,
 * the grant was not withdrawn. Asked before every issue, because each of them may have ended since the last one.
 */
export class TokenStanding {
  readonly #parts: TokenStandingParts;

  constructor(parts: TokenStandingParts) {
    this.#parts = parts;
  }

  /** The account as it is now; undefined when nothing may be issued any more. */
  async beforeIssue(application: OidcApplication, basis: TokenBasis): Promise<Account | undefined> {
    const { accounts, grants } = this.#parts;
    const { grantId, sessionId } = basis;
    const [account, grant, alive] = await Promise.all([
      accounts.get(basis.accountId),
      grantId === undefined ? undefined : grants.get(grantId),
      sessionId === undefined ? true : this.#isAlive(sessionId),
    ]);
    if (grantId !== undefined && grant === undefined) return undefined;
    return alive ? entitled(account, application) : undefined;
  }

  /** The account as it is now; undefined when it may not log in or not enter this application. No round trip, usually. */
  async account(application: OidcApplication, accountId: string): Promise<Account | undefined> {
    return entitled(await this.#parts.accounts.get(accountId), application);
  }

  /** Right after the sign-on: neither has the session been ended nor the grant been withdrawn since. */
  async holds({ sessionId, grantId }: Omit<TokenBasis, "accountId">): Promise<boolean> {
    const { sessions, grants } = this.#parts;
    const [alive, grant] = await Promise.all([
      sessionId === undefined ? true : sessions.exists(sessionId),
      grantId === undefined ? undefined : grants.get(grantId),
    ]);
    return alive && (grantId === undefined || grant !== undefined);
  }

  /** For the use of an access token, many times in its short life: the session has not been ended. Withdrawn grants leave a mark elsewhere. */
  async atUse(application: OidcApplication, basis: TokenBasis): Promise<Account | undefined> {
    const { accounts, sessions } = this.#parts;
    const [account, alive] = await Promise.all([
      accounts.get(basis.accountId),
      basis.sessionId === undefined ? true : sessions.exists(basis.sessionId),
    ]);
    return alive ? entitled(account, application) : undefined;
  }

  async #isAlive(sessionId: string): Promise<boolean> {
    const { sessions, policy, clock } = this.#parts;
    const session = await sessions.get(sessionId);
    const nowMs = clock.nowMs();
    // The record itself expires at the idle limit; being there, it was seen within it.
    return session !== undefined && isLive({ ...session, lastSeenAtMs: nowMs }, policy, nowMs);
  }
}

function entitled(account: Account | undefined, application: OidcApplication): Account | undefined {
  return account?.enabled === true && mayEnter(account, application) ? account : undefined;
}
