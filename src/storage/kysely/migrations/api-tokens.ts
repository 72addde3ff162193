import { type Columns, index, type Schema } from "./columns.ts";

/** 0011: API tokens, and the scopes and resources of each in rows of their own, by which they are found. */
export async function apiTokens(db: Schema, columns: Columns): Promise<void> {
  await columns
    .table(db, "api_tokens")
    .addColumn("number", columns.integer, (column) =>
      columns.kind === "sqlite"
        ? column.primaryKey().autoIncrement()
        : column.primaryKey().generatedAlwaysAsIdentity(),
    )
    .addColumn("id", "text", (column) => column.notNull().unique())
    .addColumn("kind", "text", (column) => column.notNull())
    .addColumn("name", "text", (column) => column.notNull())
    .addColumn("hash", "text", (column) => column.notNull().unique())
    .addColumn("last_four", "text", (column) => column.notNull())
    .addColumn("owner_kind", "text", (column) => column.notNull())
    .addColumn("owner_id", "text", (column) => column.notNull())
    .addColumn("made_by", "text", (column) => column.notNull())
    .addColumn("limits", "text", (column) => column.notNull())
    .addColumn("scope_count", "integer", (column) => column.notNull())
    .addColumn("created_at_ms", columns.integer, (column) => column.notNull())
    .addColumn("expires_at_ms", columns.integer, (column) => column.notNull())
    .addColumn("state", "text", (column) => column.notNull())
    .addColumn("state_since_ms", columns.integer, (column) => column.notNull())
    .addColumn("state_reason", "text")
    .addColumn("replaces", "text")
    .addColumn("version", "integer", (column) => column.notNull())
    .addColumn("last_used_at_ms", columns.integer)
    .addColumn("last_used_address", "text")
    .addColumn("search_text", "text", (column) => column.notNull())
    .execute();
  await index(db, "api_tokens", ["owner_kind", "owner_id"]);
  await index(db, "api_tokens", ["made_by"]);
  await index(db, "api_tokens", ["expires_at_ms"]);
  await index(db, "api_tokens", ["last_used_at_ms"]);
  await columns
    .table(db, "api_token_marks")
    .addColumn("token_id", "text", (column) =>
      column.notNull().references("api_tokens.id").onDelete("cascade"),
    )
    .addColumn("kind", "text", (column) => column.notNull())
    .addColumn("value", "text", (column) => column.notNull())
    .addPrimaryKeyConstraint("api_token_marks_key", ["token_id", "kind", "value"])
    .execute();
  await index(db, "api_token_marks", ["kind", "value"]);
}
