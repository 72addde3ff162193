import { type Columns, index, type Schema } from "./columns.ts";

/** 0010: resources that tokens are issued for, and the scopes that they declare. */
export async function resources(db: Schema, columns: Columns): Promise<void> {
  await columns
    .table(db, "resources")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("identifier", "text", (column) => column.notNull().unique())
    .addColumn("name", "text", (column) => column.notNull())
    .addColumn("enabled", "integer", (column) => column.notNull())
    .addColumn("introspection_client_ids", "text", (column) => column.notNull())
    .addColumn("access_token_format", "text")
    .addColumn("created_at_ms", columns.integer, (column) => column.notNull())
    .addColumn("updated_at_ms", columns.integer, (column) => column.notNull())
    .execute();
  await columns
    .table(db, "resource_scopes")
    .addColumn("scope", "text", (column) => column.primaryKey())
    .addColumn("resource_id", "text", (column) =>
      column.notNull().references("resources.id").onDelete("cascade"),
    )
    .addColumn("position", "integer", (column) => column.notNull())
    .addColumn("description", "text", (column) => column.notNull())
    .addColumn("group_names", "text")
    .execute();
  await index(db, "resource_scopes", ["resource_id"]);
}
