import { isUtf8 } from "node:buffer";
import type { IncomingMessage } from "node:http";
import type { Request, RequestHandler } from "express";
import { Parameters } from "./parameters.ts";

/** A request body that is not read: too large, of another kind, or not text. `status` is the answer's. */
export class BodyRefused extends Error {
  readonly status: 400 | 413 | 415;

  constructor(status: 400 | 413 | 415, message: string) {
    super(message);
    this.name = "BodyRefused";
    this.status = status;
  }
}

const FORM = /^application\/x-www-form-urlencoded[ \t]*(;|$)/i;

/**
 * Reads a form's text into `request.body`, as it was sent and not decoded, so that a signature over it can be checked
 * and a repeated name is still seen (http/parameters.ts). Refuses with 413 above `limitBytes`, with 415 anything that
 * is not an uncompressed form (a compressed one could unfold to any size), with 400 bytes that are not UTF-8.
 */
export function formBody(limitBytes: number): RequestHandler {
  return async (request, _response, next) => {
    request.body = await readText(request, FORM, limitBytes);
    next();
  };
}

/** As `formBody`, for another kind of text (SOAP, JSON); `contentType` is matched against the header. */
export function textBody(contentType: RegExp, limitBytes: number): RequestHandler {
  return async (request, _response, next) => {
    request.body = await readText(request, contentType, limitBytes);
    next();
  };
}

/** Everything after the first `?` of the address, exactly as it was sent. */
export function rawQuery(request: Request): string {
  const cut = request.originalUrl.indexOf("?");
  return cut === -1 ? "" : request.originalUrl.slice(cut + 1);
}

/** The parameters of a body that `formBody` has read. Throws `BodyRefused` (400) when they cannot be decoded. */
export function formOf(request: Request): Parameters {
  const body: unknown = request.body;
  return decoded(typeof body === "string" ? body : undefined);
}

/** The parameters of the address. Throws `BodyRefused` (400) when they cannot be decoded. */
export function queryOf(request: Request): Parameters {
  const parameters = Parameters.read(rawQuery(request));
  if (parameters === undefined) throw new BodyRefused(400, "the query cannot be decoded");
  return parameters;
}

/** The parameters of a posted form, read and decoded. Throws `BodyRefused`, as `formBody` does. */
export async function readForm(request: IncomingMessage, limitBytes: number): Promise<Parameters> {
  return decoded(await readText(request, FORM, limitBytes));
}

function decoded(body: string | undefined): Parameters {
  const parameters = body === undefined ? undefined : Parameters.read(body);
  if (parameters === undefined) throw new BodyRefused(400, "the form cannot be decoded");
  return parameters;
}

/** The text of a body, for whoever reads it at a moment of their own. Throws `BodyRefused` as `textBody` does. */
export async function readText(
  request: IncomingMessage,
  contentType: RegExp,
  limitBytes: number,
): Promise<string> {
  const { headers } = request;
  const encoding = headers["content-encoding"] ?? "identity";
  // Node takes `gzip, chunked` and undoes the chunks alone: whoever stands before us may have read another body.
  const transfer = headers["transfer-encoding"] ?? "chunked";
  const asItIs = encoding.toLowerCase() === "identity" && transfer.toLowerCase() === "chunked";
  if (!asItIs || !contentType.test(headers["content-type"] ?? "")) {
    throw new BodyRefused(415, "the body is not of the kind that is read here");
  }
  if (Number(headers["content-length"] ?? 0) > limitBytes) throw tooLarge(limitBytes);
  const bytes = await readBytes(request, limitBytes);
  if (!isUtf8(bytes)) throw new BodyRefused(400, "the body is not UTF-8");
  return bytes.toString("utf8");
}

/** The whole body. Giving up does not destroy the request: its socket is the one that the refusal goes back on. */
async function readBytes(request: IncomingMessage, limitBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const take = (chunk: Buffer) => {
    size += chunk.length;
    if (size > limitBytes) {
      request.pause().off("data", take);
      reject(tooLarge(limitBytes));
    } else chunks.push(chunk);
  };
  request.on("data", take);
  request.once("end", () => resolve(Buffer.concat(chunks, size)));
  // The client broke off, or wrote a chunk that is none: no fault of ours, and nothing for the log of those.
  const cutOff = () => reject(new BodyRefused(400, "the body was cut off"));
  request.once("error", cutOff);
  request.once("close", () => {
    if (!request.readableEnded) cutOff();
  });
  return await promise;
}

function tooLarge(limitBytes: number): BodyRefused {
  return new BodyRefused(413, `the body is larger than ${limitBytes} bytes`);
}
