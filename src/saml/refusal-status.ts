import type { RefusalReason } from "../model/refusal.ts";
import type { SecondStatus, Status } from "./status.ts";

interface Row {
  readonly top: "Requester" | "Responder";
  readonly second?: SecondStatus;
  /** The part of the standard that asks for this code. */
  readonly section: string;
  /** What the application's developers read; it says nothing about the account. */
  readonly message: string;
}

const CORE_CODES = "SAML Core 3.2.2.2";
const SILENT = "SAML Core 3.4.1, IsPassive";

/**
 * From our reasons to the nested status codes of SAML. Requester: the request itself could not be met by anybody here.
 * Responder: it was proper, and is not met this time.
 */
export const REFUSAL_STATUS: Readonly<Record<RefusalReason, Row>> = {
  "application-disabled": {
    top: "Responder",
    second: "RequestDenied",
    section: CORE_CODES,
    message: "This application is switched off.",
  },
  "account-disabled": {
    top: "Responder",
    second: "AuthnFailed",
    section: CORE_CODES,
    message: "The person could not be logged in.",
  },
  "login-required": {
    top: "Responder",
    second: "NoPassive",
    section: SILENT,
    message: "A login is needed, and IsPassive forbids to show one.",
  },
  "account-selection-required": {
    top: "Responder",
    second: "NoPassive",
    section: SILENT,
    message: "An account must be chosen, and IsPassive forbids to ask.",
  },
  "step-up-required": {
    top: "Responder",
    second: "NoPassive",
    section: SILENT,
    message: "A stronger login is needed, and IsPassive forbids to show one.",
  },
  "consent-required": {
    top: "Responder",
    second: "NoPassive",
    section: SILENT,
    message: "The person's consent is needed, and IsPassive forbids to ask.",
  },
  "context-not-possible": {
    top: "Responder",
    second: "NoAuthnContext",
    section: "SAML Core 3.3.2.2.1",
    message: "None of the requested authentication contexts can be reached here.",
  },
  "access-denied": {
    top: "Responder",
    second: "RequestDenied",
    section: CORE_CODES,
    message: "The person may not use this application.",
  },
  "consent-denied": {
    top: "Responder",
    second: "RequestDenied",
    section: CORE_CODES,
    message: "The person did not agree.",
  },
  "login-cancelled": {
    top: "Responder",
    second: "AuthnFailed",
    section: CORE_CODES,
    message: "The person did not log in.",
  },
  "subject-not-available": {
    top: "Responder",
    second: "UnknownPrincipal",
    section: CORE_CODES,
    message: "The person has no identifier of the kind that this application is given.",
  },
  "name-id-policy-not-possible": {
    top: "Requester",
    second: "InvalidNameIDPolicy",
    section: "SAML Core 3.4.1.1",
    message: "The NameIDPolicy cannot be met.",
  },
  "internal-error": {
    top: "Responder",
    section: CORE_CODES,
    message: "The identity provider could not answer.",
  },
};

/** `detail` takes the place of the table's own words. */
export function refusalStatus(reason: RefusalReason, detail?: string): Status {
  const { top, second, message } = REFUSAL_STATUS[reason];
  return { top, second, message: detail ?? message };
}
