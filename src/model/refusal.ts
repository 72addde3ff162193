/**
 * Why a sign-on was refused. The list is closed: each protocol has one table from these to its wire codes
 * (saml/refusal-status.ts, oidc/refusal-error.ts), and the error page one to its sentences.
 */
export type RefusalReason =
  | "application-disabled"
  | "account-disabled"
  | "login-required"
  | "account-selection-required"
  | "step-up-required"
  | "consent-required"
  | "context-not-possible"
  | "access-denied"
  | "consent-denied"
  | "login-cancelled"
  | "subject-not-available"
  | "name-id-policy-not-possible"
  | "internal-error";
