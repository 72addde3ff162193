import type { ServerResponse } from "node:http";
import type { FeedSource } from "./feed-connections.ts";

export interface FeedStreamLimits {
  /** A signed document comes at least so often: whoever hears nothing for longer knows that the stream is broken. */
  readonly heartbeatMs: number;
  /** Then the reader comes again, and proves again who it is. */
  readonly longestMs: number;
  /** Bytes that may wait in this process for a reader who does not take them. */
  readonly mostWaitingBytes: number;
}

export const FEED_STREAM_LIMITS: FeedStreamLimits = {
  heartbeatMs: 5_000,
  longestMs: 10 * 60_000,
  mostWaitingBytes: 256 * 1_024,
};

/**
 * Server-sent events (HTML Living Standard 9.2). Each event is a signed document, its id the cursor after it; one
 * without news is the heartbeat. While it is not known what has been revoked nothing is sent, so that a reader who counts
 * the seconds stops believing what it keeps.
 */
export class FeedStream {
  readonly #source: FeedSource;
  readonly #response: ServerResponse;
  readonly #limits: FeedStreamLimits;
  #cursor: number | undefined;
  /** The next document is sent even if it says nothing. */
  #isBeat = false;
  #isWanted = false;
  #isSending = false;

  constructor(
    source: FeedSource,
    response: ServerResponse,
    cursor: number | undefined,
    limits: FeedStreamLimits,
  ) {
    this.#source = source;
    this.#response = response;
    this.#cursor = cursor;
    this.#limits = limits;
  }

  /** Until the reader goes, does not keep up, the time is up, or the server stops. */
  async run(): Promise<void> {
    const { promise: closed, resolve } = Promise.withResolvers<void>();
    const { feed } = this.#source;
    const { heartbeatMs, longestMs } = this.#limits;
    const response = this.#response;
    // Who went while it was looked up who it is has closed already, and would keep its place for ever.
    if (response.destroyed) return;
    response.once("close", resolve);
    const end = () => void response.end();
    const stop = feed.listen(() => (feed.isClosed ? end() : void this.#send()));
    const beat = () => {
      this.#isBeat = true;
      void this.#send();
    };
    const timers = [setInterval(beat, heartbeatMs).unref(), setTimeout(end, longestMs).unref()];
    beat();
    if (feed.isClosed) end();
    await closed;
    for (const timer of timers) clearInterval(timer);
    stop();
  }

  /** One at a time; what happens meanwhile is looked at once more. Never throws. */
  async #send(): Promise<void> {
    this.#isWanted = true;
    if (this.#isSending) return;
    this.#isSending = true;
    try {
      while (this.#isWanted && this.#response.writable) await this.#sendOne();
    } catch {
      // A store is away. The cursor stands where it stood, and the next heartbeat tries again.
    } finally {
      this.#isSending = false;
    }
  }

  async #sendOne(): Promise<void> {
    this.#isWanted = false;
    const response = this.#response;
    const { jwt, next, isNews, more } = await this.#source.documents.after(this.#cursor);
    if ((!isNews && !this.#isBeat) || !response.writable) return;
    this.#isBeat = false;
    this.#isWanted ||= more;
    this.#cursor = next;
    response.write(`id: ${next}\nevent: revocations\ndata: ${jwt}\n\n`);
    // It does not read, or not fast enough. What it misses it gets when it comes again.
    if (response.writableLength > this.#limits.mostWaitingBytes) response.destroy();
  }
}
