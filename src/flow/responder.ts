import type { Account } from "../model/account.ts";
import type { Application } from "../model/application.ts";
import type { Grant } from "../model/grant.ts";
import type { Participant } from "../model/participant.ts";
import type { RefusalReason } from "../model/refusal.ts";
import type { Session } from "../model/session.ts";
import type { SignOnRequest } from "../model/sign-on-request.ts";
import type { Reply } from "./reply.ts";

/** Everything that an answer is made of. */
export interface SignOnAnswer {
  readonly request: SignOnRequest;
  readonly application: Application;
  readonly account: Account;
  readonly session: Session;
  readonly grant: Grant | undefined;
  /** Scopes that may be released now: asked for, and allowed by the grant or by `consent: "implied"`. */
  readonly scopes: readonly string[];
}

export interface Responded {
  readonly reply: Reply;
  readonly participant: Participant;
  /** What the answer stands on is being stored; the shell waits for it together with what it stores itself. */
  readonly stored?: Promise<void> | undefined;
}

/** The decision was to respond, but there is nothing to say about this person to this application. */
export interface NotRespondable {
  readonly refused: RefusalReason;
  readonly detail?: string | undefined;
}

/** What a protocol offers the shell: it turns a decision into its own answer. */
export interface Responder {
  /**
   * Makes the success answer. The participant is how the application knows this session; the shell records it before
   * the reply is sent, so that a logout finds it. Where it turns out that the answer cannot be made, the shell refuses
   * with that reason. Throws `Unavailable` when something could not be stored or signed.
   */
  respond(answer: SignOnAnswer): Promise<Responded | NotRespondable>;
  /** Makes the error answer at the checked reply address. `detail` is for the application's developers; no secrets. */
  refuse(
    request: SignOnRequest,
    application: Application,
    reason: RefusalReason,
    detail?: string,
  ): Promise<Reply>;
}
