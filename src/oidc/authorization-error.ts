/**
 * The errors of an authorization response: RFC 6749 4.1.2.1, OpenID Connect Core 3.1.2.6, RFC 8707 2, and
 * OpenID Connect Core Error Code unmet_authentication_requirements 1.0.
 */
export type AuthorizationErrorCode =
  | "invalid_request"
  | "unauthorized_client"
  | "access_denied"
  | "unsupported_response_type"
  | "invalid_scope"
  | "invalid_target"
  | "server_error"
  | "login_required"
  | "account_selection_required"
  | "consent_required"
  | "interaction_required"
  | "unmet_authentication_requirements"
  | "request_not_supported"
  | "request_uri_not_supported"
  | "registration_not_supported";

/**
 * An authorization request that is wrong in a way that its client is told, at its checked reply address or in the
 * answer of the PAR endpoint. The message becomes `error_description`: ours alone, with nothing in it that came from
 * outside, in the characters of RFC 6749 4.1.2.1.
 */
export class AuthorizationError extends Error {
  readonly code: AuthorizationErrorCode;

  constructor(code: AuthorizationErrorCode, description: string) {
    super(description);
    this.name = "AuthorizationError";
    this.code = code;
  }
}
