import { type Dialect, Kysely, sql } from "kysely";
import type { Clock } from "../platform/clock.ts";
import { Unavailable } from "../platform/unavailable.ts";
import { KyselyAccountStore } from "./kysely/account-store.ts";
import { KyselyApiTokenStore } from "./kysely/api-token-store.ts";
import { KyselyApplicationStore } from "./kysely/application-store.ts";
import { KyselyAuditStore } from "./kysely/audit-store.ts";
import type { Database } from "./kysely/database.ts";
import { KyselyFederationStore } from "./kysely/federation-store.ts";
import { KyselyGrantStore } from "./kysely/grant-store.ts";
import type { DatabaseKind } from "./kysely/migrations/columns.ts";
import { migrate } from "./kysely/migrations.ts";
import { KyselyMetadataFetchStore } from "./kysely/metadata-fetch-store.ts";
import { KyselyKeyUseStore } from "./kysely/key-use-store.ts";
import { KyselyLogoutDeliveryStore } from "./kysely/logout-delivery-store.ts";
import { KyselyReceiptStore } from "./kysely/receipt-store.ts";
import { KyselyRefreshTokenStore } from "./kysely/refresh-token-store.ts";
import { KyselyResourceStore } from "./kysely/resource-store.ts";
import { KyselySecretStore } from "./kysely/secret-store.ts";
import { KyselySettingStore } from "./kysely/setting-store.ts";
import { KyselySigningKeyStore } from "./kysely/signing-key-store.ts";
import { KyselyEndedSessionStore } from "./kysely/ended-session-store.ts";
import { KyselySpentIdStore } from "./kysely/spent-id-store.ts";
import { KyselyTokenNoticeStore } from "./kysely/token-notice-store.ts";
import { KyselyTokenUseStore } from "./kysely/token-use-store.ts";
import { nodeSqliteDialect } from "./node-sqlite.ts";
import { postgresDialect } from "./postgres.ts";
import { isSqliteTrouble } from "./sqlite-file.ts";
import type { DurableStore } from "./stores.ts";

const SQLITE = "sqlite:";

/**
 * Opens the durable store and brings its tables up to date. `url`: `sqlite:path` (the folder is made when it is
 * missing), `sqlite::memory:` or `postgres://…`. Throws `Unavailable` whose cause is one clear line, without the
 * password, when the database cannot be opened.
 */
export async function openDurableStore(options: {
  readonly url: string;
  readonly clock: Clock;
}): Promise<DurableStore> {
  const kind: DatabaseKind = options.url.startsWith(SQLITE) ? "sqlite" : "postgres";
  let db: Kysely<Database> | undefined;
  try {
    db = new Kysely<Database>({ dialect: dialectFor(options.url, kind) });
    await migrate(db, kind);
    return assemble(db, options.clock);
  } catch (error) {
    await db?.destroy();
    throw describeOpenError(error, options.url);
  }
}

function dialectFor(url: string, kind: DatabaseKind): Dialect {
  return kind === "sqlite" ? nodeSqliteDialect(url.slice(SQLITE.length)) : postgresDialect(url);
}

function assemble(db: Kysely<Database>, clock: Clock): DurableStore {
  return {
    accounts: new KyselyAccountStore(db),
    applications: new KyselyApplicationStore(db),
    grants: new KyselyGrantStore(db),
    refreshTokens: new KyselyRefreshTokenStore(db, clock),
    signingKeys: new KyselySigningKeyStore(db),
    secrets: new KyselySecretStore(db),
    audit: new KyselyAuditStore(db),
    receipts: new KyselyReceiptStore(db),
    logoutDeliveries: new KyselyLogoutDeliveryStore(db),
    federations: new KyselyFederationStore(db),
    metadataFetches: new KyselyMetadataFetchStore(db),
    spentIds: new KyselySpentIdStore(db, clock),
    endedSessions: new KyselyEndedSessionStore(db),
    settings: new KyselySettingStore(db),
    keyUses: new KyselyKeyUseStore(db),
    resources: new KyselyResourceStore(db),
    apiTokens: new KyselyApiTokenStore(db, clock),
    tokenUse: new KyselyTokenUseStore(db),
    tokenNotices: new KyselyTokenNoticeStore(db),
    ping: async () => void (await sql`select 1`.execute(db)),
    close: async () => await db.destroy(),
  };
}

function describeOpenError(error: unknown, url: string): unknown {
  const reason = innermost(error);
  const trouble = error instanceof Unavailable || isSqliteTrouble(error) || isFileTrouble(error);
  if (!trouble) return error;
  return new Unavailable("durable", {
    cause: new Error(`cannot open the database at ${withoutPassword(url)}: ${reason}`),
  });
}

function isFileTrouble(error: unknown): boolean {
  return error instanceof Error && "code" in error && "syscall" in error;
}

/** What the driver said last; the drivers put no password into it. */
function innermost(error: unknown): string {
  let reason = error;
  while (reason instanceof Error && reason.cause instanceof Error) reason = reason.cause;
  if (reason instanceof AggregateError) reason = reason.errors.at(-1) as unknown;
  return reason instanceof Error ? reason.message : "no answer";
}

function withoutPassword(url: string): string {
  if (url.startsWith(SQLITE) || !URL.canParse(url)) return url.startsWith(SQLITE) ? url : "the given address";
  const shown = new URL(url);
  shown.password = "";
  // The query may hold a password too (`?password=`).
  shown.search = "";
  return shown.href;
}
