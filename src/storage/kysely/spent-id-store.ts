import type { Kysely } from "kysely";
import type { Clock } from "../../platform/clock.ts";
import { sha256 } from "../../platform/digest.ts";
import type { SpentIdKind, SpentIdStore } from "../stores.ts";
import type { Database } from "./database.ts";

export class KyselySpentIdStore implements SpentIdStore {
  readonly #db: Kysely<Database>;
  readonly #clock: Clock;

  constructor(db: Kysely<Database>, clock: Clock) {
    this.#db = db;
    this.#clock = clock;
  }

  /** One statement: of two that come at once the database lets one insert the row. */
  async spend(kind: SpentIdKind, id: string, ttlMs: number): Promise<boolean> {
    const nowMs = this.#clock.nowMs();
    const keptUntilMs = nowMs + Math.ceil(ttlMs);
    const row = await this.#db
      .insertInto("spent_ids")
      .values({ hash: sha256(`${kind}:${id}`), kept_until_ms: keptUntilMs })
      // A row that has outlived its id and was not swept out yet is as good as none.
      .onConflict((conflict) =>
        conflict
          .column("hash")
          .doUpdateSet({ kept_until_ms: keptUntilMs })
          .where("spent_ids.kept_until_ms", "<=", nowMs),
      )
      .returning("hash")
      .executeTakeFirst();
    return row !== undefined;
  }

  async deleteExpired(): Promise<number> {
    const { numDeletedRows } = await this.#db
      .deleteFrom("spent_ids")
      .where("kept_until_ms", "<=", this.#clock.nowMs())
      .executeTakeFirst();
    return Number(numDeletedRows);
  }
}
