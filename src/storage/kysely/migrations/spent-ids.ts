import { type Columns, index, type Schema } from "./columns.ts";

/** 0015: ids that others made and that count once. */
export async function spentIds(db: Schema, columns: Columns): Promise<void> {
  await columns
    .table(db, "spent_ids")
    .addColumn("hash", "text", (column) => column.primaryKey())
    .addColumn("kept_until_ms", columns.integer, (column) => column.notNull())
    .execute();
  await index(db, "spent_ids", ["kept_until_ms"]);
}
