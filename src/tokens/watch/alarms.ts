import type { AuditTrail } from "../../audit/audit-trail.ts";
import type { ApiToken, TokenOwner } from "../../model/api-token.ts";
import type { CheckedTokenKind } from "../../model/token-use.ts";
import type { TokenRule, TokenRuleAction, TokenWatchPolicy } from "../../model/token-watch.ts";
import type { Clock } from "../../platform/clock.ts";
import { type Random, randomId } from "../../platform/random.ts";
import type { ApiTokenStore, TokenNoticeStore } from "../../storage/api-token-stores.ts";
import type { VolatileStore } from "../../volatile/volatile-store.ts";
import type { Alarm, Evidence } from "./rules.ts";
import type { Throttles } from "./throttles.ts";
import { SHORT_WINDOW_MS } from "./use-windows.ts";

/** Stops API tokens, with the reason and the evidence for the audit trail. False: it was stopped already, or is gone. */
export interface TokenActs {
  suspend(id: string, reason: string, evidence: Evidence): Promise<boolean>;
  revoke(id: string, reason: string, evidence: Evidence): Promise<boolean>;
}

export interface AlarmParts {
  readonly tokens: Pick<ApiTokenStore, "get">;
  readonly notices: Pick<TokenNoticeStore, "insert">;
  readonly acts: TokenActs;
  /** Ends the family of an OAuth access token or the session of an SSO token: they cannot be suspended. */
  readonly endDelegated: (kind: "at" | "sso", id: string, reason: string) => Promise<void>;
  readonly throttles: Throttles;
  readonly volatile: VolatileStore;
  readonly audit: Pick<AuditTrail, "record">;
  readonly policy: () => TokenWatchPolicy;
  readonly clock: Clock;
  readonly random: Random;
}

/** Whose use an alarm is about. */
export interface WatchedToken {
  readonly tokenId: string;
  readonly kind: CheckedTokenKind;
  readonly owner: TokenOwner;
}

export type Done = "notified" | "throttled" | "suspended" | "revoked";

const MINUTE_MS = 60_000;
/** What was told is not told again before that. */
const QUIET_MS = 24 * 60 * MINUTE_MS;

/**
 * Does what the policy says about an alarm, once among all processes: writes it into the audit trail, acts, and tells
 * whoever answers for the token.
 */
export class Alarms {
  readonly #parts: AlarmParts;

  constructor(parts: AlarmParts) {
    this.#parts = parts;
  }

  /** What was done; undefined: nothing, because it is off, done already, or the token is gone. Throws `Unavailable`. */
  async raise(watched: WatchedToken, { rule, evidence }: Alarm): Promise<Done | undefined> {
    const action = this.#parts.policy().rules[rule];
    if (action === "off") return undefined;
    const key = `token-watch:alarm:${rule}:${watched.tokenId}`;
    if (!(await this.#parts.volatile.setIfAbsent(key, action, this.#quietMs(action)))) return undefined;
    try {
      return await this.#act(watched, rule, action, evidence);
    } catch (error) {
      // Nobody would look again: the next flush must.
      await this.#parts.volatile.delete([key]).catch(() => 0);
      throw error;
    }
  }

  /**
   * A token that was stopped and released may be stopped again as soon as the window has forgotten what it was stopped for,
   * or whoever released it could not use it.
   */
  #quietMs(action: TokenRuleAction): number {
    switch (action) {
      case "suspend":
      case "revoke":
        return 2 * SHORT_WINDOW_MS;
      case "throttle":
        return this.#parts.policy().throttleMinutes * MINUTE_MS;
      case "notify":
      case "off":
        return QUIET_MS;
    }
  }

  async #act(
    watched: WatchedToken,
    rule: TokenRule,
    action: Exclude<TokenRuleAction, "off">,
    evidence: Evidence,
  ): Promise<Done | undefined> {
    const { kind, tokenId, owner } = watched;
    const isKept = kind !== "at" && kind !== "sso";
    const token = isKept ? await this.#parts.tokens.get(tokenId) : undefined;
    if (isKept && token === undefined) return undefined;
    if (token !== undefined && rule !== "dead-token" && isStopped(token, action)) return undefined;
    const wanted = token?.state === "revoked" ? "notify" : action;
    await this.#parts.audit.record({
      action: "token.alarm",
      outcome: "success",
      actorId: "system",
      targetKind: "token",
      targetId: tokenId,
      targetName: token?.name ?? kind,
      detail: { rule, action: wanted, ...evidence },
    });
    const done = await this.#do(watched, wanted, rule, evidence);
    const accountId = answeringAccount(token, owner);
    if (done !== undefined && accountId !== undefined)
      await this.#tell(tokenId, accountId, rule, done, evidence);
    return done;
  }

  async #do(
    { tokenId, kind }: WatchedToken,
    action: Exclude<TokenRuleAction, "off">,
    rule: TokenRule,
    evidence: Evidence,
  ): Promise<Done | undefined> {
    const { acts, endDelegated, throttles, policy } = this.#parts;
    const reason = rule === "leaked" ? "leaked" : `rule:${rule}`;
    switch (action) {
      case "notify":
        return "notified";
      case "throttle":
        await throttles.impose(tokenId, policy().throttlePerMinute, policy().throttleMinutes * MINUTE_MS);
        return "throttled";
      case "suspend":
      case "revoke":
        break;
    }
    if (kind === "at" || kind === "sso") {
      await endDelegated(kind, tokenId, reason);
      return "revoked";
    }
    const isDone =
      action === "suspend"
        ? await acts.suspend(tokenId, reason, evidence)
        : await acts.revoke(tokenId, reason, evidence);
    if (!isDone) return undefined;
    return action === "suspend" ? "suspended" : "revoked";
  }

  async #tell(
    tokenId: string,
    accountId: string,
    rule: TokenRule,
    action: Done,
    evidence: Evidence,
  ): Promise<void> {
    const { notices, clock, random } = this.#parts;
    const atMs = clock.nowMs();
    await notices.insert({ id: randomId(random), tokenId, accountId, atMs, rule, action, evidence });
  }
}

/** What is stopped already stays as it is: uses that were counted before that are the echo of what was done. */
function isStopped({ state }: ApiToken, action: TokenRuleAction): boolean {
  return state === "revoked" || (state === "suspended" && action !== "revoke");
}

/** Who is told; nobody, where a delegated token belongs to an application itself. */
function answeringAccount(token: ApiToken | undefined, owner: TokenOwner): string | undefined {
  if (token !== undefined) return token.madeBy;
  return owner.kind === "account" ? owner.id : undefined;
}
