import express, { type Request, type Response, type Router } from "express";
import { PATHS } from "../flow/endpoints.ts";
import { rawQuery } from "../http/form-body.ts";
import { Parameters } from "../http/parameters.ts";
import { FeedConnections, type FeedReader, type FeedSource, waitForNews } from "./feed-connections.ts";
import type { FeedDocument } from "./feed-documents.ts";
import { FEED_STREAM_LIMITS, FeedStream, type FeedStreamLimits } from "./feed-stream.ts";
import { provenCaller, sendError, type VerifyEndpointParts } from "./verify-endpoint.ts";

export interface RevocationsEndpointParts
  extends FeedSource,
    Pick<VerifyEndpointParts, "issuer" | "gate" | "addressOf" | "volatile" | "clientOf"> {
  readonly streamLimits?: FeedStreamLimits | undefined;
}

/** What is asked. `cursor` undefined: by a reader that keeps nothing. */
interface Question {
  readonly cursor: number | undefined;
  readonly waitMs: number;
}

/** Shorter than what proxies allow a request. */
const LONGEST_WAIT_SECONDS = 25;
const RETRY_AFTER_SECONDS = 5;
const CURSOR = /^[0-9]{1,16}$/;
const WAIT = /^[0-9]{1,2}$/;

/**
 * GET /tokens/revocations: what has happened to tokens, for those who keep answers about them. A signed document after a
 * cursor, at once or as soon as there is news; or server-sent events, where that is accepted.
 */
export function revocationsEndpoint(parts: RevocationsEndpointParts): Router {
  const connections = new FeedConnections();
  const router = express.Router();
  const route = router.route(PATHS.tokensRevocations);
  route.get(async (request, response) => {
    response.set("Cache-Control", "private, no-cache");
    response.vary("Accept");
    const reader = await readerOf(parts, request, response);
    if (reader === undefined) return;
    const question = read(request);
    if (typeof question === "string") {
      sendError(response, 400, "invalid_request", question);
      return;
    }
    const leave = connections.enter(reader);
    if (leave === undefined) {
      response.set("Retry-After", String(RETRY_AFTER_SECONDS));
      sendError(response, 429, "rate_limited", "Too many connections wait for news.");
      return;
    }
    try {
      await (wantsStream(request) ? stream : poll)(parts, request, response, question);
    } finally {
      leave();
    }
  });
  route.all((_request, response) => {
    response.status(405).set("Allow", "GET, HEAD").end();
  });
  return router;
}

/**
 * The server of a resource, as at introspection, or whoever holds tokens:verify. Nobody else: how much is revoked, and
 * when, is not for everybody to know. undefined: the answer is out.
 */
async function readerOf(
  parts: RevocationsEndpointParts,
  request: Request,
  response: Response,
): Promise<FeedReader | undefined> {
  const caller = await provenCaller(parts, request, response);
  if (caller?.kind === "token") return { id: `token:${caller.token.id}` };
  if (caller === undefined) return undefined;
  if (caller.serves.length > 0) return { id: `client:${caller.id}` };
  sendError(response, 403, "access_denied", "The client introspects for no resource.");
  return undefined;
}

/** A string: what is wrong with it. */
function read(request: Request): Question | string {
  const query = Parameters.read(rawQuery(request));
  if (query === undefined || query.repeated(["after", "wait"]).length > 0)
    return "The query is not readable.";
  const after = request.get("Last-Event-ID") ?? query.get("after");
  if (after !== undefined && !CURSOR.test(after)) return "after is the number that the last answer named.";
  const wait = query.get("wait") ?? "0";
  if (!WAIT.test(wait)) return "wait is a number of seconds.";
  const cursor = after === undefined ? undefined : Number(after);
  return { cursor, waitMs: Math.min(Number(wait), LONGEST_WAIT_SECONDS) * 1_000 };
}

function wantsStream(request: Request): boolean {
  return request.accepts(["application/jwt", "text/event-stream"]) === "text/event-stream";
}

async function poll(
  parts: RevocationsEndpointParts,
  request: Request,
  response: Response,
  { cursor, waitMs }: Question,
): Promise<void> {
  const document = await waitForNews(parts, response, cursor, waitMs);
  if (!response.writable) return;
  response.set("ETag", etagOf(document));
  if (!document.isNews && request.get("If-None-Match") === etagOf(document)) {
    response.status(304).end();
    return;
  }
  const bytes = Buffer.from(document.jwt);
  response.setHeader("Content-Type", "application/jwt");
  response.setHeader("Content-Length", bytes.length);
  response.end(request.method === "HEAD" ? undefined : bytes);
}

async function stream(
  parts: RevocationsEndpointParts,
  request: Request,
  response: Response,
  { cursor }: Question,
): Promise<void> {
  response.setHeader("Content-Type", "text/event-stream");
  // A proxy that collects the stream would make it worthless.
  response.setHeader("X-Accel-Buffering", "no");
  if (request.method === "HEAD") {
    response.end();
    return;
  }
  response.flushHeaders();
  await new FeedStream(parts, response, cursor, parts.streamLimits ?? FEED_STREAM_LIMITS).run();
}

function etagOf({ next }: FeedDocument): string {
  return `"${next}"`;
}
