import type { Clock } from "../platform/clock.ts";
import { GAP_WAIT_MS, type LoggedEvent, type RevocationsSince } from "./revocation-log.ts";
import type { Currency } from "./token-verifier.ts";

export interface RevocationFeedParts {
  readonly log: { since(sequence: number): Promise<RevocationsSince> };
  readonly currency: Currency;
  readonly clock: Clock;
}

/** What a reader has not heard yet. `more`: there is more than fits into one answer. */
export interface FeedNews {
  readonly events: readonly LoggedEvent[];
  readonly next: number;
  readonly reset: boolean;
  readonly more: boolean;
}

/** Events in one answer: about 100 bytes each. */
export const MOST_IN_ANSWER = 1_000;
/** Events in memory; whoever is further behind is answered from the store. */
const MOST_KEPT = 5_000;
/** How soon a gap in the log is looked at again. */
const LOOK_AGAIN_MS = 100;

/**
 * The revocation log as this process knows it, for many readers at the cost of one. `look` reads what is new; it is
 * called after every event of this process, and by the look for versions after those of the others.
 */
export class RevocationFeed {
  readonly #parts: RevocationFeedParts;
  readonly #listeners = new Set<() => void>();
  /** Younger than `#from`, up to `#head`. */
  #events: readonly LoggedEvent[] = [];
  #from = 0;
  #head: number | undefined;
  /** Where the log cannot be read on because of a number that nobody has written under, and since when. */
  #gap: { readonly after: number; readonly sinceMs: number } | undefined;
  #looking: Promise<void> | undefined;
  #queued: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(parts: RevocationFeedParts) {
    this.#parts = parts;
  }

  /** Reads what is new and wakes who waits for it; calls that come meanwhile share the next look. Throws `Unavailable`. */
  async look(): Promise<void> {
    this.#queued ??= this.#lookAfter(this.#looking);
    await this.#queued;
  }

  /**
   * What came after `cursor`; undefined: from the beginning, for a reader that keeps nothing. Only ever says "nothing"
   * when that is known to be true by now. Throws `Unavailable`.
   */
  async since(cursor: number | undefined): Promise<FeedNews> {
    const { currency, clock } = this.#parts;
    if (this.#head === undefined) await this.look();
    if (!currency.isKnown(clock.nowMs())) await currency.look();
    const head = this.#head ?? 0;
    if (cursor === undefined) return { events: [], next: head, reset: true, more: false };
    if (cursor === head) return { events: [], next: head, reset: false, more: false };
    if (cursor >= this.#from && cursor < head) return portion(this.#after(cursor), false);
    const { events, next, reset } = await this.#parts.log.since(cursor);
    if (events.length > 0) return portion(events, reset);
    // This feed has passed over a gap that the reader stands before.
    return next < head
      ? { events, next: head, reset: true, more: false }
      : { events, next, reset, more: false };
  }

  /** Calls `onNews` after every change until the returned function is called. */
  listen(onNews: () => void): () => void {
    this.#listeners.add(onNews);
    return () => this.#listeners.delete(onNews);
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  /** Wakes everybody once more: who waits answers and goes. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#wake();
  }

  #after(cursor: number): readonly LoggedEvent[] {
    return this.#events.filter(({ sequence }) => sequence > cursor);
  }

  /** A look that runs may have read before the event that this one is about. */
  async #lookAfter(running: Promise<void> | undefined): Promise<void> {
    await running?.catch(() => undefined);
    this.#queued = undefined;
    this.#looking = this.#look();
    await this.#looking;
  }

  async #look(): Promise<void> {
    const since = await this.#parts.log.since(this.#head ?? 0);
    const found = this.#pastGap(since);
    const changed = found.reset || found.next !== this.#head;
    if (this.#head === undefined || found.reset) this.#begin(found.next);
    else this.#extend(found);
    if (found.top > found.next) this.#lookAgain();
    if (changed) this.#wake();
  }

  /** A number whose writer died is passed over after a while: what it stood for is not known, so nothing is believed. */
  #pastGap(found: RevocationsSince): RevocationsSince {
    const { next, top } = found;
    const nowMs = this.#parts.clock.nowMs();
    if (top <= next) this.#gap = undefined;
    else if (this.#gap?.after !== next) this.#gap = { after: next, sinceMs: nowMs };
    else if (nowMs - this.#gap.sinceMs >= GAP_WAIT_MS) return { events: [], next: top, reset: true, top };
    return found;
  }

  #begin(head: number): void {
    this.#events = [];
    this.#from = head;
    this.#head = head;
  }

  #extend({ events, next }: RevocationsSince): void {
    const all = [...this.#events, ...events];
    const cut = all.slice(Math.max(0, all.length - MOST_KEPT));
    const [first] = cut;
    this.#from = cut.length < all.length && first !== undefined ? first.sequence - 1 : this.#from;
    this.#events = cut;
    this.#head = next;
  }

  #lookAgain(): void {
    if (this.#closed) return;
    clearTimeout(this.#timer);
    // A failure is told to who asks next: until a look succeeds nothing is said.
    this.#timer = setTimeout(() => void this.look().catch(() => undefined), LOOK_AGAIN_MS).unref();
  }

  #wake(): void {
    for (const onNews of this.#listeners) onNews();
  }
}

function portion(events: readonly LoggedEvent[], reset: boolean): FeedNews {
  const some = events.slice(0, MOST_IN_ANSWER);
  const last = some.at(-1);
  if (last === undefined) throw new TypeError("a portion of nothing");
  return { events: some, next: last.sequence, reset, more: some.length < events.length };
}
