import type { Kysely } from "kysely";
import type { SettingName, SettingValues, StoredSettings } from "../../model/settings.ts";
import { settingsFromRows } from "../setting-record.ts";
import type { SettingStore } from "../stores.ts";
import type { Database } from "./database.ts";

export class KyselySettingStore implements SettingStore {
  readonly #db: Kysely<Database>;

  constructor(db: Kysely<Database>) {
    this.#db = db;
  }

  async all(): Promise<StoredSettings> {
    return settingsFromRows(await this.#db.selectFrom("settings").selectAll().execute());
  }

  async put<N extends SettingName>(
    name: N,
    content: SettingValues[N],
    atMs: number,
    readAtMs: number | undefined,
  ): Promise<boolean> {
    const value = JSON.stringify(content);
    if (readAtMs === undefined) {
      const inserted = await this.#db
        .insertInto("settings")
        .values({ name, value, updated_at_ms: atMs })
        .onConflict((conflict) => conflict.column("name").doNothing())
        .executeTakeFirst();
      return (inserted.numInsertedOrUpdatedRows ?? 0n) > 0n;
    }
    const updated = await this.#db
      .updateTable("settings")
      .set({ value, updated_at_ms: atMs })
      .where("name", "=", name)
      .where("updated_at_ms", "=", readAtMs)
      .executeTakeFirst();
    return updated.numUpdatedRows > 0n;
  }
}
