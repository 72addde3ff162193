import { lookup as systemLookup } from "node:dns/promises";
import { isIP, type LookupFunction } from "node:net";
import { callbackify } from "node:util";
import type { Agent, Dispatcher } from "undici";
import { PublicAddresses } from "./public-address.ts";
import { conditions, type Validators, validatorsOf } from "./validators.ts";

/** The address could not be fetched. One text for every cause: it must not tell an open port from a closed one. */
export class OutboundFailed extends Error {
  constructor(options?: ErrorOptions) {
    super("the address could not be fetched", options);
    this.name = "OutboundFailed";
  }
}

export interface OutboundRequest {
  readonly url: string;
  /** With a body the method is POST, without it GET. */
  readonly form?: Readonly<Record<string, string>> | undefined;
  /** A body of another kind than a form, such as SOAP, with the headers that belong to it. */
  readonly text?: { readonly body: string; readonly headers: Readonly<Record<string, string>> } | undefined;
  readonly accept?: string | undefined;
  readonly limitBytes: number;
  /** How many redirects are followed, each checked anew; none unless it is said, three at most. */
  readonly redirects?: number | undefined;
  /** Of the version that is known: where it is still the same, the answer is 304 without a body. */
  readonly known?: Validators | undefined;
}

export interface OutboundAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
  readonly validators?: Validators | undefined;
}

/** A large file that is fetched. */
export type DownloadRequest = Pick<OutboundRequest, "url" | "accept" | "limitBytes" | "redirects" | "known">;

/** What came of it: `body` throws `OutboundFailed` where it is too large or breaks off. */
export interface Download {
  readonly status: number;
  readonly body: AsyncIterable<Uint8Array>;
  readonly validators?: Validators | undefined;
}

export interface OutboundParts {
  /** For a machine of one's own and the tests: private and loopback addresses, http, and any port. */
  readonly allowPrivateAddresses: boolean;
  /** Ports that may be reached, 443 if nothing is said. */
  readonly ports?: readonly number[] | undefined;
  /** All addresses of a host; the system's resolver if nothing is said. */
  readonly resolve?: ((host: string) => Promise<readonly ResolvedAddress[]>) | undefined;
}

export interface ResolvedAddress {
  readonly address: string;
  readonly family: number;
}

const TOTAL_MS = 5_000;
const DOWNLOAD_MS = 10 * 60_000;
const MAX_REDIRECTS = 3;
const MAX_HEADER_BYTES = 16_384;

/**
 * The one way out for requests to addresses that somebody registered (back-channel logout, key and metadata
 * addresses): only public addresses, only https, no redirects, five seconds, a bounded body. The connection goes to
 * the very address that was checked, so a name that resolves differently a moment later gains nothing.
 */
export class Outbound {
  readonly #parts: OutboundParts;
  readonly #publicAddresses = new PublicAddresses();
  /** Made at the first call: who calls nobody does not keep the library in memory. */
  #agent: Agent | undefined;

  constructor(parts: OutboundParts) {
    this.#parts = parts;
  }

  /** Throws `OutboundFailed` when no answer came; an answer of any status is an answer. */
  async fetch(wanted: OutboundRequest): Promise<OutboundAnswer> {
    const signal = AbortSignal.timeout(TOTAL_MS);
    try {
      const response = await this.#response(new URL(wanted.url), wanted, wanted.redirects ?? 0, signal);
      return await read(response, wanted.limitBytes);
    } catch (error) {
      throw new OutboundFailed({ cause: error });
    }
  }

  /**
   * Fetches a large file: what comes is handed on as it comes, up to `limitBytes`, for ten minutes at most. Throws
   * `OutboundFailed` when no answer came or it broke off, and whatever `take` throws, as it is.
   */
  async download<T>(wanted: DownloadRequest, take: (answer: Download) => Promise<T>): Promise<T> {
    const signal = AbortSignal.timeout(DOWNLOAD_MS);
    let response: Dispatcher.ResponseData | undefined;
    try {
      response = await this.#response(new URL(wanted.url), wanted, wanted.redirects ?? 0, signal);
    } catch (error) {
      throw new OutboundFailed({ cause: error });
    }
    try {
      const body = limited(response, wanted.limitBytes);
      return await take({ status: response.statusCode, body, validators: validatorsOf(response.headers) });
    } finally {
      response.body.destroy();
    }
  }

  async close(): Promise<void> {
    await this.#agent?.destroy();
  }

  async #response(
    url: URL,
    wanted: OutboundRequest,
    redirects: number,
    signal: AbortSignal,
  ): Promise<Dispatcher.ResponseData> {
    const redirectsLeft = Math.min(redirects, MAX_REDIRECTS);
    this.#checkUrl(url);
    const { Agent, request } = await import("undici");
    this.#agent ??= new Agent({
      connect: { lookup: this.#lookup(), timeout: TOTAL_MS },
      allowH2: false,
      maxHeaderSize: MAX_HEADER_BYTES,
      keepAliveTimeout: 1_000,
      connections: 16,
    });
    const response = await request(url, { ...messageOf(wanted), dispatcher: this.#agent, signal });
    // Giving up on a body early is no fault of ours to be reported.
    response.body.on("error", () => undefined);
    const location = response.headers["location"];
    const isRedirect = [301, 302, 303, 307, 308].includes(response.statusCode);
    // A form is not posted on to an address that no registration names.
    if (!isRedirect || redirectsLeft === 0 || wanted.form !== undefined || typeof location !== "string") {
      return response;
    }
    response.body.destroy();
    return await this.#response(new URL(location, url), wanted, redirectsLeft - 1, signal);
  }

  #checkUrl(url: URL): void {
    const { allowPrivateAddresses, ports = [443] } = this.#parts;
    if (url.username !== "" || url.password !== "") throw new Error("a user name in the address");
    if (url.protocol !== "https:" && !(allowPrivateAddresses && url.protocol === "http:")) {
      throw new Error("not https");
    }
    if (!allowPrivateAddresses && !ports.includes(url.port === "" ? 443 : Number(url.port))) {
      throw new Error("a port that is not allowed");
    }
    // A host that is an IP address is connected to without any lookup.
    const host = url.hostname.replace(/^\[|\]$/g, "");
    if (isIP(host) !== 0) this.#checkAddress(host);
  }

  #checkAddress(address: string): void {
    if (this.#parts.allowPrivateAddresses || this.#publicAddresses.has(address)) return;
    throw new Error("not a public address");
  }

  /** Resolves once and checks every address; the connection gets these addresses and no others. */
  #lookup(): LookupFunction {
    const addressesOf = callbackify(async (host: string) => await this.#addressesOf(host));
    return (host, options, callback) => {
      addressesOf(host, (error, found) => {
        const [first] = found ?? [];
        if (first === undefined) callback(error ?? new Error("no address"), "", 0);
        else if (options.all === true) callback(null, found);
        else callback(null, first.address, first.family);
      });
    };
  }

  async #addressesOf(host: string): Promise<ResolvedAddress[]> {
    const { resolve } = this.#parts;
    const found =
      resolve === undefined ? await systemLookup(host, { all: true }) : [...(await resolve(host))];
    for (const { address } of found) this.#checkAddress(address);
    return found;
  }
}

function messageOf({ form, text, accept, known = {} }: OutboundRequest) {
  const headers = {
    ...conditions(known),
    accept: accept ?? "*/*",
    "accept-encoding": "identity",
    "user-agent": "Gatehouse",
  };
  if (text !== undefined) {
    return { method: "POST", headers: { ...headers, ...text.headers }, body: text.body } as const;
  }
  if (form === undefined) return { method: "GET", headers } as const;
  const body = new URLSearchParams(form).toString();
  return {
    method: "POST",
    headers: { ...headers, "content-type": "application/x-www-form-urlencoded" },
    body,
  } as const;
}

async function* limited(response: Dispatcher.ResponseData, limitBytes: number): AsyncGenerator<Uint8Array> {
  const encoding = response.headers["content-encoding"] ?? "identity";
  let size = 0;
  try {
    if (encoding !== "identity") throw new Error("a content encoding");
    for await (const chunk of response.body as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > limitBytes) throw new Error("too large");
      yield chunk;
    }
  } catch (error) {
    throw new OutboundFailed({ cause: error });
  }
}

async function read(response: Dispatcher.ResponseData, limitBytes: number): Promise<OutboundAnswer> {
  const encoding = response.headers["content-encoding"] ?? "identity";
  try {
    // What is packed could unfold to any size.
    if (encoding !== "identity") throw new Error("a content encoding");
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of response.body as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > limitBytes) throw new Error("too large");
      chunks.push(chunk);
    }
    const body = new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(chunks, size));
    const contentType = String(response.headers["content-type"] ?? "");
    return { status: response.statusCode, contentType, body, validators: validatorsOf(response.headers) };
  } finally {
    response.body.destroy();
  }
}
