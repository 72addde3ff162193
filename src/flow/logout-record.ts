import type { LogoutOutcome } from "../model/logout-receipt.ts";
import type { Clock } from "../platform/clock.ts";
import type { ReceiptStore } from "../storage/stores.ts";
import type { LogoutResult } from "./logout-channel.ts";

export interface LogoutRecordParts {
  readonly receipts: Pick<ReceiptStore, "answer">;
  readonly clock: Clock;
}

/** Outcomes that a later one replaces, whatever it is. */
const OPEN: readonly LogoutOutcome[] = [
  "pending",
  "told",
  "no-answer",
  "refused",
  "not-supported",
  "unreachable",
];
/** An application that was visited again and no longer knows the session has not taken its word back. */
const CONFIRMED: readonly LogoutOutcome[] = ["already-gone", "signed-out"];

/** True for an outcome that nothing has to be done about any more. */
export function isConfirmed(outcome: LogoutOutcome): boolean {
  return CONFIRMED.includes(outcome);
}

/**
 * Writes down what an application answered. A confirmation stays one, and only a better one replaces it; which answer
 * came last is decided by the database, not between a reading and a writing of ours.
 */
export async function recordAnswer(
  { receipts, clock }: LogoutRecordParts,
  receiptId: string,
  applicationId: string,
  { outcome, detail }: LogoutResult,
): Promise<void> {
  const weaker = isConfirmed(outcome) ? [...OPEN, ...CONFIRMED.slice(0, CONFIRMED.indexOf(outcome))] : OPEN;
  await receipts.answer(receiptId, applicationId, { outcome, detail, atMs: clock.nowMs() }, weaker);
}

/** Writes down that an application was silent, where nothing else has been heard of it. */
export async function recordSilence(
  { receipts, clock }: LogoutRecordParts,
  receiptId: string,
  applicationId: string,
): Promise<void> {
  const silence = { outcome: "no-answer", detail: undefined, atMs: clock.nowMs() } as const;
  await receipts.answer(receiptId, applicationId, silence, ["pending"]);
}
