import type { IncomingMessage, ServerResponse } from "node:http";
import type { ErrorRequestHandler, RequestHandler } from "express";
import type { Browser } from "../flow/browser.ts";
import { PATHS } from "../flow/endpoints.ts";
import type { Problem } from "../flow/problem.ts";
import { Busy } from "../platform/busy.ts";
import type { Log } from "../platform/log.ts";
import { type Random, randomReference } from "../platform/random.ts";
import { Unavailable } from "../platform/unavailable.ts";
import { pathOf } from "./direct-endpoint.ts";
import { BodyRefused } from "./form-body.ts";
import { ownFault, pageNotFound, storesAway, tooBusy, unreadable } from "./problems.ts";
import type { Render } from "./render.ts";
import { sendPage, sendText } from "./reply-sender.ts";

export interface ErrorHandlerParts {
  readonly render: Render;
  readonly log: Log;
  readonly random: Random;
  readonly clock: { nowMs(): number };
}

const RETRY_AFTER_SECONDS = 5;

/** Called by programs: they get JSON, in the form of RFC 6749 5.2. */
const JSON_PATHS: readonly string[] = [
  PATHS.oidcToken,
  PATHS.oidcUserinfo,
  PATHS.oidcIntrospection,
  PATHS.oidcRevocation,
  PATHS.oidcPar,
  PATHS.tokensVerify,
  PATHS.tokensRevocations,
];

/** For every address that no endpoint has taken. Mounted behind all of them. */
export function notFoundHandler(parts: ErrorHandlerParts): RequestHandler {
  return (request, response) => {
    answer(parts, request, response, pageNotFound(), randomReference(parts.random, "GH"));
  };
}

/**
 * The last handler. A store that is away is a 503 with Retry-After, a request that cannot be read a 4xx, and anything
 * else a fault of ours: a page with a reference, whose message and stack stand in the log alone.
 */
export function errorHandler(parts: ErrorHandlerParts): ErrorRequestHandler {
  return (error: unknown, request, response, next) => {
    if (!answered(parts, error, request, response)) next(error);
  };
}

/** The same for endpoints before Express (http/direct-endpoint.ts). */
export function directFailure(parts: ErrorHandlerParts) {
  return (error: unknown, request: IncomingMessage, response: ServerResponse): void => {
    if (!answered(parts, error, request, response)) response.destroy();
  };
}

/** False: half an answer is out, and only breaking the connection off tells the other side that it is not whole. */
function answered(
  parts: ErrorHandlerParts,
  error: unknown,
  request: Asked,
  response: ServerResponse,
): boolean {
  const reference = randomReference(parts.random, "GH");
  const problem = problemOf(error);
  note(parts.log, error, problem, request, reference);
  if (response.headersSent) return false;
  if (problem.status === 503) response.setHeader("Retry-After", retryAfterSeconds(error));
  if (problem.status === 413) response.setHeader("Connection", "close");
  answer(parts, request, response, problem, reference);
  return true;
}

/** The browser is known where a person asks. */
type Asked = IncomingMessage & { readonly browser?: Browser | undefined };

function problemOf(error: unknown): Problem {
  if (error instanceof Unavailable) return storesAway();
  if (error instanceof Busy) return tooBusy();
  if (error instanceof BodyRefused) return unreadable(error.status);
  // Express's own: a percent-encoding in the path that cannot be decoded, a request that was broken off.
  return error instanceof Error && clientStatus(error) ? unreadable(400) : ownFault();
}

function clientStatus(error: Error): boolean {
  const status: unknown = "status" in error ? error.status : undefined;
  return typeof status === "number" && status >= 400 && status < 500;
}

function retryAfterSeconds(error: unknown): number {
  return error instanceof Busy ? error.retryAfterSeconds : RETRY_AFTER_SECONDS;
}

function note(log: Log, error: unknown, problem: Problem, request: Asked, reference: string): void {
  const fields = {
    reference,
    code: problem.code,
    status: problem.status,
    method: request.method,
    path: pathOf(request),
  };
  if (problem.status !== 500) log.warn({ ...fields, error: String(error) }, "a request was not answered");
  else log.error({ ...fields, error: stackOf(error) }, "a fault of ours");
}

function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? "" : `\ncaused by ${stackOf(error.cause)}`;
  return `${error.stack ?? String(error)}${cause}`;
}

function answer(
  parts: ErrorHandlerParts,
  request: Asked,
  response: ServerResponse,
  problem: Problem,
  reference: string,
): void {
  if (wantsJson(pathOf(request))) {
    const body = { error: oauthCode(problem), error_description: problem.title, reference };
    sendText(response, problem.status, "application/json", JSON.stringify(body));
    return;
  }
  const homeLink = request.browser?.session !== undefined;
  sendPage(
    response,
    problem.status,
    parts.render("problem", { problem, reference, homeLink, atMs: parts.clock.nowMs() }),
  );
}

function wantsJson(path: string): boolean {
  // Behind the issuer's path, where it has one.
  return JSON_PATHS.some((one) => path.endsWith(one)) || path === "/api" || path.startsWith("/api/");
}

function oauthCode(problem: Problem): string {
  if (problem.status === 503) return "temporarily_unavailable";
  return problem.status >= 500 ? "server_error" : "invalid_request";
}
