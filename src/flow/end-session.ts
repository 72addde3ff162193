import type { AuditTrail } from "../audit/audit-trail.ts";
import type { Protocol } from "../model/application.ts";
import type { LogoutEntry, LogoutReceipt } from "../model/logout-receipt.ts";
import type { Participant } from "../model/participant.ts";
import type { Session } from "../model/session.ts";
import type { Clock } from "../platform/clock.ts";
import { type Random, randomReference } from "../platform/random.ts";
import type { Participants } from "../session/participants.ts";
import type { SessionStore } from "../session/session-store.ts";
import type { EndedSessionStore, ReceiptStore, RefreshTokenStore } from "../storage/stores.ts";
import type { RevocationEvent } from "../tokens/revocation-log.ts";
import type { Applications } from "./applications.ts";
import type { Browser } from "./browser.ts";
import { PATHS } from "./endpoints.ts";
import type { LogoutChannel, LogoutFinisher } from "./logout-channel.ts";
import type { LogoutDeliveries } from "./logout-deliveries.ts";
import { recordAnswer } from "./logout-record.ts";
import type { LogoutInitiator, LogoutRuns } from "./logout-runs.ts";
import type { Outcome } from "./outcome.ts";

export interface EndSessionParts {
  readonly applications: Applications;
  readonly sessions: SessionStore;
  readonly endedSessions: Pick<EndedSessionStore, "note">;
  readonly participants: Participants;
  readonly refreshTokens: RefreshTokenStore;
  /** Tells the APIs that keep answers about tokens. */
  readonly noteRevoked: (events: readonly RevocationEvent[]) => Promise<void>;
  readonly receipts: ReceiptStore;
  readonly runs: LogoutRuns;
  /** For those that could not be told this time. */
  readonly deliveries: Pick<LogoutDeliveries, "queue">;
  readonly channels: Readonly<Record<Protocol, LogoutChannel>>;
  readonly finishers: { readonly saml: LogoutFinisher };
  readonly audit: AuditTrail;
  readonly clock: Clock;
  readonly random: Random;
}

export interface LogoutRequested {
  readonly session: Session | undefined;
  /** The browser whose session it is; undefined when it is told about from elsewhere. */
  readonly browser: Browser | undefined;
  readonly initiator?: LogoutInitiator | undefined;
  /** False: nothing proves that the initiator sent it, so it is told like all the others. Proven where nothing is said. */
  readonly isProven?: boolean | undefined;
}

/** A session that has ended here, with what is still to be told to whom. */
interface Ended {
  readonly receipt: LogoutReceipt;
  readonly told: readonly Participant[];
  readonly front: readonly string[];
}

/**
 * The one logout for both protocols. The session ends here first, whatever the applications say. Then each of them is
 * told in its own language: on the server in parallel, or through the browser (logout-run.ts). The receipt keeps what
 * each of them answered.
 */
export class EndSession {
  readonly #parts: EndSessionParts;

  constructor(parts: EndSessionParts) {
    this.#parts = parts;
  }

  /** Asks the person first, on our own page: whoever sent the request has not proved that it may end the session. */
  async ask(initiator: LogoutInitiator, session: Session | undefined): Promise<Outcome> {
    const id = await this.#parts.runs.park(initiator, session?.id);
    return { kind: "go", to: `${PATHS.logout}?asked=${id}` };
  }

  /**
   * The person said yes on that page. Anybody may have asked in the application's name, which then still has its own
   * session: it gets its answer, and is told as well. A link with somebody else's question gets nobody an answer.
   */
  async confirmed(
    askedId: string | undefined,
    session: Session | undefined,
    browser: Browser,
  ): Promise<Outcome> {
    const asked = askedId === undefined ? undefined : await this.#parts.runs.unpark(askedId);
    const isForeign = session !== undefined && asked?.sessionId !== session.id;
    const initiator = isForeign ? undefined : asked?.initiator;
    return await this.begin({ session, browser, initiator, isProven: false });
  }

  /** Ends the session and says what the browser does next: frames for the applications, or the answer. */
  async begin(requested: LogoutRequested): Promise<Outcome> {
    const { session, browser, initiator, isProven = true } = requested;
    if (session === undefined) return await this.finish(initiator, undefined);
    const askedBy = isProven ? initiator?.applicationId : undefined;
    const ended = await this.#end(session, askedBy, browser?.address);
    if (browser?.session?.id === session.id) await browser.logOut();
    if (ended === undefined) return await this.finish(initiator, undefined);
    const telling = this.#tellOnServer(ended);
    if (ended.front.length === 0) {
      await telling;
      return await this.finish(initiator, ended.receipt.id);
    }
    // Goes on beside the frames. What could not be written down stays "pending", and is closed as "no answer".
    telling.catch(() => undefined);
    const { receipt, front, told } = ended;
    const run = { receiptId: receipt.id, front, startedAtMs: receipt.startedAtMs, initiator };
    const runId = await this.#parts.runs.begin(run, told);
    return { kind: "go", to: `${PATHS.logoutRun}?run=${runId}` };
  }

  /**
   * Ends sessions without a browser (an administrator's act, "log out everywhere", SOAP). Who can only be told through
   * the browser is recorded as such.
   */
  async endQuietly(sessionIds: readonly string[], initiatorId?: string): Promise<readonly LogoutReceipt[]> {
    const receipts = await Promise.all(
      sessionIds.map(async (id) => await this.#endOneQuietly(id, initiatorId)),
    );
    return receipts.flatMap((receipt) => (receipt === undefined ? [] : [receipt]));
  }

  /** The last answer: to the application that asked, or our receipt. */
  async finish(initiator: LogoutRequested["initiator"], receiptId: string | undefined): Promise<Outcome> {
    const finish = initiator?.finish;
    if (finish?.protocol === "saml") {
      const receipt = receiptId === undefined ? undefined : await this.#parts.receipts.get(receiptId);
      return { kind: "send", reply: await this.#parts.finishers.saml.finish(finish.wire, receipt) };
    }
    if (finish?.redirectTo !== undefined) {
      return { kind: "send", reply: { kind: "redirect", location: finish.redirectTo } };
    }
    return { kind: "go", to: receiptId === undefined ? PATHS.receipt : `${PATHS.receipt}?id=${receiptId}` };
  }

  async #endOneQuietly(
    sessionId: string,
    initiatorId: string | undefined,
  ): Promise<LogoutReceipt | undefined> {
    const session = await this.#parts.sessions.get(sessionId);
    if (session === undefined) return undefined;
    const ended = await this.#end(session, initiatorId, undefined);
    if (ended === undefined) return undefined;
    await Promise.all(
      ended.front.map(async (applicationId) => {
        await recordAnswer(this.#parts, ended.receipt.id, applicationId, {
          outcome: "no-answer",
          detail: "it can only be told through the browser",
        });
      }),
    );
    await this.#parts.runs.keepParticipants(ended.receipt.id, ended.told);
    await this.#tellOnServer(ended);
    return await this.#parts.receipts.get(ended.receipt.id);
  }

  /** Ends the session in every process, once; undefined when another logout was faster. */
  async #end(
    session: Session,
    initiatorId: string | undefined,
    address?: string,
  ): Promise<Ended | undefined> {
    const { sessions, endedSessions, participants, refreshTokens, receipts, audit, clock, random } =
      this.#parts;
    if (!(await sessions.end(session.id, session.accountId))) return undefined;
    const found = await participants.take(session.id);
    await Promise.all([
      this.#parts.noteRevoked(tokensOf(found)),
      // In the database too: a fail-over of the volatile store may bring back what was deleted from it last.
      endedSessions.note({ sessionId: session.id, accountId: session.accountId }, clock.nowMs()),
      refreshTokens.revokeBySession(session.id),
    ]);
    const entries = found.map((participant) => this.#firstEntry(participant, initiatorId));
    const told = found.filter((_, index) => entries[index]?.outcome === "pending");
    const front = told.filter((one) => this.#channelOf(one) === "front").map((one) => one.applicationId);
    const receipt = {
      id: randomReference(random, "LO"),
      accountId: session.accountId,
      startedAtMs: clock.nowMs(),
      entries,
    };
    await receipts.insert(receipt);
    audit.note({
      action: "session.ended",
      outcome: "success",
      actorId: session.accountId,
      targetKind: "session",
      targetId: session.id,
      address,
      detail: { receipt: receipt.id, applications: found.length },
    });
    return { receipt, told, front };
  }

  #channelOf(participant: Participant): "back" | "front" | "none" {
    const application = this.#parts.applications.byId(participant.applicationId);
    return application === undefined
      ? "none"
      : this.#parts.channels[participant.protocol].channelOf(application);
  }

  #firstEntry(participant: Participant, initiatorId: string | undefined): LogoutEntry {
    const channel = this.#channelOf(participant);
    const asked = participant.applicationId === initiatorId;
    // SAML answers who asked (Profiles 4.4). An OpenID Connect application is told like all the others: to ask for a
    // logout does not say that it has ended its own session yet.
    const answered = asked && (participant.protocol === "saml" || channel === "none");
    const outcome = answered ? "signed-out" : channel === "none" ? "not-supported" : "pending";
    return {
      applicationId: participant.applicationId,
      applicationName:
        this.#parts.applications.byId(participant.applicationId)?.name ?? "A removed application",
      protocol: participant.protocol,
      channel,
      outcome,
      atMs: this.#parts.clock.nowMs(),
      detail: asked ? "it asked for this logout" : undefined,
    };
  }

  /** All at once: none of them can delay or block another, and each has its five seconds. */
  async #tellOnServer(ended: Ended): Promise<void> {
    const back = ended.told.filter((participant) => this.#channelOf(participant) === "back");
    await Promise.all(back.map(async (participant) => await this.tellOne(ended.receipt.id, participant)));
  }

  /** Tells one application on the server and writes down what it answered. */
  async tellOne(receiptId: string, participant: Participant): Promise<void> {
    const application = this.#parts.applications.byId(participant.applicationId);
    if (application === undefined) return;
    const channel = this.#parts.channels[participant.protocol];
    const result = await channel.tell({ application, participant, receiptId });
    await recordAnswer(this.#parts, receiptId, participant.applicationId, result);
    if (result.passing === true) await this.#parts.deliveries.queue(receiptId, participant);
  }
}

/** What the session's access tokens are known by: each application calls the session otherwise. */
function tokensOf(participants: readonly Participant[]): readonly RevocationEvent[] {
  return participants
    .filter(({ protocol }) => protocol === "oidc")
    .map(({ sessionIndex }) => ({ what: "session-ended", id: sessionIndex }));
}
