import type { Participant } from "../model/participant.ts";
import { sha256 } from "../platform/digest.ts";
import { type Random, randomToken } from "../platform/random.ts";
import type { VolatileStore } from "../volatile/volatile-store.ts";
import type { LogoutFinish } from "./logout-channel.ts";

/** How long a logout may take, and how long "try again" works afterwards. */
const LIFETIME_MS = 60 * 60_000;

/** The application that asked for a logout. */
export interface LogoutInitiator {
  readonly applicationId: string;
  readonly finish: LogoutFinish;
}

interface ParkedQuestion {
  readonly initiator: LogoutInitiator;
  readonly sessionId?: string | undefined;
}

/** A logout that goes through the browser. */
export interface LogoutRun {
  readonly receiptId: string;
  /** Applications to be told through the browser. */
  readonly front: readonly string[];
  readonly startedAtMs: number;
  /** The application that asked, with the way to its answer. */
  readonly initiator?: LogoutInitiator | undefined;
}

/** Which logout a message of ours belongs to. */
export interface SentMessage {
  readonly runId: string;
  readonly receiptId: string;
  readonly applicationId: string;
  readonly inFrame: boolean;
  /** The id of the key that the message was signed with. */
  readonly signedWith?: string | undefined;
}

/** What is remembered of a logout between the requests of the browser. */
export class LogoutRuns {
  readonly #store: VolatileStore;
  readonly #random: Random;

  constructor(store: VolatileStore, random: Random) {
    this.#store = store;
    this.#random = random;
  }

  async begin(run: LogoutRun, participants: readonly Participant[]): Promise<string> {
    const runId = randomToken(this.#random);
    await this.#store.set(runKey(runId), JSON.stringify(run), LIFETIME_MS);
    await this.keepParticipants(run.receiptId, participants);
    return runId;
  }

  /** Keeps who asked for a logout while the person of this session is asked whether they want it. */
  async park(initiator: LogoutInitiator, sessionId: string | undefined): Promise<string> {
    const id = randomToken(this.#random);
    await this.#store.set(parkedKey(id), JSON.stringify({ initiator, sessionId }), LIFETIME_MS);
    return id;
  }

  /** Takes it away: the answer to one question counts once. `sessionId`: whom the question was put to. */
  async unpark(id: string): Promise<ParkedQuestion | undefined> {
    const text = await this.#store.getAndDelete(parkedKey(id));
    return text === undefined ? undefined : (JSON.parse(text) as ParkedQuestion);
  }

  async get(runId: string): Promise<LogoutRun | undefined> {
    const text = await this.#store.get(runKey(runId));
    return text === undefined ? undefined : (JSON.parse(text) as LogoutRun);
  }

  /** "Try again" needs them after the session is gone. */
  async keepParticipants(receiptId: string, participants: readonly Participant[]): Promise<void> {
    if (participants.length === 0) return;
    const fields = Object.fromEntries(participants.map((one) => [one.applicationId, JSON.stringify(one)]));
    await this.#store.hashSet(participantsKey(receiptId), fields, LIFETIME_MS);
  }

  async participant(receiptId: string, applicationId: string): Promise<Participant | undefined> {
    const text = await this.#store.hashGet(participantsKey(receiptId), applicationId);
    return text === undefined ? undefined : (JSON.parse(text) as Participant);
  }

  async sent(messageId: string, message: SentMessage): Promise<void> {
    await this.#store.set(messageKey(messageId), JSON.stringify(message), LIFETIME_MS);
  }

  /**
   * Takes the note away: an answer counts once, and only from the application that the message was sent to. Another one
   * that learned the ID changes nothing.
   */
  async answered(messageId: string, applicationId: string): Promise<SentMessage | undefined> {
    const key = messageKey(messageId);
    const text = await this.#store.get(key);
    if (text === undefined) return undefined;
    const sent = JSON.parse(text) as SentMessage;
    if (sent.applicationId !== applicationId) return undefined;
    return (await this.#store.getAndDelete(key)) === undefined ? undefined : sent;
  }

  /** An application that answered in its frame is alive: it is visited once more, with its own cookies. */
  async isAlive(runId: string, applicationId: string): Promise<void> {
    await this.#store.hashSet(aliveKey(runId), { [applicationId]: "1" }, LIFETIME_MS);
  }

  /** The next application to visit; each is given out once. */
  async takeNext(runId: string): Promise<string | undefined> {
    const fields = await this.#store.hashGetAll(aliveKey(runId));
    for (const applicationId of fields.keys()) {
      if ((await this.#store.hashDelete(aliveKey(runId), [applicationId])) === 1) return applicationId;
    }
    return undefined;
  }
}

function parkedKey(id: string): string {
  return `logout-asked:${sha256(id)}`;
}

function runKey(runId: string): string {
  return `logout-run:${sha256(runId)}`;
}

function aliveKey(runId: string): string {
  return `logout-alive:${sha256(runId)}`;
}

function participantsKey(receiptId: string): string {
  return `logout-participants:${receiptId}`;
}

function messageKey(messageId: string): string {
  return `logout-message:${sha256(messageId)}`;
}
