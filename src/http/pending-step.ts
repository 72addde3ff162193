import type { Request, Response } from "express";
import type { Decision } from "../decision/decision.ts";
import type { Browser } from "../flow/browser.ts";
import { FLOW_PARAMETER, PATHS } from "../flow/endpoints.ts";
import type { PendingStep, SignOn } from "../flow/sign-on.ts";
import { staleFlow } from "../flow/sign-on-problems.ts";
import { browserOf } from "./browser.ts";
import type { Csrf } from "./csrf.ts";
import { queryOf } from "./form-body.ts";
import type { Render } from "./render.ts";
import type { ReplySender } from "./reply-sender.ts";
import type { Account } from "../model/account.ts";
import type { Session } from "../model/session.ts";

/** What each page of a step between the request and the answer needs. */
export interface StepParts {
  readonly signOn: SignOn;
  readonly csrf: Csrf;
  readonly replySender: ReplySender;
  readonly render: Render;
}

/** The parked request whose turn this step is, in the browser of somebody who is logged in. */
export interface FoundStep<K extends Decision["kind"]> {
  readonly flow: string;
  readonly pending: PendingStep & { readonly step: Extract<Decision, { kind: K }> };
  readonly browser: Browser;
  readonly account: Account;
  readonly session: Session;
}

/**
 * Finds the parked request of `?flow=`, if this step is what the shell would do now. Otherwise it has answered already:
 * with the stale page where there is no such request in this browser, and with the way back to the shell where another
 * step is due. A page of a step that is not due is never shown, so none can be entered out of order.
 */
export async function pendingStep<K extends Decision["kind"]>(
  parts: StepParts,
  request: Request,
  response: Response,
  kind: K,
): Promise<FoundStep<K> | undefined> {
  const browser = browserOf(request);
  const { account, session } = browser;
  const flow = queryOf(request).get(FLOW_PARAMETER);
  const pending = flow === undefined ? undefined : await parts.signOn.pending(flow, browser);
  if (flow === undefined || pending === undefined) {
    parts.replySender.outcome(request, response, staleFlow());
    return undefined;
  }
  if (!isDue(pending, kind) || account === undefined || session === undefined) {
    parts.replySender.outcome(request, response, { kind: "go", to: resumePath(flow) });
    return undefined;
  }
  return { flow, pending, browser, account, session };
}

function isDue<K extends Decision["kind"]>(
  pending: PendingStep,
  kind: K,
): pending is PendingStep & { readonly step: Extract<Decision, { kind: K }> } {
  return pending.step.kind === kind;
}

/** Back to the shell, which decides again. */
export function resumePath(flow: string): string {
  return `${PATHS.resume}?${FLOW_PARAMETER}=${encodeURIComponent(flow)}`;
}

/** To the login page for somebody who is logged in as somebody else. */
export function anotherAccountPath(flow: string): string {
  return `${PATHS.login}?${FLOW_PARAMETER}=${encodeURIComponent(flow)}&as=another`;
}
