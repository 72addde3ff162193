import { sha256 } from "../platform/digest.ts";
import type { VolatileStore } from "./volatile-store.ts";

/** The part of node-redis's client that connect-redis's RedisStore calls to read, write and end a session. */
interface SessionCommands {
  get(key: string): Promise<string | null>;
  set(key: string, value: string, options: SetOptions): Promise<void>;
  expire(key: string, seconds: number): Promise<boolean>;
  del(keys: readonly string[]): Promise<number>;
  mGet(keys: readonly string[]): Promise<(string | null)[]>;
  scanIterator(): never;
}

interface SetOptions {
  readonly expiration: { readonly type: "EX"; readonly value: number };
}

/**
 * Lets connect-redis keep express-session's sessions in any volatile store. The id in the key is hashed: whoever reads
 * the store cannot take over a session with what stands there. Going through all sessions is not offered.
 */
export function sessionClient(store: VolatileStore): SessionCommands {
  return {
    async get(key) {
      return (await store.get(hashedKey(key))) ?? null;
    },
    async set(key, value, options) {
      await store.set(hashedKey(key), value, options.expiration.value * 1_000);
    },
    async expire(key, seconds) {
      return await store.expire(hashedKey(key), seconds * 1_000);
    },
    async del(keys) {
      return await store.delete(keys.map(hashedKey));
    },
    async mGet(keys) {
      const values = await store.getMany(keys.map(hashedKey));
      return values.map((value) => value ?? null);
    },
    scanIterator() {
      throw new Error("sessions cannot be listed by their cookies' ids");
    },
  };
}

/** `session:` and the id becomes `session:` and the id's SHA-256. */
function hashedKey(key: string): string {
  const start = key.indexOf(":") + 1;
  return key.slice(0, start) + sha256(key.slice(start));
}
