import { OAuthError } from "../oauth-error.ts";

/** RFC 6749 3.3. */
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]+(?: [\x21\x23-\x5b\x5d-\x7e]+)*$/;
const MAX_CHARACTERS = 2_000;

/**
 * The scopes of a token request: those that were asked for, each once, or all that may be had. Throws `OAuthError`
 * (invalid_scope) when one of them may not be had: at this endpoint a program asks, and it should know (RFC 6749 6).
 */
export function requestedScopes(text: string | undefined, allowed: readonly string[]): readonly string[] {
  if (text === undefined) return allowed;
  if (text.length > MAX_CHARACTERS || !SCOPE.test(text)) {
    throw new OAuthError("invalid_scope", "scope is not a list of scopes");
  }
  const scopes = [...new Set(text.split(" "))];
  if (!scopes.every((scope) => allowed.includes(scope))) {
    throw new OAuthError("invalid_scope", "scope names more than was granted");
  }
  return scopes;
}
