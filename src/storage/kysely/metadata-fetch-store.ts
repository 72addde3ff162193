import type { Kysely } from "kysely";
import type { MetadataFetch } from "../../model/application.ts";
import type { MetadataFetchStore } from "../metadata-fetch-store.ts";
import type { Database } from "./database.ts";
import type { MetadataFetchesTable } from "./federation-tables.ts";

export class KyselyMetadataFetchStore implements MetadataFetchStore {
  readonly #db: Kysely<Database>;

  constructor(db: Kysely<Database>) {
    this.#db = db;
  }

  async get(applicationId: string): Promise<MetadataFetch | undefined> {
    const row = await this.#db
      .selectFrom("metadata_fetches")
      .selectAll()
      .where("application_id", "=", applicationId)
      .executeTakeFirst();
    return row === undefined ? undefined : fromRow(row);
  }

  async put(fetch: MetadataFetch): Promise<void> {
    const { application_id: id, ...facts } = toRow(fetch);
    await this.#db
      .insertInto("metadata_fetches")
      .values({ application_id: id, ...facts })
      .onConflict((conflict) => conflict.column("application_id").doUpdateSet(facts))
      .execute();
  }

  async delete(applicationId: string): Promise<void> {
    await this.#db.deleteFrom("metadata_fetches").where("application_id", "=", applicationId).execute();
  }

  async notDue(nowMs: number): Promise<ReadonlyMap<string, string>> {
    const rows = await this.#db
      .selectFrom("metadata_fetches")
      .select(["application_id", "url"])
      .where("next_due_ms", ">", nowMs)
      .execute();
    return new Map(rows.map(({ application_id: id, url }) => [id, url]));
  }
}

function toRow(fetch: MetadataFetch): MetadataFetchesTable {
  return {
    application_id: fetch.applicationId,
    url: fetch.url,
    basis: fetch.basis,
    last_fetch_ms: fetch.lastFetchMs,
    last_good_ms: fetch.lastGoodMs ?? null,
    next_due_ms: fetch.nextDueMs,
    problem: fetch.problem ?? null,
    file_digest: fetch.fileDigest ?? null,
    etag: fetch.etag ?? null,
    last_modified: fetch.lastModified ?? null,
  };
}

function fromRow(row: MetadataFetchesTable): MetadataFetch {
  return {
    applicationId: row.application_id,
    url: row.url,
    basis: row.basis,
    lastFetchMs: row.last_fetch_ms,
    lastGoodMs: row.last_good_ms ?? undefined,
    nextDueMs: row.next_due_ms,
    problem: row.problem ?? undefined,
    fileDigest: row.file_digest ?? undefined,
    etag: row.etag ?? undefined,
    lastModified: row.last_modified ?? undefined,
  };
}
