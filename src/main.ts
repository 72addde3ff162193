import cluster from "node:cluster";
import { flushCompileCache } from "node:module";
import { type Config, ConfigError, readConfig } from "./config.ts";
import { startServer } from "./server.ts";
import { describeStartError } from "./start-error.ts";

/** A worker that dies is started again, but not in a tight circle. */
const RESTART_AFTER_MS = 1_000;

async function main(): Promise<void> {
  const config = readConfig(process.env);
  if (config.workers > 1 && cluster.isPrimary) {
    if (config.redisUrl === undefined) throw new ConfigError("WORKERS above 1 needs REDIS_URL");
    runWorkers(config);
    return;
  }
  const server = await startServer(config);
  // Now and not at the end: a process that is killed would leave nothing to the next one.
  flushCompileCache();
  if (!cluster.isWorker || cluster.worker?.id === 1) say(server.greeting);
  onStop(async () => await server.close());
}

/** The first worker migrates and makes the keys; the others start beside it and find what it made. */
function runWorkers(config: Config): void {
  let stopping = false;
  let everListened = false;
  for (let count = 0; count < config.workers; count++) cluster.fork();
  cluster.on("listening", () => {
    everListened = true;
  });
  cluster.on("exit", () => {
    if (stopping) return;
    // Before any worker has listened, the cause is a setting or a store, and the worker has printed it.
    if (!everListened) process.exit(1);
    setTimeout(() => stopping || cluster.fork(), RESTART_AFTER_MS);
  });
  onStop(async () => {
    stopping = true;
    await new Promise<void>((resolve) => cluster.disconnect(resolve));
  });
}

/** SIGTERM and SIGINT close down in order, once; a second signal ends at once. */
function onStop(close: () => Promise<void>): void {
  let closing = false;
  const stop = () => {
    closing = true;
    close().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.on(signal, () => {
      if (closing) process.exit(1);
      stop();
    });
  }
  // The first process stops a worker by its channel alone. The worker's connections to the stores would keep it running,
  // and the first process waiting for it.
  if (!cluster.isWorker) return;
  process.once("disconnect", () => {
    if (!closing) stop();
  });
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

try {
  await main();
} catch (error) {
  process.stderr.write(`gatehouse: ${describeStartError(error)}\n`);
  process.exit(1);
}
