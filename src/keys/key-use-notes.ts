import type { AcceptanceProof, KeyUse } from "../model/key-use.ts";
import type { Clock } from "../platform/clock.ts";
import type { Log } from "../platform/log.ts";
import type { KeyUseStore } from "../storage/stores.ts";

/** What is said again and again is written once in so long. */
const SAME_AGAIN_AFTER_MS = 60 * 60_000;
const WRITE_AFTER_MS = 2_000;

interface Noted {
  readonly keyId: string;
  readonly atMs: number;
}

/**
 * Notes which of our keys each application was sent a signature of, and which it was seen to accept. A sign-on pays for
 * one look into a map: the same key is written once an hour for each application, gathered with whatever else waits. What
 * is lost when a process dies is seen again at the next sign-on.
 */
export class KeyUseNotes {
  readonly #store: Pick<KeyUseStore, "note">;
  readonly #clock: Clock;
  readonly #log: Pick<Log, "warn">;
  readonly #signed = new Map<string, Noted>();
  readonly #accepted = new Map<string, Noted>();
  #waiting = new Map<string, KeyUse>();
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: { store: Pick<KeyUseStore, "note">; clock: Clock; log: Pick<Log, "warn"> }) {
    this.#store = parts.store;
    this.#clock = parts.clock;
    this.#log = parts.log;
  }

  /** The application was sent an answer, or a token, that this key has signed. */
  signed(applicationId: string, keyId: string): void {
    const noted = this.#news(this.#signed, applicationId, keyId);
    if (noted !== undefined) this.#wait(applicationId, { signed: noted });
  }

  /** The application has shown that it took a signature of this key. */
  accepted(applicationId: string, keyId: string, how: AcceptanceProof): void {
    const noted = this.#news(this.#accepted, applicationId, keyId);
    if (noted !== undefined) this.#wait(applicationId, { accepted: { ...noted, how } });
  }

  /** Writes what waits; called at close-down too. What the store does not take is noted again when it is seen again. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const uses = [...this.#waiting.values()];
    if (uses.length === 0) return;
    this.#waiting = new Map();
    try {
      await this.#store.note(uses);
    } catch (error) {
      for (const { applicationId } of uses) {
        this.#signed.delete(applicationId);
        this.#accepted.delete(applicationId);
      }
      this.#log.warn(
        { error: String(error), applications: uses.length },
        "which keys applications use could not be written; it is noted again when it is seen again",
      );
    }
  }

  /** undefined: the same was noted less than an hour ago. */
  #news(known: Map<string, Noted>, applicationId: string, keyId: string): Noted | undefined {
    const atMs = this.#clock.nowMs();
    const last = known.get(applicationId);
    if (last?.keyId === keyId && atMs - last.atMs < SAME_AGAIN_AFTER_MS) return undefined;
    const noted = { keyId, atMs };
    known.set(applicationId, noted);
    return noted;
  }

  #wait(applicationId: string, news: Omit<KeyUse, "applicationId">): void {
    this.#waiting.set(applicationId, { ...this.#waiting.get(applicationId), applicationId, ...news });
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(() => void this.flush(), WRITE_AFTER_MS);
    this.#timer.unref();
  }
}
