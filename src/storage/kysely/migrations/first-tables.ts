import { sql } from "kysely";
import { type Columns, index, type Schema } from "./columns.ts";

/** 0001: accounts, the names they log in with, their passwords. */
export async function accounts(db: Schema, columns: Columns): Promise<void> {
  await columns
    .table(db, "accounts")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("username", "text", (column) => column.notNull())
    .addColumn("username_canonical", columns.ordered, (column) => column.notNull().unique())
    .addColumn("email", "text")
    .addColumn("email_verified", "integer", (column) => column.notNull())
    .addColumn("name", "text")
    .addColumn("given_name", "text")
    .addColumn("family_name", "text")
    .addColumn("phone", "text")
    .addColumn("group_names", "text", (column) => column.notNull())
    .addColumn("role", "text", (column) => column.notNull())
    .addColumn("enabled", "integer", (column) => column.notNull())
    .addColumn("attributes", "text", (column) => column.notNull())
    .addColumn("search_text", "text", (column) => column.notNull())
    .addColumn("created_at_ms", columns.integer, (column) => column.notNull())
    .addColumn("updated_at_ms", columns.integer, (column) => column.notNull())
    .execute();
  await columns
    .table(db, "account_login_names")
    .addColumn("canonical", "text", (column) => column.primaryKey())
    .addColumn("account_id", "text", (column) =>
      column.notNull().references("accounts.id").onDelete("cascade"),
    )
    .addColumn("kind", "text", (column) => column.notNull())
    .execute();
  await index(db, "account_login_names", ["account_id"]);
  await columns
    .table(db, "account_passwords")
    .addColumn("account_id", "text", (column) =>
      column.primaryKey().references("accounts.id").onDelete("cascade"),
    )
    .addColumn("hash", "text", (column) => column.notNull())
    .addColumn("set_at_ms", columns.integer, (column) => column.notNull())
    .execute();
}

/** 0002: registered applications; what only one protocol knows is JSON. */
export async function applications(db: Schema, columns: Columns): Promise<void> {
  await columns
    .table(db, "applications")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("protocol", "text", (column) => column.notNull())
    .addColumn("name", "text", (column) => column.notNull())
    .addColumn("enabled", "integer", (column) => column.notNull())
    .addColumn("identifier", "text", (column) => column.notNull().unique())
    .addColumn("settings", "text", (column) => column.notNull())
    .addColumn("created_at_ms", columns.integer, (column) => column.notNull())
    .addColumn("updated_at_ms", columns.integer, (column) => column.notNull())
    .execute();
}

/** 0003: what a person allowed an application. */
export async function grants(db: Schema, columns: Columns): Promise<void> {
  await columns
    .table(db, "grants")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("account_id", "text", (column) => column.notNull())
    .addColumn("application_id", "text", (column) => column.notNull())
    .addColumn("answered_request_id", "text")
    .addColumn("created_at_ms", columns.integer, (column) => column.notNull())
    .addColumn("updated_at_ms", columns.integer, (column) => column.notNull())
    .addUniqueConstraint("grants_account_application", ["account_id", "application_id"])
    .execute();
  await index(db, "grants", ["application_id"]);
  await columns
    .table(db, "grant_scopes")
    .addColumn("grant_id", "text", (column) => column.notNull().references("grants.id").onDelete("cascade"))
    .addColumn("scope", "text", (column) => column.notNull())
    .addPrimaryKeyConstraint("grant_scopes_key", ["grant_id", "scope"])
    .execute();
}

/** 0004: refresh tokens and their families. */
export async function refreshTokens(db: Schema, columns: Columns): Promise<void> {
  await columns
    .table(db, "refresh_families")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("account_id", "text")
    .addColumn("application_id", "text")
    .addColumn("grant_id", "text", (column) => column.references("grants.id").onDelete("cascade"))
    .addColumn("session_id", "text")
    .addColumn("expires_at_ms", columns.integer, (column) => column.notNull())
    .addColumn("last_used_at_ms", columns.integer, (column) => column.notNull())
    .addColumn("revoked_at_ms", columns.integer)
    .execute();
  for (const column of ["account_id", "application_id", "grant_id", "session_id", "expires_at_ms"]) {
    await index(db, "refresh_families", [column]);
  }
  await columns
    .table(db, "refresh_tokens")
    .addColumn("hash", "text", (column) => column.primaryKey())
    .addColumn("family_id", "text", (column) =>
      column.notNull().references("refresh_families.id").onDelete("cascade"),
    )
    .addColumn("scopes", "text", (column) => column.notNull())
    .addColumn("issued_at_ms", columns.integer, (column) => column.notNull())
    .addColumn("expires_at_ms", columns.integer, (column) => column.notNull())
    .addColumn("wire", "text", (column) => column.notNull())
    .addColumn("rotated_at_ms", columns.integer)
    .addColumn("sealed_successor", "text")
    .execute();
  await index(db, "refresh_tokens", ["family_id"]);
  await index(db, "refresh_tokens", ["expires_at_ms"]);
}

/** 0005: signing keys and secrets of the installation, as ciphertext. */
export async function keysAndSecrets(db: Schema, columns: Columns): Promise<void> {
  await columns
    .table(db, "signing_keys")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("type", "text", (column) => column.notNull())
    .addColumn("state", "text", (column) => column.notNull())
    .addColumn("sealed_private_key", "text", (column) => column.notNull())
    .addColumn("certificate", "text", (column) => column.notNull())
    .addColumn("created_at_ms", columns.integer, (column) => column.notNull())
    .addColumn("state_since_ms", columns.integer, (column) => column.notNull())
    .execute();
  await columns
    .table(db, "secrets")
    .addColumn("name", "text", (column) => column.primaryKey())
    .addColumn("sealed", "text", (column) => column.notNull())
    .execute();
  await columns
    .table(db, "turns")
    .addColumn("name", "text", (column) => column.primaryKey())
    .addColumn("taken", columns.integer, (column) => column.notNull())
    .execute();
  await sql`insert into turns (name, taken) values ('signing_keys', 0)`.execute(db);
}

/** 0006: the audit trail. */
export async function audit(db: Schema, columns: Columns): Promise<void> {
  await columns
    .table(db, "audit_events")
    .addColumn("id", columns.integer, (column) =>
      columns.kind === "sqlite"
        ? column.primaryKey().autoIncrement()
        : column.primaryKey().generatedAlwaysAsIdentity(),
    )
    .addColumn("at_ms", columns.integer, (column) => column.notNull())
    .addColumn("action", "text", (column) => column.notNull())
    .addColumn("outcome", "text", (column) => column.notNull())
    .addColumn("actor_id", "text")
    .addColumn("actor_name", "text")
    .addColumn("target_kind", "text")
    .addColumn("target_id", "text")
    .addColumn("target_name", "text")
    .addColumn("address", "text")
    .addColumn("reference", "text")
    .addColumn("detail", "text", (column) => column.notNull())
    .addColumn("search_text", "text", (column) => column.notNull())
    .execute();
  for (const column of ["action", "actor_id", "target_id"]) await index(db, "audit_events", [column, "id"]);
}

/** 0007: what each application answered at a logout. */
export async function logoutReceipts(db: Schema, columns: Columns): Promise<void> {
  await columns
    .table(db, "logout_receipts")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("account_id", "text", (column) => column.notNull())
    .addColumn("started_at_ms", columns.integer, (column) => column.notNull())
    .execute();
  await columns
    .table(db, "logout_entries")
    .addColumn("receipt_id", "text", (column) =>
      column.notNull().references("logout_receipts.id").onDelete("cascade"),
    )
    .addColumn("application_id", "text", (column) => column.notNull())
    .addColumn("position", "integer", (column) => column.notNull())
    .addColumn("application_name", "text", (column) => column.notNull())
    .addColumn("protocol", "text", (column) => column.notNull())
    .addColumn("channel", "text", (column) => column.notNull())
    .addColumn("outcome", "text", (column) => column.notNull())
    .addColumn("at_ms", columns.integer, (column) => column.notNull())
    .addColumn("detail", "text")
    .addPrimaryKeyConstraint("logout_entries_key", ["receipt_id", "application_id"])
    .execute();
}

/** 0008: scopes that the person was asked for and left out. */
export async function declinedScopes(db: Schema): Promise<void> {
  await db.schema
    .alterTable("grant_scopes")
    .addColumn("declined", "integer", (column) => column.notNull().defaultTo(0))
    .execute();
}

/** 0009: logouts that are still to be told. */
export async function logoutDeliveries(db: Schema, columns: Columns): Promise<void> {
  await columns
    .table(db, "logout_deliveries")
    .addColumn("id", columns.ordered, (column) => column.primaryKey())
    .addColumn("receipt_id", "text", (column) =>
      column.notNull().references("logout_receipts.id").onDelete("cascade"),
    )
    .addColumn("application_id", "text", (column) => column.notNull())
    .addColumn("participant", "text", (column) => column.notNull())
    .addColumn("created_at_ms", columns.integer, (column) => column.notNull())
    .addColumn("due_at_ms", columns.integer, (column) => column.notNull())
    .addColumn("tries", "integer", (column) => column.notNull())
    .addColumn("lease", "text")
    .addColumn("leased_until_ms", columns.integer, (column) => column.notNull())
    .addUniqueConstraint("logout_deliveries_receipt_application", ["receipt_id", "application_id"])
    .execute();
  await index(db, "logout_deliveries", ["due_at_ms"]);
  await index(db, "logout_deliveries", ["application_id", "leased_until_ms"]);
}
