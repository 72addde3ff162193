import { setTimeout as sleep } from "node:timers/promises";
import type { FederationRefresh } from "./acts/refresh-federation.ts";

/** As long as a person waits for a page, and well below what proxies allow. */
const WAIT_MS = 20_000;

/** What a page says of a reading: how it ended, or that it goes on. */
export type ReadingOutcome = FederationRefresh["kind"] | "reading";

/**
 * Waits a while for a federation's file to be read. A large one goes on being read behind the page; what breaks it off
 * then is read again by the schedule, which also logs it.
 */
export async function readForAWhile(
  reading: Promise<FederationRefresh>,
  waitMs = WAIT_MS,
): Promise<ReadingOutcome> {
  const waiting = new AbortController();
  try {
    const ended = reading.then(({ kind }) => kind);
    return await Promise.race([ended, sleep(waitMs, "reading" as const, { signal: waiting.signal })]);
  } finally {
    waiting.abort();
  }
}
