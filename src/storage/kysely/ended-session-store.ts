import type { Kysely } from "kysely";
import type { EndedSession, EndedSessionStore } from "../stores.ts";
import type { Database } from "./database.ts";

export class KyselyEndedSessionStore implements EndedSessionStore {
  readonly #db: Kysely<Database>;

  constructor(db: Kysely<Database>) {
    this.#db = db;
  }

  async note({ sessionId, accountId }: EndedSession, endedAtMs: number): Promise<void> {
    await this.#db
      .insertInto("ended_sessions")
      .values({ session_id: sessionId, account_id: accountId, ended_at_ms: endedAtMs })
      .onConflict((conflict) => conflict.column("session_id").doUpdateSet({ ended_at_ms: endedAtMs }))
      .execute();
  }

  async since(atMs: number): Promise<readonly EndedSession[]> {
    const rows = await this.#db
      .selectFrom("ended_sessions")
      .select(["session_id", "account_id"])
      .where("ended_at_ms", ">=", atMs)
      .orderBy("ended_at_ms")
      .execute();
    return rows.map((row) => ({ sessionId: row.session_id, accountId: row.account_id }));
  }

  async deleteBefore(atMs: number): Promise<number> {
    const { numDeletedRows } = await this.#db
      .deleteFrom("ended_sessions")
      .where("ended_at_ms", "<", atMs)
      .executeTakeFirst();
    return Number(numDeletedRows);
  }
}
