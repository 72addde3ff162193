import type { Participant } from "./participant.ts";

/** An application that could not be told of a logout yet, and is told again. One per receipt and application. */
export interface LogoutDelivery {
  readonly id: string;
  readonly receiptId: string;
  readonly participant: Participant;
  /** When it was first tried, in epoch milliseconds. */
  readonly createdAtMs: number;
  /** When it is to be tried again. */
  readonly dueAtMs: number;
  /** How often it was tried. */
  readonly tries: number;
}
