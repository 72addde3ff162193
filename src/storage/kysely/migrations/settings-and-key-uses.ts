import { type Columns, type Schema } from "./columns.ts";

/** 0013: settings that change while the installation runs; which key each application got and took last. */
export async function settingsAndKeyUses(db: Schema, columns: Columns): Promise<void> {
  await columns
    .table(db, "settings")
    .addColumn("name", "text", (column) => column.primaryKey())
    .addColumn("value", "text", (column) => column.notNull())
    .addColumn("updated_at_ms", columns.integer, (column) => column.notNull())
    .execute();
  await columns
    .table(db, "key_uses")
    .addColumn("application_id", "text", (column) => column.notNull())
    .addColumn("kind", "text", (column) => column.notNull())
    .addColumn("key_id", "text", (column) => column.notNull())
    .addColumn("how", "text")
    .addColumn("at_ms", columns.integer, (column) => column.notNull())
    .addPrimaryKeyConstraint("key_uses_key", ["application_id", "kind"])
    .execute();
}
