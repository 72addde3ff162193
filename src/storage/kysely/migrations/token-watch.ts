import { sql } from "kysely";
import { type Columns, index, type Schema } from "./columns.ts";

/** 0012: how tokens are used, from which networks, and what their owners are told about it. */
export async function tokenWatch(db: Schema, columns: Columns): Promise<void> {
  await columns
    .table(db, "token_uses")
    .addColumn("token_id", "text", (column) => column.notNull())
    .addColumn("day", columns.ordered, (column) => column.notNull())
    .addColumn("address", "text", (column) => column.notNull())
    .addColumn("resource", "text", (column) => column.notNull())
    .addColumn("outcome", "text", (column) => column.notNull())
    .addColumn("uses", columns.integer, (column) => column.notNull())
    .addPrimaryKeyConstraint("token_uses_key", ["token_id", "day", "address", "resource", "outcome"])
    .execute();
  await index(db, "token_uses", ["day"]);
  await columns
    .table(db, "token_networks")
    .addColumn("token_id", "text", (column) => column.notNull())
    .addColumn("network", "text", (column) => column.notNull())
    .addColumn("first_seen_ms", columns.integer, (column) => column.notNull())
    .addColumn("last_seen_ms", columns.integer, (column) => column.notNull())
    .addPrimaryKeyConstraint("token_networks_key", ["token_id", "network"])
    .execute();
  await index(db, "token_networks", ["last_seen_ms"]);
  await notices(db, columns);
  // Counts are added by one transaction at a time, so that the limits of what is told apart hold between processes too.
  await sql`insert into turns (name, taken) values ('token_uses', 0)`.execute(db);
}

async function notices(db: Schema, columns: Columns): Promise<void> {
  await columns
    .table(db, "token_notices")
    .addColumn("number", columns.integer, (column) =>
      columns.kind === "sqlite"
        ? column.primaryKey().autoIncrement()
        : column.primaryKey().generatedAlwaysAsIdentity(),
    )
    .addColumn("id", "text", (column) => column.notNull().unique())
    .addColumn("token_id", "text", (column) => column.notNull())
    .addColumn("account_id", "text", (column) => column.notNull())
    .addColumn("at_ms", columns.integer, (column) => column.notNull())
    .addColumn("rule", "text", (column) => column.notNull())
    .addColumn("action", "text", (column) => column.notNull())
    .addColumn("evidence", "text", (column) => column.notNull())
    .addColumn("read_at_ms", columns.integer)
    .execute();
  await index(db, "token_notices", ["account_id", "number"]);
  await index(db, "token_notices", ["token_id", "number"]);
  await index(db, "token_notices", ["at_ms"]);
}
