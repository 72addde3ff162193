/** Fields of one hash. */
export interface HashFields {
  readonly key: string;
  readonly fields: Readonly<Record<string, string>>;
}

/**
 * What expires: one small interface with the names and meanings of the Redis commands that are used. Times to live
 * are milliseconds. "Absent" is `undefined`; a store that does not answer throws `Unavailable` (platform/).
 * Both implementations, redis.ts and embedded.ts, run test/contract/volatile-contract.ts.
 */
export interface VolatileStore {
  /** GET. */
  get(key: string): Promise<string | undefined>;
  /** MGET, in the order of the keys. */
  getMany(keys: readonly string[]): Promise<(string | undefined)[]>;
  /** SET … PX. */
  set(key: string, value: string, ttlMs: number): Promise<void>;
  /** SET … NX PX: true when the key was absent and is now set. */
  setIfAbsent(key: string, value: string, ttlMs: number): Promise<boolean>;
  /** GETDEL. */
  getAndDelete(key: string): Promise<string | undefined>;
  /** DEL: how many existed. */
  delete(keys: readonly string[]): Promise<number>;
  /** PEXPIRE: false when the key is absent. */
  expire(key: string, ttlMs: number): Promise<boolean>;
  /** INCRBY, and PEXPIRE when this call made the key, as one atomic step: a fixed window that starts at its first count. */
  increment(key: string, by: number, ttlMs: number): Promise<{ count: number; resetsInMs: number }>;
  /** HSET and PEXPIRE as one atomic step; the time to live is never shortened by it. */
  hashSet(key: string, fields: Readonly<Record<string, string>>, ttlMs: number): Promise<void>;
  /** `hashSet` of several hashes in one command. */
  hashSetAll(hashes: readonly HashFields[], ttlMs: number): Promise<void>;
  /** HGET. */
  hashGet(key: string, field: string): Promise<string | undefined>;
  /** HGETALL; an absent key is an empty map. */
  hashGetAll(key: string): Promise<Map<string, string>>;
  /** HDEL: how many existed. */
  hashDelete(key: string, fields: readonly string[]): Promise<number>;
  /** HINCRBY, and PEXPIRE when this call made the key: the new number. */
  hashIncrement(key: string, field: string, by: number, ttlMs: number): Promise<number>;
  /**
   * Takes what `issueOnce` stored, in one atomic step. `yours`: this call is the first; the value stays behind for
   * `keepUsedMs`, marked as used, so that a second presentation is `used` and still names what was issued.
   * undefined: unknown or expired, or written before the store's last restart or fail-over, which may have lost
   * the mark that it was used (docs/decisions/0004).
   */
  takeOnce(key: string, keepUsedMs: number): Promise<{ state: "yours" | "used"; value: string } | undefined>;
  /** Stores a value for `takeOnce`. */
  issueOnce(key: string, value: string, ttlMs: number): Promise<void>;
  /** Resolves when the store answers (PING); throws `Unavailable` within its command time-out otherwise. */
  ping(): Promise<void>;
  close(): Promise<void>;
}
