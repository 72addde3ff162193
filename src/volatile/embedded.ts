import type { DatabaseSync } from "node:sqlite";
import type { Clock } from "../platform/clock.ts";
import { Unavailable } from "../platform/unavailable.ts";
import { isSqliteTrouble, openSqliteFile } from "../storage/sqlite-file.ts";
import { SqliteStatements } from "../storage/sqlite-statements.ts";
import { EmbeddedEntries } from "./embedded-entries.ts";
import { EMBEDDED_LAYOUT, EMBEDDED_LAYOUT_VERSION } from "./embedded-layout.ts";
import { wholeMs } from "./ttl.ts";
import type { HashFields, VolatileStore } from "./volatile-store.ts";

const BUSY_TIMEOUT_MS = 2_000;
/** Expired rows are swept at every so many writes, at most so many at once: a write never pays for a backlog. */
const SWEEP_EVERY_WRITES = 64;
const SWEEP_ROWS = 512;

/**
 * The volatile store without Redis, in one SQLite file that several processes of one machine may share. It survives a
 * restart. Throws `Unavailable` when the file is busy for two seconds, full or gone.
 */
export function openEmbeddedVolatileStore(options: {
  readonly path: string;
  readonly clock: Clock;
}): VolatileStore {
  return guarded(() => {
    const database = openSqliteFile({
      path: options.path,
      busyTimeoutMs: BUSY_TIMEOUT_MS,
      synchronous: "NORMAL",
    });
    try {
      return new EmbeddedVolatileStore(database, options.clock);
    } catch (error) {
      database.close();
      throw error;
    }
  });
}

class EmbeddedVolatileStore implements VolatileStore {
  readonly #database: DatabaseSync;
  readonly #clock: Clock;
  readonly #statements: SqliteStatements;
  readonly #entries: EmbeddedEntries;
  #writes = 0;

  constructor(database: DatabaseSync, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
    this.#statements = new SqliteStatements(database);
    this.#entries = new EmbeddedEntries(this.#statements);
    this.#write(() => {
      const { user_version: version } = this.#statements.row("PRAGMA user_version") ?? {};
      if (version === EMBEDDED_LAYOUT_VERSION) return;
      // Everything in here expires anyway: another layout's rows are dropped instead of converted.
      database.exec(EMBEDDED_LAYOUT);
    });
  }

  async get(key: string): Promise<string | undefined> {
    return await this.#read((now) => this.#entries.find(key, "string", now)?.value);
  }

  async getMany(keys: readonly string[]): Promise<(string | undefined)[]> {
    return await this.#read((now) => keys.map((key) => this.#entries.find(key, "string", now)?.value));
  }

  async set(key: string, value: string, ttlMs: number): Promise<void> {
    await this.#change((now) => {
      this.#entries.delete(key);
      this.#entries.insert(key, "string", value, now + wholeMs(ttlMs));
    });
  }

  async setIfAbsent(key: string, value: string, ttlMs: number): Promise<boolean> {
    return await this.#changeForGood((now) => {
      if (this.#entries.live(key, now) !== undefined) return false;
      this.#entries.insert(key, "string", value, now + wholeMs(ttlMs));
      return true;
    });
  }

  async getAndDelete(key: string): Promise<string | undefined> {
    return await this.#changeForGood((now) => {
      const entry = this.#entries.find(key, "string", now);
      if (entry !== undefined) this.#entries.delete(key);
      return entry?.value;
    });
  }

  async delete(keys: readonly string[]): Promise<number> {
    return await this.#changeForGood((now) => {
      let existed = 0;
      for (const key of keys) {
        if (this.#entries.live(key, now) !== undefined) existed += this.#entries.delete(key);
      }
      return existed;
    });
  }

  async expire(key: string, ttlMs: number): Promise<boolean> {
    return await this.#change((now) => {
      if (this.#entries.live(key, now) === undefined) return false;
      this.#entries.expireAt(key, now + wholeMs(ttlMs));
      return true;
    });
  }

  async increment(key: string, by: number, ttlMs: number): Promise<{ count: number; resetsInMs: number }> {
    return await this.#change((now) => {
      const entry = this.#entries.find(key, "string", now);
      const count = Number(entry?.value ?? 0) + by;
      if (entry === undefined) this.#entries.insert(key, "string", String(count), now + wholeMs(ttlMs));
      else this.#entries.setValue(key, String(count));
      return { count, resetsInMs: (entry?.expiresAtMs ?? now + wholeMs(ttlMs)) - now };
    });
  }

  async hashSet(key: string, fields: Readonly<Record<string, string>>, ttlMs: number): Promise<void> {
    await this.hashSetAll([{ key, fields }], ttlMs);
  }

  async hashSetAll(hashes: readonly HashFields[], ttlMs: number): Promise<void> {
    await this.#change((now) => {
      for (const hash of hashes) this.#setFields(hash, now, now + wholeMs(ttlMs));
    });
  }

  #setFields({ key, fields }: HashFields, now: number, expiresAtMs: number): void {
    const pairs = Object.entries(fields);
    if (pairs.length === 0) return;
    const entry = this.#entries.find(key, "hash", now);
    if (entry === undefined) this.#entries.insert(key, "hash", "", expiresAtMs);
    else if (entry.expiresAtMs < expiresAtMs) this.#entries.expireAt(key, expiresAtMs);
    for (const [field, value] of pairs) this.#entries.setField(key, field, value);
  }

  async hashGet(key: string, field: string): Promise<string | undefined> {
    return await this.#read((now) =>
      this.#entries.find(key, "hash", now) === undefined ? undefined : this.#entries.field(key, field),
    );
  }

  async hashGetAll(key: string): Promise<Map<string, string>> {
    return await this.#read((now) => {
      if (this.#entries.find(key, "hash", now) === undefined) return new Map<string, string>();
      return this.#entries.fields(key);
    });
  }

  async hashDelete(key: string, fields: readonly string[]): Promise<number> {
    return await this.#changeForGood((now) => {
      if (this.#entries.find(key, "hash", now) === undefined) return 0;
      let existed = 0;
      for (const field of fields) existed += this.#entries.deleteField(key, field);
      this.#entries.deleteIfEmpty(key);
      return existed;
    });
  }

  async hashIncrement(key: string, field: string, by: number, ttlMs: number): Promise<number> {
    return await this.#change((now) => {
      const entry = this.#entries.find(key, "hash", now);
      if (entry === undefined) this.#entries.insert(key, "hash", "", now + wholeMs(ttlMs));
      const count = Number(this.#entries.field(key, field) ?? 0) + by;
      this.#entries.setField(key, field, String(count));
      return count;
    });
  }

  async takeOnce(
    key: string,
    keepUsedMs: number,
  ): Promise<{ state: "yours" | "used"; value: string } | undefined> {
    return await this.#changeForGood((now) => {
      const entry = this.#entries.find(key, "once", now);
      if (entry === undefined) return undefined;
      if (entry.used) return { state: "used", value: entry.value };
      this.#entries.markUsed(key, now + wholeMs(keepUsedMs));
      return { state: "yours", value: entry.value };
    });
  }

  async issueOnce(key: string, value: string, ttlMs: number): Promise<void> {
    await this.#change((now) => {
      this.#entries.delete(key);
      this.#entries.insert(key, "once", value, now + wholeMs(ttlMs));
    });
  }

  async ping(): Promise<void> {
    await this.#read(() => this.#statements.row("SELECT 1"));
  }

  async close(): Promise<void> {
    if (this.#database.isOpen) this.#database.close();
  }

  #read<T>(work: (now: number) => T): Promise<T> {
    return settle(() => work(this.#clock.nowMs()));
  }

  #change<T>(work: (now: number) => T): Promise<T> {
    return settle(() => this.#write(work));
  }

  /**
   * For what must not come undone (used, spent, deleted): the commit is on the disk before the caller hears of it, so
   * that a power cut brings no code and no session back to life.
   */
  #changeForGood<T>(work: (now: number) => T): Promise<T> {
    return settle(() => {
      this.#database.exec("PRAGMA synchronous = FULL");
      try {
        return this.#write(work);
      } finally {
        if (this.#database.isOpen) this.#database.exec("PRAGMA synchronous = NORMAL");
      }
    });
  }

  /** IMMEDIATE: the write lock is taken before anything is read, so no other process can decide on the same row. */
  #write<T>(work: (now: number) => T): T {
    this.#database.exec("BEGIN IMMEDIATE");
    try {
      const now = this.#clock.nowMs();
      if (++this.#writes % SWEEP_EVERY_WRITES === 0) this.#entries.sweep(now, SWEEP_ROWS);
      const result = work(now);
      this.#database.exec("COMMIT");
      return result;
    } catch (error) {
      if (this.#database.isOpen && this.#database.isTransaction) this.#database.exec("ROLLBACK");
      throw error;
    }
  }
}

async function settle<T>(work: () => T): Promise<T> {
  return guarded(work);
}

function guarded<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (isSqliteTrouble(error)) throw new Unavailable("volatile", { cause: error });
    throw error;
  }
}
