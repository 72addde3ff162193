import express, { type Request, type Router } from "express";
import type { Browser } from "../flow/browser.ts";
import type { EndSession } from "../flow/end-session.ts";
import { PATHS } from "../flow/endpoints.ts";
import type { Outcome } from "../flow/outcome.ts";
import { browserOf } from "../http/browser.ts";
import { notAllowed } from "../http/direct-endpoint.ts";
import { formBody, formOf, queryOf } from "../http/form-body.ts";
import { Parameters } from "../http/parameters.ts";
import type { ReplySender } from "../http/reply-sender.ts";
import { sha256 } from "../platform/digest.ts";
import { type Random, randomToken } from "../platform/random.ts";
import type { VolatileStore } from "../volatile/volatile-store.ts";
import { type EndSessionRequestParts, type LogoutWish, readLogout } from "./end-session-request.ts";

export interface EndSessionEndpointParts extends EndSessionRequestParts {
  readonly endSession: Pick<EndSession, "ask" | "begin">;
  readonly volatile: VolatileStore;
  readonly replySender: ReplySender;
  readonly random: Random;
}

const FORM_LIMIT_BYTES = 65_536;
/** How long the browser may take from our answer to a POST to the GET that it names. */
const PARKED_MS = 5 * 60_000;
const PARKED = "parked";
const METHODS = ["GET", "POST"];

/** The end session endpoint, GET and POST (OpenID Connect RP-Initiated Logout 1.0 section 2). */
export function endSessionEndpoint(parts: EndSessionEndpointParts): Router {
  const router = express.Router();
  router
    .route(PATHS.oidcEndSession)
    // Express answers HEAD with GET's handler, and a link scanner must log nobody out.
    .head(notAllowed(METHODS))
    .get(async (request, response) => {
      const parameters = await unpark(parts, request);
      parts.replySender.outcome(request, response, await answer(parts, parameters, browserOf(request)));
    })
    .post(formBody(FORM_LIMIT_BYTES), async (request, response) => {
      parts.replySender.outcome(request, response, await park(parts, formOf(request)));
    })
    .all(notAllowed(METHODS));
  return router;
}

async function answer(
  parts: EndSessionEndpointParts,
  parameters: Parameters | undefined,
  browser: Browser,
): Promise<Outcome> {
  if (parameters === undefined) return { kind: "go", to: PATHS.logout };
  const read = readLogout(parts, parameters, browser);
  switch (read.kind) {
    case "problem":
      return { kind: "send", reply: { kind: "problem", problem: read.problem } };
    case "ask":
      if (read.wish === undefined) return { kind: "go", to: PATHS.logout };
      return await parts.endSession.ask(initiatorOf(read.wish), browser.session);
    case "end":
      return await parts.endSession.begin({
        session: browser.session,
        browser,
        initiator: initiatorOf(read.wish),
      });
  }
}

function initiatorOf({ applicationId, redirectTo }: LogoutWish) {
  return { applicationId, finish: { protocol: "oidc", redirectTo } } as const;
}

/**
 * A POST from another site brings no SameSite=Lax cookie, so it would look as if nobody were logged in. It is kept, and
 * the browser comes back with a GET of our own, which brings the cookies. That keeps the hint out of the address too.
 */
async function park(parts: EndSessionEndpointParts, parameters: Parameters): Promise<Outcome> {
  const id = randomToken(parts.random);
  await parts.volatile.set(key(id), parameters.raw, PARKED_MS);
  return { kind: "go", to: `${PATHS.oidcEndSession}?${PARKED}=${id}` };
}

/** undefined: parked too long ago, or answered already. */
async function unpark(parts: EndSessionEndpointParts, request: Request): Promise<Parameters | undefined> {
  const query = queryOf(request);
  const id = query.get(PARKED);
  if (id === undefined) return query;
  const raw = await parts.volatile.getAndDelete(key(id));
  return raw === undefined ? undefined : Parameters.read(raw);
}

function key(id: string): string {
  return `logout-request:${sha256(id)}`;
}
