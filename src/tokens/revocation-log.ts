import type { Clock } from "../platform/clock.ts";
import { sha256 } from "../platform/digest.ts";
import type { VolatileStore } from "../volatile/volatile-store.ts";

/** What happened to tokens that somebody may hold in a cache. */
export interface RevocationEvent {
  readonly what: /** An API token by its id, an OAuth access token by its family's. */
    | "revoked"
    /** An API token by its id. */
    | "suspended"
    | "released"
    | "changed"
    /** By what the session is called at the application (`sid`). */
    | "session-ended"
    /** What a person had allowed an application, by the grant's id. */
    | "grant-withdrawn"
    /** By SHA-256 of the `sub`, of the `client_id`, of the resource's identifier: these may be guessed. */
    | "subject-changed"
    | "client-changed"
    | "resource-changed"
    /** JWKS is another one than before; the id is always `keys`. */
    | "keys-changed";
  readonly id: string;
}

/** Everything may have changed: whoever keeps anything forgets all of it. */
export interface EverythingChanged {
  readonly what: "all";
}

/** An event with its place. `all`: too many at once to name, or it is not known which. */
export type LoggedEvent =
  | (RevocationEvent & { readonly sequence: number; readonly atMs: number })
  | { readonly what: "all"; readonly sequence: number; readonly atMs: number };

/** What was asked for. `reset`: what came before is not known any more, so nothing that is kept may be believed. */
export interface RevocationsSince {
  readonly events: readonly LoggedEvent[];
  /** Ask with this the next time. */
  readonly next: number;
  readonly reset: boolean;
  /** The youngest number that was given. Above `next`: its writer has not written yet, or has died before it could. */
  readonly top: number;
}

const MINUTE_MS = 60_000;
const BUCKET_MS = 10 * MINUTE_MS;
/** Longer than any cache that works offline. */
export const REVOCATIONS_KEPT_MS = 60 * MINUTE_MS;
const BUCKET_TTL_MS = REVOCATIONS_KEPT_MS + 2 * BUCKET_MS;
/** More than these at once are one event that names nobody. */
const NAMED_AT_ONCE = 500;
/** More than these in ten minutes likewise, so that the log stays small whatever is revoked. */
const NAMED_IN_BUCKET = 5_000;
/** A writer took its number and has not written yet: readers stop before the gap, but not for a writer that died. */
export const GAP_WAIT_MS = 5_000;
/** Of the clocks of two processes one may be ahead: the next bucket, this one and the one before. */
const YOUNG_BUCKETS = 3;
/** More numbers than can be in the hands of writers at a time: the counter was begun anew. */
const WIDEST_GAP = 5_000;
const COUNTER_KEY = "revocation-sequence";
const COUNTER_TTL_MS = 30 * 24 * 60 * MINUTE_MS;
/** A number below it comes from a counter that was begun anew; it is lifted above all that were ever given. */
const LOWEST = 1_000_000_000_000;

/**
 * What was revoked, suspended, released or changed within the last hour, in the volatile store, in one order for all
 * processes. Numbers rise and are never used twice, also after the store was emptied. Everything throws `Unavailable`.
 */
export class RevocationLog {
  readonly #store: VolatileStore;
  readonly #clock: Clock;

  constructor(store: VolatileStore, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /** In one go; many at once become one event that names nobody. */
  async append(events: readonly (RevocationEvent | EverythingChanged)[]): Promise<void> {
    if (events.length === 0) return;
    const atMs = this.#clock.nowMs();
    const bucket = bucketKey(atMs);
    const named = await this.#store.hashIncrement(bucket, "count", events.length, BUCKET_TTL_MS);
    const many = events.length > NAMED_AT_ONCE || named > NAMED_IN_BUCKET;
    const lines = many ? [{ what: "all" as const }] : events;
    const last = await this.#numbers(lines.length, atMs);
    const fields = lines.map((line, index) => {
      const sequence = last - lines.length + 1 + index;
      return [String(sequence), JSON.stringify({ ...line, sequence, atMs })] as const;
    });
    await this.#store.hashSet(bucket, Object.fromEntries(fields), BUCKET_TTL_MS);
  }

  /**
   * For a store that may have lost its last writes, events and announcements among them (docs/decisions/0004): for each
   * history of writes everybody forgets what they keep, and `announce` makes every process read what it keeps anew.
   */
  async beginHistory(history: string, announce: () => Promise<void>): Promise<void> {
    const key = `revocation-history:${sha256(history)}`;
    if ((await this.#store.get(key)) !== undefined) return;
    await this.#passLost();
    await this.append([{ what: "all" }]);
    await announce();
    // Last, so that whoever fails before it leaves it to the next one. To do it twice does no harm.
    await this.#store.set(key, "1", COUNTER_TTL_MS);
  }

  /** Everything after `sequence`, in order. With 0, by whoever knows nothing yet: where to begin. */
  async since(sequence: number): Promise<RevocationsSince> {
    const top = await this.#top();
    // The store was emptied: what it held is not known.
    if (top === undefined) return nothing(0, sequence !== 0);
    if (sequence > top || sequence === 0) return nothing(top, true);
    if (sequence === top) return nothing(top, false);
    const nowMs = this.#clock.nowMs();
    return inOrder(await this.#readSince(sequence, nowMs), sequence, top, nowMs);
  }

  async #top(): Promise<number | undefined> {
    const text = await this.#store.hashGet(COUNTER_KEY, "last");
    return text === undefined ? undefined : Number(text);
  }

  /**
   * Numbers above the youngest that is here may have been given for what was lost. Given again they would look to a reader
   * like what it has heard: the next one lies above all of them, behind a gap that nobody waits at.
   */
  async #passLost(): Promise<void> {
    const top = await this.#top();
    if (top === undefined) return;
    const most = Math.max(WIDEST_GAP, this.#clock.nowMs() - top);
    await this.#store.hashIncrement(COUNTER_KEY, "last", most + WIDEST_GAP, COUNTER_TTL_MS);
  }

  /** Takes `count` numbers and returns the last of them. */
  async #numbers(count: number, atMs: number): Promise<number> {
    const taken = await this.#store.hashIncrement(COUNTER_KEY, "last", count, COUNTER_TTL_MS);
    await this.#store.expire(COUNTER_KEY, COUNTER_TTL_MS);
    if (taken >= LOWEST) return taken;
    // The counter was gone. Counted from 1 its numbers could be taken for old ones; from the clock they are new.
    return await this.#store.hashIncrement(COUNTER_KEY, "last", atMs + count, COUNTER_TTL_MS);
  }

  /** The youngest buckets, and the older ones only for a reader who is that far behind. */
  async #readSince(sequence: number, nowMs: number): Promise<readonly LoggedEvent[]> {
    const keys = Array.from({ length: BUCKET_TTL_MS / BUCKET_MS }, (_, n) =>
      bucketKey(nowMs + BUCKET_MS - n * BUCKET_MS),
    );
    const young = await this.#read(keys.slice(0, YOUNG_BUCKETS));
    const [first] = young;
    if (first !== undefined && first.sequence <= sequence + 1) return young;
    const old = await this.#read(keys.slice(YOUNG_BUCKETS));
    return [...old, ...young].toSorted((a, b) => a.sequence - b.sequence);
  }

  async #read(keys: readonly string[]): Promise<readonly LoggedEvent[]> {
    const hashes = await Promise.all(keys.map(async (key) => await this.#store.hashGetAll(key)));
    return hashes
      .flatMap((fields) => [...fields])
      .flatMap(([field, text]) => (field === "count" ? [] : [JSON.parse(text) as LoggedEvent]))
      .toSorted((a, b) => a.sequence - b.sequence);
  }
}

function nothing(next: number, reset: boolean): RevocationsSince {
  return { events: [], next, reset, top: next };
}

/** The events after `sequence` without a gap. A gap at the beginning that is not young is what has been forgotten. */
function inOrder(
  kept: readonly LoggedEvent[],
  sequence: number,
  top: number,
  nowMs: number,
): RevocationsSince {
  const events: LoggedEvent[] = [];
  let next = sequence;
  for (const event of kept.filter((one) => one.sequence > sequence)) {
    const isGap = event.sequence !== next + 1;
    const mayCome = event.sequence - next <= WIDEST_GAP && nowMs - event.atMs < GAP_WAIT_MS;
    if (isGap && mayCome) return { events, next, reset: false, top };
    if (isGap) return nothing(top, true);
    events.push(event);
    next = event.sequence;
  }
  return { events, next, reset: false, top: Math.max(top, next) };
}

function bucketKey(atMs: number): string {
  return `revocations:${Math.floor(atMs / BUCKET_MS)}`;
}
