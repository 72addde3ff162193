import { setTimeout } from "node:timers/promises";
import type { Protocol } from "../model/application.ts";
import type { LogoutEntry, LogoutReceipt } from "../model/logout-receipt.ts";
import type { Participant } from "../model/participant.ts";
import type { Clock } from "../platform/clock.ts";
import type { ReceiptStore } from "../storage/stores.ts";
import type { Applications } from "./applications.ts";
import { PATHS } from "./endpoints.ts";
import type { EndSession } from "./end-session.ts";
import type { LogoutChannel, LogoutResult, PreparedMessage } from "./logout-channel.ts";
import { recordAnswer, recordSilence } from "./logout-record.ts";
import type { LogoutRun, LogoutRuns, SentMessage } from "./logout-runs.ts";
import type { Outcome } from "./outcome.ts";
import type { Reply } from "./reply.ts";

export interface LogoutRunParts {
  readonly endSession: EndSession;
  readonly applications: Applications;
  readonly receipts: ReceiptStore;
  readonly runs: LogoutRuns;
  readonly channels: Readonly<Record<Protocol, LogoutChannel>>;
  readonly clock: Clock;
}

/** One hidden frame of the logout page. */
export interface LogoutFrame {
  readonly applicationId: string;
  readonly applicationName: string;
}

const ANSWER_WITHIN_MS = 5_500;
const POLL_MS = 100;

/**
 * A logout that goes through the browser, in two passes. First every application is told at once, each in a frame of
 * its own: one that is silent holds up nobody. A frame does not bring the application's own SameSite cookies, so those
 * that answered, and only those, are then visited one after the other with the whole window, where the cookies come:
 * they have just shown that they send the browser back.
 */
export class LogoutRunner {
  readonly #parts: LogoutRunParts;

  constructor(parts: LogoutRunParts) {
    this.#parts = parts;
  }

  /** The first pass: a frame for each application that has not answered yet. */
  async frames(runId: string): Promise<{ frames: readonly LogoutFrame[]; receiptId: string } | undefined> {
    const run = await this.#parts.runs.get(runId);
    const receipt = run === undefined ? undefined : await this.#parts.receipts.get(run.receiptId);
    if (run === undefined || receipt === undefined) return undefined;
    const waiting = receipt.entries.filter(
      (entry) => run.front.includes(entry.applicationId) && entry.outcome === "pending",
    );
    const frames = waiting.map(({ applicationId, applicationName }) => ({ applicationId, applicationName }));
    return { frames, receiptId: run.receiptId };
  }

  /** What a frame sends: a fresh message to its application. undefined: there is nothing to send to it. */
  async frame(runId: string, applicationId: string): Promise<Reply | undefined> {
    const run = await this.#parts.runs.get(runId);
    if (run?.front.includes(applicationId) !== true) return undefined;
    return await this.#send(runId, run, applicationId, true);
  }

  /** An application's answer, by the ID of our message; undefined: we wait for no such answer of this application. */
  async answered(
    messageId: string,
    applicationId: string,
    result: LogoutResult,
  ): Promise<Pick<SentMessage, "inFrame" | "runId" | "signedWith"> | undefined> {
    const sent = await this.#parts.runs.answered(messageId, applicationId);
    if (sent === undefined) return undefined;
    await recordAnswer(this.#parts, sent.receiptId, sent.applicationId, result);
    if (sent.inFrame) await this.#parts.runs.isAlive(sent.runId, sent.applicationId);
    return { inFrame: sent.inFrame, runId: sent.runId, signedWith: sent.signedWith };
  }

  /** After the frames, and after each visit: the next visit, or the end. */
  async proceed(runId: string): Promise<Outcome> {
    const run = await this.#parts.runs.get(runId);
    if (run === undefined) return { kind: "go", to: PATHS.receipt };
    for (;;) {
      const applicationId = await this.#parts.runs.takeNext(runId);
      if (applicationId === undefined) break;
      const visit = await this.#visit(runId, run, applicationId);
      if (visit !== undefined) return visit;
    }
    await this.#closeWaiting(run);
    return await this.#parts.endSession.finish(run.initiator, run.receiptId);
  }

  /** "Try again" on the receipt: on the server, or with the whole window. */
  async again(receiptId: string, applicationId: string): Promise<Outcome> {
    const participant = await this.#parts.runs.participant(receiptId, applicationId);
    const application = this.#parts.applications.byId(applicationId);
    const receiptPage: Outcome = { kind: "go", to: `${PATHS.receipt}?id=${receiptId}` };
    if (participant === undefined || application === undefined) return receiptPage;
    switch (this.#parts.channels[participant.protocol].channelOf(application)) {
      case "back":
        await this.#parts.endSession.tellOne(receiptId, participant);
        return receiptPage;
      case "front": {
        const startedAtMs = this.#parts.clock.nowMs();
        const runId = await this.#parts.runs.begin({ receiptId, front: [applicationId], startedAtMs }, [
          participant,
        ]);
        const run = { receiptId, front: [applicationId], startedAtMs };
        return (await this.#visit(runId, run, applicationId)) ?? receiptPage;
      }
      case "none":
        return receiptPage;
    }
  }

  async #visit(runId: string, run: LogoutRun, applicationId: string): Promise<Outcome | undefined> {
    const reply = await this.#send(runId, run, applicationId, false);
    return reply === undefined ? undefined : { kind: "send", reply };
  }

  async #send(
    runId: string,
    run: LogoutRun,
    applicationId: string,
    inFrame: boolean,
  ): Promise<Reply | undefined> {
    const { receiptId } = run;
    const prepared = await this.#prepare(receiptId, applicationId);
    if (prepared === undefined) return undefined;
    if (prepared.messageId === undefined) {
      // Nothing comes back from there: in a frame it is told, with the whole window the person would be stranded.
      if (!inFrame) return undefined;
      await recordAnswer(this.#parts, receiptId, applicationId, { outcome: "told" });
    } else {
      const { messageId, signedWith } = prepared;
      await this.#parts.runs.sent(messageId, { runId, receiptId, applicationId, inFrame, signedWith });
    }
    const { message } = prepared;
    if (message.kind === "get") return { kind: "redirect", location: message.url };
    const applicationName = this.#parts.applications.byId(applicationId)?.name ?? "";
    return { kind: "form-post", action: message.action, fields: message.fields, applicationName };
  }

  async #prepare(receiptId: string, applicationId: string): Promise<PreparedMessage | undefined> {
    const participant: Participant | undefined = await this.#parts.runs.participant(receiptId, applicationId);
    const application = this.#parts.applications.byId(applicationId);
    if (participant === undefined || application === undefined) return undefined;
    return await this.#parts.channels[participant.protocol].message({ application, participant, receiptId });
  }

  /** Waits for what the server is still telling, five seconds from the start at most; who is silent then, is. */
  async #closeWaiting(run: LogoutRun): Promise<void> {
    let waiting = await this.#pending(run.receiptId);
    while (
      waiting.some((entry) => entry.channel === "back") &&
      this.#parts.clock.nowMs() - run.startedAtMs < ANSWER_WITHIN_MS
    ) {
      await setTimeout(POLL_MS);
      waiting = await this.#pending(run.receiptId);
    }
    for (const entry of waiting) await recordSilence(this.#parts, run.receiptId, entry.applicationId);
  }

  async #pending(receiptId: string): Promise<readonly LogoutEntry[]> {
    const receipt: LogoutReceipt | undefined = await this.#parts.receipts.get(receiptId);
    return receipt?.entries.filter((entry) => entry.outcome === "pending") ?? [];
  }
}
