import type { Clock } from "../platform/clock.ts";
import type { FeedNews } from "./revocation-feed.ts";
import type { LoggedEvent } from "./revocation-log.ts";

export interface FeedDocumentsParts {
  readonly issuer: string;
  readonly feed: { since(cursor: number | undefined): Promise<FeedNews> };
  /** Signs these claims as a compact JWS of the type `token-revocations+jwt`. */
  readonly sign: (claims: Readonly<Record<string, unknown>>) => string;
  readonly clock: Clock;
}

/** An answer of the feed, signed. */
export interface FeedDocument {
  readonly jwt: string;
  readonly next: number;
  /** Says more than that nothing happened. */
  readonly isNews: boolean;
  readonly more: boolean;
}

/** Documents of one second that are kept: as many cursors as there are readers who are behind. */
const MOST_KEPT = 100;

/**
 * Signs what the feed says. Readers stand at the same cursor nearly always, so within one second one signature serves
 * them all.
 */
export class FeedDocuments {
  readonly #parts: FeedDocumentsParts;
  #second = 0;
  readonly #signed = new Map<string, string>();

  constructor(parts: FeedDocumentsParts) {
    this.#parts = parts;
  }

  /** What came after `cursor`; undefined: the reader keeps nothing. Throws `Unavailable`. */
  async after(cursor: number | undefined): Promise<FeedDocument> {
    const news = await this.#parts.feed.since(cursor);
    const { next, more } = news;
    return { jwt: this.#document(cursor, news), next, more, isNews: news.reset || news.events.length > 0 };
  }

  #document(cursor: number | undefined, { events, next, reset }: FeedNews): string {
    const { issuer, sign, clock } = this.#parts;
    const second = Math.floor(clock.nowMs() / 1_000);
    if (second !== this.#second || this.#signed.size >= MOST_KEPT) this.#signed.clear();
    this.#second = second;
    const name = `${cursor ?? "-"} ${next} ${reset ? "reset" : ""}`;
    let jwt = this.#signed.get(name);
    if (jwt === undefined) {
      jwt = sign({
        iss: issuer,
        iat: second,
        after: cursor,
        next,
        reset: reset ? true : undefined,
        events: events.map(wire),
      });
      this.#signed.set(name, jwt);
    }
    return jwt;
  }
}

function wire(event: LoggedEvent): Readonly<Record<string, unknown>> {
  const at = Math.floor(event.atMs / 1_000);
  return event.what === "all" ? { what: "all", at } : { what: event.what, id: event.id, at };
}
