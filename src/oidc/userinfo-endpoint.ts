import type { IncomingMessage } from "node:http";
import { PATHS } from "../flow/endpoints.ts";
import { hasSeveral } from "../http/bearer.ts";
import { type DirectEndpoint, directEndpoint } from "../http/direct-endpoint.ts";
import type { OidcApplication } from "../model/application.ts";
import type { AccessTokens } from "./access-token.ts";
import { userinfoClaims } from "./claims.ts";
import type { Cors } from "./cors.ts";
import { errorAnswer, type JsonAnswer, type JwtAnswer, jwtAnswer, okAnswer } from "./json-answer.ts";
import type { JwtSigner } from "./jwt-signer.ts";
import { preflight, readableFailures, sendAnswer, setHeaders } from "./program-endpoint.ts";

export interface UserinfoParts {
  readonly issuer: string;
  readonly accessTokens: AccessTokens;
  readonly signer: JwtSigner;
  readonly cors: Cors;
  /**
   * Counts a try with a token that is none by the address that it came from: the seconds to wait, where it is one too
   * many. Absent: nothing is counted.
   */
  readonly guessed?: ((request: IncomingMessage) => Promise<number | undefined>) | undefined;
}

const METHODS = ["GET", "POST"];
/** RFC 6750 2.1: the one way in. A token in a query ends up in logs, and one in a form is a second door to guard. */
const BEARER = /^Bearer +([A-Za-z0-9._~+/-]+=*)$/i;

/** The UserInfo endpoint (OpenID Connect Core 5.3), GET and POST, with the token in the Authorization header only. */
export function userinfoEndpoint(parts: UserinfoParts): DirectEndpoint {
  const serve = readableFailures(parts.cors, async (request, response) => {
    const { origin, authorization } = request.headers;
    const { answer, application } = hasSeveral(request.rawHeaders)
      ? severalTokens()
      : await userinfoAnswer(parts, authorization);
    const waitSeconds = isGuess(answer) ? await parts.guessed?.(request) : undefined;
    setHeaders(response, parts.cors.headers(origin, application));
    sendAnswer(response, waitSeconds === undefined ? answer : tooManyGuesses(waitSeconds));
  });
  const OPTIONS = preflight(parts.cors, METHODS);
  return directEndpoint([PATHS.oidcUserinfo], { GET: serve, POST: serve, OPTIONS });
}

/** What UserInfo answers, and to whom: that client's pages may read it. */
interface UserinfoAnswered {
  readonly answer: JsonAnswer | JwtAnswer;
  readonly application: OidcApplication | undefined;
}

/** 401 without a usable token, 403 for one without `openid` (RFC 6750 3.1), else the claims. */
export async function userinfoAnswer(
  parts: Omit<UserinfoParts, "cors">,
  authorization: string | undefined,
): Promise<UserinfoAnswered> {
  const text = BEARER.exec(authorization ?? "")?.[1];
  if (text === undefined) return { answer: noToken(), application: undefined };
  const active = await parts.accessTokens.active(text);
  if (active === undefined) {
    const description = "The access token is unknown, expired or revoked.";
    return { answer: refusal(401, "invalid_token", description), application: undefined };
  }
  const { token, application, account } = active;
  // For us and nobody else: a resource server must not be able to read here with what it was shown (RFC 9068 4, 5).
  if (token.audience.length !== 1 || token.audience[0] !== parts.issuer) {
    const description = "The access token is for another audience.";
    return { answer: refusal(401, "invalid_token", description), application };
  }
  if (account === undefined || !token.scopes.includes("openid")) {
    const description = "The access token was issued without the scope openid.";
    return { answer: refusal(403, "insufficient_scope", description, ', scope="openid"'), application };
  }
  const claims = { idToken: [], userinfo: token.userinfoWishes };
  const released = userinfoClaims({ application, account, scopes: token.scopes, claims });
  // `sub` last: no mapping can put another one in its place.
  return { answer: answerFor(parts, application, { ...released, sub: token.subject }), application };
}

/** As JSON, or signed where the client is registered for that (OpenID Connect Core 5.3.2). */
function answerFor(
  { issuer, signer }: Pick<UserinfoParts, "issuer" | "signer">,
  application: OidcApplication,
  claims: Readonly<Record<string, unknown>>,
): JsonAnswer | JwtAnswer {
  const algorithm = application.userinfoSignedResponseAlgorithm;
  if (algorithm === undefined) return okAnswer(claims);
  // Without `exp` and `iat` it cannot pass for an ID token, whose `typ` it shares: clients' libraries know no other one.
  return jwtAnswer(signer.sign(algorithm, "JWT", { ...claims, iss: issuer, aud: application.id }));
}

/** Who showed no token is told the scheme and no error code (RFC 6750 3.1). */
function noToken(): JsonAnswer {
  const description = "The access token is expected in the Authorization header, as Bearer.";
  const answer = errorAnswer(401, { error: "invalid_request", error_description: description });
  return { ...answer, headers: { ...answer.headers, "WWW-Authenticate": 'Bearer realm="userinfo"' } };
}

/** Whoever brought no token at all has guessed nothing. */
function isGuess({ status, headers }: JsonAnswer | JwtAnswer): boolean {
  return status === 401 && headers["WWW-Authenticate"]?.includes("invalid_token") === true;
}

/** RFC 6585 4. */
function tooManyGuesses(waitSeconds: number): JsonAnswer {
  const error_description = "Too many tokens from this address were none.";
  return errorAnswer(
    429,
    { error: "rate_limited", error_description },
    { "Retry-After": String(waitSeconds) },
  );
}

/** Which of them is meant cannot be said (RFC 6750 3.1). */
function severalTokens(): UserinfoAnswered {
  const description = "There is more than one Authorization header.";
  return { answer: refusal(400, "invalid_request", description), application: undefined };
}

function refusal(status: 400 | 401 | 403, error: string, description: string, more = ""): JsonAnswer {
  const challenge = `Bearer realm="userinfo", error="${error}", error_description="${description}"${more}`;
  return errorAnswer(status, { error, error_description: description }, { "WWW-Authenticate": challenge });
}
