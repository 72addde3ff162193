import { setTimeout as wait } from "node:timers/promises";
import { type JWTVerifyGetKey, jwtVerify } from "jose";

/** What the reader needs to know; see `TokenVerifierSettings` for the meaning. */
export interface RevocationReaderSettings {
  readonly issuer: string;
  /** The Authorization header of our client. */
  readonly authorization: string;
  /** The keys that the feed is signed with. */
  readonly keys: JWTVerifyGetKey;
  /** After so much silence nothing that is kept is believed any more. */
  readonly silentAfterMs: number;
  readonly fetch: typeof fetch;
  readonly nowMs: () => number;
  /** The keys are other ones than before. */
  readonly onKeysChanged: () => void;
}

interface Event {
  readonly what: string;
  readonly id: string | undefined;
  /** In seconds, by the clock of Gatehouse. */
  readonly at: number;
}

/** Shorter than the silence that ends all trust, so that a quiet feed is not taken for a dead one. */
const WAIT_SECONDS = 4;
const ANSWER_WITHIN_MS = (WAIT_SECONDS + 3) * 1_000;
const TRY_AGAIN_MS = 1_000;
/** A JWT of Gatehouse lives 10 minutes: whatever was named longer ago has expired. */
const REMEMBERED_SECONDS = 15 * 60;
const MOST_REMEMBERED = 20_000;
/** Two clocks may differ. Too much is only a question too many. */
const SKEW_SECONDS = 5;

/**
 * Follows GET /tokens/revocations by polls that wait, and remembers what was named. It never says that a token is good:
 * it says for which ones what is known here does not count any more.
 */
export class RevocationReader {
  readonly #settings: RevocationReaderSettings;
  /** By id: when it happened (seconds, theirs), and when we heard of it (ours). The oldest first. */
  readonly #named = new Map<string, { readonly at: number; readonly heardAtMs: number }>();
  /** Of tokens from before this second, and of answers from before this moment, nothing is known. */
  #unknownUntil = Number.NEGATIVE_INFINITY;
  #forgotAtMs = Number.NEGATIVE_INFINITY;
  #heardAtMs = Number.NEGATIVE_INFINITY;
  #cursor: number | undefined;
  #stop: AbortController | undefined;

  constructor(settings: RevocationReaderSettings) {
    this.#settings = settings;
  }

  start(): void {
    if (this.#stop !== undefined) return;
    this.#stop = new AbortController();
    void this.#follow(this.#stop.signal);
  }

  stop(): void {
    this.#stop?.abort();
    this.#stop = undefined;
  }

  /** True while the feed speaks. What it has named counts also when it is silent; that it names nobody does not. */
  isHeard(): boolean {
    const ageMs = this.#settings.nowMs() - this.#heardAtMs;
    return ageMs >= 0 && ageMs < this.#settings.silentAfterMs;
  }

  /** Whether something has happened to a token that was issued then (`iat`) and goes by these names. */
  concerns(ids: readonly string[], issuedAt: number): boolean {
    if (issuedAt <= this.#unknownUntil + SKEW_SECONDS) return true;
    return ids.some((id) => (this.#named.get(id)?.at ?? Number.NEGATIVE_INFINITY) >= issuedAt - SKEW_SECONDS);
  }

  /** Whether we have heard something about these names since that moment of ours. */
  namedSince(ids: readonly string[], sinceMs: number): boolean {
    if (this.#forgotAtMs >= sinceMs) return true;
    return ids.some((id) => (this.#named.get(id)?.heardAtMs ?? Number.NEGATIVE_INFINITY) >= sinceMs);
  }

  async #follow(stopped: AbortSignal): Promise<void> {
    while (!stopped.aborted) {
      try {
        await this.#ask(stopped);
      } catch {
        // Away, busy, or not Gatehouse: silence until it is there again. Callers see it by `isHeard`.
        await wait(TRY_AGAIN_MS, undefined, { signal: stopped, ref: false }).catch(() => undefined);
      }
    }
  }

  async #ask(stopped: AbortSignal): Promise<void> {
    const { issuer, authorization, keys } = this.#settings;
    const cursor = this.#cursor;
    const query = cursor === undefined ? "" : `?after=${cursor}&wait=${WAIT_SECONDS}`;
    const answer = await this.#settings.fetch(`${issuer}/tokens/revocations${query}`, {
      headers: { authorization, accept: "application/jwt" },
      redirect: "error",
      signal: AbortSignal.any([stopped, AbortSignal.timeout(ANSWER_WITHIN_MS)]),
    });
    const text = await answer.text();
    if (answer.status !== 200) throw new Error(`the feed was answered with ${answer.status}`);
    const { payload } = await jwtVerify(text, keys, {
      issuer,
      typ: "token-revocations+jwt",
      algorithms: ["ES256", "RS256"],
      maxTokenAge: 60,
      clockTolerance: 60,
      currentDate: new Date(this.#settings.nowMs()),
    });
    const { iat = 0, next, after, reset } = payload;
    // An answer to another question says nothing about what came after our cursor.
    if (after !== cursor || typeof next !== "number" || !Number.isSafeInteger(next))
      throw new Error("not ours");
    this.#hear(eventsOf(payload["events"]), reset === true ? iat : undefined);
    this.#cursor = next;
    this.#heardAtMs = this.#settings.nowMs();
  }

  #hear(events: readonly Event[], resetAt: number | undefined): void {
    const heardAtMs = this.#settings.nowMs();
    if (resetAt !== undefined) this.#forget(resetAt);
    for (const { what, id, at } of events) {
      if (what === "keys-changed") this.#settings.onKeysChanged();
      // An event without a name is about everybody, whatever it is called.
      if (id === undefined) this.#forget(at);
      else {
        this.#named.delete(id);
        this.#named.set(id, { at, heardAtMs });
      }
    }
    this.#prune(heardAtMs);
  }

  #forget(until: number): void {
    this.#unknownUntil = Math.max(this.#unknownUntil, until);
    this.#forgotAtMs = this.#settings.nowMs();
  }

  #prune(nowMs: number): void {
    for (const [id, { at, heardAtMs }] of this.#named) {
      const isOld = heardAtMs < nowMs - REMEMBERED_SECONDS * 1_000;
      if (!isOld && this.#named.size <= MOST_REMEMBERED) return;
      // Too many to remember: what is dropped counts for everybody.
      if (!isOld) this.#forget(at);
      this.#named.delete(id);
    }
  }
}

/** Throws for what is no list of events: an event that is not understood must not be passed over. */
function eventsOf(value: unknown): readonly Event[] {
  if (!Array.isArray(value)) throw new TypeError("no list of events");
  return value.map((event: unknown) => {
    if (typeof event !== "object" || event === null) throw new TypeError("no event");
    const { what, id, at } = event as Readonly<Record<string, unknown>>;
    if (typeof what !== "string" || typeof at !== "number") throw new TypeError("no event");
    return { what, at, id: typeof id === "string" ? id : undefined };
  });
}
