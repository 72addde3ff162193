import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { freePort, temporaryFolder } from "../fixtures/children.ts";
import { requireOrSkip, startRedis } from "../fixtures/servers.ts";

const MAIN = join(import.meta.dirname, "../../src/serve.js");
const START_WITHIN_MS = 90_000;
const STOP_WITHIN_MS = 30_000;

test("two workers end with the first process when it gets SIGTERM, and it ends well", async (t) => {
  if (!requireOrSkip(t, "redis")) return;
  const redis = await startRedis();
  t.after(async () => await redis.stop());
  const folder = temporaryFolder("workers");
  const port = await freePort();
  const child = spawn(process.execPath, [MAIN], {
    stdio: "ignore",
    env: {
      PATH: process.env["PATH"],
      PORT: String(port),
      HOST: "127.0.0.1",
      GATEHOUSE_ISSUER: `http://127.0.0.1:${port}`,
      GATEHOUSE_SECRET: randomBytes(32).toString("base64"),
      GATEHOUSE_CERTS: join(folder, "certs"),
      DATABASE_URL: `sqlite:${join(folder, "gatehouse.db")}`,
      REDIS_URL: redis.url,
      WORKERS: "2",
    },
  });
  t.after(() => child.kill("SIGKILL"));
  await ready(port);
  const exited = once(child, "exit", { signal: AbortSignal.timeout(STOP_WITHIN_MS) });
  child.kill("SIGTERM");
  assert.deepEqual(await exited, [0, null]);
  await assert.rejects(fetch(`http://127.0.0.1:${port}/healthz`), "a worker still listens");
});

async function ready(port: number): Promise<void> {
  const endMs = Date.now() + START_WITHIN_MS;
  while (Date.now() < endMs) {
    const answer = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined);
    if (answer?.ok === true) return;
    await setTimeout(100);
  }
  throw new Error("Gatehouse did not start");
}
