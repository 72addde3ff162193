import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { z } from "zod";
import type { Round } from "./figures.ts";
import type { LoadOrder } from "./load.ts";
import { ask, cpuMicrosOf } from "./processes.ts";

const Result = z.object({
  rate: z.number(),
  count: z.number(),
  p50Ms: z.number(),
  p99Ms: z.number(),
  longestMs: z.number(),
  deferred: z.number(),
  errors: z.number(),
  firstError: z.optional(z.string()),
});
const Bare = z.object({ rate: z.number(), cpuMicros: z.number() });

/** One round of load. The server's CPU time is read when the load is ready, and again when it has ended. */
export async function measure(load: ChildProcess, order: LoadOrder, serverPid: number): Promise<Round> {
  return await measureWhile(load, order, serverPid, undefined);
}

/** As `measure`, and the load ends with `work`, at the latest after the order's time. */
export async function measureWhile(
  load: ChildProcess,
  order: LoadOrder,
  serverPid: number,
  work: (() => Promise<void>) | undefined,
): Promise<Round> {
  await ask(load, order);
  const before = cpuMicrosOf(serverPid);
  const ended = once(load, "message");
  ended.catch(() => undefined);
  if (work !== undefined) await work().finally(() => load.send({ stop: true }));
  const answer: unknown[] = await ended;
  const used = cpuMicrosOf(serverPid) - before;
  const result = Result.parse(answer[0]);
  if (result.errors > 0 || result.count === 0) {
    throw new Error(`${order.kind}: ${result.errors} errors, the first: ${result.firstError ?? "none"}`);
  }
  return {
    count: result.count,
    rate: result.rate,
    cpuMicros: used / result.count,
    p50Ms: result.p50Ms,
    p99Ms: result.p99Ms,
    longestMs: result.longestMs,
    deferred: result.deferred,
  };
}

/** What this machine's core can sign at this moment, and what one signature costs it. */
export async function measureBare(signer: ChildProcess, milliseconds: number) {
  return Bare.parse(await ask(signer, { milliseconds }));
}
