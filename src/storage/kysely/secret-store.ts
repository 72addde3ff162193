import type { Kysely } from "kysely";
import type { SecretStore } from "../stores.ts";
import type { Database } from "./database.ts";

export class KyselySecretStore implements SecretStore {
  readonly #db: Kysely<Database>;

  constructor(db: Kysely<Database>) {
    this.#db = db;
  }

  async get(name: string): Promise<string | undefined> {
    const row = await this.#db
      .selectFrom("secrets")
      .select("sealed")
      .where("name", "=", name)
      .executeTakeFirst();
    return row?.sealed;
  }

  async putIfAbsent(name: string, sealed: string): Promise<string> {
    await this.#db
      .insertInto("secrets")
      .values({ name, sealed })
      .onConflict((conflict) => conflict.column("name").doNothing())
      .execute();
    const row = await this.#db
      .selectFrom("secrets")
      .select("sealed")
      .where("name", "=", name)
      .executeTakeFirstOrThrow();
    return row.sealed;
  }
}
