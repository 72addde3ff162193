import type { KeyObject } from "node:crypto";
import { PATHS } from "../flow/endpoints.ts";
import type { SamlApplication } from "../model/application.ts";
import type { SignOnPolicy } from "../model/policy.ts";
import type { Session } from "../model/session.ts";
import type { Clock } from "../platform/clock.ts";
import type { Participants } from "../session/participants.ts";
import type { SessionStore } from "../session/session-store.ts";
import type { SpentIdStore } from "../storage/stores.ts";
import type { KeyEvidence } from "./key-evidence.ts";
import { type LogoutRequest, readLogoutRequest } from "./logout-request.ts";
import { longestLifeMs, readHeader } from "./message-header.ts";
import { refused } from "./message-refused.ts";
import { type NameId, nameIdOf } from "./name-id.ts";
import type { NameIdentifier } from "./name-identifier.ts";
import { NAME_ID } from "./namespaces.ts";
import {
  authenticate,
  expectMessage,
  mustNameDestination,
  type ReceivedMessage,
} from "./received-message.ts";

export interface ReceiveLogoutParts {
  readonly issuer: string;
  readonly applications: { samlByEntityId(entityId: string): SamlApplication | undefined };
  readonly keys: { of(application: SamlApplication): readonly KeyObject[] };
  readonly policy: SignOnPolicy;
  readonly clock: Clock;
}

export interface ReceiveLogoutRequestParts extends ReceiveLogoutParts {
  readonly participants: Participants;
  readonly sessions: SessionStore;
  readonly spentIds: Pick<SpentIdStore, "spend">;
  readonly evidence?: Pick<KeyEvidence, "sessionNamed"> | undefined;
}

/** A LogoutRequest that will be answered, and the sessions that it is about. */
export interface ReceivedLogout {
  readonly application: SamlApplication;
  readonly requestId: string;
  readonly found: "sessions" | "nobody" | "encrypted";
  readonly sessions: readonly Session[];
  /** False: nothing proves that the application sent it, so it may do no more than ask the person. */
  readonly isProven: boolean;
}

/**
 * From a message to the sessions that must end: only the application itself may end them, under its signature, for
 * people whom it knows by the very name that it was given, once, and in time (SAML Profiles 4.4.3.1). One without a
 * signature is read too, where the application need not sign, and says so.
 *
 * Throws `MessageRefused`; an application that knows nobody of that name is no refusal, it gets its answer.
 */
export async function receiveLogoutRequest(
  message: ReceivedMessage,
  parts: ReceiveLogoutRequestParts,
): Promise<ReceivedLogout> {
  expectMessage(message, "LogoutRequest");
  const { root, application, isSigned } = authenticate(
    message,
    (entityId) => parts.applications.samlByEntityId(entityId),
    (application) => parts.keys.of(application),
    ({ requestsMustBeSigned }) => requestsMustBeSigned,
  );
  const nowMs = parts.clock.nowMs();
  const skewMs = parts.policy.clockSkewMs;
  const mustName = mustNameDestination(message, isSigned);
  const { id } = readHeader(root, {
    endpoint: parts.issuer + PATHS.samlSlo,
    isSigned: mustName,
    nowMs,
    skewMs,
  });
  const asked = readLogoutRequest(root, { nowMs, skewMs });
  const spent = JSON.stringify(["LogoutRequest", application.entityId, id]);
  if (isSigned && !(await parts.spentIds.spend("message", spent, longestLifeMs(skewMs)))) {
    throw refused("saml.replayed", "this request ID came before", "SAML Core 1.3.4");
  }
  const { nameId } = asked;
  const read = { application, requestId: id, isProven: isSigned };
  if (nameId === "encrypted") return { ...read, found: "encrypted", sessions: [] };
  const sessions = await sessionsOf(application, nameId, asked, parts);
  if (isSigned && asked.sessionIndexes.length > 0) {
    for (const session of sessions) parts.evidence?.sessionNamed(application, session);
  }
  return { ...read, found: sessions.length > 0 ? "sessions" : "nobody", sessions };
}

/**
 * Without a SessionIndex every session of the principal, with some only those (SAML Core 3.7.1). They are looked up in
 * what this application was told: what another one knows, it cannot end (SA-61).
 */
async function sessionsOf(
  application: SamlApplication,
  nameId: NameIdentifier,
  { sessionIndexes }: LogoutRequest,
  parts: ReceiveLogoutRequestParts,
): Promise<readonly Session[]> {
  const known = await parts.participants.sessionsOf(application.id, nameId.value);
  const meant = known.filter(
    ({ sessionIndex }) => sessionIndexes.length === 0 || sessionIndexes.includes(sessionIndex),
  );
  const sessions = await Promise.all(
    meant.map(async ({ sessionId }) =>
      (await isSamePrincipal(sessionId, application, nameId, parts))
        ? await parts.sessions.get(sessionId)
        : undefined,
    ),
  );
  return sessions.flatMap((session) => (session === undefined ? [] : [session]));
}

/** The whole identifier must fit, not its value alone: `alice` as a user name is not `alice` of another name space. */
async function isSamePrincipal(
  sessionId: string,
  application: SamlApplication,
  nameId: NameIdentifier,
  parts: ReceiveLogoutRequestParts,
): Promise<boolean> {
  const participants = await parts.participants.list(sessionId);
  const own = participants.find(({ applicationId }) => applicationId === application.id);
  // It was given another name since; the earlier one was its own as well, and its format is not kept.
  if (own === undefined || own.subject !== nameId.value) return own !== undefined;
  return isSameIdentifier(nameIdOf(own), nameId);
}

/** Qualifiers and an unspecified format may be left out (SAML Core 2.2.2, 8.3.1); what is there must be what we gave. */
function isSameIdentifier(given: NameId, came: NameIdentifier): boolean {
  const format = came.format ?? NAME_ID.unspecified;
  return (
    (format === NAME_ID.unspecified || format === given.format) &&
    (came.nameQualifier === undefined || came.nameQualifier === given.nameQualifier) &&
    (came.spNameQualifier === undefined || came.spNameQualifier === given.spNameQualifier)
  );
}
