import assert from "node:assert/strict";
import { Unavailable } from "../../../src/platform/unavailable.ts";
import { Conflict, type DurableStore } from "../../../src/storage/stores.ts";
import type { TestClock } from "../../fixtures/clock.ts";

/** What each part of the suite works on: two connections to one database, which the parts share. */
export interface DurableSubject {
  readonly clock: TestClock;
  readonly store: DurableStore;
  readonly second: DurableStore;
}

/** Filled in before the first test runs; parts read it inside their tests. */
export type Subject = () => DurableSubject;

/** Calls on both connections in turn, all begun together. */
export async function burst<T>(
  { store, second }: DurableSubject,
  count: number,
  call: (store: DurableStore, n: number) => Promise<T>,
): Promise<T[]> {
  return await Promise.all(Array.from({ length: count }, (_, n) => call(n % 2 === 0 ? store : second, n)));
}

/** For assert.rejects: this field is taken. */
export function conflictOn(field: string): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof Conflict, String(error));
    assert.equal(error.field, field);
    return true;
  };
}

/** For assert.rejects: the durable store is away. */
export function isUnavailable(error: unknown): boolean {
  return error instanceof Unavailable && error.store === "durable";
}

/** What an attacker tries where a text is expected: each must be found as it is, or not at all, and never be SQL. */
export const HOSTILE_TEXTS = [
  "' OR '1'='1",
  "x'; DROP TABLE accounts; --",
  "a\0b",
  "%",
  "_",
  "\\",
  "\uD800",
  "x".repeat(5_000),
] as const;
