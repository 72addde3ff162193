import type { Participant } from "../model/participant.ts";
import { sha256 } from "../platform/digest.ts";
import type { VolatileStore } from "../volatile/volatile-store.ts";

/** A session in which an application knows somebody. */
export interface KnownSession {
  readonly sessionId: string;
  readonly accountId: string;
  readonly sessionIndex: string;
}

/**
 * Who got a sign-on in a session. A hash of its own, one field for each application, so that concurrent sign-ons of
 * one session do not overwrite each other; and the way back, from the subject that an application names in a logout
 * to the sessions in which it knows that subject.
 */
export class Participants {
  readonly #store: VolatileStore;
  readonly #ttlMs: number;

  /** `ttlMs`: the longest absolute lifetime of a session. */
  constructor(store: VolatileStore, ttlMs: number) {
    this.#store = store;
    this.#ttlMs = ttlMs;
  }

  /** Both writes are one command; a later sign-on of the same application replaces the entry. */
  async record(sessionId: string, accountId: string, participant: Participant): Promise<void> {
    const known = JSON.stringify({ sessionId, accountId });
    const { applicationId, subject, sessionIndex } = participant;
    await this.#store.hashSetAll(
      [
        { key: listKey(sessionId), fields: { [applicationId]: JSON.stringify(participant) } },
        { key: subjectKey(applicationId, subject), fields: { [sessionIndex]: known } },
      ],
      this.#ttlMs,
    );
  }

  /** True where the application is recorded in the session. */
  async has(sessionId: string, applicationId: string): Promise<boolean> {
    return (await this.#store.hashGet(listKey(sessionId), applicationId)) !== undefined;
  }

  async list(sessionId: string): Promise<readonly Participant[]> {
    const fields = await this.#store.hashGetAll(listKey(sessionId));
    return [...fields.values()].map((text) => JSON.parse(text) as Participant);
  }

  /** The sessions in which the application knows this subject; only the one of `sessionIndex` where that is given. */
  async sessionsOf(
    applicationId: string,
    subject: string,
    sessionIndex?: string,
  ): Promise<readonly KnownSession[]> {
    const fields = await this.#store.hashGetAll(subjectKey(applicationId, subject));
    return [...fields]
      .filter(([index]) => sessionIndex === undefined || index === sessionIndex)
      .map(([index, text]) => {
        const known = JSON.parse(text) as { sessionId: string; accountId: string };
        return { ...known, sessionIndex: index };
      });
  }

  /** Takes the session's list, once: of two logouts that come together only one tells the participants. */
  async take(sessionId: string): Promise<readonly Participant[]> {
    const participants = await this.list(sessionId);
    if ((await this.#store.delete([listKey(sessionId)])) === 0) return [];
    await Promise.all(
      participants.map(({ applicationId, subject, sessionIndex }) =>
        this.#store.hashDelete(subjectKey(applicationId, subject), [sessionIndex]),
      ),
    );
    return participants;
  }
}

function listKey(sessionId: string): string {
  return `participants:${sessionId}`;
}

function subjectKey(applicationId: string, subject: string): string {
  return `known:${applicationId}:${sha256(subject)}`;
}
