import type { Columns, Schema } from "./columns.ts";

/** 0017: how the last fetch of each application's metadata went. */
export async function metadataFetches(db: Schema, columns: Columns): Promise<void> {
  await columns
    .table(db, "metadata_fetches")
    .addColumn("application_id", "text", (column) => column.primaryKey())
    .addColumn("url", "text", (column) => column.notNull())
    .addColumn("basis", "text", (column) => column.notNull())
    .addColumn("last_fetch_ms", columns.integer, (column) => column.notNull())
    .addColumn("last_good_ms", columns.integer)
    .addColumn("next_due_ms", columns.integer, (column) => column.notNull())
    .addColumn("problem", "text")
    .addColumn("file_digest", "text")
    .addColumn("etag", "text")
    .addColumn("last_modified", "text")
    .execute();
}
