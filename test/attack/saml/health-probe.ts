import { request } from "node:http";
import { setTimeout as wait } from "node:timers/promises";
import { parentPort, workerData } from "node:worker_threads";
import { z } from "zod";

// A thread of its own: its clock must not stand still while the other one writes a thousand messages.

const EVERY_MS = 20;
const { port } = z.object({ port: z.number() }).parse(workerData);
const latenciesMs: number[] = [];
const enough = new AbortController();

parentPort?.once("message", () => {
  enough.abort();
});

/** One call of /healthz on a connection of its own, as a balancer makes it; how long it took, in milliseconds. */
async function probe(): Promise<number> {
  const begun = performance.now();
  await new Promise<void>((resolve, reject) => {
    const call = request({ host: "127.0.0.1", port, path: "/healthz", agent: false }, (response) => {
      response.resume();
      if (response.statusCode !== 200) reject(new Error(`/healthz answered ${response.statusCode}`));
      response.once("end", resolve);
    });
    call.once("error", reject);
    call.end();
  });
  return performance.now() - begun;
}

await probe();
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, no window
parentPort?.postMessage("ready");
while (!enough.signal.aborted) {
  latenciesMs.push(await probe());
  await wait(EVERY_MS);
}
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, no window
parentPort?.postMessage(latenciesMs);
