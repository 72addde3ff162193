import type { Request, RequestHandler, Response } from "express";
import { TOKEN_PATTERN } from "../tokens/token-format.ts";
import { readBearer } from "./bearer.ts";
import { rawQuery } from "./form-body.ts";
import type { Transport } from "./transport.ts";

export interface ExposedTokensParts {
  readonly transportOf: (request: Request) => Transport;
  readonly addressOf: (request: Request) => string;
  /** Revokes what was exposed; see tokens/exposure.ts. */
  readonly report: (text: string, by: "plain-http" | "query", address: string) => Promise<void>;
}

/** A token of ours anywhere in an address, percent-encoded or not: it has no character that needs encoding. */
const OURS = new RegExp(TOKEN_PATTERN, "g");
/** RFC 6750 2.3, also for JWTs. */
const PARAMETER = /(?:^|&)access_token=([^&]*)/g;
const MOST = 5;

/**
 * Refuses a request whose address has a token in it, and one whose token came over plain http from another machine, and
 * revokes the token: it stands in logs, or was read by whoever stood between. For every endpoint, before any of them.
 */
export function exposedTokens(parts: ExposedTokensParts): RequestHandler {
  return async (request, response, next) => {
    const inAddress = tokensInAddress(request);
    if (inAddress.length > 0) {
      await reportAll(parts, request, inAddress, "query");
      refuse(
        response,
        "A token in an address ends up in logs. It has been revoked: send the new one in the header.",
      );
      return;
    }
    const presented = readBearer(request);
    if (presented.kind === "token" && parts.transportOf(request) === "plain") {
      await reportAll(parts, request, [presented.text], "plain-http");
      refuse(
        response,
        "The token came over plain http, where others can read it. It has been revoked: use https.",
      );
      return;
    }
    next();
  };
}

function tokensInAddress(request: Request): readonly string[] {
  const { originalUrl } = request;
  const ours = originalUrl.includes("gth_") ? [...originalUrl.matchAll(OURS)].map(([text]) => text) : [];
  const query = rawQuery(request);
  const named = query.includes("access_token=")
    ? [...query.matchAll(PARAMETER)].map(([, text = ""]) => text)
    : [];
  return [...new Set([...ours, ...named])].slice(0, MOST);
}

async function reportAll(
  { report, addressOf }: ExposedTokensParts,
  request: Request,
  texts: readonly string[],
  by: "plain-http" | "query",
): Promise<void> {
  for (const text of texts) await report(text, by, addressOf(request));
}

function refuse(response: Response, description: string): void {
  response
    .status(400)
    .set({ "Cache-Control": "no-store", "WWW-Authenticate": 'Bearer error="invalid_request"' })
    .json({ error: "invalid_request", error_description: description });
}
