import { type Request, type Response, Router } from "express";
import type { Outcome } from "../flow/outcome.ts";
import { browserOf } from "../http/browser.ts";
import { formBody, rawQuery } from "../http/form-body.ts";
import type { ReplySender } from "../http/reply-sender.ts";
import type { Turns } from "../platform/turns.ts";
import { readArtifactBinding } from "./artifact-binding.ts";
import type { ArtifactResolver } from "./artifact-resolver.ts";
import { POST_FORM_BYTES, readPost } from "./post-binding.ts";
import type { ReceivedMessage } from "./received-message.ts";
import { readRedirect } from "./redirect-binding.ts";
import { reportRefusal, type ReportRefusalParts } from "./report-refusal.ts";
import type { Purpose } from "./saml-problems.ts";

export interface MessageEndpointParts extends ReportRefusalParts {
  readonly replySender: ReplySender;
  readonly resolver: Pick<ArtifactResolver, "resolve">;
  readonly turns: Pick<Turns, "next">;
}

/** What is done with a message that could be read. Throws `MessageRefused`. */
export type TakeMessage = (
  message: ReceivedMessage,
  request: Request,
  response: Response,
) => Promise<Outcome>;

/**
 * One path that takes messages through the browser, by Redirect (GET) and by POST, or an artifact of one by either
 * (SAML Bindings 3.6.3). What is refused, by the reader or by
 * `take`, is written into the audit trail and shown on a page of ours.
 */
export function messageEndpoint(
  path: string,
  purpose: Purpose,
  parts: MessageEndpointParts,
  take: TakeMessage,
): Router {
  const answer = async (
    request: Request,
    response: Response,
    raw: string,
    read: (raw: string) => ReceivedMessage,
  ): Promise<void> => {
    let message: ReceivedMessage | undefined;
    await parts.turns.next();
    try {
      const artifact = readArtifactBinding(raw);
      message = artifact === undefined ? read(raw) : await parts.resolver.resolve(artifact, path);
      parts.replySender.outcome(request, response, await take(message, request, response));
    } catch (error) {
      const problem = reportRefusal(parts, error, message, browserOf(request), purpose);
      parts.replySender.problem(request, response, problem);
    }
  };
  const router = Router();
  router.get(path, async (request, response) => {
    await answer(request, response, rawQuery(request), readRedirect);
  });
  router.post(path, formBody(POST_FORM_BYTES), async (request, response) => {
    await answer(request, response, String(request.body), readPost);
  });
  return router;
}
