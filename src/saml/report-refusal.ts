import type { AuditTrail } from "../audit/audit-trail.ts";
import type { Browser } from "../flow/browser.ts";
import type { Problem } from "../flow/problem.ts";
import type { SamlApplication } from "../model/application.ts";
import { MessageRefused } from "./message-refused.ts";
import { issuerOf, type ReceivedMessage } from "./received-message.ts";
import { type Purpose, samlProblem } from "./saml-problems.ts";

export interface ReportRefusalParts {
  readonly applications: { samlByEntityId(entityId: string): SamlApplication | undefined };
  readonly audit: AuditTrail;
}

/**
 * Writes a refused message into the audit trail and gives the page for it. Anything else than a refusal is thrown on:
 * a store that is away and a bug have answers of their own.
 */
export function reportRefusal(
  parts: ReportRefusalParts,
  error: unknown,
  message: ReceivedMessage | undefined,
  browser: Pick<Browser, "address">,
  purpose: Purpose,
): Problem {
  if (!(error instanceof MessageRefused)) throw error;
  const application = claimedApplication(parts, error, message);
  parts.audit.note({
    action: purpose === "login" ? "sign-on.refused" : "logout.refused",
    outcome: "refused",
    address: browser.address,
    ...(application === undefined
      ? {}
      : { targetKind: "application", targetId: application.id, targetName: application.name }),
    detail: { protocol: "saml", code: error.code },
  });
  return samlProblem(error, purpose, application?.name);
}

/** The application that the message, or its artifact, says it is of. Its name may be shown; nothing else follows from it. */
function claimedApplication(
  parts: ReportRefusalParts,
  { entityId }: MessageRefused,
  message: ReceivedMessage | undefined,
): SamlApplication | undefined {
  if (message === undefined) {
    return entityId === undefined ? undefined : parts.applications.samlByEntityId(entityId);
  }
  try {
    return parts.applications.samlByEntityId(issuerOf(message.element));
  } catch {
    return undefined;
  }
}
