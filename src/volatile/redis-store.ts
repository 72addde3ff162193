import {
  HASH_INCREMENT,
  HASH_SET,
  INCREMENT,
  ISSUE_ONCE,
  type RedisScript,
  TAKE_ONCE,
} from "./redis-scripts.ts";
import { wholeMs } from "./ttl.ts";
import type { HashFields, VolatileStore } from "./volatile-store.ts";

/** Sends commands to Redis. Throws `Unavailable` when it does not answer; other error replies pass through. */
export interface RedisLink {
  send(command: string[]): Promise<unknown>;
  /** EVALSHA, and EVAL where the server does not know the script yet. */
  run(script: RedisScript, keys: readonly string[], values: readonly string[]): Promise<unknown>;
  close(): Promise<void>;
}

/** Other programs may share the server. */
const PREFIX = "gatehouse:";

// Replies are read, not believed: a server that answers with another shape is an error, not a login. By hand, because
// it is done several times for every sign-on.

function maybeText(reply: unknown): string | undefined {
  if (reply === null) return undefined;
  if (typeof reply === "string") return reply;
  throw new UnexpectedReply(reply);
}

function count(reply: unknown): number {
  if (typeof reply === "number") return reply;
  throw new UnexpectedReply(reply);
}

function list(reply: unknown): readonly unknown[] {
  if (Array.isArray(reply)) return reply;
  throw new UnexpectedReply(reply);
}

class UnexpectedReply extends TypeError {
  constructor(reply: unknown) {
    super(`Redis answered with another shape: ${reply === null ? "null" : typeof reply}`);
    this.name = "UnexpectedReply";
  }
}

/** The volatile store as Redis commands. */
export class RedisVolatileStore implements VolatileStore {
  readonly #link: RedisLink;

  constructor(link: RedisLink) {
    this.#link = link;
  }

  async get(key: string): Promise<string | undefined> {
    return maybeText(await this.#link.send(["GET", PREFIX + key]));
  }

  async getMany(keys: readonly string[]): Promise<(string | undefined)[]> {
    if (keys.length === 0) return [];
    const reply = await this.#link.send(["MGET", ...keys.map((key) => PREFIX + key)]);
    return list(reply).map(maybeText);
  }

  async set(key: string, value: string, ttlMs: number): Promise<void> {
    await this.#link.send(["SET", PREFIX + key, value, "PX", ms(ttlMs)]);
  }

  async setIfAbsent(key: string, value: string, ttlMs: number): Promise<boolean> {
    const reply = await this.#link.send(["SET", PREFIX + key, value, "NX", "PX", ms(ttlMs)]);
    return maybeText(reply) === "OK";
  }

  async getAndDelete(key: string): Promise<string | undefined> {
    return maybeText(await this.#link.send(["GETDEL", PREFIX + key]));
  }

  async delete(keys: readonly string[]): Promise<number> {
    if (keys.length === 0) return 0;
    return count(await this.#link.send(["DEL", ...keys.map((key) => PREFIX + key)]));
  }

  async expire(key: string, ttlMs: number): Promise<boolean> {
    return count(await this.#link.send(["PEXPIRE", PREFIX + key, ms(ttlMs)])) === 1;
  }

  async increment(key: string, by: number, ttlMs: number): Promise<{ count: number; resetsInMs: number }> {
    const reply = await this.#link.run(INCREMENT, [PREFIX + key], [String(by), ms(ttlMs)]);
    const [counted, resetsInMs] = list(reply);
    return { count: count(counted), resetsInMs: count(resetsInMs) };
  }

  async hashSet(key: string, fields: Readonly<Record<string, string>>, ttlMs: number): Promise<void> {
    await this.hashSetAll([{ key, fields }], ttlMs);
  }

  async hashSetAll(hashes: readonly HashFields[], ttlMs: number): Promise<void> {
    const keys: string[] = [];
    const values = [ms(ttlMs)];
    for (const { key, fields } of hashes) {
      const pairs = Object.entries(fields).flat();
      if (pairs.length === 0) continue;
      keys.push(PREFIX + key);
      values.push(String(pairs.length), ...pairs);
    }
    if (keys.length > 0) await this.#link.run(HASH_SET, keys, values);
  }

  async hashGet(key: string, field: string): Promise<string | undefined> {
    return maybeText(await this.#link.send(["HGET", PREFIX + key, field]));
  }

  async hashGetAll(key: string): Promise<Map<string, string>> {
    const reply = list(await this.#link.send(["HGETALL", PREFIX + key]));
    const fields = new Map<string, string>();
    for (let at = 0; at + 1 < reply.length; at += 2) {
      fields.set(maybeText(reply[at]) ?? "", maybeText(reply[at + 1]) ?? "");
    }
    return fields;
  }

  async hashDelete(key: string, fields: readonly string[]): Promise<number> {
    if (fields.length === 0) return 0;
    return count(await this.#link.send(["HDEL", PREFIX + key, ...fields]));
  }

  async hashIncrement(key: string, field: string, by: number, ttlMs: number): Promise<number> {
    const reply = await this.#link.run(HASH_INCREMENT, [PREFIX + key], [field, String(by), ms(ttlMs)]);
    return count(reply);
  }

  async takeOnce(
    key: string,
    keepUsedMs: number,
  ): Promise<{ state: "yours" | "used"; value: string } | undefined> {
    const reply = await this.#link.run(TAKE_ONCE, [PREFIX + key], [ms(keepUsedMs)]);
    if (reply === null) return undefined;
    const [state, value] = list(reply);
    if ((state !== "yours" && state !== "used") || typeof value !== "string")
      throw new UnexpectedReply(reply);
    return { state, value };
  }

  async issueOnce(key: string, value: string, ttlMs: number): Promise<void> {
    await this.#link.run(ISSUE_ONCE, [PREFIX + key], [value, ms(ttlMs)]);
  }

  async ping(): Promise<void> {
    await this.#link.send(["PING"]);
  }

  async close(): Promise<void> {
    await this.#link.close();
  }
}

function ms(ttlMs: number): string {
  return String(wholeMs(ttlMs));
}
