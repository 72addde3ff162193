import { type Columns, index, type Schema } from "./columns.ts";

/** 0014: federations, and the members of each copy of their files. */
export async function federations(db: Schema, columns: Columns): Promise<void> {
  await columns
    .table(db, "federations")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("name", "text", (column) => column.notNull().unique())
    .addColumn("allow_all", "integer", (column) => column.notNull())
    .addColumn("generation", "text", (column) => column.unique())
    .addColumn("settings", "text", (column) => column.notNull())
    .addColumn("created_at_ms", columns.integer, (column) => column.notNull())
    .addColumn("updated_at_ms", columns.integer, (column) => column.notNull())
    .execute();
  await columns
    .table(db, "federation_members")
    .addColumn("generation", columns.ordered, (column) => column.notNull())
    .addColumn("entity_id", columns.ordered, (column) => column.notNull())
    .addColumn("federation_id", "text", (column) => column.notNull())
    .addColumn("name", "text", (column) => column.notNull())
    .addColumn("sort_key", columns.ordered, (column) => column.notNull())
    .addColumn("search_text", "text", (column) => column.notNull())
    .addColumn("digest", "text", (column) => column.notNull())
    .addColumn("valid_until_ms", columns.integer)
    .addColumn("doubled", "integer", (column) => column.notNull())
    // Last: a search reads the columns before it without reading this one.
    .addColumn("xml", "text", (column) => column.notNull())
    .addPrimaryKeyConstraint("federation_members_key", ["generation", "entity_id"])
    .execute();
  await index(db, "federation_members", ["entity_id"]);
  await index(db, "federation_members", ["generation", "sort_key"]);
  await index(db, "federation_members", ["federation_id"]);
}
