import type { LogoutResult } from "../flow/logout-channel.ts";
import { PATHS } from "../flow/endpoints.ts";
import type { SamlApplication } from "../model/application.ts";
import { inResponseTo, logoutResult } from "./logout-response.ts";
import { readHeader } from "./message-header.ts";
import { MessageRefused, type SamlRefusalCode } from "./message-refused.ts";
import type { ReceiveLogoutParts } from "./receive-logout-request.ts";
import {
  authenticate,
  expectMessage,
  issuerOf,
  mustNameDestination,
  type ReceivedMessage,
} from "./received-message.ts";

/** What an application answered to our LogoutRequest. */
export interface LogoutAnswer {
  readonly application: SamlApplication;
  /** The ID of our request. */
  readonly messageId: string;
  readonly result: LogoutResult;
}

const UNPROVEN: readonly SamlRefusalCode[] = ["saml.unsigned", "saml.signature", "saml.signature-algorithm"];

/**
 * Reads a LogoutResponse (SAML Profiles 4.4.3.4). One whose signature is missing or does not fit confirms nothing: it
 * is written down as no confirmation, and the logout goes on, because the person must not be stuck at an application
 * that does not sign. Whoever forges one gains no more than that.
 *
 * Throws `MessageRefused` for everything else that is wrong with it.
 */
export function receiveLogoutResponse(message: ReceivedMessage, parts: ReceiveLogoutParts): LogoutAnswer {
  expectMessage(message, "LogoutResponse");
  try {
    return proven(message, parts);
  } catch (error) {
    const unproven = error instanceof MessageRefused && UNPROVEN.includes(error.code);
    const { element: root } = message;
    const application = unproven ? parts.applications.samlByEntityId(issuerOf(root)) : undefined;
    if (application === undefined) throw error;
    const result = { outcome: "refused", detail: "its answer had no signature that we know" } as const;
    return { application, messageId: inResponseTo(root), result };
  }
}

function proven(message: ReceivedMessage, parts: ReceiveLogoutParts): LogoutAnswer {
  const { root, application } = authenticate(
    message,
    (entityId) => parts.applications.samlByEntityId(entityId),
    (application) => parts.keys.of(application),
    () => true,
  );
  readHeader(root, {
    endpoint: parts.issuer + PATHS.samlSlo,
    isSigned: mustNameDestination(message, true),
    nowMs: parts.clock.nowMs(),
    skewMs: parts.policy.clockSkewMs,
  });
  return { application, messageId: inResponseTo(root), result: logoutResult(root) };
}
