import type { DatabaseSync, SQLInputValue } from "node:sqlite";
import { setTimeout as wait } from "node:timers/promises";
import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type QueryResult,
  SqliteAdapter,
  type SqliteDatabase,
  SqliteDialect,
  type SqliteDialectConfig,
  SqliteDriver,
  type SqliteStatement,
} from "kysely";
import { Unavailable } from "../platform/unavailable.ts";
import { fromSqlite, withoutNul } from "./driver-errors.ts";
import { isHeldByAnother, openSqliteFile } from "./sqlite-file.ts";

const LOCK_PATIENCE_MS = 5_000;
const LOCK_RETRY_AT_MOST_MS = 50;
const PREPARED_AT_MOST = 256;

/** Kysely's SQLite dialect over `node:sqlite`. A commit is on the disk before it returns. */
export function nodeSqliteDialect(path: string): Dialect {
  return new ImmediateDialect(openSqliteFile({ path, busyTimeoutMs: 0, synchronous: "FULL" }));
}

class ImmediateDialect extends SqliteDialect {
  readonly #database: DatabaseSync;
  readonly #config: SqliteDialectConfig;

  constructor(database: DatabaseSync) {
    const config = { database: forKysely(database) };
    super(config);
    this.#database = database;
    this.#config = config;
  }

  override createDriver(): SqliteDriver {
    return new ImmediateDriver(this.#database, this.#config);
  }

  override createAdapter(): SqliteAdapter {
    return new TransactionalDdl();
  }
}

class ImmediateDriver extends SqliteDriver {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync, config: SqliteDialectConfig) {
    super(config);
    this.#database = database;
  }

  override async acquireConnection(): Promise<DatabaseConnection> {
    return new PatientConnection(await super.acquireConnection());
  }

  /** Takes the write lock at once: a transaction that reads first and writes later would fail as busy, or act on old rows. */
  override async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw("begin immediate"));
  }

  /** SQLite has already rolled back by itself after some errors (disk full, I/O); a second time would hide the first error. */
  override async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    if (this.#database.isOpen && this.#database.isTransaction) await super.rollbackTransaction(connection);
  }
}

/**
 * Waits for another process's lock without holding up this one: SQLite's own waiting would stop the event loop. A
 * statement that was refused as busy has done nothing, so it may be sent again; within an immediate transaction none
 * is refused.
 */
class PatientConnection implements DatabaseConnection {
  readonly #connection: DatabaseConnection;

  constructor(connection: DatabaseConnection) {
    this.#connection = connection;
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    let waitedMs = 0;
    for (let pauseMs = 1; ; pauseMs = Math.min(2 * pauseMs, LOCK_RETRY_AT_MOST_MS)) {
      try {
        return await this.#connection.executeQuery<R>(query);
      } catch (error) {
        const held = error instanceof Unavailable && isHeldByAnother(error.cause);
        if (!held || waitedMs >= LOCK_PATIENCE_MS) throw error;
        await wait(pauseMs);
        waitedMs += pauseMs;
      }
    }
  }

  streamQuery<R>(query: CompiledQuery, chunkSize: number): AsyncIterableIterator<QueryResult<R>> {
    return this.#connection.streamQuery<R>(query, chunkSize);
  }
}

/** SQLite's DDL is transactional: the migrations run in one immediate transaction, so two processes run them once. */
class TransactionalDdl extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

/** The subset of better-sqlite3's interface that Kysely speaks. */
function forKysely(database: DatabaseSync): SqliteDatabase {
  const prepared = new Map<string, SqliteStatement>();
  return {
    close: () => database.close(),
    prepare(sql) {
      const known = prepared.get(sql);
      if (known !== undefined) return known;
      // Lists in a query make texts without end; what is used often comes back at once.
      if (prepared.size >= PREPARED_AT_MOST) prepared.clear();
      const statement = mapped(() => prepare(database, sql));
      prepared.set(sql, statement);
      return statement;
    },
  };
}

function prepare(database: DatabaseSync, sql: string): SqliteStatement {
  const statement = database.prepare(sql);
  return {
    reader: statement.columns().length > 0,
    all: (parameters) => mapped(() => statement.all(...bindable(parameters))),
    run: (parameters) => mapped(() => statement.run(...bindable(parameters))),
    iterate: (parameters) => mapped(() => statement.iterate(...bindable(parameters))),
  };
}

function bindable(parameters: readonly unknown[]): SQLInputValue[] {
  return parameters.map((parameter) => {
    const value = withoutNul(parameter);
    if (
      value === null ||
      typeof value === "string" ||
      typeof value === "number" ||
      typeof value === "bigint"
    ) {
      return value;
    }
    throw new TypeError(`a ${typeof value} cannot be stored`);
  });
}

function mapped<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw fromSqlite(error);
  }
}
