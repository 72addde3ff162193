import type { Request, Router } from "express";
import { PATHS } from "../flow/endpoints.ts";
import type { Outcome } from "../flow/outcome.ts";
import type { Responder } from "../flow/responder.ts";
import type { SignOn } from "../flow/sign-on.ts";
import { browserOf } from "../http/browser.ts";
import type { Log } from "../platform/log.ts";
import { messageEndpoint, type MessageEndpointParts } from "./message-endpoint.ts";
import { receiveAuthnRequest, type ReceiveAuthnRequestParts } from "./receive-authn-request.ts";
import type { ReceivedMessage } from "./received-message.ts";

export interface SsoEndpointParts extends ReceiveAuthnRequestParts, MessageEndpointParts {
  readonly applications: ReceiveAuthnRequestParts["applications"];
  readonly signOn: Pick<SignOn, "start" | "park">;
  readonly responder: Pick<Responder, "refuse">;
  readonly log: Log;
}

/** GET and POST /saml/sso: AuthnRequests by Redirect, by POST and by Artifact (SAML Profiles 4.1.3). */
export function ssoEndpoint(parts: SsoEndpointParts): Router {
  return messageEndpoint(
    PATHS.samlSso,
    "login",
    parts,
    async (message, request) => await carryOut(parts, message, request),
  );
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
  const mayLackCookies = request.method === "POST" && browser.session === undefined;
  return mayLackCookies
    ? await parts.signOn.park(received.request)
    : await parts.signOn.start(received.request, browser);
}
