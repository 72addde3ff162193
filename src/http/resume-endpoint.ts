import type { RequestHandler } from "express";
import { FLOW_PARAMETER } from "../flow/endpoints.ts";
import type { SignOn } from "../flow/sign-on.ts";
import { browserOf } from "./browser.ts";
import { queryOf } from "./form-body.ts";
import type { ReplySender } from "./reply-sender.ts";

/** GET /resume?flow=ID: the way back to the shell from every step, and out of a cross-site POST. */
export function resumeEndpoint(parts: { signOn: SignOn; replySender: ReplySender }): RequestHandler {
  return async (request, response) => {
    const flowId = queryOf(request).get(FLOW_PARAMETER) ?? "";
    parts.replySender.outcome(request, response, await parts.signOn.resume(flowId, browserOf(request)));
  };
}
