import type { SignOnPolicy } from "../model/policy.ts";
import type { Session } from "../model/session.ts";
import type { VolatileStore } from "../volatile/volatile-store.ts";

/** Where express-session keeps a session's record; the cookie's id is hashed by volatile/session-client.ts. */
export const SESSION_PREFIX = "session:";

/** What express-session stores for us beside its cookie. */
export interface StoredSession {
  readonly gatehouse?: Session | undefined;
}

/**
 * Sessions by their own id, without a browser: found by account, ended from outside. A session's record hangs on the
 * hash of its cookie's id, which changes at every login; `session-at:` leads from the session's id to that hash.
 */
export class SessionStore {
  readonly #store: VolatileStore;
  readonly #policy: SignOnPolicy;

  constructor(store: VolatileStore, policy: SignOnPolicy) {
    this.#store = store;
    this.#policy = policy;
  }

  /** The longest that anything of a session is kept. */
  get longestMs(): number {
    return Math.max(this.#policy.sessionAbsoluteMs, this.#policy.rememberedAbsoluteMs);
  }

  /**
   * Notes where the session's record lies now; call it when the record is there. `cookieHash` is SHA-256 of the cookie's
   * id. Two tabs that renew one session at once leave two records: all of them are noted, first of all, so that the end
   * of the session finds them.
   */
  async place(session: Session, cookieHash: string): Promise<void> {
    await Promise.all([
      this.#store.hashSet(recordsKey(session.id), { [cookieHash]: "1" }, this.longestMs),
      this.#store.set(atKey(session.id), cookieHash, this.longestMs),
      this.#store.hashSet(
        accountKey(session.accountId),
        { [session.id]: String(session.startedAtMs) },
        this.longestMs,
      ),
    ]);
  }

  /** Stores a session that no browser has the cookie of: it is found and ended like every other. */
  async begin(session: Session, cookieHash: string): Promise<void> {
    const record: StoredSession = { gatehouse: session };
    await this.#store.set(
      SESSION_PREFIX + cookieHash,
      JSON.stringify(record),
      this.#policy.sessionAbsoluteMs,
    );
    await this.place(session, cookieHash);
  }

  /** True while the session has not been ended. One read. */
  async exists(sessionId: string): Promise<boolean> {
    return (await this.#store.get(atKey(sessionId))) !== undefined;
  }

  async get(sessionId: string): Promise<Session | undefined> {
    const cookieHash = await this.#store.get(atKey(sessionId));
    if (cookieHash === undefined) return undefined;
    const text = await this.#store.get(SESSION_PREFIX + cookieHash);
    return text === undefined ? undefined : (JSON.parse(text) as StoredSession).gatehouse;
  }

  /**
   * The session, as far as its record still hangs on this hash of its cookie's id: not when it has ended, and not when a
   * login has renewed it since. One read.
   */
  async at(sessionId: string, cookieHash: string): Promise<Session | undefined> {
    const [place, text] = await this.#store.getMany([atKey(sessionId), SESSION_PREFIX + cookieHash]);
    if (place === undefined || text === undefined) return undefined;
    const session = (JSON.parse(text) as StoredSession).gatehouse;
    return session?.id === sessionId ? session : undefined;
  }

  /** Extends the idle lifetime of a record that is still there; it brings none back. */
  async touch(cookieHash: string, idleMs: number): Promise<void> {
    await this.#store.expire(SESSION_PREFIX + cookieHash, idleMs);
  }

  /** Ends the session in every process at once. Of two calls that come together, one gets true. */
  async end(sessionId: string, accountId: string): Promise<boolean> {
    const cookieHash = await this.#store.getAndDelete(atKey(sessionId));
    const records = new Set((await this.#store.hashGetAll(recordsKey(sessionId))).keys());
    if (cookieHash !== undefined) records.add(cookieHash);
    await Promise.all([
      this.#store.delete([recordsKey(sessionId), ...[...records].map((hash) => SESSION_PREFIX + hash)]),
      this.#store.hashDelete(accountKey(accountId), [sessionId]),
    ]);
    return cookieHash !== undefined;
  }

  /** Live sessions of an account, the newest first; what has expired meanwhile is swept out. */
  async listByAccount(accountId: string): Promise<readonly Session[]> {
    const ids = [...(await this.#store.hashGetAll(accountKey(accountId))).keys()];
    const sessions = await Promise.all(ids.map(async (id) => ({ id, session: await this.get(id) })));
    const gone = sessions.filter(({ session }) => session === undefined).map(({ id }) => id);
    if (gone.length > 0) await this.#store.hashDelete(accountKey(accountId), gone);
    return sessions
      .flatMap(({ session }) => (session === undefined ? [] : [session]))
      .toSorted((a, b) => b.startedAtMs - a.startedAtMs);
  }
}

function atKey(sessionId: string): string {
  return `session-at:${sessionId}`;
}

function recordsKey(sessionId: string): string {
  return `session-records:${sessionId}`;
}

function accountKey(accountId: string): string {
  return `account-sessions:${accountId}`;
}
