import { setTimeout as wait } from "node:timers/promises";
import { createClient, ErrorReply } from "redis";
import { ConfigError } from "../config.ts";
import { Unavailable } from "../platform/unavailable.ts";
import { AnswerWatch } from "./answer-watch.ts";
import type { RedisScript } from "./redis-scripts.ts";
import { type RedisLink, RedisVolatileStore } from "./redis-store.ts";
import type { VolatileStore } from "./volatile-store.ts";

const CONNECT_TIMEOUT_MS = 1_000;
const RETRY_FIRST_MS = 50;
const RETRY_AT_MOST_MS = 2_000;
const CLOSE_TIMEOUT_MS = 500;
/** Commands that may wait for an answer at once; beyond it Redis is as good as away. */
const WAITING_AT_MOST = 20_000;

export interface RedisOptions {
  /** `redis://` or, with TLS, `rediss://`; user name, password and database number as usual. */
  readonly url: string;
  readonly commandTimeoutMs?: number;
  /**
   * Called at the start, and whenever the server that was reached continues another history of writes than the one
   * before it (a fail-over, a restart): the last writes may be lost in it. Nobody is served from it before this is done;
   * while it fails, the store is away.
   */
  readonly onNewHistory?: (store: VolatileStore, history: string) => Promise<void>;
}

/**
 * Opens the volatile store in Redis 6.2 or newer. Redis keeps the time for what expires. Throws `Unavailable` whose
 * cause is one clear line, without the password, when it cannot be reached, and `ConfigError` when the address is
 * none or the server throws keys away when it is full. Afterwards it connects again by itself.
 */
export async function openRedisVolatileStore(options: RedisOptions): Promise<VolatileStore> {
  const shown = withoutPassword(options.url);
  const link = new RedisConnection(options);
  try {
    await link.open();
  } catch (error) {
    const reason = error instanceof Error && error.message !== "" ? `: ${error.message}` : "";
    throw new Unavailable("volatile", { cause: new Error(`cannot reach Redis at ${shown}${reason}`) });
  }
  try {
    refuseEviction(await link.info("memory"), shown);
  } catch (error) {
    await link.close();
    throw error;
  }
  return new RedisVolatileStore(link);
}

/** Evicted are sessions and the marks of what was used: people are thrown out, and spent values work again. */
function refuseEviction(memory: string, shown: string): void {
  const policy = /^maxmemory_policy:(\S+)/m.exec(memory)?.[1];
  if (policy?.startsWith("allkeys-") === true) {
    throw new ConfigError(
      `Redis at ${shown} drops any key when it is full (maxmemory-policy ${policy}): set it to noeviction`,
    );
  }
}

function withoutPassword(url: string): string {
  const shown = URL.canParse(url) ? new URL(url) : undefined;
  if (shown === undefined || !/^rediss?:$/.test(shown.protocol)) {
    throw new ConfigError("REDIS_URL must begin with redis:// or rediss://");
  }
  shown.password = "";
  return shown.href;
}

/**
 * One connection at a time, each to one Redis process. node-redis's own reconnecting is off: a command could then be
 * served before the new server was looked at.
 */
class RedisConnection implements RedisLink {
  readonly #url: string;
  readonly #answers: AnswerWatch;
  readonly #onNewHistory: RedisOptions["onNewHistory"];
  /** The history of writes that was served last. */
  #history: string | undefined;
  #live: Client | undefined;
  #closed = false;
  #reconnecting = false;

  constructor({ url, commandTimeoutMs = 500, onNewHistory }: RedisOptions) {
    this.#url = url;
    this.#onNewHistory = onNewHistory;
    this.#answers = new AnswerWatch(commandTimeoutMs, () => this.#giveUp());
  }

  async open(): Promise<void> {
    const client = createRedisClient(this.#url);
    client.on("error", () => this.#lose(client));
    client.on("end", () => this.#lose(client));
    try {
      // One limit for all of it: a server that accepts and then says nothing must not hold the start.
      const history = await within(connectChecked(client), 2 * CONNECT_TIMEOUT_MS);
      if (history !== this.#history) await this.#onNewHistory?.(beforeAnybody(client), history);
      this.#history = history;
    } catch (error) {
      destroy(client);
      throw error;
    }
    if (this.#closed) destroy(client);
    else this.#live = client;
  }

  async send(command: string[]): Promise<unknown> {
    const client = this.#live;
    if (client === undefined) throw new Unavailable("volatile");
    this.#answers.sent();
    try {
      return await client.sendCommand(command);
    } catch (error) {
      if (error instanceof ErrorReply) throw this.#readReply(error, client);
      // Timed out or cut off: whatever else waits on this connection would wait in vain too.
      this.#lose(client);
      throw new Unavailable("volatile", { cause: error });
    } finally {
      this.#answers.answered();
    }
  }

  async run(script: RedisScript, keys: readonly string[], values: readonly string[]): Promise<unknown> {
    try {
      return await this.send(["EVALSHA", script.sha1, String(keys.length), ...keys, ...values]);
    } catch (error) {
      if (!(error instanceof ErrorReply) || !error.message.startsWith("NOSCRIPT")) throw error;
      return await this.send(["EVAL", script.text, String(keys.length), ...keys, ...values]);
    }
  }

  async info(section: string): Promise<string> {
    return String(await this.send(["INFO", section]));
  }

  async close(): Promise<void> {
    this.#closed = true;
    const client = this.#live;
    this.#live = undefined;
    if (client === undefined) return;
    await within(client.close(), CLOSE_TIMEOUT_MS).catch(() => destroy(client));
  }

  /** A server that is full, loading, or a replica now cannot serve; anything else is a mistake of ours. */
  #readReply(error: ErrorReply, client: Client): Error {
    if (LOST_REPLY.test(error.message)) this.#lose(client);
    else if (!TROUBLE_REPLY.test(error.message)) return error;
    return new Unavailable("volatile", { cause: error });
  }

  /** Closing the connection refuses everything that waits on it. */
  #giveUp(): void {
    if (this.#live !== undefined) this.#lose(this.#live);
  }

  #lose(client: Client): void {
    if (this.#live !== client) return;
    this.#live = undefined;
    destroy(client);
    void this.#reconnect();
  }

  async #reconnect(): Promise<void> {
    if (this.#reconnecting) return;
    this.#reconnecting = true;
    for (let retryMs = RETRY_FIRST_MS; !this.#closed; retryMs = Math.min(2 * retryMs, RETRY_AT_MOST_MS)) {
      try {
        await this.open();
        break;
      } catch {
        await wait(retryMs, undefined, { ref: false });
      }
    }
    this.#reconnecting = false;
  }
}

/** The other end is not (any more) the primary, or does not know us: look for the right one again. */
const LOST_REPLY = /\b(READONLY|NOAUTH|WRONGPASS|MASTERDOWN)\b/;
const TROUBLE_REPLY = /\b(OOM|LOADING|BUSY|MISCONF|NOREPLICAS|CLUSTERDOWN|TRYAGAIN|NOPERM|UNBLOCKED)\b/;

type Client = ReturnType<typeof createRedisClient>;

function createRedisClient(url: string) {
  return createClient({
    url,
    RESP: 2,
    name: "gatehouse",
    maintNotifications: "disabled",
    disableOfflineQueue: true,
    commandsQueueMaxLength: WAITING_AT_MOST,
    // Its limit covers only what was not sent yet; ours (answer-watch.ts) covers the answer too.
    commandOptions: { timeout: 0 },
    socket: { connectTimeout: CONNECT_TIMEOUT_MS, reconnectStrategy: false },
  });
}

/** The store over a connection that serves nobody else yet. */
function beforeAnybody(client: Client): VolatileStore {
  const send = async (command: string[]) => await within(client.sendCommand(command), CONNECT_TIMEOUT_MS);
  return new RedisVolatileStore({
    send,
    run: async ({ text }, keys, values) =>
      await send(["EVAL", text, String(keys.length), ...keys, ...values]),
    close: async () => await Promise.resolve(),
  });
}

/** The id of the history of writes that the server continues (docs/decisions/0004). */
async function connectChecked(client: Client): Promise<string> {
  await client.connect();
  const replication = await client.info("replication");
  if (!/^role:master\s*$/m.test(replication)) throw new Error("it is a replica, which takes no writes");
  const history = /^master_replid:(\w+)/m.exec(replication)?.[1];
  if (history === undefined) throw new Error("it does not name its replication id");
  return history;
}

function destroy(client: Client): void {
  if (client.isOpen) client.destroy();
}

/**
 * The answer, or an error after `limitMs`. What has arrived meanwhile is read first: an event loop that was held up
 * must not be taken for a server that was.
 */
async function within<T>(answer: Promise<T>, limitMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    const give = () => reject(new Error(`no answer in ${limitMs} ms`));
    timer = setTimeout(() => setImmediate(give), limitMs);
  });
  try {
    return await Promise.race([answer, limit]);
  } finally {
    clearTimeout(timer);
  }
}
