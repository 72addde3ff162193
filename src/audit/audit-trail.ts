import type { AuditEvent } from "../model/audit-event.ts";
import type { Clock } from "../platform/clock.ts";
import type { Log } from "../platform/log.ts";
import type { AuditStore } from "../storage/stores.ts";

/** An event before the trail puts the time on it. */
export type AuditEntry = Omit<AuditEvent, "atMs">;

const BATCH = 500;

/**
 * The audit trail. `record` is for what changes something: it is stored before the caller goes on, and a failure
 * stops the act. `note` is for what happens often (sign-ons, failed logins): gathered and written together, so that
 * it costs the sign-on no round trip.
 */
export class AuditTrail {
  readonly #store: AuditStore;
  readonly #clock: Clock;
  readonly #log: Log;
  #waiting: AuditEvent[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(store: AuditStore, clock: Clock, log: Log) {
    this.#store = store;
    this.#clock = clock;
    this.#log = log;
  }

  async record(entry: AuditEntry): Promise<void> {
    await this.#store.append([{ ...entry, atMs: this.#clock.nowMs() }]);
  }

  note(entry: AuditEntry): void {
    this.#waiting.push({ ...entry, atMs: this.#clock.nowMs() });
    if (this.#waiting.length >= BATCH) this.#flushSoon(0);
    else this.#flushSoon(200);
  }

  /** Writes what waits; called at close-down too. Events that the store does not take go to the log, whole. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const events = this.#waiting;
    if (events.length === 0) return;
    this.#waiting = [];
    try {
      await this.#store.append(events);
    } catch (error) {
      for (const event of events) this.#log.error({ audit: event }, "the audit trail could not be written");
      this.#log.error({ error: String(error), events: events.length }, "audit events are in this log only");
    }
  }

  #flushSoon(afterMs: number): void {
    if (this.#timer !== undefined && afterMs > 0) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.flush(), afterMs);
    this.#timer.unref();
  }
}
