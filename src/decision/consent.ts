import type { Application } from "../model/application.ts";
import type { Grant } from "../model/grant.ts";
import type { SignOnRequest } from "../model/sign-on-request.ts";

/** Scopes that need no question: `openid` only says which protocol is spoken. */
const UNASKED = new Set(["openid"]);

/** What is still to be asked, and what may be released if nothing is. */
export interface ConsentState {
  readonly missing: readonly string[];
  readonly released: readonly string[];
}

/**
 * Consent is asked once for each scope, and a no is remembered like a yes: an application that asks for more than the
 * person gives does not show them the page at every sign-on. prompt=consent asks for everything again; the answer given
 * to this very request is final for it, so the page is not shown in a circle.
 */
export function consentState(
  application: Application,
  request: SignOnRequest,
  grant: Grant | undefined,
): ConsentState {
  const asked = request.scopes.filter((scope) => !UNASKED.has(scope));
  if (application.consent === "implied" || asked.length === 0)
    return { missing: [], released: request.scopes };
  const allowed = new Set(grant?.scopes);
  const released = request.scopes.filter((scope) => UNASKED.has(scope) || allowed.has(scope));
  if (grant?.answeredRequestId === request.id) return { missing: [], released };
  const answered = new Set([...allowed, ...(grant?.declined ?? [])]);
  const missing = request.askConsent ? asked : asked.filter((scope) => !answered.has(scope));
  return { missing, released };
}
