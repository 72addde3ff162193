import { type Dialect, PostgresDialect } from "kysely";
import { Pool, type PoolClient, types } from "pg";
import { Unavailable } from "../platform/unavailable.ts";
import { fromPostgres, withoutNul } from "./driver-errors.ts";

const POOL_SIZE = 10;
const CONNECT_TIMEOUT_MS = 1_000;
/** A person waits for the answer: two seconds for a page that says 503, everything else included. */
const STATEMENT_TIMEOUT_MS = 1_300;
/** Longer than the server's own limit: it ends a wait for a server that says nothing at all. */
const ANSWER_TIMEOUT_MS = 1_400;
/** The migrations of a process that starts beside another one wait for that one's to end. */
const MIGRATION_TIMEOUT_MS = 60_000;
const MIGRATION_LOCK = "pg_advisory_lock(";
const IDLE_IN_TRANSACTION_MS = 10_000;

/** Kysely's PostgreSQL dialect over a pool of node-postgres. Connects at the first query. */
export function postgresDialect(url: string): Dialect {
  const pool = new Pool({
    connectionString: url,
    application_name: "gatehouse",
    max: POOL_SIZE,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    query_timeout: ANSWER_TIMEOUT_MS,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
    keepAlive: true,
    types: { getTypeParser },
  });
  // A connection that breaks tells its query; without a listener, one that breaks between two would end the process.
  pool.on("error", () => undefined);
  pool.on("connect", (client) => void client.on("error", () => undefined));
  return new PostgresDialect({
    pool: {
      options: {},
      connect: async () => guarded(await mapped(pool.connect())),
      end: async () => await pool.end(),
    },
  });
}

/** int8 as a number: everything stored so is an instant in milliseconds, a count or a row's number, below 2^53. */
function getTypeParser(
  ...[type, format]: Parameters<typeof types.getTypeParser>
): (value: string) => unknown {
  if (type === types.builtins.INT8 && format !== "binary") return Number;
  const parser: unknown = types.getTypeParser(type, format);
  if (!isParser(parser)) throw new TypeError(`no reader for the PostgreSQL type ${String(type)}`);
  return parser;
}

function isParser(value: unknown): value is (value: string) => unknown {
  return typeof value === "function";
}

/** The same client, but its errors say what they mean, and one that timed out does not go back into the pool. */
function guarded(client: PoolClient): PoolClient {
  let broken = false;
  let limitMs = ANSWER_TIMEOUT_MS;
  async function query(sql: string, parameters: readonly unknown[]): Promise<unknown> {
    try {
      if (sql.includes(MIGRATION_LOCK)) {
        // For this connection, which goes out of the pool afterwards.
        limitMs = MIGRATION_TIMEOUT_MS;
        await mapped(client.query(`set statement_timeout = ${MIGRATION_TIMEOUT_MS}`));
      }
      const asked = { text: sql, values: parameters.map(withoutNul), query_timeout: limitMs };
      return await mapped(client.query(asked));
    } catch (error) {
      // It may still be waiting for the old answer, which would then be taken for the next query's.
      broken ||= error instanceof Unavailable;
      throw error;
    }
  }
  return new Proxy(client, {
    get(target, property): unknown {
      if (property === "query") return query;
      if (property === "release") return () => target.release(broken || limitMs !== ANSWER_TIMEOUT_MS);
      const value: unknown = Reflect.get(target, property, target);
      return value;
    },
  });
}

async function mapped<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw fromPostgres(error);
  }
}
