import { Router } from "express";
import { z } from "zod";
import { PATHS } from "../flow/endpoints.ts";
import { browserOf } from "../http/browser.ts";
import { csrfGuard } from "../http/csrf.ts";
import { formBody, formOf } from "../http/form-body.ts";
import { readForm } from "../http/form-fields.ts";
import { pendingStep, type StepParts } from "../http/pending-step.ts";
import { sendPage } from "../http/reply-sender.ts";

const FORM_LIMIT_BYTES = 4_096;
const stepUpForm = z.object({ flow: z.string().max(100) });

/** An application asks for more than a password. There is no second factor yet: the page says so, and leads back. */
export function stepUpEndpoint(parts: StepParts): Router {
  const router = Router();
  router.get(PATHS.stepUp, async (request, response) => {
    const found = await pendingStep(parts, request, response, "step-up");
    if (found === undefined) return;
    const { flow, pending, browser } = found;
    const { application } = pending;
    sendPage(response, 200, parts.render("step-up", { csrf: parts.csrf.token(browser), flow, application }));
  });
  router.post(
    PATHS.stepUp,
    formBody(FORM_LIMIT_BYTES),
    csrfGuard(parts.csrf, parts.replySender),
    async (request, response) => {
      const { flow } = readForm(formOf(request), stepUpForm);
      const outcome = await parts.signOn.refuse(flow, browserOf(request), "step-up-required");
      parts.replySender.outcome(request, response, outcome);
    },
  );
  return router;
}
