import type { SqliteStatements } from "../storage/sqlite-statements.ts";

export type EntryKind = "string" | "hash" | "once";

export interface Entry {
  readonly kind: EntryKind;
  readonly value: string;
  readonly used: boolean;
  readonly expiresAtMs: number;
}

/** The rows of the embedded volatile store. Transactions are the caller's (embedded.ts). */
export class EmbeddedEntries {
  readonly #statements: SqliteStatements;

  constructor(statements: SqliteStatements) {
    this.#statements = statements;
  }

  live(key: string, nowMs: number): Entry | undefined {
    const row = this.#statements.row(
      "SELECT kind, value, used, expires_at_ms FROM entries WHERE key = ?",
      key,
    );
    if (row === undefined) return undefined;
    const expiresAtMs = Number(row["expires_at_ms"]);
    if (expiresAtMs <= nowMs) {
      // Deleted, not only ignored: a clock that is set back must not revive what was once told to be gone.
      this.#statements.run("DELETE FROM entries WHERE key = ? AND expires_at_ms <= ?", key, nowMs);
      return undefined;
    }
    return { kind: kindOf(row["kind"]), value: String(row["value"]), used: row["used"] === 1, expiresAtMs };
  }

  /** The live entry of this kind. Throws when the key is of another kind: a caller's bug (Redis: WRONGTYPE). */
  find(key: string, kind: EntryKind, nowMs: number): Entry | undefined {
    const entry = this.live(key, nowMs);
    if (entry !== undefined && entry.kind !== kind) {
      throw new TypeError(`a volatile key of kind ${entry.kind} was used as ${kind}`);
    }
    return entry;
  }

  insert(key: string, kind: EntryKind, value: string, expiresAtMs: number): void {
    this.#statements.run(
      "INSERT INTO entries (key, kind, value, expires_at_ms) VALUES (?, ?, ?, ?)",
      key,
      kind,
      value,
      expiresAtMs,
    );
  }

  setValue(key: string, value: string): void {
    this.#statements.run("UPDATE entries SET value = ? WHERE key = ?", value, key);
  }

  expireAt(key: string, expiresAtMs: number): void {
    this.#statements.run("UPDATE entries SET expires_at_ms = ? WHERE key = ?", expiresAtMs, key);
  }

  markUsed(key: string, expiresAtMs: number): void {
    this.#statements.run("UPDATE entries SET used = 1, expires_at_ms = ? WHERE key = ?", expiresAtMs, key);
  }

  /** How many rows went: 0 or 1. A hash takes its fields along. */
  delete(key: string): number {
    return this.#statements.run("DELETE FROM entries WHERE key = ?", key);
  }

  field(key: string, field: string): string | undefined {
    const row = this.#statements.row("SELECT value FROM fields WHERE key = ? AND field = ?", key, field);
    return row === undefined ? undefined : String(row["value"]);
  }

  fields(key: string): Map<string, string> {
    const rows = this.#statements.all("SELECT field, value FROM fields WHERE key = ?", key);
    return new Map(rows.map((row) => [String(row["field"]), String(row["value"])]));
  }

  setField(key: string, field: string, value: string): void {
    this.#statements.run(
      "INSERT INTO fields (key, field, value) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value",
      key,
      field,
      value,
    );
  }

  deleteField(key: string, field: string): number {
    return this.#statements.run("DELETE FROM fields WHERE key = ? AND field = ?", key, field);
  }

  /** As in Redis: a hash without fields does not exist, and the next one begins with a time to live of its own. */
  deleteIfEmpty(key: string): void {
    this.#statements.run(
      "DELETE FROM entries WHERE key = ?1 AND NOT EXISTS (SELECT 1 FROM fields WHERE key = ?1)",
      key,
    );
  }

  /** Deletes expired rows, at most `limit`. */
  sweep(nowMs: number, limit: number): void {
    this.#statements.run(
      "DELETE FROM entries WHERE key IN (SELECT key FROM entries WHERE expires_at_ms <= ? LIMIT ?)",
      nowMs,
      limit,
    );
  }
}

function kindOf(value: unknown): EntryKind {
  if (value === "string" || value === "hash" || value === "once") return value;
  throw new TypeError("a row of the embedded store has an unknown kind");
}
