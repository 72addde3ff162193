import type { RefusalReason } from "../model/refusal.ts";
import type { AuthorizationErrorCode } from "./authorization-error.ts";

export interface RefusalError {
  readonly error: AuthorizationErrorCode;
  readonly description: string;
  /** The clause that names the code. */
  readonly section: string;
}

const RFC6749 = "RFC 6749 4.1.2.1";
const CORE = "OpenID Connect Core 3.1.2.6";

/** From each reason of the decision to the error that its client gets. */
const ERRORS: Readonly<Record<RefusalReason, RefusalError>> = {
  "application-disabled": {
    error: "unauthorized_client",
    description: "The application is switched off.",
    section: RFC6749,
  },
  "account-disabled": {
    error: "access_denied",
    description: "The account may not be used.",
    section: RFC6749,
  },
  "login-required": {
    error: "login_required",
    description: "The person must log in, and prompt=none forbids to ask.",
    section: CORE,
  },
  "account-selection-required": {
    error: "account_selection_required",
    description: "The person must choose an account, and prompt=none forbids to ask.",
    section: CORE,
  },
  "step-up-required": {
    error: "interaction_required",
    description: "A stronger login is needed, and prompt=none forbids to ask.",
    section: CORE,
  },
  "consent-required": {
    error: "consent_required",
    description: "The person must allow this, and prompt=none forbids to ask.",
    section: CORE,
  },
  "context-not-possible": {
    error: "unmet_authentication_requirements",
    description: "The requested acr cannot be reached here.",
    section: "OpenID Connect Core Error Code unmet_authentication_requirements 1.0, 2",
  },
  "access-denied": {
    error: "access_denied",
    description: "The application is not open to this account.",
    section: RFC6749,
  },
  "consent-denied": {
    error: "access_denied",
    description: "The person did not allow it.",
    section: RFC6749,
  },
  "login-cancelled": {
    error: "access_denied",
    description: "The person cancelled the login.",
    section: RFC6749,
  },
  // The two that only SAML can ask for: if one comes here, the mistake is ours.
  "subject-not-available": {
    error: "server_error",
    description: "There is no subject for this account.",
    section: RFC6749,
  },
  "name-id-policy-not-possible": {
    error: "server_error",
    description: "There is no subject of this kind.",
    section: RFC6749,
  },
  "internal-error": {
    error: "server_error",
    description: "The answer could not be made.",
    section: RFC6749,
  },
};

export function refusalError(reason: RefusalReason): RefusalError {
  return ERRORS[reason];
}
