import type { Alarms, WatchedToken } from "./alarms.ts";
import { networkOf } from "./network-of.ts";
import { asksForUsual, judgeUse, type WatchFacts } from "./rules.ts";
import type { TokenHistory } from "./token-history.ts";
import type { CountedUse } from "./use-counters.ts";
import { LONG_WINDOW_MS, SHORT_WINDOW_MS, type UseWindows } from "./use-windows.ts";

/** What the windows said about one token, until it has been judged. */
interface Open extends Omit<WatchFacts, "usual" | "newNetworks"> {
  readonly watched: WatchedToken;
  readonly goodNetworks: readonly string[];
  /** Kept here while the judgement cannot be finished: the store tells of a new network once. */
  newNetworks: readonly string[];
}

/** Tokens that are worked on at the same time. */
const LANES = 16;
const MOST_OPEN = 50_000;

/**
 * Puts what was counted into the windows and judges it. In two steps, because counting twice would raise false alarms:
 * what has reached the volatile store is kept until the database has answered too.
 */
export class UseJudge {
  readonly #windows: UseWindows;
  readonly #history: TokenHistory;
  readonly #alarms: Alarms;
  readonly #open = new Map<string, Open>();

  constructor(windows: UseWindows, history: TokenHistory, alarms: Alarms) {
    this.#windows = windows;
    this.#history = history;
    this.#alarms = alarms;
  }

  /** The rows that did not reach the windows, because the volatile store is away. */
  async count(rows: readonly CountedUse[], nowMs: number): Promise<readonly CountedUse[]> {
    const groups = [...Map.groupBy(rows, ({ tokenId }) => tokenId).values()];
    const left: CountedUse[] = [];
    await inLanes(groups, async (group) => {
      try {
        this.#keep(await this.#countToken(group, nowMs));
      } catch {
        left.push(...group);
      }
    });
    return left;
  }

  /** Judges what is open. Throws what the first store that is away threw; what could not be judged stays open. */
  async judge(nowMs: number): Promise<void> {
    const failures: unknown[] = [];
    await inLanes([...this.#open.values()], async (open) => {
      try {
        await this.#judgeOne(open, nowMs);
        if (this.#open.get(open.watched.tokenId) === open) this.#open.delete(open.watched.tokenId);
      } catch (error) {
        failures.push(error);
      }
    });
    if (failures.length > 0) throw failures[0];
  }

  async #countToken(rows: readonly CountedUse[], nowMs: number): Promise<Open | undefined> {
    const [first] = rows;
    if (first === undefined) return undefined;
    const { tokenId, kind, owner } = first;
    const good = rows.filter(({ outcome }) => outcome === "ok");
    // After an outage hours lie in one heap: they must not look like one moment.
    const lately = (withinMs: number) => good.filter(({ lastMs }) => lastMs > nowMs - withinMs);
    const uses = sum(lately(LONG_WINDOW_MS));
    const { hour, today } =
      uses === 0 ? { hour: 0, today: 0 } : await this.#windows.countGood(tokenId, uses, nowMs);
    const networks = networksOf(lately(SHORT_WINDOW_MS));
    const atOnce = await this.#windows.note("networks", tokenId, networks, nowMs);
    const probed = await this.#windows.note("probes", tokenId, probesOf(rows), nowMs);
    return {
      watched: { tokenId, kind, owner },
      goodNetworks: networksOf(good),
      newNetworks: [],
      networks: atOnce?.length ?? 0,
      hour,
      today,
      probed: probed ?? [],
      ...(await this.#countDead(tokenId, rows, nowMs)),
    };
  }

  async #countDead(tokenId: string, rows: readonly CountedUse[], nowMs: number) {
    const dead = rows.filter(({ outcome }) => outcome === "expired" || outcome === "revoked");
    if (dead.length === 0) return { deadUses: 0, deadTokensThere: 0 };
    const deadUses = await this.#windows.countDead(tokenId, sum(dead), nowMs);
    const there = networksOf(dead).map(async (network) => {
      return (await this.#windows.note("dead-from", network, [tokenId], nowMs))?.length ?? 0;
    });
    return { deadUses, deadTokensThere: Math.max(0, ...(await Promise.all(there))) };
  }

  #keep(open: Open | undefined): void {
    if (open === undefined) return;
    const { tokenId } = open.watched;
    const earlier = this.#open.get(tokenId);
    if (earlier === undefined && this.#open.size >= MOST_OPEN) return;
    this.#open.set(tokenId, earlier === undefined ? open : joined(earlier, open));
  }

  async #judgeOne(open: Open, nowMs: number): Promise<void> {
    const { watched } = open;
    // A session lives for hours: it has no history, only the window of what happens at once.
    if (watched.kind !== "sso") {
      const fresh = await this.#history.newNetworks(watched.tokenId, open.goodNetworks, nowMs);
      open.newNetworks = [...open.newNetworks, ...fresh];
    }
    const usual = asksForUsual(open)
      ? await this.#history.usualOf(watched.tokenId, open.newNetworks, nowMs)
      : undefined;
    for (const alarm of judgeUse({ ...open, usual })) await this.#alarms.raise(watched, alarm);
  }
}

function joined(earlier: Open, later: Open): Open {
  return {
    ...later,
    goodNetworks: [...new Set([...earlier.goodNetworks, ...later.goodNetworks])],
    newNetworks: earlier.newNetworks,
    networks: Math.max(earlier.networks, later.networks),
    deadUses: Math.max(earlier.deadUses, later.deadUses),
    deadTokensThere: Math.max(earlier.deadTokensThere, later.deadTokensThere),
    probed: [...new Set([...earlier.probed, ...later.probed])],
  };
}

function sum(rows: readonly CountedUse[]): number {
  return rows.reduce((total, { count }) => total + count, 0);
}

function networksOf(rows: readonly CountedUse[]): readonly string[] {
  const networks = rows.flatMap(({ address }) => (address === undefined ? [] : (networkOf(address) ?? [])));
  return [...new Set(networks)];
}

/** What a token asked for and lacks. */
function probesOf(rows: readonly CountedUse[]): readonly string[] {
  const probes = rows.flatMap(({ outcome, missing, resource }) => {
    if (outcome === "scope") return missing.length > 0 ? missing : ["a scope"];
    return outcome === "resource" ? [resource ?? "a resource"] : [];
  });
  return [...new Set(probes)];
}

/** Works through all items, some at a time. `work` does not throw. */
async function inLanes<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const waiting = items.values();
  const lane = async () => {
    for (const item of waiting) await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(LANES, items.length) }, lane));
}
