import type { AuditTrail } from "../audit/audit-trail.ts";
import type { Protocol } from "../model/application.ts";
import type { LogoutDelivery } from "../model/logout-delivery.ts";
import type { LogoutEntry } from "../model/logout-receipt.ts";
import type { Participant } from "../model/participant.ts";
import type { Clock } from "../platform/clock.ts";
import type { Log } from "../platform/log.ts";
import { type Random, randomId } from "../platform/random.ts";
import type { LogoutDeliveryStore, ReceiptStore } from "../storage/stores.ts";
import type { Applications } from "./applications.ts";
import type { LogoutChannel, LogoutResult } from "./logout-channel.ts";
import { isConfirmed, recordAnswer } from "./logout-record.ts";

const FIRST_PAUSE_MS = 30_000;
const LONGEST_PAUSE_MS = 60 * 60_000;
/** An application that could not be told for a day has ended the session by itself, or nobody looks after it. */
const GIVE_UP_AFTER_MS = 24 * 60 * 60_000;
/** Longer than any try takes, so that only the delivery of a process that died is taken over. */
const LEASE_MS = 60_000;
const WORKERS = 8;

export interface LogoutDeliveriesParts {
  readonly store: LogoutDeliveryStore;
  readonly receipts: ReceiptStore;
  readonly applications: Pick<Applications, "byId">;
  readonly channels: Readonly<Record<Protocol, LogoutChannel>>;
  readonly audit: Pick<AuditTrail, "record">;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/**
 * Logouts that an application could not be told of for a reason that passes (a network, a restart): kept in the
 * database and tried again for a day, further and further apart, by one process at a time. Each try is a message of its
 * own. What came of it at last stands in the receipt; what came to nothing, in the audit trail as well.
 */
export class LogoutDeliveries {
  readonly #parts: LogoutDeliveriesParts;
  #running: Promise<void> | undefined;
  #stopped = false;

  constructor(parts: LogoutDeliveriesParts) {
    this.#parts = parts;
  }

  /** After a first try that may go better later. */
  async queue(receiptId: string, participant: Participant): Promise<void> {
    const { store, clock, random } = this.#parts;
    const createdAtMs = clock.nowMs();
    const dueAtMs = createdAtMs + this.#pauseMs(1);
    await store.insert({ id: randomId(random), receiptId, participant, createdAtMs, dueAtMs, tries: 1 });
  }

  /** Tries everything that is due. A call during another one waits for that one. Never throws: the next round is near. */
  async runDue(): Promise<void> {
    this.#running ??= this.#round().finally(() => {
      this.#running = undefined;
    });
    await this.#running;
  }

  /** Begins no further try, and waits for those that have begun. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }

  async #round(): Promise<void> {
    const workers = Array.from({ length: WORKERS }, async () => await this.#work());
    for (const result of await Promise.allSettled(workers)) {
      if (result.status === "fulfilled") continue;
      this.#parts.log.warn(
        { error: String(result.reason) },
        "logouts could not be delivered; tried again soon",
      );
    }
  }

  async #work(): Promise<void> {
    const { store, clock, random } = this.#parts;
    while (!this.#stopped) {
      const lease = randomId(random);
      const delivery = await store.claim(lease, clock.nowMs(), LEASE_MS);
      if (delivery === undefined) return;
      await this.#deliver(delivery, lease);
    }
  }

  async #deliver(delivery: LogoutDelivery, lease: string): Promise<void> {
    const { store, receipts, clock } = this.#parts;
    const { receiptId, participant } = delivery;
    const receipt = await receipts.get(receiptId);
    const entry = receipt?.entries.find((one) => one.applicationId === participant.applicationId);
    const result = entry === undefined || isConfirmed(entry.outcome) ? undefined : await this.#tell(delivery);
    if (entry === undefined || result === undefined) {
      await store.finish(delivery.id, lease);
      return;
    }
    const nextMs = clock.nowMs() + this.#pauseMs(delivery.tries);
    if (result.passing === true && nextMs < delivery.createdAtMs + GIVE_UP_AFTER_MS) {
      await store.postpone(delivery.id, lease, nextMs);
      return;
    }
    if (result.passing === true) await this.#bury(delivery, entry);
    await recordAnswer({ receipts, clock }, receiptId, entry.applicationId, result);
    await store.finish(delivery.id, lease);
  }

  /** undefined: there is nobody to tell any more, or no way to. */
  async #tell({ participant, receiptId }: LogoutDelivery): Promise<LogoutResult | undefined> {
    const application = this.#parts.applications.byId(participant.applicationId);
    const channel = this.#parts.channels[participant.protocol];
    if (application === undefined || channel.channelOf(application) !== "back") return undefined;
    return await channel.tell({ application, participant, receiptId });
  }

  async #bury({ participant, receiptId, tries }: LogoutDelivery, entry: LogoutEntry): Promise<void> {
    await this.#parts.audit.record({
      action: "logout.undelivered",
      outcome: "failure",
      actorId: "system",
      targetKind: "application",
      targetId: participant.applicationId,
      targetName: entry.applicationName,
      detail: { receipt: receiptId, tries },
    });
  }

  /** Doubles with each try, up to an hour; a random half of it off, so that a thousand of them do not come at once. */
  #pauseMs(tries: number): number {
    const fullMs = Math.min(FIRST_PAUSE_MS * 2 ** (tries - 1), LONGEST_PAUSE_MS);
    const share = this.#parts.random.bytes(2).readUInt16BE() / 65_536;
    return Math.round(fullMs * (1 - share / 2));
  }
}
