import type { AuthorizationRequests } from "./authorization-request.ts";
import type { ClientAuthentication, PresentedClient } from "./client-authentication.ts";
import { errorAnswer, type JsonAnswer } from "./json-answer.ts";
import type { ProgramAnswer } from "./program-endpoint.ts";
import type { PushRate } from "./push-rate.ts";
import type { PushedRequests } from "./pushed-requests.ts";

export interface PushedAuthorizationParts {
  readonly authentication: ClientAuthentication;
  readonly requests: AuthorizationRequests;
  readonly pushed: PushedRequests;
  readonly pushRate: PushRate;
}

/**
 * Answers one pushed authorization request (RFC 9126 2): the client proves itself as at the token endpoint, the
 * request is checked as the authorization endpoint would, and 201 names the address to send the browser with. There
 * is no browser here, so every error is JSON (2.3), and so is 429 for too many.
 * Throws `OAuthError` for a client that does not prove itself.
 */
export async function pushAuthorization(
  parts: PushedAuthorizationParts,
  presented: PresentedClient,
  address: string,
): Promise<ProgramAnswer> {
  const { parameters } = presented;
  const application = await parts.authentication.authenticate(presented);
  const waitMs = await parts.pushRate.waitMs(application, address);
  if (waitMs !== undefined) return { application, answer: tooMany(waitMs) };
  if (parameters.has("request_uri")) {
    return { application, answer: refused("invalid_request", "request_uri cannot be pushed.") };
  }
  const read = await parts.requests.check(application, parameters);
  switch (read.kind) {
    case "problem": {
      const why = "redirect_uri must be sent once and be a registered one.";
      return { application, answer: refused("invalid_request", why) };
    }
    case "error":
      return { application, answer: refused(read.error.code, read.error.message) };
    case "request": {
      const { requestUri, expiresInSeconds } = await parts.pushed.push(application.id, parameters);
      const body = { request_uri: requestUri, expires_in: expiresInSeconds };
      return { application, answer: { status: 201, headers: { "Cache-Control": "no-store" }, body } };
    }
  }
}

function tooMany(waitMs: number): JsonAnswer {
  const description = "Too many requests were pushed within a minute.";
  const body = { error: "temporarily_unavailable", error_description: description };
  return errorAnswer(429, body, { "Retry-After": String(Math.max(1, Math.ceil(waitMs / 1000))) });
}

function refused(error: string, description: string): JsonAnswer {
  return errorAnswer(400, { error, error_description: description });
}
