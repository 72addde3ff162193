import type { Kysely } from "kysely";
import { type Migration, Migrator } from "kysely/migration";
import { ConfigError } from "../../config.ts";
import type { Database } from "./database.ts";
import { apiTokens } from "./migrations/api-tokens.ts";
import { Columns, type DatabaseKind } from "./migrations/columns.ts";
import {
  accounts,
  applications,
  audit,
  declinedScopes,
  grants,
  keysAndSecrets,
  logoutDeliveries,
  logoutReceipts,
  refreshTokens,
} from "./migrations/first-tables.ts";
import { federations } from "./migrations/federations.ts";
import { metadataFetches } from "./migrations/metadata-fetches.ts";
import { settingsAndKeyUses } from "./migrations/settings-and-key-uses.ts";
import { resources } from "./migrations/resources.ts";
import { endedSessions } from "./migrations/ended-sessions.ts";
import { spentIds } from "./migrations/spent-ids.ts";
import { tokenWatch } from "./migrations/token-watch.ts";

/**
 * Brings the tables up to date. Two processes that start together run each migration once: Kysely's Migrator holds an
 * advisory lock on PostgreSQL, and an immediate transaction on SQLite (node-sqlite.ts). All or nothing. Throws
 * `ConfigError` when a newer version has been at work.
 */
export async function migrate(database: Kysely<Database>, kind: DatabaseKind): Promise<void> {
  const migrations = timeline(new Columns(kind));
  const migrator = new Migrator({ db: database, provider: { getMigrations: async () => migrations } });
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined) throw describe(error);
}

/** Kysely calls it corruption; what has happened is that somebody went back to an older Gatehouse. */
function describe(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const newer = /previously executed migration (\S+) is missing/.exec(error.message)?.[1];
  if (newer === undefined) return error;
  return new ConfigError(
    `the database was used by a newer Gatehouse (it has ${newer}): start that version again`,
  );
}

/** The one timeline. A migration that has been released is never changed: what comes later is a new one. */
function timeline(columns: Columns): Record<string, Migration> {
  return {
    "0001_accounts": { up: async (db) => await accounts(db, columns) },
    "0002_applications": { up: async (db) => await applications(db, columns) },
    "0003_grants": { up: async (db) => await grants(db, columns) },
    "0004_refresh_tokens": { up: async (db) => await refreshTokens(db, columns) },
    "0005_keys_and_secrets": { up: async (db) => await keysAndSecrets(db, columns) },
    "0006_audit": { up: async (db) => await audit(db, columns) },
    "0007_logout_receipts": { up: async (db) => await logoutReceipts(db, columns) },
    "0008_declined_scopes": { up: async (db) => await declinedScopes(db) },
    "0009_logout_deliveries": { up: async (db) => await logoutDeliveries(db, columns) },
    "0010_resources": { up: async (db) => await resources(db, columns) },
    "0011_api_tokens": { up: async (db) => await apiTokens(db, columns) },
    "0012_token_watch": { up: async (db) => await tokenWatch(db, columns) },
    "0013_settings_and_key_uses": { up: async (db) => await settingsAndKeyUses(db, columns) },
    "0014_federations": { up: async (db) => await federations(db, columns) },
    "0015_spent_ids": { up: async (db) => await spentIds(db, columns) },
    "0016_ended_sessions": { up: async (db) => await endedSessions(db, columns) },
    "0017_metadata_fetches": { up: async (db) => await metadataFetches(db, columns) },
  };
}
