import { type Columns, index, type Schema } from "./columns.ts";

/** 0016: sessions that have ended a short while ago. */
export async function endedSessions(db: Schema, columns: Columns): Promise<void> {
  await columns
    .table(db, "ended_sessions")
    .addColumn("session_id", "text", (column) => column.primaryKey())
    .addColumn("account_id", "text", (column) => column.notNull())
    .addColumn("ended_at_ms", columns.integer, (column) => column.notNull())
    .execute();
  await index(db, "ended_sessions", ["ended_at_ms"]);
}
