import { hash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";

/** Long enough to spare us the traffic, short enough that a changed key or setting is everywhere within minutes. */
const MAX_AGE_SECONDS = 300;

/** A JSON document that is the same for everyone: bytes and ETag are made once, not at each request. */
export interface PublishedDocument {
  readonly bytes: Buffer;
  readonly etag: string;
}

export function publishedDocument(content: unknown): PublishedDocument {
  const bytes = Buffer.from(JSON.stringify(content));
  return { bytes, etag: `"${hash("sha256", bytes, "base64url").slice(0, 22)}"` };
}

/**
 * Sends a published document to a GET or HEAD, or 304 to whoever has it. It is public, so any origin may read it
 * (CORS `*`, which never goes with cookies).
 */
export function sendPublished(
  request: IncomingMessage,
  response: ServerResponse,
  { bytes, etag }: PublishedDocument,
): void {
  response.setHeader("Cache-Control", `public, max-age=${MAX_AGE_SECONDS}`);
  response.setHeader("ETag", etag);
  response.setHeader("Access-Control-Allow-Origin", "*");
  response.setHeader("Cross-Origin-Resource-Policy", "cross-origin");
  if (hasAlready(request, etag)) {
    response.statusCode = 304;
    response.end();
    return;
  }
  response.setHeader("Content-Type", "application/json");
  response.setHeader("Content-Length", bytes.length);
  response.end(request.method === "HEAD" ? undefined : bytes);
}

/** RFC 9110 13.1.2: a list of tags, compared weakly, or `*`. */
function hasAlready(request: IncomingMessage, etag: string): boolean {
  const header = request.headers["if-none-match"];
  if (header === undefined) return false;
  return header.split(",").some((tag) => tag.trim() === "*" || tag.trim().replace(/^W\//, "") === etag);
}
