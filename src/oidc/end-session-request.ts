import type { Applications } from "../flow/applications.ts";
import type { Browser } from "../flow/browser.ts";
import type { Problem } from "../flow/problem.ts";
import type { Parameters } from "../http/parameters.ts";
import type { KeyRing } from "../keys/key-ring.ts";
import type { OidcApplication } from "../model/application.ts";
import { sessionIndexFor } from "../session/session-index.ts";
import type { Subjects } from "../session/subject.ts";
import { clientIdMismatch, logoutAddressNotRegistered, repeatedAtLogout } from "./end-session-problems.ts";
import { type IdTokenHint, readIdTokenHint } from "./id-token-hint.ts";
import { subjectFor } from "./oidc-subject.ts";
import { findRegistered } from "./redirect-uri.ts";

export interface EndSessionRequestParts {
  readonly issuer: string;
  readonly keyRing: KeyRing;
  readonly applications: Applications;
  readonly subjects: Subjects;
}

/** What to do about a logout request. */
export type LogoutAnswer =
  | { readonly kind: "problem"; readonly problem: Problem }
  /** Nothing proves that the person wants it: our own page asks. `wish`: what happens once the person has said yes. */
  | { readonly kind: "ask"; readonly wish: LogoutWish | undefined }
  /** The session of this browser, if it has one, ends without a question. */
  | { readonly kind: "end"; readonly wish: LogoutWish };

export interface LogoutWish {
  readonly applicationId: string;
  /** A registered address, with `state`. undefined: the person ends on our receipt. */
  readonly redirectTo: string | undefined;
}

const PARAMETERS = [
  "id_token_hint",
  "client_id",
  "post_logout_redirect_uri",
  "state",
  "logout_hint",
  "ui_locales",
];

/**
 * Reads an RP-initiated logout (OpenID Connect RP-Initiated Logout 1.0 section 2). A picture on any page can name this
 * address, so a session ends without a question only for an ID token of ours that was issued in this very session: the
 * application alone has it. An expired one is as good; an altered or foreign one is none, and with it nobody is sent
 * anywhere afterwards.
 */
export function readLogout(
  parts: EndSessionRequestParts,
  parameters: Parameters,
  browser: Browser,
): LogoutAnswer {
  const repeated = parameters.repeated(PARAMETERS);
  if (repeated.length > 0) return { kind: "problem", problem: repeatedAtLogout(repeated) };
  const hintText = parameters.get("id_token_hint");
  const hint = hintText === undefined ? undefined : readIdTokenHint(parts.keyRing, parts.issuer, hintText);
  if (hintText !== undefined && hint === undefined) return { kind: "ask", wish: undefined };
  const clientId = parameters.get("client_id");
  const application = parts.applications.oidcByClientId(hint?.clientId ?? clientId ?? "");
  if (application === undefined) return { kind: "ask", wish: undefined };
  if (clientId !== undefined && clientId !== application.id) {
    return { kind: "problem", problem: clientIdMismatch(application, clientId) };
  }
  const address = parameters.get("post_logout_redirect_uri");
  const registered = address && findRegistered(application.postLogoutRedirectUris, address);
  if (address !== undefined && registered === undefined) {
    return { kind: "problem", problem: logoutAddressNotRegistered(application, address) };
  }
  const redirectTo = registered && withState(registered, parameters.get("state"));
  const proved = hint !== undefined && isAboutThisBrowser(parts, application, hint, browser);
  return { kind: proved ? "end" : "ask", wish: { applicationId: application.id, redirectTo } };
}

/** Also true where nobody is logged in: there is nothing left to ask about. */
function isAboutThisBrowser(
  parts: EndSessionRequestParts,
  application: OidcApplication,
  hint: IdTokenHint,
  { session, account }: Browser,
): boolean {
  if (session === undefined || account === undefined) return true;
  return (
    hint.sessionIndex === sessionIndexFor(session.id, application.id) &&
    hint.subject === subjectFor(application, account.id, parts.subjects)
  );
}

/** The registered address as it is, with `state` and nothing else (section 3). */
function withState(address: string, state: string | undefined): string {
  if (state === undefined) return address;
  return `${address}${address.includes("?") ? "&" : "?"}state=${encodeURIComponent(state)}`;
}
