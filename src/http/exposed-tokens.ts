import type { IncomingMessage, ServerResponse } from "node:http";
import { TOKEN_PATTERN } from "../tokens/token-format.ts";
import { presentedTexts } from "./bearer.ts";
import { sendText } from "./reply-sender.ts";
import type { Transport } from "./transport.ts";

export interface ExposedTokensParts {
  readonly transportOf: (request: IncomingMessage) => Transport;
  readonly addressOf: (request: IncomingMessage) => string;
  /** Revokes what was exposed; see tokens/exposure.ts. */
  readonly report: (text: string, by: "plain-http" | "query", address: string) => Promise<void>;
}

/** A token of ours anywhere in an address, percent-encoded or not: it has no character that needs encoding. */
const OURS = new RegExp(TOKEN_PATTERN, "g");
/** RFC 6750 2.3, also for JWTs. */
const PARAMETER = /[?&]access_token=([^&]*)/g;
const MOST = 5;

/**
 * Refuses a request whose address has a token in it, and one whose token came over plain http from another machine, and
 * revokes the token: it stands in logs, or was read by whoever stood between. For every endpoint, before any of them.
 */
export function exposedTokens(parts: ExposedTokensParts) {
  return (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void): void => {
    const exposed = exposedIn(parts, request);
    if (exposed === undefined) next();
    else void takeBack(parts, request, response, exposed, next);
  };
}

interface Exposed {
  readonly texts: readonly string[];
  readonly by: "plain-http" | "query";
}

const WHY: Readonly<Record<Exposed["by"], string>> = {
  query: "A token in an address ends up in logs. It has been revoked: send the new one in the header.",
  "plain-http": "The token came over plain http, where others can read it. It has been revoked: use https.",
};

function exposedIn({ transportOf }: ExposedTokensParts, request: IncomingMessage): Exposed | undefined {
  const texts = tokensInAddress(request.url ?? "");
  if (texts.length > 0) return { texts, by: "query" };
  if (request.headers.authorization === undefined) return undefined;
  if (transportOf(request) === "secure") return undefined;
  const presented = presentedTexts(request.rawHeaders).slice(0, MOST);
  return presented.length === 0 ? undefined : { texts: presented, by: "plain-http" };
}

function tokensInAddress(address: string): readonly string[] {
  const ours = address.includes("gth_") ? [...address.matchAll(OURS)].map(([text]) => text) : [];
  const named = address.includes("access_token=")
    ? [...address.matchAll(PARAMETER)].map(([, text = ""]) => text)
    : [];
  return [...new Set([...ours, ...named])].slice(0, MOST);
}

/** Nothing is answered before it is revoked: a store that is away is an error, not a token that goes on. */
async function takeBack(
  { report, addressOf }: ExposedTokensParts,
  request: IncomingMessage,
  response: ServerResponse,
  { texts, by }: Exposed,
  failed: (error: unknown) => void,
): Promise<void> {
  try {
    for (const text of texts) await report(text, by, addressOf(request));
  } catch (error) {
    failed(error);
    return;
  }
  response.setHeader("Cache-Control", "no-store");
  response.setHeader("WWW-Authenticate", 'Bearer error="invalid_request"');
  const body = JSON.stringify({ error: "invalid_request", error_description: WHY[by] });
  sendText(response, 400, "application/json", body);
}
