import express, { type Request, type Response, type Router } from "express";
import { formBody, formOf } from "../http/form-body.ts";
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
  answer: (presented: PresentedClient) => Promise<ProgramAnswer>,
): Router {
  const router = express.Router();
  const route = router.route(path);
  route.post(formBody(FORM_LIMIT_BYTES), async (request, response) => {
    const { origin, authorization } = request.headers;
    const answered = await answerOf(answer, { authorization, parameters: formOf(request) });
    if (cors !== undefined) response.set(cors.headers(origin, answered.application));
    sendAnswer(response, answered.answer);
  });
  if (cors !== undefined) route.options(preflight(cors, ["POST"]));
  route.all(notAllowed(["POST"]));
  return router;
}

/** Answers OPTIONS with what a browser may send. */
export function preflight(cors: Cors, methods: readonly string[]) {
  return (request: Request, response: Response): void => {
    response.status(204).set(cors.preflight(request.headers.origin, methods)).end();
  };
}

export function notAllowed(methods: readonly string[]) {
  return (_request: Request, response: Response): void => {
    response.status(405).set("Allow", methods.join(", ")).end();
  };
}

/** Without Express's ETag: none of these answers is for a cache. */
export function sendAnswer(response: Response, answer: JsonAnswer | JwtAnswer): void {
  response.status(answer.status).set(answer.headers);
  if ("jwt" in answer) sendBytes(response, "application/jwt", answer.jwt);
  else if (answer.body === undefined) response.end();
  else sendBytes(response, "application/json", JSON.stringify(answer.body));
}

function sendBytes(response: Response, type: string, text: string): void {
  const bytes = Buffer.from(text);
  response.set({ "Content-Type": type, "Content-Length": String(bytes.length) }).end(bytes);
}

async function answerOf(
  answer: (presented: PresentedClient) => Promise<ProgramAnswer>,
  presented: PresentedClient,
): Promise<{ answer: JsonAnswer; application: OidcApplication | undefined }> {
  try {
    refuseRepeated(presented.parameters);
    return await answer(presented);
  } catch (error) {
    if (!(error instanceof OAuthError)) throw error;
    return { answer: oauthErrorAnswer(error), application: undefined };
  }
}

function refuseRepeated(parameters: Parameters): void {
  const names = parameters.names().filter((name) => name !== REPEATABLE);
  if (parameters.repeated(names).length > 0) {
    throw new OAuthError("invalid_request", "a parameter came more than once");
  }
}
