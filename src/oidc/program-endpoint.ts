import type { IncomingMessage, ServerResponse } from "node:http";
import { hasSeveral } from "../http/bearer.ts";
import { type DirectEndpoint, directEndpoint, type Serve } from "../http/direct-endpoint.ts";
import { readForm } from "../http/form-body.ts";
import type { Parameters } from "../http/parameters.ts";
import type { OidcApplication } from "../model/application.ts";
import type { PresentedClient } from "./client-authentication.ts";
import type { Cors } from "./cors.ts";
import type { JsonAnswer, JwtAnswer } from "./json-answer.ts";
import { OAuthError, oauthErrorAnswer } from "./oauth-error.ts";

/** An answer, and for whom it is: that client's pages may read it. */
export interface ProgramAnswer {
  readonly answer: JsonAnswer;
  readonly application: OidcApplication;
}

const FORM_LIMIT_BYTES = 65_536;
/** May be repeated (RFC 8707 2); nothing else may (RFC 6749 3.2). */
const REPEATABLE = "resource";

/**
 * An endpoint that programs post a form to. A repeated parameter is refused before anything is looked at, an
 * `OAuthError` is answered as RFC 6749 5.2 says, any other method is 405. `cors` undefined: no page may call it.
 */
export function programEndpoint(
  path: string,
  cors: Cors | undefined,
  answer: (presented: PresentedClient, request: IncomingMessage) => Promise<ProgramAnswer>,
): DirectEndpoint {
  const post: Serve = async (request, response) => {
    const { origin, authorization } = request.headers;
    const parameters = await readForm(request, FORM_LIMIT_BYTES);
    const presented = { authorization, parameters };
    const answered = await answerOf(async () => {
      refuseRepeated(request, parameters);
      return await answer(presented, request);
    });
    if (cors !== undefined) setHeaders(response, cors.headers(origin, answered.application));
    sendAnswer(response, answered.answer);
  };
  return directEndpoint(
    [path],
    cors === undefined
      ? { POST: post }
      : { POST: readableFailures(cors, post), OPTIONS: preflight(cors, ["POST"]) },
  );
}

/** What is not answered here (a store is away, a body too large) is for the same pages to read as every other error. */
export function readableFailures(cors: Cors, serve: Serve): Serve {
  return async (request, response) => {
    try {
      await serve(request, response);
    } catch (error) {
      if (!response.headersSent) setHeaders(response, cors.headers(request.headers.origin, undefined));
      throw error;
    }
  };
}

/** Answers OPTIONS with what a browser may send. */
export function preflight(cors: Cors, methods: readonly string[]): Serve {
  return (request, response) => {
    response.statusCode = 204;
    setHeaders(response, cors.preflight(request.headers.origin, methods));
    response.end();
  };
}

/** None of these answers is for a cache. */
export function sendAnswer(response: ServerResponse, answer: JsonAnswer | JwtAnswer): void {
  response.statusCode = answer.status;
  setHeaders(response, answer.headers);
  if ("jwt" in answer) sendBytes(response, "application/jwt", answer.jwt);
  else if (answer.body === undefined) response.end();
  else sendBytes(response, "application/json", JSON.stringify(answer.body));
}

export function setHeaders(response: ServerResponse, headers: Readonly<Record<string, string>>): void {
  for (const name in headers) response.setHeader(name, headers[name] ?? "");
}

function sendBytes(response: ServerResponse, type: string, text: string): void {
  const bytes = Buffer.from(text);
  response.setHeader("Content-Type", type);
  response.setHeader("Content-Length", bytes.length);
  response.end(bytes);
}

async function answerOf(
  answer: () => Promise<ProgramAnswer>,
): Promise<{ answer: JsonAnswer; application: OidcApplication | undefined }> {
  try {
    return await answer();
  } catch (error) {
    if (!(error instanceof OAuthError)) throw error;
    return { answer: oauthErrorAnswer(error), application: undefined };
  }
}

function refuseRepeated(request: IncomingMessage, parameters: Parameters): void {
  if (hasSeveral(request.rawHeaders)) {
    throw new OAuthError("invalid_request", "there is more than one Authorization header");
  }
  const names = parameters.names().filter((name) => name !== REPEATABLE);
  if (parameters.repeated(names).length > 0) {
    throw new OAuthError("invalid_request", "a parameter came more than once");
  }
}
