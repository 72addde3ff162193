import type { TokenUseSeen } from "../../model/token-use.ts";
import type { Log } from "../../platform/log.ts";
import {
  type ApiTokenStore,
  type TokenNoticeStore,
  type TokenUseStore,
  UNKNOWN_ADDRESS,
} from "../../storage/api-token-stores.ts";
import { type AlarmParts, Alarms } from "./alarms.ts";
import { Backlog } from "./backlog.ts";
import { ExpiryNotices } from "./expiry-notices.ts";
import { Throttles } from "./throttles.ts";
import { dayText, TokenHistory } from "./token-history.ts";
import { type CountedUse, DAY_MS, UseCounters } from "./use-counters.ts";
import { UseJudge } from "./use-judge.ts";
import { UseWindows } from "./use-windows.ts";
import { MOST_KEPT_DAYS } from "./watch-policy.ts";

export interface TokenWatchParts extends Omit<AlarmParts, "throttles" | "tokens" | "notices"> {
  readonly uses: TokenUseStore;
  readonly notices: TokenNoticeStore;
  readonly tokens: Pick<ApiTokenStore, "get" | "list" | "used">;
  readonly log: Log;
}

const FLUSH_EVERY_MS = 1_000;
/** Different rows between two flushes, and in a backlog while a store is away: some 20 MB. */
const MOST_ROWS = 50_000;

type StoreName = "counts" | "windows" | "rules" | "expiries";

/**
 * Watches how tokens are used. `seen` only counts in memory; once a second what was counted goes into the database as
 * sums, into windows that all processes share, and through the rules. While a store is away counting goes on: sums are
 * kept up to a bound, and the log says so once.
 */
export class TokenWatch {
  readonly #parts: TokenWatchParts;
  readonly #counters = new UseCounters(MOST_ROWS);
  readonly #toStore = new Backlog(MOST_ROWS);
  readonly #toJudge = new Backlog(MOST_ROWS);
  readonly #throttles: Throttles;
  readonly #judge: UseJudge;
  readonly #expiries: ExpiryNotices;
  /** For others that raise alarms, such as the reports of leaked tokens. */
  readonly alarms: Alarms;
  readonly #failing = new Set<StoreName>();
  #running: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: TokenWatchParts) {
    this.#parts = parts;
    this.#throttles = new Throttles(parts.volatile, parts.clock);
    this.alarms = new Alarms({ ...parts, throttles: this.#throttles });
    this.#judge = new UseJudge(new UseWindows(parts.volatile), new TokenHistory(parts.uses), this.alarms);
    this.#expiries = new ExpiryNotices(parts);
  }

  /** Counts one verification. No I/O, no promise; see `UseCounters`. */
  seen(use: TokenUseSeen): void {
    this.#counters.count(use);
  }

  /** A lower number of uses a minute that holds for this token for the time being; undefined: none. No I/O. */
  throttled(tokenId: string): number | undefined {
    return this.#throttles.perMinute(tokenId);
  }

  start(everyMs = FLUSH_EVERY_MS): void {
    clearInterval(this.#timer);
    this.#timer = setInterval(() => void this.flush(), everyMs).unref();
  }

  /** Ends the timer and writes what was counted. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#timer = undefined;
    // One may be under way that does not see what was counted since.
    await this.#running;
    await this.flush();
  }

  /** Never throws, and never runs twice at once. */
  async flush(): Promise<void> {
    this.#running ??= this.#flushOnce().finally(() => {
      this.#running = undefined;
    });
    await this.#running;
  }

  /** Deletes what is older than the policy keeps. Throws `Unavailable`. */
  async sweep(): Promise<void> {
    const { uses, notices, clock, policy } = this.#parts;
    const beforeMs = clock.nowMs() - Math.min(policy().keptDays, MOST_KEPT_DAYS) * DAY_MS;
    await uses.deleteBefore(dayText(beforeMs));
    await notices.deleteBefore(beforeMs);
  }

  async #flushOnce(): Promise<void> {
    const { rows, dropped } = this.#counters.take();
    if (dropped > 0) {
      this.#parts.log.warn(
        { dropped },
        "more different uses of tokens than are told apart; these were not counted",
      );
    }
    this.#toStore.add(rows);
    this.#toJudge.add(rows);
    await this.#attempt("counts", async () => await this.#storeCounts());
    await this.#attempt("windows", async () => await this.#fillWindows());
    await this.#attempt("rules", async () => await this.#judge.judge(this.#parts.clock.nowMs()));
    await this.#attempt("expiries", async () => void (await this.#expiries.tellIfDue()));
  }

  async #storeCounts(): Promise<void> {
    const rows = this.#toStore.take();
    if (rows.length === 0) return;
    try {
      // What may be written twice goes first: the sums must not be added again when this fails.
      await this.#parts.tokens.used(lastUses(rows));
      await this.#parts.uses.add(rows.map(toCount));
    } catch (error) {
      this.#toStore.add(rows);
      throw error;
    }
  }

  async #fillWindows(): Promise<void> {
    const rows = this.#toJudge.take();
    const left = await this.#judge.count(rows, this.#parts.clock.nowMs());
    this.#toJudge.add(left);
    await this.#throttles.refresh();
  }

  /** Says in the log when something begins to fail and when it is over, and nothing in between. */
  async #attempt(what: StoreName, work: () => Promise<void>): Promise<void> {
    const { log } = this.#parts;
    try {
      await work();
      if (this.#failing.delete(what)) log.info({ what }, "the watch over tokens works again");
    } catch (error) {
      if (this.#failing.has(what)) return;
      this.#failing.add(what);
      log.warn({ what, error: String(error) }, "the watch over tokens cannot go on and gathers meanwhile");
    }
  }
}

function toCount({ tokenId, day, address, resource, outcome, count }: CountedUse) {
  return {
    tokenId,
    day: dayText(day * DAY_MS),
    address: address ?? UNKNOWN_ADDRESS,
    resource: resource ?? "",
    outcome,
    count,
  };
}

/** The last good use of each API token. */
function lastUses(rows: readonly CountedUse[]) {
  const last = new Map<string, { id: string; atMs: number; address: string | undefined }>();
  for (const { tokenId, kind, outcome, lastMs, address } of rows) {
    if (outcome !== "ok" || kind === "at" || kind === "sso") continue;
    const known = last.get(tokenId);
    if (known === undefined || known.atMs <= lastMs)
      last.set(tokenId, { id: tokenId, atMs: lastMs, address });
  }
  return [...last.values()];
}
