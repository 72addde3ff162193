import type { Response, Router } from "express";
import type { Browser } from "../flow/browser.ts";
import type { EndSession } from "../flow/end-session.ts";
import { PATHS } from "../flow/endpoints.ts";
import type { LogoutRunner } from "../flow/logout-run.ts";
import type { Outcome } from "../flow/outcome.ts";
import { browserOf } from "../http/browser.ts";
import { allowFraming } from "../http/logout-run-endpoint.ts";
import type { KeyUseNotes } from "../keys/key-use-notes.ts";
import type { Session } from "../model/session.ts";
import { everybodyTold, type SamlLogoutWire } from "./logout-finisher.ts";
import { refused } from "./message-refused.ts";
import { messageEndpoint, type MessageEndpointParts } from "./message-endpoint.ts";
import {
  receiveLogoutRequest,
  type ReceiveLogoutRequestParts,
  type ReceivedLogout,
} from "./receive-logout-request.ts";
import { receiveLogoutResponse } from "./receive-logout-response.ts";
import type { ReceivedMessage } from "./received-message.ts";

export interface SloEndpointParts extends ReceiveLogoutRequestParts, MessageEndpointParts {
  readonly applications: ReceiveLogoutRequestParts["applications"];
  readonly endSession: Pick<EndSession, "begin" | "ask" | "endQuietly">;
  readonly runner: Pick<LogoutRunner, "answered" | "proceed">;
  readonly keyUse?: Pick<KeyUseNotes, "accepted"> | undefined;
}

/**
 * GET and POST /saml/slo: an application's LogoutRequest, and its LogoutResponse to ours, by Redirect, by POST and by
 * Artifact (SAML Profiles 4.4).
 */
export function sloEndpoint(parts: SloEndpointParts): Router {
  return messageEndpoint(PATHS.samlSlo, "logout", parts, async (message, request, response) =>
    message.element.localName === "LogoutResponse"
      ? await takeResponse(parts, message, response)
      : await takeRequest(parts, message, browserOf(request)),
  );
}

/**
 * A POST of another site brings no cookie, and a second browser of the person is somewhere else: the sessions are found
 * by what the application was told. This browser's own, where it is among them, goes through the visible logout;
 * otherwise the newest, which is most likely its own.
 */
async function takeRequest(
  parts: SloEndpointParts,
  message: ReceivedMessage,
  browser: Browser,
): Promise<Outcome> {
  const received = await receiveLogoutRequest(message, parts);
  const { sessions } = received;
  if (!received.isProven) return await askPerson(parts, message, received, browser);
  const [newest] = sessions.toSorted((a, b) => b.authentication.instantMs - a.authentication.instantMs);
  const visible = sessions.find(({ id }) => id === browser.session?.id) ?? newest;
  const isPartial = await endOthers(parts, received, visible);
  const initiator = initiatorOf(message, received, isPartial);
  return await parts.endSession.begin({ session: visible, browser, initiator });
}

/**
 * A LogoutRequest without a signature proves nothing: any page could have made it, so by itself it ends nothing (SA-60).
 * Some service providers sign none. Where it names the very session of this browser, the person is asked, as after a
 * click on "log out"; the answer goes to the registered address. Otherwise it is refused.
 */
async function askPerson(
  parts: SloEndpointParts,
  message: ReceivedMessage,
  received: ReceivedLogout,
  browser: Browser,
): Promise<Outcome> {
  if (!received.sessions.some(({ id }) => id === browser.session?.id)) {
    throw refused(
      "saml.unsigned",
      "no signature came, and the session it names is not this browser's",
      "SAML Core 5",
    );
  }
  return await parts.endSession.ask(initiatorOf(message, received, false), browser.session);
}

function initiatorOf(message: ReceivedMessage, received: ReceivedLogout, isPartial: boolean) {
  const { id: applicationId } = received.application;
  const { relayState } = message;
  const binding = message.binding === "post" ? "post" : "redirect";
  const { requestId, found } = received;
  const wire: SamlLogoutWire = { applicationId, requestId, relayState, binding, found, isPartial };
  return { applicationId, finish: { protocol: "saml", wire } } as const;
}

async function endOthers(
  parts: SloEndpointParts,
  { sessions, application }: ReceivedLogout,
  visible: Session | undefined,
): Promise<boolean> {
  const others = sessions.filter((session) => session !== visible).map(({ id }) => id);
  if (others.length === 0) return false;
  const receipts = await parts.endSession.endQuietly(others, application.id);
  return receipts.some((receipt) => !everybodyTold(receipt, application.id));
}

/** The answer to a message of ours: in the frame that it was loaded in, or on the way through the applications. */
async function takeResponse(
  parts: SloEndpointParts,
  message: ReceivedMessage,
  response: Response,
): Promise<Outcome> {
  const { application, messageId, result } = receiveLogoutResponse(message, parts);
  const waiting = await parts.runner.answered(messageId, application.id, result);
  if (waiting === undefined) {
    throw refused("saml.unexpected-response", "InResponseTo names no request that waits", "SAML Core 3.2.2");
  }
  if (result.outcome === "signed-out" && waiting.signedWith !== undefined) {
    parts.keyUse?.accepted(application.id, waiting.signedWith, "logout-answered");
  }
  if (!waiting.inFrame) return await parts.runner.proceed(waiting.runId);
  allowFraming(response);
  const body = "The application has answered.\n";
  return {
    kind: "send",
    reply: { kind: "body", status: 200, contentType: "text/plain; charset=utf-8", body },
  };
}
