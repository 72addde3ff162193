import { Router } from "express";
import type { EndSession } from "../flow/end-session.ts";
import { PATHS } from "../flow/endpoints.ts";
import { everybodyTold, logoutStatus } from "./logout-finisher.ts";
import type { LogoutMessages } from "./logout-message.ts";
import { refused } from "./message-refused.ts";
import { receiveLogoutRequest, type ReceiveLogoutRequestParts } from "./receive-logout-request.ts";
import type { ReceivedMessage } from "./received-message.ts";
import { type SoapEndpointParts, soapHandlers } from "./soap-endpoint.ts";
import type { Xml } from "./xml/writer.ts";

export interface SloSoapEndpointParts extends ReceiveLogoutRequestParts, SoapEndpointParts {
  readonly applications: ReceiveLogoutRequestParts["applications"];
  readonly endSession: Pick<EndSession, "endQuietly">;
  readonly messages: Pick<LogoutMessages, "soapResponse">;
}

/** POST /saml/slo with text/xml: an application's LogoutRequest by SOAP (SAML Profiles 4.4.3.1). */
export function sloSoapEndpoint(parts: SloSoapEndpointParts): Router {
  const router = Router();
  router.post(
    PATHS.samlSlo,
    soapHandlers(parts, "logout", async (message) => await logOut(parts, message)),
  );
  return router;
}

/**
 * The sessions end here, the others are told on the server where they can be; who can only be told through the browser
 * makes the answer PartialLogout (SAML Core 3.7.3.2). Without a browser nobody can be asked, so a request without a
 * signature is refused (SA-60).
 */
async function logOut(parts: SloSoapEndpointParts, message: ReceivedMessage): Promise<Xml> {
  const { application, requestId, found, sessions, isProven } = await receiveLogoutRequest(message, parts);
  if (!isProven)
    throw refused("saml.unsigned", "a LogoutRequest by SOAP must be signed", "SAML Profiles 4.4.4.1");
  const ids = sessions.map(({ id }) => id);
  const receipts = await parts.endSession.endQuietly(ids, application.id);
  const isPartial = receipts.some((receipt) => !everybodyTold(receipt, application.id));
  const status = logoutStatus({ applicationId: application.id, found, isPartial }, undefined);
  return parts.messages.soapResponse(application, { inResponseTo: requestId, status });
}
