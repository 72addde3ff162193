import type { ApiToken } from "../../model/api-token.ts";
import type { TokenWatchPolicy } from "../../model/token-watch.ts";
import type { Clock } from "../../platform/clock.ts";
import type { ApiTokenStore, TokenNoticeStore } from "../../storage/api-token-stores.ts";
import type { VolatileStore } from "../../volatile/volatile-store.ts";
import { DAY_MS } from "./use-counters.ts";

const TURN_KEY = "token-watch:expiry-turn";
const EVERY_MS = 60 * 60_000;
const PAGE = 500;

export interface ExpiryNoticesParts {
  readonly tokens: Pick<ApiTokenStore, "list">;
  readonly notices: Pick<TokenNoticeStore, "insert">;
  readonly volatile: VolatileStore;
  readonly policy: () => TokenWatchPolicy;
  readonly clock: Clock;
}

/** Tells those who answer for a token that it ends soon: once for each token and end, by one process at a time. */
export class ExpiryNotices {
  readonly #parts: ExpiryNoticesParts;
  #nextMs = 0;

  constructor(parts: ExpiryNoticesParts) {
    this.#parts = parts;
  }

  /** Looks once an hour among all processes; how many were told. Throws `Unavailable`. */
  async tellIfDue(): Promise<number> {
    const { volatile, clock } = this.#parts;
    const nowMs = clock.nowMs();
    if (nowMs < this.#nextMs) return 0;
    this.#nextMs = nowMs + EVERY_MS;
    if (!(await volatile.setIfAbsent(TURN_KEY, "1", EVERY_MS))) return 0;
    try {
      return await this.#tellAll(nowMs);
    } catch (error) {
      this.#nextMs = 0;
      await volatile.delete([TURN_KEY]).catch(() => 0);
      throw error;
    }
  }

  async #tellAll(nowMs: number): Promise<number> {
    const { tokens, policy } = this.#parts;
    const expiresBeforeMs = nowMs + policy().expiryNoticeDays * DAY_MS;
    const filter = { notRevoked: true, expiresAfterMs: nowMs, expiresBeforeMs } as const;
    let told = 0;
    let after: string | undefined;
    do {
      const page = await tokens.list(filter, { limit: PAGE, after });
      for (const token of page.items) told += (await this.#tell(token, nowMs)) ? 1 : 0;
      after = page.next;
    } while (after !== undefined);
    return told;
  }

  /** The id says what it is about, so that a second one is not stored. */
  async #tell({ id, madeBy, name, createdAtMs, expiresAtMs }: ApiToken, nowMs: number): Promise<boolean> {
    const days = Math.ceil((expiresAtMs - nowMs) / DAY_MS);
    // One that was made to live for a day needs no warning when it is made.
    if (expiresAtMs - createdAtMs <= this.#parts.policy().expiryNoticeDays * DAY_MS) return false;
    return await this.#parts.notices.insert({
      id: `expiry-${id}-${expiresAtMs}`,
      tokenId: id,
      accountId: madeBy,
      atMs: nowMs,
      rule: "expiry",
      action: "notified",
      evidence: { name, days, expires: new Date(expiresAtMs).toISOString() },
    });
  }
}
