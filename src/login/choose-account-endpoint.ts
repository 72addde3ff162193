import { type Request, type Response, Router } from "express";
import { z } from "zod";
import { PATHS } from "../flow/endpoints.ts";
import { browserOf } from "../http/browser.ts";
import { csrfGuard } from "../http/csrf.ts";
import { formBody, formOf } from "../http/form-body.ts";
import { readForm } from "../http/form-fields.ts";
import { anotherAccountPath, pendingStep, type StepParts } from "../http/pending-step.ts";
import { sendPage } from "../http/reply-sender.ts";

const FORM_LIMIT_BYTES = 4_096;
const chooseForm = z.object({ flow: z.string().max(100) });

/** "Choose an account" (`prompt=select_account`): the one of the session, or another one by a new login. */
export function chooseAccountEndpoint(parts: StepParts): Router {
  const router = Router();
  router.get(PATHS.chooseAccount, async (request, response) => {
    await show(parts, request, response);
  });
  router.post(
    PATHS.chooseAccount,
    formBody(FORM_LIMIT_BYTES),
    csrfGuard(parts.csrf, parts.replySender),
    async (request, response) => {
      const { flow } = readForm(formOf(request), chooseForm);
      parts.replySender.outcome(request, response, await parts.signOn.choose(flow, browserOf(request)));
    },
  );
  return router;
}

async function show(parts: StepParts, request: Request, response: Response): Promise<void> {
  const found = await pendingStep(parts, request, response, "choose-account");
  if (found === undefined) return;
  const { flow, pending, browser, account, session } = found;
  const page = parts.render("choose-account", {
    csrf: parts.csrf.token(browser),
    flow,
    application: pending.application,
    account: { id: account.id, shownName: account.name ?? account.username, email: account.email },
    loggedInSinceMs: session.authentication.instantMs,
    anotherPath: anotherAccountPath(flow),
  });
  sendPage(response, 200, page);
}
