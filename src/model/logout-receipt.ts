import type { Protocol } from "./application.ts";

export type LogoutOutcome =
  | "pending"
  /** It confirmed it. */
  | "signed-out"
  /** It confirmed that it had no such session any more. */
  | "already-gone"
  /** It was told through the browser, by a channel that knows no confirmation (OpenID Connect front-channel). */
  | "told"
  | "no-answer"
  | "refused"
  | "not-supported"
  | "unreachable";

/** What happened at one application when a session ended. */
export interface LogoutEntry {
  readonly applicationId: string;
  readonly applicationName: string;
  readonly protocol: Protocol;
  readonly channel: "front" | "back" | "none";
  readonly outcome: LogoutOutcome;
  readonly atMs: number;
  /** For the receipt's reader: the status code or the fault, without secrets. */
  readonly detail?: string | undefined;
}

/** The stored, truthful record of one logout. */
export interface LogoutReceipt {
  /** `LO-XXXX-XXXX`, random; whoever has it may read the receipt. */
  readonly id: string;
  readonly accountId: string;
  readonly startedAtMs: number;
  readonly entries: readonly LogoutEntry[];
}
