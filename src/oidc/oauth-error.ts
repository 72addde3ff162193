import { errorAnswer, type JsonAnswer } from "./json-answer.ts";

/** RFC 6749 5.2, RFC 7009 2.2.1, RFC 8707 2: the codes that the endpoints for programs answer with. */
export type OAuthErrorCode =
  | "invalid_request"
  | "invalid_client"
  | "invalid_grant"
  | "invalid_scope"
  | "invalid_target"
  | "unauthorized_client"
  | "unsupported_grant_type";

/**
 * A protocol error of the token endpoint and its neighbours, thrown where it is found and answered in one place.
 * `description` goes out as `error_description`: for the developer of the client, never with a secret or a token.
 */
export class OAuthError extends Error {
  readonly code: OAuthErrorCode;
  readonly description: string;
  /** The client tried HTTP Basic, so the refusal must name that scheme (RFC 6749 5.2). */
  readonly triedBasic: boolean;

  constructor(code: OAuthErrorCode, description: string, options: { readonly triedBasic?: boolean } = {}) {
    super(`${code}: ${description}`);
    this.name = "OAuthError";
    this.code = code;
    this.description = description;
    this.triedBasic = options.triedBasic ?? false;
  }
}

/** 401 for a client that did not prove itself, 400 for all else (RFC 6749 5.2). */
export function oauthErrorAnswer(error: OAuthError): JsonAnswer {
  const status = error.code === "invalid_client" ? 401 : 400;
  const headers = error.triedBasic ? { "WWW-Authenticate": 'Basic realm="clients", charset="UTF-8"' } : {};
  return errorAnswer(
    status,
    { error: error.code, error_description: describable(error.description) },
    headers,
  );
}

/** RFC 6749 5.2: visible ASCII and spaces, without quotation mark and backslash. */
function describable(text: string): string {
  return text.replaceAll(/[^\x20-\x21\x23-\x5b\x5d-\x7e]/g, "?");
}
