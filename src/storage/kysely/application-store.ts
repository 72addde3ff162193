import type { Kysely } from "kysely";
import type { Application } from "../../model/application.ts";
import { applicationFromRow, applicationToRow } from "../application-record.ts";
import { type ApplicationStore, Conflict } from "../stores.ts";
import type { Database } from "./database.ts";

export class KyselyApplicationStore implements ApplicationStore {
  readonly #db: Kysely<Database>;

  constructor(db: Kysely<Database>) {
    this.#db = db;
  }

  async all(): Promise<readonly Application[]> {
    const rows = await this.#db
      .selectFrom("applications")
      .selectAll()
      .orderBy("created_at_ms")
      .orderBy("id")
      .execute();
    return rows.map(applicationFromRow);
  }

  async get(id: string): Promise<Application | undefined> {
    const row = await this.#db.selectFrom("applications").selectAll().where("id", "=", id).executeTakeFirst();
    return row === undefined ? undefined : applicationFromRow(row);
  }

  async insert(application: Application): Promise<void> {
    await namingEntityId(this.#db.insertInto("applications").values(applicationToRow(application)).execute());
  }

  async update(application: Application, readAtMs?: number): Promise<boolean> {
    const { id, created_at_ms: _, ...changes } = applicationToRow(application);
    const row = this.#db.updateTable("applications").set(changes).where("id", "=", id);
    const unchanged = readAtMs === undefined ? row : row.where("updated_at_ms", "=", readAtMs);
    const result = await namingEntityId(unchanged.executeTakeFirst());
    return result.numUpdatedRows > 0n;
  }

  /** What was granted to the application goes with it: a new one under the same id inherits nothing. */
  async delete(id: string): Promise<boolean> {
    return await this.#db.transaction().execute(async (transaction) => {
      await transaction.deleteFrom("refresh_families").where("application_id", "=", id).execute();
      await transaction.deleteFrom("key_uses").where("application_id", "=", id).execute();
      await transaction.deleteFrom("metadata_fetches").where("application_id", "=", id).execute();
      await transaction.deleteFrom("grants").where("application_id", "=", id).execute();
      const result = await transaction.deleteFrom("applications").where("id", "=", id).executeTakeFirst();
      return result.numDeletedRows > 0n;
    });
  }
}

async function namingEntityId<T>(change: Promise<T>): Promise<T> {
  try {
    return await change;
  } catch (error) {
    if (error instanceof Conflict && error.field === "identifier") throw new Conflict("entityId");
    throw error;
  }
}
