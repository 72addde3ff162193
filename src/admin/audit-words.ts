import type { AuditEvent } from "../model/audit-event.ts";

/** What an audit line says, as the beginning of a sentence that the target's name completes. */
const WORDS: Readonly<Record<string, string>> = {
  "application.registered": "Registered",
  "application.replaced": "Replaced the registration of",
  "application.switched-on": "Switched on",
  "application.switched-off": "Switched off",
  "application.access-changed": "Changed who may use",
  "application.profiles-changed": "Changed the ways into",
  "application.settings-changed": "Changed the settings of",
  "application.release-changed": "Changed what is released to",
  "application.secret-rotated": "Made a new secret for",
  "application.metadata-refreshed": "Fetched changed metadata of",
  "application.metadata-waiting": "Fetched metadata that waits for an owner, of",
  "application.metadata-failed": "Could not use the metadata of",
  "application.metadata-agreed": "Agreed to new metadata of",
  "application.metadata-dismissed": "Dismissed new metadata of",
  "application.removed": "Removed",
  "application.left-federation": "Switched off, because it left its federation:",
  "application.back-in-federation": "Switched on, because it is back in its federation:",
  "federation.added": "Added the federation",
  "federation.refreshed": "Read in the federation",
  "federation.failed": "Could not read in the federation",
  "federation.opened": "Let every member sign on, of the federation",
  "federation.closed": "Let only registered members sign on, of the federation",
  "federation.changed": "Changed the settings of the federation",
  "federation.removed": "Removed the federation",
  "resource.declared": "Declared the resource",
  "resource.changed": "Changed the resource",
  "resource.removed": "Removed the resource",
  "account.added": "Added the account",
  "account.switched-on": "Switched on the account",
  "account.switched-off": "Switched off the account",
  "keys.rotated": "Rotated the signing keys",
  "key.activated": "Signs from now on: the key",
  "key.retired": "Took out of metadata and JWKS: the key",
  "key.taken-back": "Signs again: the key",
  "keys.schedule-changed": "Changed when the signing keys change",
  "organisation.changed": "Changed what is said about the organisation",
  "login.succeeded": "Logged in",
  "login.failed": "Failed to log in",
  "session.ended": "Logged out",
  "sso-token.revoked": "Ended, because of its SSO token, the session",
  "logout.undelivered": "Could not tell of a logout for a day:",
  "sign-on.succeeded": "Entered",
  "artifact.fetched": "Fetched a sign-on by artifact:",
  "sign-on.refused": "Was refused at",
  "error-page.shown": "Was shown an error page",
  "token.created": "Made the API token",
  "token.changed": "Changed the API token",
  "token.rotated": "Made a new secret for the API token",
  "token.suspended": "Suspended the API token",
  "token.released": "Released the API token",
  "token.revoked": "Revoked the API token",
  "token.revoked-many": "Revoked API tokens",
  "token-rules.changed": "Changed the rules for API tokens",
  "token.alarm": "Noticed unusual use of the token",
  "consent.given": "Allowed",
  "consent.withdrawn": "Took back what was allowed to",
};

/** The kinds that the page can be narrowed to, with their words. */
export const AUDIT_KINDS: readonly (readonly [action: string, words: string])[] = Object.entries(WORDS);

/** The words for an event; an action without any is shown as it is. */
export function auditWords({ action }: Pick<AuditEvent, "action">): string {
  return Object.hasOwn(WORDS, action) ? (WORDS[action] ?? action) : action;
}

/** The details in one line, such as `protocol: saml, applications: 3`. */
export function auditDetail({ detail }: Pick<AuditEvent, "detail">): string {
  return Object.entries(detail)
    .filter(([, value]) => value !== "")
    .map(([name, value]) => `${name}: ${value}`)
    .join(", ");
}
