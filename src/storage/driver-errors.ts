import { DatabaseError } from "pg";
import { Unavailable } from "../platform/unavailable.ts";
import { isSqliteTrouble, sqliteResultCode } from "./sqlite-file.ts";
import { Conflict } from "./stores.ts";

/** A row names another one that is not there (any more). The stores turn it into what it means for their caller. */
export class ReferenceMissing extends Error {
  constructor(options?: ErrorOptions) {
    super("a row names another one that is not there", options);
    this.name = "ReferenceMissing";
  }
}

// SQLite's extended codes for PRIMARY KEY and UNIQUE, and for FOREIGN KEY.
const SQLITE_UNIQUE = new Set([1555, 2067]);
const SQLITE_FOREIGN_KEY = 787;

/** What a SQLite error means: `Conflict`, `ReferenceMissing`, `Unavailable`, or the error itself. */
export function fromSqlite(error: unknown): unknown {
  if (isSqliteTrouble(error)) return new Unavailable("durable", { cause: error });
  const code = sqliteResultCode(error);
  if (code === undefined || !(error instanceof Error)) return error;
  if (SQLITE_UNIQUE.has(code)) return new Conflict(/failed: \w+\.(\w+)/.exec(error.message)?.[1] ?? "value");
  if (code === SQLITE_FOREIGN_KEY) return new ReferenceMissing({ cause: error });
  return error;
}

/**
 * SQLSTATEs for "cannot now": connection lost (08), out of resources (53), cancelled or shutting down (57), lost to a
 * parallel transaction (40), a lock not to be had (55P03), a server that takes no writes (25006) or no more logins.
 */
const POSTGRES_TROUBLE = /^(08|28|40|53|57|55P03|25006|25P03|3D000)/;
/** What node-postgres says without any code when a connection breaks or does not come. */
const PG_CONNECTION_TEXTS =
  /^(Connection terminated|timeout exceeded when trying to connect|Query read timeout|Client has encountered a connection error|Client was closed|Cannot use a pool after calling end)/;

/** What a PostgreSQL error means: `Conflict`, `ReferenceMissing`, `Unavailable`, or the error itself. */
export function fromPostgres(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  if (error instanceof DatabaseError) {
    if (error.code === "23505") return new Conflict(/^Key \((\w+)/.exec(error.detail ?? "")?.[1] ?? "value");
    if (error.code === "23503") return new ReferenceMissing({ cause: error });
    return POSTGRES_TROUBLE.test(error.code ?? "") ? new Unavailable("durable", { cause: error }) : error;
  }
  // Errors of the socket and of name resolution carry the system call; several addresses make an AggregateError.
  const fromSystem = "syscall" in error || "errno" in error || error instanceof AggregateError;
  if (fromSystem || isTlsTrouble(error) || PG_CONNECTION_TEXTS.test(error.message)) {
    return new Unavailable("durable", { cause: error });
  }
  return error;
}

function isTlsTrouble(error: Error): boolean {
  return (
    "code" in error && typeof error.code === "string" && /^(ERR_TLS|ERR_SSL|CERT_|EPROTO)/.test(error.code)
  );
}

/**
 * PostgreSQL takes no NUL in a text, and a query with one fails as a whole. Such a text only ever comes from someone
 * who tries something: it is stored, and searched, with the replacement character in its place.
 */
export function withoutNul(value: unknown): unknown {
  return typeof value === "string" ? value.replaceAll("\0", "\uFFFD") : value;
}
