import type { AuditEntry } from "../../../src/audit/audit-trail.ts";
import type { ApiToken } from "../../../src/model/api-token.ts";
import type { TokenWatchPolicy } from "../../../src/model/token-watch.ts";
import { silentLog } from "../../../src/platform/log.ts";
import { systemRandom } from "../../../src/platform/random.ts";
import type { TokenNotice } from "../../../src/storage/api-token-stores.ts";
import { openDurableStore } from "../../../src/storage/open-durable-store.ts";
import { TokenWatch, type TokenWatchParts } from "../../../src/tokens/watch/token-watch.ts";
import { DEFAULT_WATCH_POLICY } from "../../../src/tokens/watch/watch-policy.ts";
import { openEmbeddedVolatileStore } from "../../../src/volatile/embedded.ts";
import type { VolatileStore } from "../../../src/volatile/volatile-store.ts";
import { TestClock } from "../../fixtures/clock.ts";

export const DAY_MS = 86_400_000;

/** A personal token of alice's that may be used for a year. */
export function apiToken(id: string, changes: Partial<ApiToken> = {}): ApiToken {
  const atMs = Date.UTC(2026, 9, 1);
  return {
    id,
    kind: "pat",
    name: `token ${id}`,
    hash: `hash of ${id}`,
    lastFour: "abcd",
    owner: { kind: "account", id: "alice" },
    madeBy: "alice",
    limits: { scopes: [], resources: [], addresses: [], methods: [], pathPrefixes: [] },
    createdAtMs: atMs,
    expiresAtMs: atMs + 366 * DAY_MS,
    state: "active",
    stateSinceMs: atMs,
    version: 1,
    ...changes,
  };
}

/** One or several watches over embedded stores; what they do to tokens is written down, not done. */
export async function watchedTokens(options: { readonly startMs?: number } = {}) {
  const clock = new TestClock(options.startMs);
  const durable = await openDurableStore({ url: "sqlite::memory:", clock });
  const volatile = openEmbeddedVolatileStore({ path: ":memory:", clock });
  const acts: string[] = [];
  const audit: AuditEntry[] = [];
  const told: TokenNotice[] = [];
  const state: { policy: TokenWatchPolicy } = { policy: DEFAULT_WATCH_POLICY };
  const act = (what: string) => async (id: string, reason: string) => {
    acts.push(`${what} ${id} ${reason}`);
    return await Promise.resolve(true);
  };
  const parts: TokenWatchParts = {
    uses: durable.tokenUse,
    tokens: durable.apiTokens,
    notices: {
      ...noticesOf(durable.tokenNotices),
      insert: async (notice) => {
        const isNew = await durable.tokenNotices.insert(notice);
        if (isNew) told.push(notice);
        return isNew;
      },
    },
    volatile,
    acts: { suspend: act("suspend"), revoke: act("revoke") },
    endDelegated: async (kind, id, reason) => {
      acts.push(`end ${kind} ${id} ${reason}`);
      await Promise.resolve();
    },
    audit: { record: async (entry) => void (await Promise.resolve(audit.push(entry))) },
    policy: () => state.policy,
    clock,
    random: systemRandom,
    log: silentLog,
  };
  return {
    clock,
    durable,
    volatile,
    parts,
    acts,
    audit,
    told,
    state,
    /** A further process on the same stores; `changes` puts something else in a part's place. */
    watch: (changes: Partial<TokenWatchParts> = {}) => new TokenWatch({ ...parts, ...changes }),
    close: async () => {
      await volatile.close();
      await durable.close();
    },
  };
}

export type Watched = Awaited<ReturnType<typeof watchedTokens>>;

function noticesOf(store: Watched["durable"]["tokenNotices"]): TokenWatchParts["notices"] {
  return {
    insert: async (notice) => await store.insert(notice),
    listByAccount: async (id, options) => await store.listByAccount(id, options),
    listByToken: async (id, options) => await store.listByToken(id, options),
    unread: async (id) => await store.unread(id),
    markRead: async (id, atMs) => await store.markRead(id, atMs),
    deleteBefore: async (atMs) => await store.deleteBefore(atMs),
  };
}

/** A store that throws as long as `isAway()` says so; everything else goes through. */
export function sometimesAway<T extends object>(store: T, isAway: () => boolean, error: Error): T {
  return new Proxy(store, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== "function") return value;
      return async (...given: unknown[]) => {
        if (isAway()) throw error;
        return await (Reflect.apply(value, target, given) as Promise<unknown>);
      };
    },
  });
}

export type { VolatileStore };
