import { type Request, type Response, Router } from "express";
import type { Outcome } from "../flow/outcome.ts";
import { browserOf } from "../http/browser.ts";
import { formBody, rawQuery } from "../http/form-body.ts";
import type { ReplySender } from "../http/reply-sender.ts";
import { POST_FORM_BYTES, readPost } from "./post-binding.ts";
import type { ReceivedMessage } from "./received-message.ts";
import { readRedirect } from "./redirect-binding.ts";
import { reportRefusal, type ReportRefusalParts } from "./report-refusal.ts";
import type { Purpose } from "./saml-problems.ts";

export interface MessageEndpointParts extends ReportRefusalParts {
  readonly replySender: ReplySender;
}

/** What is done with a message that could be read. Throws `MessageRefused`. */
export type TakeMessage = (
  message: ReceivedMessage,
  request: Request,
  response: Response,
) => Promise<Outcome>;

/**
 * One path that takes messages through the browser, by Redirect (GET) and by POST. What is refused, by the reader or by
 * `take`, is written into the audit trail and shown on a page of ours.
 */
export function messageEndpoint(
  path: string,
  purpose: Purpose,
  parts: MessageEndpointParts,
  take: TakeMessage,
): Router {
  const answer = async (request: Request, response: Response, read: () => ReceivedMessage): Promise<void> => {
    let message: ReceivedMessage | undefined;
    try {
      message = read();
      parts.replySender.outcome(request, response, await take(message, request, response));
    } catch (error) {
      const problem = reportRefusal(parts, error, message, browserOf(request), purpose);
      parts.replySender.problem(request, response, problem);
    }
  };
  const router = Router();
  router.get(path, async (request, response) => {
    await answer(request, response, () => readRedirect(rawQuery(request)));
  });
  router.post(path, formBody(POST_FORM_BYTES), async (request, response) => {
    await answer(request, response, () => readPost(String(request.body)));
  });
  return router;
}
