import { z } from "zod";
import {
  HASH_INCREMENT,
  HASH_SET,
  INCREMENT,
  ISSUE_ONCE,
  type RedisScript,
  TAKE_ONCE,
} from "./redis-scripts.ts";
import { wholeMs } from "./ttl.ts";
import type { VolatileStore } from "./volatile-store.ts";

/** Sends commands to Redis. Throws `Unavailable` when it does not answer; other error replies pass through. */
export interface RedisLink {
  send(command: readonly string[]): Promise<unknown>;
  /** EVALSHA, and EVAL where the server does not know the script yet. */
  run(script: RedisScript, key: string, values: readonly string[]): Promise<unknown>;
  close(): Promise<void>;
}

/** Other programs may share the server. */
const PREFIX = "gatehouse:";

// Replies are read, not believed: a server that answers with another shape is an error, not a login.
const MaybeText = z.string().nullable();
const Texts = z.array(z.string());
const MaybeTexts = z.array(MaybeText);
const Count = z.number();
const Window = z.tuple([z.number(), z.number()]);
const Taken = z.tuple([z.enum(["yours", "used"]), z.string()]).nullable();

/** The volatile store as Redis commands. */
export class RedisVolatileStore implements VolatileStore {
  readonly #link: RedisLink;

  constructor(link: RedisLink) {
    this.#link = link;
  }

  async get(key: string): Promise<string | undefined> {
    return MaybeText.parse(await this.#link.send(["GET", PREFIX + key])) ?? undefined;
  }

  async getMany(keys: readonly string[]): Promise<(string | undefined)[]> {
    if (keys.length === 0) return [];
    const reply = await this.#link.send(["MGET", ...keys.map((key) => PREFIX + key)]);
    return MaybeTexts.parse(reply).map((value) => value ?? undefined);
  }

  async set(key: string, value: string, ttlMs: number): Promise<void> {
    await this.#link.send(["SET", PREFIX + key, value, "PX", ms(ttlMs)]);
  }

  async setIfAbsent(key: string, value: string, ttlMs: number): Promise<boolean> {
    const reply = await this.#link.send(["SET", PREFIX + key, value, "NX", "PX", ms(ttlMs)]);
    return MaybeText.parse(reply) === "OK";
  }

  async getAndDelete(key: string): Promise<string | undefined> {
    return MaybeText.parse(await this.#link.send(["GETDEL", PREFIX + key])) ?? undefined;
  }

  async delete(keys: readonly string[]): Promise<number> {
    if (keys.length === 0) return 0;
    return Count.parse(await this.#link.send(["DEL", ...keys.map((key) => PREFIX + key)]));
  }

  async expire(key: string, ttlMs: number): Promise<boolean> {
    return Count.parse(await this.#link.send(["PEXPIRE", PREFIX + key, ms(ttlMs)])) === 1;
  }

  async increment(key: string, by: number, ttlMs: number): Promise<{ count: number; resetsInMs: number }> {
    const reply = await this.#link.run(INCREMENT, PREFIX + key, [String(by), ms(ttlMs)]);
    const [count, resetsInMs] = Window.parse(reply);
    return { count, resetsInMs };
  }

  async hashSet(key: string, fields: Readonly<Record<string, string>>, ttlMs: number): Promise<void> {
    const pairs = Object.entries(fields).flat();
    if (pairs.length > 0) await this.#link.run(HASH_SET, PREFIX + key, [ms(ttlMs), ...pairs]);
  }

  async hashGet(key: string, field: string): Promise<string | undefined> {
    return MaybeText.parse(await this.#link.send(["HGET", PREFIX + key, field])) ?? undefined;
  }

  async hashGetAll(key: string): Promise<Map<string, string>> {
    const reply = Texts.parse(await this.#link.send(["HGETALL", PREFIX + key]));
    const fields = new Map<string, string>();
    for (let at = 0; at + 1 < reply.length; at += 2) fields.set(reply[at] ?? "", reply[at + 1] ?? "");
    return fields;
  }

  async hashDelete(key: string, fields: readonly string[]): Promise<number> {
    if (fields.length === 0) return 0;
    return Count.parse(await this.#link.send(["HDEL", PREFIX + key, ...fields]));
  }

  async hashIncrement(key: string, field: string, by: number, ttlMs: number): Promise<number> {
    const reply = await this.#link.run(HASH_INCREMENT, PREFIX + key, [field, String(by), ms(ttlMs)]);
    return Count.parse(reply);
  }

  async takeOnce(
    key: string,
    keepUsedMs: number,
  ): Promise<{ state: "yours" | "used"; value: string } | undefined> {
    const taken = Taken.parse(await this.#link.run(TAKE_ONCE, PREFIX + key, [ms(keepUsedMs)]));
    if (taken === null) return undefined;
    const [state, value] = taken;
    return { state, value };
  }

  async issueOnce(key: string, value: string, ttlMs: number): Promise<void> {
    await this.#link.run(ISSUE_ONCE, PREFIX + key, [value, ms(ttlMs)]);
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
