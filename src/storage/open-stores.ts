import type { Config } from "../config.ts";
import type { Clock } from "../platform/clock.ts";
import { openEmbeddedVolatileStore } from "../volatile/embedded.ts";
import { openRedisVolatileStore } from "../volatile/redis.ts";
import type { VolatileStore } from "../volatile/volatile-store.ts";
import { openDurableStore } from "./open-durable-store.ts";
import type { DurableStore } from "./stores.ts";

/** Both stores, as the server, the demo and the command open them. */
export interface Stores {
  readonly durable: DurableStore;
  readonly volatile: VolatileStore;
  /** For the start-up line: which stores serve, without passwords. */
  readonly description: string;
  close(): Promise<void>;
}

/**
 * Opens both stores and migrates the durable one. Throws `Unavailable` with one clear line where one is not there.
 * `onNewHistory`: what to do with a volatile store that may have lost its last writes, before anybody is served from it
 * (volatile/redis.ts). The embedded one loses none.
 */
export async function openStores(
  config: Config,
  clock: Clock,
  onNewHistory?: (volatile: VolatileStore, durable: DurableStore, history: string) => Promise<void>,
): Promise<Stores> {
  const durable = await openDurableStore({ url: config.databaseUrl, clock });
  try {
    const volatile =
      config.redisUrl === undefined
        ? openEmbeddedVolatileStore({ path: config.volatilePath, clock })
        : await openRedisVolatileStore({
            url: config.redisUrl,
            onNewHistory: async (store, history) => await onNewHistory?.(store, durable, history),
          });
    return {
      durable,
      volatile,
      description: describe(config),
      close: async () => await closeBoth(durable, volatile),
    };
  } catch (error) {
    await durable.close();
    throw error;
  }
}

function describe(config: Config): string {
  const database = config.databaseUrl.startsWith("sqlite:")
    ? `SQLite (${config.databaseUrl.slice(7)})`
    : "PostgreSQL";
  const sessions = config.redisUrl === undefined ? `the embedded store (${config.volatilePath})` : "Redis";
  return `accounts and applications in ${database}, sessions in ${sessions}`;
}

async function closeBoth(durable: DurableStore, volatile: VolatileStore): Promise<void> {
  await volatile.close();
  await durable.close();
}
