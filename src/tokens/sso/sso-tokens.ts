import { z } from "zod";
import { absoluteEndMs, isLive } from "../../decision/freshness.ts";
import type { Account } from "../../model/account.ts";
import type { SignOnPolicy } from "../../model/policy.ts";
import type { Session } from "../../model/session.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Random } from "../../platform/random.ts";
import type { SessionStore } from "../../session/session-store.ts";
import type { VolatileStore } from "../../volatile/volatile-store.ts";
import { makeToken, readToken } from "../token-format.ts";

/** What is kept of a token: where the record of its session lies, whose end is its own. */
const Stored = z.object({ sessionId: z.string(), cookieHash: z.string(), issuedAtMs: z.number() });

/** A token that stands now, with what it stands on as that is now. */
export interface StandingSsoToken {
  readonly session: Session;
  readonly account: Account;
  readonly issuedAtMs: number;
  /** When the session ends whatever happens; it may end before. */
  readonly expiresAtMs: number;
}

export interface SsoTokensParts {
  readonly volatile: Pick<VolatileStore, "get" | "set">;
  readonly sessions: Pick<SessionStore, "at">;
  readonly accounts: { get(id: string): Promise<Account | undefined> };
  readonly policy: SignOnPolicy;
  readonly clock: Clock;
  readonly random: Random;
}

/**
 * The sessions' own tokens, for applications of one domain (docs/decisions/0007). A token hangs on the very record that
 * the session's cookie opens, so whatever ends or renews that record ends the token, and no second list can be forgotten.
 * Throws `Unavailable`.
 */
export class SsoTokens {
  readonly #parts: SsoTokensParts;

  constructor(parts: SsoTokensParts) {
    this.#parts = parts;
  }

  /** Makes the token of a session that has just begun or been renewed; `cookieHash`: SHA-256 of its cookie's id. */
  async issue(session: Session, cookieHash: string): Promise<string> {
    const { volatile, policy, clock, random } = this.#parts;
    const { text, hash } = makeToken("sso", random);
    const issuedAtMs = clock.nowMs();
    const lifetimeMs = Math.max(1, absoluteEndMs(session, policy) - issuedAtMs);
    const stored: z.infer<typeof Stored> = { sessionId: session.id, cookieHash, issuedAtMs };
    await volatile.set(keyOf(hash), JSON.stringify(stored), lifetimeMs);
    return text;
  }

  /** undefined: not one of ours, or its session has ended, was renewed, or is that of an account that may not log in. */
  async find(text: string): Promise<StandingSsoToken | undefined> {
    const { volatile, sessions, accounts, policy, clock } = this.#parts;
    const read = readToken(text);
    if (read?.kind !== "sso") return undefined;
    const kept = await volatile.get(keyOf(read.hash));
    if (kept === undefined) return undefined;
    const { sessionId, cookieHash, issuedAtMs } = Stored.parse(JSON.parse(kept));
    const session = await sessions.at(sessionId, cookieHash);
    const nowMs = clock.nowMs();
    // The record itself expires at the idle limit; being there, the browser was seen within it.
    if (session === undefined || !isLive({ ...session, lastSeenAtMs: nowMs }, policy, nowMs))
      return undefined;
    const account = await accounts.get(session.accountId);
    if (account?.enabled !== true) return undefined;
    return { session, account, issuedAtMs, expiresAtMs: absoluteEndMs(session, policy) };
  }
}

/** A space of its own: no other kind of token is ever looked for here. */
function keyOf(hash: string): string {
  return `sso:${hash}`;
}
