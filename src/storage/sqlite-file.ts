import { closeSync, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";

export interface SqliteFileOptions {
  /** A file, whose folder is made when it is missing, or `:memory:`. */
  readonly path: string;
  /** How long a statement waits for another process's lock before it fails as busy; the whole process waits with it. */
  readonly busyTimeoutMs: number;
  /** FULL: a commit is on the disk before it returns. NORMAL: a power cut may lose the last commits. */
  readonly synchronous: "FULL" | "NORMAL";
}

const SWITCH_PATIENCE_MS = 2_000;

/** Opens a SQLite database the way both stores need it: WAL, foreign keys on, a bounded wait for locks. */
export function openSqliteFile(options: SqliteFileOptions): DatabaseSync {
  if (options.path !== ":memory:") {
    // Sessions and sealed keys stand in this file: nobody but the server's own user enters the folder.
    mkdirSync(dirname(options.path), { recursive: true, mode: 0o700 });
    makePrivate(options.path);
  }
  const database = new DatabaseSync(options.path, {
    timeout: options.busyTimeoutMs,
    enableForeignKeyConstraints: true,
  });
  try {
    switchToWal(database);
    database.exec(`PRAGMA synchronous = ${options.synchronous}`);
  } catch (error) {
    database.close();
    throw error;
  }
  return database;
}

/**
 * A folder that was there already keeps its own mode, so the file gets one of its own; SQLite gives the files beside it
 * the same. Where no file can be made, SQLite says so itself a moment later.
 */
function makePrivate(path: string): void {
  try {
    closeSync(openSync(path, "a", 0o600));
  } catch {
    return;
  }
}

/**
 * SQLite answers "busy" at once, without its own waiting, when two processes switch a new file to WAL together; so
 * the waiting is done here, at start only.
 */
function switchToWal(database: DatabaseSync): void {
  const pauseMs = 20;
  for (let waitedMs = 0; ; waitedMs += pauseMs) {
    try {
      database.exec("PRAGMA journal_mode = WAL");
      return;
    } catch (error) {
      if (!isHeldByAnother(error) || waitedMs >= SWITCH_PATIENCE_MS) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pauseMs);
    }
  }
}

// SQLite's primary result codes: BUSY, LOCKED, PROTOCOL.
const HELD_BY_ANOTHER = new Set([5, 6, 15]);
// PERM, NOMEM, READONLY, IOERR, CORRUPT, FULL, CANTOPEN, NOTADB.
const OUT_OF_ORDER = new Set([3, 7, 8, 10, 11, 13, 14, 26]);

/** True when the database is busy, full, read-only, unreadable or closed: `Unavailable`, not a bug. */
export function isSqliteTrouble(error: unknown): boolean {
  if (!(error instanceof Error) || !("code" in error)) return false;
  if (error.code === "ERR_INVALID_STATE") return true;
  return isHeldByAnother(error) || OUT_OF_ORDER.has(primaryCode(error));
}

/** True when another connection holds the lock: the same statement may succeed a moment later. */
export function isHeldByAnother(error: unknown): boolean {
  return HELD_BY_ANOTHER.has(primaryCode(error));
}

/** The low byte of the extended code; its other bytes say more closely what went wrong. */
function primaryCode(error: unknown): number {
  return (sqliteResultCode(error) ?? 0) & 0xff;
}

/** SQLite's extended result code, or undefined when the error is not from SQLite. */
export function sqliteResultCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !("errcode" in error)) return undefined;
  return typeof error.errcode === "number" ? error.errcode : undefined;
}
