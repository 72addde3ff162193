import type { Application } from "../model/application.ts";
import type { LogoutOutcome, LogoutReceipt } from "../model/logout-receipt.ts";
import type { Participant } from "../model/participant.ts";
import type { Reply } from "./reply.ts";

/** One participant that must be told that the session has ended. */
export interface LogoutTarget {
  readonly application: Application;
  readonly participant: Participant;
  readonly receiptId: string;
}

export interface LogoutResult {
  readonly outcome: LogoutOutcome;
  readonly detail?: string | undefined;
  /** It was not told for a reason that may pass (a network, a fault of its server): worth another try. */
  readonly passing?: boolean | undefined;
}

/** Request Timeout, Too Many Requests, and whatever its server broke on: the next try may be answered otherwise. */
const PASSING_STATUSES: readonly number[] = [408, 429, 500];

/** Whether an HTTP status that is no success speaks of trouble that may pass; 501 (Not Implemented) does not. */
export function isPassingStatus(status: number): boolean {
  return status > 501 || PASSING_STATUSES.includes(status);
}

/** A message that goes through the browser: loaded in a frame (`url`), or posted by a page of ours in that frame. */
export type FrontChannelMessage =
  | { readonly kind: "get"; readonly url: string }
  | { readonly kind: "post"; readonly action: string; readonly fields: Readonly<Record<string, string>> };

export interface PreparedMessage {
  readonly message: FrontChannelMessage;
  /**
   * The message's ID where the application answers with it (SAML InResponseTo): EndSession keeps it and finds the logout
   * again by it. Undefined where loading the message is all there is to know (OpenID Connect front-channel).
   */
  readonly messageId?: string | undefined;
  /** The id of our key that the message is signed with: its answer shows that the application took it. */
  readonly signedWith?: string | undefined;
}

/** How the application that asked for the logout gets its answer at the end; it survives JSON. */
export type LogoutFinish =
  | { readonly protocol: "oidc"; readonly redirectTo: string | undefined }
  | { readonly protocol: "saml"; readonly wire: unknown };

/** What a protocol offers for the end of a logout that one of its applications asked for. */
export interface LogoutFinisher {
  /** Makes the answer to the application; `receipt` is undefined when there was no session to end. */
  finish(wire: unknown, receipt: LogoutReceipt | undefined): Promise<Reply>;
}

/** What a protocol offers the logout: how it tells a participant, on the server or through the browser. */
export interface LogoutChannel {
  /** How this application can be told, by its registration. */
  channelOf(application: Application): "back" | "front" | "none";
  /** Tells it on the server; resolves within 5 seconds whatever happens, never throws for the application's faults. */
  tell(target: LogoutTarget): Promise<LogoutResult>;
  /** Makes the message for the browser, a fresh one at each call. */
  message(target: LogoutTarget): Promise<PreparedMessage>;
}
