import { Router } from "express";
import { PATHS } from "../flow/endpoints.ts";
import type { SignOn } from "../flow/sign-on.ts";
import { browserOf } from "../http/browser.ts";
import { queryOf } from "../http/form-body.ts";
import type { ReplySender } from "../http/reply-sender.ts";
import { reportRefusal, type ReportRefusalParts } from "./report-refusal.ts";
import { readStartRequest, type StartRequestParts } from "./start-request.ts";

export interface StartEndpointParts extends Omit<ReportRefusalParts, "applications"> {
  readonly applications: ReportRefusalParts["applications"] & StartRequestParts["applications"];
  readonly signOn: Pick<SignOn, "start">;
  readonly replySender: ReplySender;
  readonly clock: StartRequestParts["clock"];
  readonly random: StartRequestParts["random"];
}

/**
 * GET /saml/sso/start?app=ID[&RelayState=…]: a sign-on that begins at "my applications" (SAML Profiles 4.1.5). Another
 * site can send a browser here as it can to the application's own login, and gains no more by it: the answer is about
 * whoever is logged in, and goes to the registered address.
 */
export function startEndpoint(parts: StartEndpointParts): Router {
  const router = Router();
  router.get(PATHS.samlStart, async (request, response) => {
    const browser = browserOf(request);
    try {
      const signOn = readStartRequest(queryOf(request), parts);
      parts.replySender.outcome(request, response, await parts.signOn.start(signOn, browser));
    } catch (error) {
      const problem = reportRefusal(parts, error, undefined, browser, "login");
      parts.replySender.problem(request, response, problem);
    }
  });
  return router;
}
