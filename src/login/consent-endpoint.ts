import { type Request, type Response, Router } from "express";
import { z } from "zod";
import { PATHS } from "../flow/endpoints.ts";
import { staleFlow } from "../flow/sign-on-problems.ts";
import { browserOf } from "../http/browser.ts";
import { csrfGuard } from "../http/csrf.ts";
import { formBody, formOf } from "../http/form-body.ts";
import { readForm } from "../http/form-fields.ts";
import { anotherAccountPath, pendingStep, type StepParts } from "../http/pending-step.ts";
import { staleForm } from "../http/problems.ts";
import { sendPage } from "../http/reply-sender.ts";
import type { Application } from "../model/application.ts";
import type { ReleaseRule } from "../model/release.ts";
import { constantTimeEqual } from "../platform/digest.ts";
import { consentLines, type FindResourceScope, shownHash } from "./consent-lines.ts";

export interface ConsentEndpointParts extends StepParts {
  /** The application's release rules with their scopes, or the protocol's default ones where it has none. */
  readonly rulesOf: (application: Application) => readonly ReleaseRule[];
  readonly resourceScope: FindResourceScope;
}

const FORM_LIMIT_BYTES = 8_192;

/** One `allow:<scope>` for each ticked box. */
const consentForm = z
  .object({
    flow: z.string().max(100),
    shown: z.string().max(100),
    answer: z.enum(["allow", "deny"]),
  })
  .loose();

/** The consent page: what an application will receive, with the values, and the two answers side by side. */
export function consentEndpoint(parts: ConsentEndpointParts): Router {
  const router = Router();
  router.get(PATHS.consent, async (request, response) => {
    await show(parts, request, response);
  });
  router.post(
    PATHS.consent,
    formBody(FORM_LIMIT_BYTES),
    csrfGuard(parts.csrf, parts.replySender),
    async (request, response) => {
      await receive(parts, request, response);
    },
  );
  return router;
}

async function show(parts: ConsentEndpointParts, request: Request, response: Response): Promise<void> {
  const found = await pendingStep(parts, request, response, "consent");
  if (found === undefined) return;
  const { flow, pending, browser, account } = found;
  const { application } = pending;
  const lines = consentLines(pending.step, application, account, sourcesOf(parts, application));
  const page = parts.render("consent", {
    csrf: parts.csrf.token(browser),
    flow,
    application,
    account,
    lines,
    shown: shownHash(pending.request, account, lines),
    anotherPath: anotherAccountPath(flow),
    nextHost: hostOf(pending.request.replyTo),
  });
  sendPage(response, 200, page);
}

async function receive(parts: ConsentEndpointParts, request: Request, response: Response): Promise<void> {
  const { replySender, signOn } = parts;
  const browser = browserOf(request);
  const form = readForm(formOf(request), consentForm);
  const pending = await signOn.pending(form.flow, browser);
  if (pending?.step.kind !== "consent" || browser.account === undefined) {
    replySender.outcome(request, response, staleFlow());
    return;
  }
  if (form.answer === "deny") {
    replySender.outcome(request, response, await signOn.refuse(form.flow, browser, "consent-denied"));
    return;
  }
  const { application } = pending;
  const lines = consentLines(pending.step, application, browser.account, sourcesOf(parts, application));
  if (!constantTimeEqual(form.shown, shownHash(pending.request, browser.account, lines))) {
    replySender.problem(request, response, staleForm());
    return;
  }
  const allowed = lines.filter((line) => !line.optional || form[`allow:${line.scope}`] === "on");
  const scopes = allowed.map((line) => line.scope);
  replySender.outcome(request, response, await signOn.allow(form.flow, browser, scopes));
}

function sourcesOf({ rulesOf, resourceScope }: ConsentEndpointParts, application: Application) {
  return { rules: rulesOf(application), resourceScope };
}

/** Where the person goes next: a host, or the scheme of an application on the device. */
function hostOf(address: string): string {
  const url = new URL(address);
  return url.host === "" ? url.protocol : url.host;
}
