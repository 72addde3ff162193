import type { AuditTrail } from "../audit/audit-trail.ts";
import { decide } from "../decision/decide.ts";
import type { Decision } from "../decision/decision.ts";
import type { Account } from "../model/account.ts";
import type { Application, Protocol } from "../model/application.ts";
import type { Grant } from "../model/grant.ts";
import type { SignOnPolicy } from "../model/policy.ts";
import type { RefusalReason } from "../model/refusal.ts";
import type { Session } from "../model/session.ts";
import type { SignOnRequest } from "../model/sign-on-request.ts";
import type { Clock } from "../platform/clock.ts";
import { type Random, randomId } from "../platform/random.ts";
import type { Participants } from "../session/participants.ts";
import type { SessionStore } from "../session/session-store.ts";
import type { GrantStore } from "../storage/stores.ts";
import type { Applications } from "./applications.ts";
import type { Browser } from "./browser.ts";
import { FLOW_PARAMETER, PATHS } from "./endpoints.ts";
import type { Outcome } from "./outcome.ts";
import type { PendingRequests } from "./pending-requests.ts";
import type { Responder } from "./responder.ts";
import { applicationGone, staleFlow } from "./sign-on-problems.ts";

export interface SignOnParts {
  readonly applications: Applications;
  readonly grants: GrantStore;
  readonly participants: Participants;
  readonly sessions: SessionStore;
  readonly pending: PendingRequests;
  readonly responders: Readonly<Record<Protocol, Responder>>;
  readonly audit: AuditTrail;
  readonly policy: SignOnPolicy;
  readonly clock: Clock;
  readonly random: Random;
}

/** A parked request as a step page needs it. `step` is what the shell would do now: a page for another step is stale. */
export interface PendingStep {
  readonly request: SignOnRequest;
  readonly application: Application;
  readonly step: Decision;
}

/**
 * The shell around the decision: it loads what `decide` needs, and either responds or sends the browser to one step.
 * Every step returns here, and the decision is made again from stored facts; steps never route to each other.
 */
export class SignOn {
  readonly #parts: SignOnParts;

  constructor(parts: SignOnParts) {
    this.#parts = parts;
  }

  /** A request that has just come. Where nothing must be asked it is answered at once, and never parked. */
  async start(request: SignOnRequest, browser: Browser): Promise<Outcome> {
    const application = this.#parts.applications.byId(request.applicationId);
    if (application === undefined) return applicationGone();
    return await this.#carryOut(request, application, browser, undefined, undefined);
  }

  /** A cross-site POST brings no SameSite=Lax cookie; the same-site GET that this sends the browser to does. */
  async park(request: SignOnRequest): Promise<Outcome> {
    const flowId = await this.#parts.pending.park(request, undefined);
    return { kind: "go", to: withFlow(PATHS.resume, flowId) };
  }

  /** The way back from each step. */
  async resume(flowId: string, browser: Browser): Promise<Outcome> {
    const found = await this.#read(flowId, browser);
    if (found === undefined) return staleFlow();
    return await this.#carryOut(found.request, found.application, browser, flowId, found.chosenAccountId);
  }

  /** For the step pages; undefined: the page is stale. */
  async pending(flowId: string, browser: Browser): Promise<PendingStep | undefined> {
    const found = await this.#read(flowId, browser);
    if (found === undefined) return undefined;
    const { request, application, chosenAccountId } = found;
    const { decision } = await this.#decide(request, application, browser, chosenAccountId);
    return { request, application, step: decision };
  }

  /** The person picked the session's account on the "choose account" page. */
  async choose(flowId: string, browser: Browser): Promise<Outcome> {
    const found = await this.#read(flowId, browser);
    if (found === undefined || browser.account === undefined) return staleFlow();
    await this.#parts.pending.choose(flowId, browser.account.id);
    return await this.resume(flowId, browser);
  }

  /** The person allowed these scopes, out of those that were asked for. What was on the page and is not here, they declined. */
  async allow(flowId: string, browser: Browser, scopes: readonly string[]): Promise<Outcome> {
    const found = await this.#read(flowId, browser);
    if (found === undefined || browser.account === undefined) return staleFlow();
    const { request, application } = found;
    const { decision } = await this.#decide(request, application, browser, found.chosenAccountId);
    const shown = decision.kind === "consent" ? decision.to : [];
    const allowed = scopes.filter((scope) => request.scopes.includes(scope));
    const declined = shown.filter((scope) => !allowed.includes(scope));
    await this.#parts.grants.allow(
      {
        id: randomId(this.#parts.random),
        accountId: browser.account.id,
        applicationId: application.id,
        scopes: allowed,
        declined,
        answeredRequestId: request.id,
      },
      this.#parts.clock.nowMs(),
    );
    await this.#parts.audit.record({
      ...actor(browser.account, browser),
      ...target(application),
      action: "consent.given",
      outcome: "success",
      detail: { scopes: allowed.join(" "), declined: declined.join(" ") },
    });
    return await this.resume(flowId, browser);
  }

  /** The person said no: "Do not allow", or "Cancel" on the login page. */
  async refuse(flowId: string, browser: Browser, reason: RefusalReason): Promise<Outcome> {
    const found = await this.#read(flowId, browser);
    if (found === undefined || !(await this.#parts.pending.finish(flowId))) return staleFlow();
    return await this.#sendRefusal(found.request, found.application, browser, reason);
  }

  async #read(flowId: string, browser: Browser) {
    if (browser.binding === undefined) return undefined;
    const found = await this.#parts.pending.read(flowId, browser.binding);
    if (found === undefined) return undefined;
    const application = this.#parts.applications.byId(found.request.applicationId);
    return application === undefined ? undefined : { ...found, application };
  }

  async #decide(
    request: SignOnRequest,
    application: Application,
    browser: Browser,
    chosenAccountId: string | undefined,
  ): Promise<{ decision: Decision; grant: Grant | undefined }> {
    const { session, account } = browser;
    const asksConsent = application.consent === "ask" && request.scopes.length > 0;
    const grant =
      asksConsent && account !== undefined
        ? await this.#parts.grants.find(account.id, application.id)
        : undefined;
    const nowMs = this.#parts.clock.nowMs();
    const { policy } = this.#parts;
    const decision = decide({
      session,
      account,
      application,
      request,
      grant,
      chosenAccountId,
      policy,
      nowMs,
    });
    return { decision, grant };
  }

  async #carryOut(
    request: SignOnRequest,
    application: Application,
    browser: Browser,
    flowId: string | undefined,
    chosenAccountId: string | undefined,
  ): Promise<Outcome> {
    const { decision, grant } = await this.#decide(request, application, browser, chosenAccountId);
    switch (decision.kind) {
      case "login":
        return await this.#step(PATHS.login, request, browser, flowId);
      case "choose-account":
        return await this.#step(PATHS.chooseAccount, request, browser, flowId);
      case "step-up":
        return await this.#step(PATHS.stepUp, request, browser, flowId);
      case "consent":
        return await this.#step(PATHS.consent, request, browser, flowId);
      case "refuse":
        if (flowId !== undefined && !(await this.#parts.pending.finish(flowId))) return staleFlow();
        return await this.#sendRefusal(request, application, browser, decision.reason);
      case "respond": {
        if (flowId !== undefined && !(await this.#parts.pending.finish(flowId))) return staleFlow();
        const { session, account } = browser;
        if (session === undefined || account === undefined) return staleFlow();
        return await this.#respond(
          { request, application, account, session, grant, scopes: decision.scopes },
          browser,
        );
      }
    }
  }

  async #step(
    path: string,
    request: SignOnRequest,
    browser: Browser,
    flowId: string | undefined,
  ): Promise<Outcome> {
    const id = flowId ?? (await this.#parts.pending.park(request, browser.binding));
    return { kind: "go", to: withFlow(path, id) };
  }

  async #respond(
    answer: {
      request: SignOnRequest;
      application: Application;
      account: Account;
      session: Session;
      grant: Grant | undefined;
      scopes: readonly string[];
    },
    browser: Browser,
  ): Promise<Outcome> {
    const { application, account, session, request } = answer;
    const made = await this.#parts.responders[request.protocol].respond(answer);
    if ("refused" in made) {
      return await this.#sendRefusal(request, application, browser, made.refused, made.detail);
    }
    const { reply, participant, stored } = made;
    // Recorded before anything is sent, and the session looked up behind it: a logout that runs at the same time
    // either finds this participant, or has ended the session before and nobody is signed on.
    const [, live] = await Promise.all([
      this.#parts.participants.record(session.id, account.id, participant),
      this.#parts.sessions.exists(session.id),
      stored,
    ]);
    if (!live) return staleFlow();
    this.#parts.audit.note({
      ...actor(account, browser),
      ...target(application),
      action: "sign-on.succeeded",
      outcome: "success",
      detail: { protocol: request.protocol, session: session.id },
    });
    return { kind: "send", reply };
  }

  async #sendRefusal(
    request: SignOnRequest,
    application: Application,
    browser: Browser,
    reason: RefusalReason,
    detail?: string,
  ): Promise<Outcome> {
    this.#parts.audit.note({
      ...(browser.account === undefined ? { address: browser.address } : actor(browser.account, browser)),
      ...target(application),
      action: "sign-on.refused",
      outcome: "refused",
      detail: { protocol: request.protocol, reason },
    });
    const reply = await this.#parts.responders[request.protocol].refuse(request, application, reason, detail);
    return { kind: "send", reply };
  }
}

function withFlow(path: string, flowId: string): string {
  return `${path}?${FLOW_PARAMETER}=${flowId}`;
}

function actor(account: Account, browser: Browser) {
  return { actorId: account.id, actorName: account.username, address: browser.address } as const;
}

function target(application: Application) {
  return { targetKind: "application", targetId: application.id, targetName: application.name } as const;
}
