import express, { type Request, type Response, type Router } from "express";
import { PATHS } from "../flow/endpoints.ts";
import type { Outcome } from "../flow/outcome.ts";
import type { SignOn } from "../flow/sign-on.ts";
import { browserOf } from "../http/browser.ts";
import { notAllowed } from "../http/direct-endpoint.ts";
import { formBody, formOf, queryOf } from "../http/form-body.ts";
import type { Parameters } from "../http/parameters.ts";
import type { ReplySender } from "../http/reply-sender.ts";
import type { AuthorizationRequests } from "./authorization-request.ts";
import { errorResponse } from "./authorization-response.ts";

/** As much as fits into a query here and there, and then some: `claims` and hints are the long ones. */
const FORM_LIMIT_BYTES = 65_536;

const METHODS = ["GET", "POST"];

export interface AuthorizeParts {
  readonly issuer: string;
  readonly requests: AuthorizationRequests;
  readonly signOn: SignOn;
  readonly replySender: ReplySender;
}

/**
 * The authorization endpoint, GET and POST (OpenID Connect Core 3.1.2.1). It is for people's browsers: no CORS header
 * ever stands on its answers (RFC 9700 2.6), and a HEAD, which link scanners send, must not use anything up.
 */
export function authorizeEndpoint(parts: AuthorizeParts): Router {
  const router = express.Router();
  router
    .route(PATHS.oidcAuthorize)
    .head(notAllowed(METHODS))
    .get(async (request, response) => {
      await answer(parts, request, response, queryOf(request));
    })
    .post(formBody(FORM_LIMIT_BYTES), async (request, response) => {
      await answer(parts, request, response, formOf(request));
    })
    .all(notAllowed(METHODS));
  return router;
}

async function answer(
  parts: AuthorizeParts,
  request: Request,
  response: Response,
  parameters: Parameters,
): Promise<void> {
  parts.replySender.outcome(request, response, await outcomeOf(parts, request, parameters));
}

async function outcomeOf(parts: AuthorizeParts, request: Request, parameters: Parameters): Promise<Outcome> {
  const { requests, signOn, issuer } = parts;
  const read = await requests.read(parameters);
  switch (read.kind) {
    case "request": {
      const browser = browserOf(request);
      // A POST from another site comes without our cookies, so its session is not seen before the browser comes back.
      return request.method === "POST" && browser.session === undefined
        ? await signOn.park(read.request)
        : await signOn.start(read.request, browser);
    }
    case "problem":
      return { kind: "send", reply: { kind: "problem", problem: read.problem } };
    case "error":
      return {
        kind: "send",
        reply: errorResponse(read.target, issuer, read.error.code, read.error.message),
      };
  }
}
