import type { ServerResponse } from "node:http";
import type { FeedDocument } from "./feed-documents.ts";

export interface FeedSource {
  readonly documents: { after(cursor: number | undefined): Promise<FeedDocument> };
  readonly feed: { listen(onNews: () => void): () => void; readonly isClosed: boolean };
}

/** Who has proved that the feed is for them. */
export interface FeedReader {
  readonly id: string;
}

/** Connections that wait for news, in this process and of one reader. */
export const MOST_WAITING = 500;
export const MOST_OF_ONE_READER = 20;

/** Counts who waits: each of them costs a socket for a long time. */
export class FeedConnections {
  #all = 0;
  readonly #ofReader = new Map<string, number>();

  /** Takes a place until `leave` is called; undefined: there is none. */
  enter({ id }: FeedReader): (() => void) | undefined {
    const own = this.#ofReader.get(id) ?? 0;
    if (this.#all >= MOST_WAITING || own >= MOST_OF_ONE_READER) return undefined;
    this.#all += 1;
    this.#ofReader.set(id, own + 1);
    let left = false;
    return () => {
      if (left) return;
      left = true;
      this.#all -= 1;
      const rest = (this.#ofReader.get(id) ?? 1) - 1;
      if (rest === 0) this.#ofReader.delete(id);
      else this.#ofReader.set(id, rest);
    };
  }
}

/** The document after `cursor`: at once where there is news, else when there is or when the time is up. */
export async function waitForNews(
  { documents, feed }: FeedSource,
  response: ServerResponse,
  cursor: number | undefined,
  waitMs: number,
): Promise<FeedDocument> {
  const { promise, resolve } = Promise.withResolvers<void>();
  // Before the first look, so that nothing can happen between the two.
  const stop = feed.listen(resolve);
  // Whoever has gone gives the place free at once.
  response.once("close", resolve);
  const timer = setTimeout(resolve, waitMs).unref();
  try {
    const first = await documents.after(cursor);
    if (first.isNews || waitMs === 0 || feed.isClosed || response.destroyed) return first;
    await promise;
    return await documents.after(cursor);
  } finally {
    clearTimeout(timer);
    stop();
    response.off("close", resolve);
  }
}
