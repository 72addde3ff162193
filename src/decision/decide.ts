import type { Account } from "../model/account.ts";
import type { Application } from "../model/application.ts";
import type { Grant } from "../model/grant.ts";
import type { SignOnPolicy } from "../model/policy.ts";
import type { Session } from "../model/session.ts";
import type { SignOnRequest } from "../model/sign-on-request.ts";
import { mayEnter } from "./access.ts";
import { acceptable, satisfies } from "./authn-context.ts";
import { consentState } from "./consent.ts";
import type { Decision } from "./decision.ts";
import { isFresh, isLive, servedThis } from "./freshness.ts";

/** Everything that a decision depends on; nothing else is looked at. */
export interface DecisionInput {
  readonly session: Session | undefined;
  /** The session's account as it is now; undefined when it no longer exists. */
  readonly account: Account | undefined;
  readonly application: Application;
  readonly request: SignOnRequest;
  /** What this account allowed this application so far. */
  readonly grant: Grant | undefined;
  /** The account that the person picked for this request on the "choose account" page. */
  readonly chosenAccountId?: string | undefined;
  readonly policy: SignOnPolicy;
  readonly nowMs: number;
}

/**
 * The one decision for both protocols. Pure: no clock, no I/O. Its order: is the application usable, is there a live
 * session, is it fresh enough, strong enough, is this account allowed, is consent given. A silent request is treated
 * once, at the end: a step that may not be shown becomes a refusal with that step's reason.
 */
export function decide(input: DecisionInput): Decision {
  const decision = decideAloud(input);
  return input.request.silent ? silenced(decision) : decision;
}

function decideAloud(input: DecisionInput): Decision {
  const { application, session, account, request } = input;
  if (!application.enabled) return { kind: "refuse", reason: "application-disabled" };
  const login = loginNeeded(input);
  if (login !== undefined) return login;
  if (session === undefined || account === undefined) return { kind: "login", why: "no-session" };
  if (request.selectAccount && input.chosenAccountId !== account.id && !servedThis(session, request)) {
    return { kind: "choose-account" };
  }
  return strengthNeeded(input, session) ?? allowedOrAsked(input, account);
}

function loginNeeded(input: DecisionInput): Decision | undefined {
  const { session, account, request, policy, nowMs } = input;
  if (session === undefined || account === undefined) return { kind: "login", why: "no-session" };
  if (!isLive(session, policy, nowMs)) return { kind: "login", why: "expired" };
  // A switched-off account has no session: its owner meets the login page, which refuses without a difference.
  if (!account.enabled) return { kind: "login", why: "no-session" };
  if (request.expectedAccountId !== undefined && request.expectedAccountId !== account.id) {
    return { kind: "login", why: "another-account" };
  }
  if (servedThis(session, request)) return undefined;
  if (request.reauthenticate) return { kind: "login", why: "forced" };
  if (!isFresh(session, request, nowMs)) return { kind: "login", why: "max-age" };
  return undefined;
}

function strengthNeeded(input: DecisionInput, session: Session): Decision | undefined {
  const requested = input.request.requestedContext;
  if (requested === undefined || satisfies(session.authentication.context, requested)) return undefined;
  const reachable = acceptable(requested).filter((context) =>
    input.policy.availableContexts.includes(context),
  );
  if (reachable.length > 0) return { kind: "step-up", to: reachable };
  return requested.essential ? { kind: "refuse", reason: "context-not-possible" } : undefined;
}

function allowedOrAsked(input: DecisionInput, account: Account): Decision {
  if (!mayEnter(account, input.application)) return { kind: "refuse", reason: "access-denied" };
  const consent = consentState(input.application, input.request, input.grant);
  if (consent.missing.length > 0) {
    const declined = consent.missing.filter((scope) => input.grant?.declined?.includes(scope) === true);
    return { kind: "consent", to: consent.missing, ...(declined.length === 0 ? {} : { declined }) };
  }
  return { kind: "respond", scopes: consent.released };
}

function silenced(decision: Decision): Decision {
  switch (decision.kind) {
    case "login":
      return { kind: "refuse", reason: "login-required" };
    case "choose-account":
      return { kind: "refuse", reason: "account-selection-required" };
    case "step-up":
      return { kind: "refuse", reason: "step-up-required" };
    case "consent":
      return { kind: "refuse", reason: "consent-required" };
    case "respond":
    case "refuse":
      return decision;
  }
}
