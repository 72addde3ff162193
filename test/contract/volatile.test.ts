import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { openEmbeddedVolatileStore } from "../../src/volatile/embedded.ts";
import { openRedisVolatileStore } from "../../src/volatile/redis.ts";
import { temporaryFolder } from "../fixtures/children.ts";
import { TestClock } from "../fixtures/clock.ts";
import { skipWithout, startRedis } from "../fixtures/servers.ts";
import { volatileContract } from "./volatile-contract.ts";

volatileContract(
  "embedded",
  async () => {
    const path = join(temporaryFolder("volatile"), "volatile.db");
    const clock = new TestClock();
    return {
      open: async () => openEmbeddedVolatileStore({ path, clock }),
      advance: async (ms) => clock.advance(ms),
      tearDown: async () => undefined,
    };
  },
  { skip: false },
);

volatileContract(
  "Redis",
  async () => {
    const redis = await startRedis();
    return {
      open: async () => await openRedisVolatileStore({ url: redis.url }),
      advance: async (ms) => await wait(ms + 20),
      tearDown: async () => await redis.stop(),
    };
  },
  { skip: skipWithout("redis") },
);
