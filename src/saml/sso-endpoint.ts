import { type Request, type Response, Router } from "express";
import type { AuditTrail } from "../audit/audit-trail.ts";
import { PATHS } from "../flow/endpoints.ts";
import type { Outcome } from "../flow/outcome.ts";
import type { Responder } from "../flow/responder.ts";
import type { SignOn } from "../flow/sign-on.ts";
import { browserOf } from "../http/browser.ts";
import { formBody, rawQuery } from "../http/form-body.ts";
import type { ReplySender } from "../http/reply-sender.ts";
import type { Log } from "../platform/log.ts";
import { POST_FORM_BYTES, readPost } from "./post-binding.ts";
import { receiveAuthnRequest, type ReceiveAuthnRequestParts } from "./receive-authn-request.ts";
import type { ReceivedMessage } from "./received-message.ts";
import { readRedirect } from "./redirect-binding.ts";
import { reportRefusal } from "./report-refusal.ts";

export interface SsoEndpointParts extends ReceiveAuthnRequestParts {
  readonly signOn: Pick<SignOn, "start" | "park">;
  readonly responder: Pick<Responder, "refuse">;
  readonly replySender: ReplySender;
  readonly audit: AuditTrail;
  readonly log: Log;
}

/** GET and POST /saml/sso: AuthnRequests by Redirect and by POST (SAML Profiles 4.1.3). */
export function ssoEndpoint(parts: SsoEndpointParts): Router {
  const router = Router();
  router.get(PATHS.samlSso, async (request, response) => {
    await answer(parts, request, response, () => readRedirect(rawQuery(request)));
  });
  router.post(PATHS.samlSso, formBody(POST_FORM_BYTES), async (request, response) => {
    await answer(parts, request, response, () => readPost(String(request.body)));
  });
  return router;
}

async function answer(
  parts: SsoEndpointParts,
  request: Request,
  response: Response,
  read: () => ReceivedMessage,
): Promise<void> {
  let message: ReceivedMessage | undefined;
  try {
    message = read();
    const outcome = await carryOut(parts, message, request);
    parts.replySender.outcome(request, response, outcome);
  } catch (error) {
    const problem = reportRefusal(parts, error, message, browserOf(request), "login");
    parts.replySender.problem(request, response, problem);
  }
}

async function carryOut(
  parts: SsoEndpointParts,
  message: ReceivedMessage,
  request: Request,
): Promise<Outcome> {
  const browser = browserOf(request);
  const received = await receiveAuthnRequest(message, browser, parts);
  for (const warning of message.warnings) {
    parts.log.warn(
      { application: received.application.id, warning },
      "saml: a message was read in spite of a fault",
    );
  }
  if (received.refuse !== undefined) {
    const { reason, detail } = received.refuse;
    const { request: signOn, application } = received;
    return { kind: "send", reply: await parts.responder.refuse(signOn, application, reason, detail) };
  }
  // A POST of another site brought no Lax cookie: whether there is a session shows at a GET of ours (SAML Bindings 3.5).
  const mayLackCookies = message.binding === "post" && browser.session === undefined;
  return mayLackCookies
    ? await parts.signOn.park(received.request)
    : await parts.signOn.start(received.request, browser);
}
