import { type Request, type Response, Router } from "express";
import { textBody } from "../../http/form-body.ts";
import { JsonRefused, readJson } from "../../http/json-body.ts";
import { sendJson } from "../../http/problem-json.ts";
import { addressBucket } from "../../login/address-bucket.ts";
import { sha256 } from "../../platform/digest.ts";
import type { VolatileStore } from "../../volatile/volatile-store.ts";
import { type FoundToken, type LeakReports, readReport } from "./leak-reports.ts";

export interface LeakReportEndpointParts {
  readonly reports: Pick<LeakReports, "take">;
  readonly volatile: Pick<VolatileStore, "increment">;
  readonly addressOf: (request: Request) => string;
}

export const LEAK_REPORT_PATH = "/tokens/report-leak";
const JSON_BODY = /^application\/json[ \t]*(;|$)/i;
/** A hundred JWTs of the longest kind are more, but nobody finds those. */
const BODY_LIMIT_BYTES = 262_144;
const REPORTS_PER_MINUTE = 20;
const MINUTE_MS = 60_000;

/**
 * POST /tokens/report-leak: anybody tells of tokens that lie in the open. 202 for every report that can be read, whatever
 * its tokens are: the answer helps nobody to find out which ones are good.
 */
export function leakReportEndpoint(parts: LeakReportEndpointParts): Router {
  const router = Router();
  const route = router.route(LEAK_REPORT_PATH);
  route.post(
    async (request, response, next) => {
      if (await isWithinLimit(parts, request, response)) next();
    },
    textBody(JSON_BODY, BODY_LIMIT_BYTES),
    async (request, response) => {
      await take(parts, request, response);
    },
  );
  route.all((_request, response) => {
    response.status(405).set("Allow", "POST").end();
  });
  return router;
}

async function take(parts: LeakReportEndpointParts, request: Request, response: Response): Promise<void> {
  response.set("Cache-Control", "no-store");
  const found = read(request.body);
  if (found === undefined) {
    sendJson(response, 400, {
      error: "invalid_request",
      error_description: 'Send {"token": "…"} or {"tokens": ["…"]}, 100 at most, with "source" and "url".',
    });
    return;
  }
  await parts.reports.take(found, parts.addressOf(request));
  sendJson(response, 202, { received: found.length });
}

function read(body: unknown): readonly FoundToken[] | undefined {
  try {
    return readReport(readJson(typeof body === "string" ? body : ""));
  } catch (error) {
    if (error instanceof JsonRefused) return undefined;
    throw error;
  }
}

/** Counted before the body is read (RFC 6585 4). */
async function isWithinLimit(
  { volatile, addressOf }: LeakReportEndpointParts,
  request: Request,
  response: Response,
): Promise<boolean> {
  const key = `leak-reports:${sha256(addressBucket(addressOf(request)))}`;
  const { count, resetsInMs } = await volatile.increment(key, 1, MINUTE_MS);
  if (count <= REPORTS_PER_MINUTE) return true;
  response.set("Retry-After", String(Math.max(1, Math.ceil(resetsInMs / 1_000))));
  sendJson(response, 429, {
    error: "rate_limited",
    error_description: "Too many reports from this address. Send up to 100 tokens in one, or wait.",
  });
  return false;
}
