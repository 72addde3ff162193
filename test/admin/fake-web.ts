import {
  type Download,
  type DownloadRequest,
  OutboundFailed,
  type OutboundRequest,
} from "../../src/http/outbound.ts";

/** What stands at an address. With an ETag a question that names it is answered with 304. */
export interface Published {
  readonly body: string;
  readonly status?: number;
  readonly etag?: string;
}

/** Addresses as a test writes them, in the place of the way out. */
export class FakeWeb {
  readonly pages = new Map<string, Published>();
  readonly asked: DownloadRequest[] = [];

  readonly fetch = async (request: OutboundRequest) => {
    const { status, body, validators } = await Promise.resolve(this.#answer(request));
    return { status, contentType: "text/xml", body, validators };
  };

  readonly download = async <T>(
    request: DownloadRequest,
    take: (answer: Download) => Promise<T>,
  ): Promise<T> => {
    const { body, ...answer } = this.#answer(request);
    return await take({ ...answer, body: bytesOf(body) });
  };

  #answer(request: DownloadRequest) {
    this.asked.push(request);
    const found = this.pages.get(request.url);
    if (found === undefined) throw new OutboundFailed();
    const { body, status = 200, etag } = found;
    const isKnown = etag !== undefined && request.known?.etag === etag;
    return { status: isKnown ? 304 : status, body: isKnown ? "" : body, validators: { etag } };
  }
}

async function* bytesOf(text: string): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(Buffer.from(text));
}
