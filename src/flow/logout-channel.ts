import type { Application } from "../model/application.ts";
import type { LogoutOutcome } from "../model/logout-receipt.ts";
import type { Participant } from "../model/participant.ts";

/** One participant that must be told that the session has ended. */
export interface LogoutTarget {
  readonly application: Application;
  readonly participant: Participant;
  readonly receiptId: string;
}

export interface LogoutResult {
  readonly outcome: LogoutOutcome;
  readonly detail?: string | undefined;
}

/** A message that goes through the browser: loaded in a frame (`url`), or posted by a page of ours in that frame. */
export type FrontChannelMessage =
  | { readonly kind: "get"; readonly url: string }
  | { readonly kind: "post"; readonly action: string; readonly fields: Readonly<Record<string, string>> };

/** What a protocol offers the logout: how it tells a participant, on the server or through the browser. */
export interface LogoutChannel {
  /** How this application can be told, by its registration. */
  channelOf(application: Application): "back" | "front" | "none";
  /** Tells it on the server; resolves within 5 seconds whatever happens, never throws for the application's faults. */
  tell(target: LogoutTarget): Promise<LogoutResult>;
  /**
   * Makes the message for the browser. `answered`: true when the application sends an answer back to us (SAML), false
   * when loading it is all there is to know (OpenID Connect front-channel).
   */
  message(target: LogoutTarget): Promise<{ readonly message: FrontChannelMessage; readonly answered: boolean }>;
}
