import type { IncomingMessage } from "node:http";
import { BodyRefused } from "./form-body.ts";

/** A form as a browser sends it with a file: text fields, and one file at most. */
export interface MultipartForm {
  /** Each name once. */
  readonly fields: ReadonlyMap<string, string>;
  /** Undefined when the person chose none. */
  readonly file: { readonly field: string; readonly name: string; readonly bytes: Buffer } | undefined;
}

/** The part of a request that is read. */
export type MultipartSource = Pick<IncomingMessage, "headers" | "iterator">;

const MAX_PARTS = 20;
const MAX_HEADER_BYTES = 1_024;
const BOUNDARY = /^multipart\/form-data\s*;\s*boundary=(?:"([^"\r\n]{1,70})"|([\w'()+,./:=?-]{1,70}))\s*$/i;
/** Browsers write `"` as %22 inside these names and leave the rest as it is (HTML, multipart/form-data encoding). */
const DISPOSITION = /^form-data; name="([^"\r\n]{1,64})"(?:; filename="([^"\r\n]{0,255})")?$/i;

/**
 * Reads `multipart/form-data` (RFC 7578) with one file at most. Throws `BodyRefused` for everything that a
 * browser would not send: a repeated name, a second file, a header of another kind, bytes before or after the parts.
 * The whole body is held in memory, `limitBytes` of it at most.
 */
export async function readMultipart(request: MultipartSource, limitBytes: number): Promise<MultipartForm> {
  const match = BOUNDARY.exec(request.headers["content-type"] ?? "");
  const boundary = match?.[1] ?? match?.[2];
  if (boundary === undefined) throw new BodyRefused(415, "the form must be multipart/form-data");
  if (Number(request.headers["content-length"] ?? 0) > limitBytes) throw tooLarge(limitBytes);
  return parse(await readAll(request, limitBytes), boundary);
}

async function readAll(request: MultipartSource, limitBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  // Left open when the loop ends early: destroying the request would take the answer's connection with it.
  const incoming: AsyncIterable<unknown> = request.iterator({ destroyOnReturn: false });
  try {
    for await (const chunk of incoming) {
      if (!Buffer.isBuffer(chunk)) throw new BodyRefused(400, "the body was read before");
      length += chunk.length;
      if (length > limitBytes) throw tooLarge(limitBytes);
      chunks.push(chunk);
    }
  } catch (error) {
    // The client broke off, or wrote a chunk that is none: no fault of ours, and nothing for the log of those.
    throw error instanceof BodyRefused ? error : new BodyRefused(400, "the body was cut off");
  }
  return Buffer.concat(chunks);
}

function tooLarge(limitBytes: number): BodyRefused {
  return new BodyRefused(413, `the form is larger than ${Math.floor(limitBytes / 1_048_576)} MiB`);
}

function parse(body: Buffer, boundary: string): MultipartForm {
  const fields = new Map<string, string>();
  let file: MultipartForm["file"];
  for (const { header, content } of split(body, boundary)) {
    const { name, fileName } = readHeader(header);
    if (fields.has(name) || file?.field === name) throw new BodyRefused(400, "a field came twice");
    if (fileName === undefined) fields.set(name, decode(content));
    else if (file !== undefined) throw new BodyRefused(400, "more than one file came");
    else file = { field: name, name: fileName, bytes: content };
  }
  // A file input that was left empty is sent as a file without name and content.
  const chosen = file !== undefined && (file.name !== "" || file.bytes.length > 0);
  return { fields, file: chosen ? file : undefined };
}

/** The parts between the delimiters, each as its header text and its bytes. */
function* split(body: Buffer, boundary: string): Generator<{ header: string; content: Buffer }> {
  const delimiter = Buffer.from(`\r\n--${boundary}`);
  // The first delimiter has no line break before it.
  if (!body.subarray(0, delimiter.length - 2).equals(delimiter.subarray(2))) throw malformed();
  let at = delimiter.length - 2;
  for (let count = 0; count <= MAX_PARTS; count++) {
    const rest = body.subarray(at);
    if (rest.subarray(0, 2).toString("latin1") === "--") {
      if (!/^--(?:\r\n)?$/.test(rest.subarray(0, 5).toString("latin1"))) throw malformed();
      return;
    }
    const headerEnd = rest.subarray(0, MAX_HEADER_BYTES).indexOf("\r\n\r\n");
    const end = body.indexOf(delimiter, at);
    if (rest.subarray(0, 2).toString("latin1") !== "\r\n" || headerEnd < 2 || end === -1) throw malformed();
    const contentAt = at + headerEnd + 4;
    if (contentAt > end) throw malformed();
    yield { header: decode(rest.subarray(2, headerEnd)), content: body.subarray(contentAt, end) };
    at = end + delimiter.length;
  }
  throw new BodyRefused(400, "the form has too many parts");
}

function readHeader(header: string): { name: string; fileName: string | undefined } {
  let disposition: RegExpExecArray | null = null;
  for (const line of header.split("\r\n")) {
    const [name, value] = cut(line);
    if (name === "content-disposition" && disposition === null) disposition = DISPOSITION.exec(value);
    // Content-Type is a guess of the browser by the file's name; nothing here goes by it.
    else if (name !== "content-type") throw malformed();
  }
  if (disposition === null) throw malformed();
  const [, name = "", fileName] = disposition;
  return { name, fileName: fileName === undefined ? undefined : baseName(fileName) };
}

function cut(line: string): readonly [string, string] {
  const colon = line.indexOf(":");
  return colon === -1 ? ["", ""] : [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
}

/** For showing it again: without folders, and without what could turn the line around. */
function baseName(fileName: string): string {
  const last = fileName.split(/[/\\]/).at(-1) ?? "";
  return last.replaceAll("%22", '"').replaceAll(/\p{C}/gu, "").slice(0, 100);
}

function decode(bytes: Buffer): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new BodyRefused(400, "a field is not UTF-8");
  }
}

function malformed(): BodyRefused {
  return new BodyRefused(400, "the form is not as a browser sends it");
}
