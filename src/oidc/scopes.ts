import type { OidcApplication } from "../model/application.ts";
import { AuthorizationError } from "./authorization-error.ts";
import type { Prompt } from "./prompt.ts";

/** RFC 6749 3.3: tokens of visible ASCII without quotation mark and backslash, one space between. */
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]+(?: [\x21\x23-\x5b\x5d-\x7e]+)*$/;
const MAX_CHARACTERS = 2_000;

/** Reads `scope`: what the application asked for, each once, in its order. Throws `AuthorizationError` for another syntax. */
export function readAskedScopes(text: string | undefined): readonly string[] {
  if (text === undefined) return [];
  const trimmed = text.trim().replaceAll(/ {2,}/g, " ");
  if (text.length > MAX_CHARACTERS || !SCOPE.test(trimmed)) {
    throw new AuthorizationError("invalid_scope", "scope is not a list of scopes.");
  }
  return [...new Set(trimmed.split(" "))];
}

/**
 * Of the scopes asked for those that may be; `mayAsk` knows the registration and the resources. What the application may
 * not ask for is left out, and the token answer says what is left (RFC 6749 3.3, OpenID Connect Core 3.1.2.1). Without
 * `openid` the request is plain OAuth.
 */
export function permittedScopes(
  application: OidcApplication,
  asked: readonly string[],
  prompt: Prompt,
  mayAsk: (scope: string) => boolean,
): readonly string[] {
  const mayGoOffline = offlineAllowed(application, prompt);
  return asked.filter((scope) => {
    if (scope === "offline_access" && !mayGoOffline) return false;
    return scope === "openid" || mayAsk(scope);
  });
}

/**
 * OpenID Connect Core 11: access while the person is away needs a consent that was asked for, so without
 * `prompt=consent` the scope is ignored; an organisation's own applications have that consent by their registration.
 * Nobody is stranded by it: an application that may refresh still gets a refresh token, which ends with the session.
 */
function offlineAllowed(application: OidcApplication, prompt: Prompt): boolean {
  return (
    application.grantTypes.includes("refresh_token") && (prompt.consent || application.consent === "implied")
  );
}
