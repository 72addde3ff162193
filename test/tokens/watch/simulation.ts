import type { TokenRule } from "../../../src/model/token-watch.ts";
import type { TokenWatch } from "../../../src/tokens/watch/token-watch.ts";
import { DEFAULT_WATCH_POLICY, TOKEN_RULES } from "../../../src/tokens/watch/watch-policy.ts";
import { type Attack, ATTACKS } from "./attacks.ts";
import { Seeded } from "./seeded.ts";
import { type Habit, HABITS, type Traffic } from "./traffic.ts";
import { MemoryUses, memoryVolatile } from "./memory-stores.ts";
import { apiToken, DAY_MS, type Watched, watchedTokens } from "./watched.ts";

const DAYS = 28;
const STEP_MS = 10 * 60_000;
const START_MS = Date.UTC(2026, 8, 14);
const FIRST_ATTACK_DAY = 14;
/** Not the one that the limits of the rules were chosen with. */
const SEED = 424_242;
/** Honest habits that victims have before they are attacked. */
const VICTIMS_HABITS = 8;

/** One token of the simulation. */
export interface SimulatedToken {
  readonly id: string;
  readonly habit: string;
  readonly days: number;
  readonly attack?: {
    readonly name: string;
    readonly expected: readonly TokenRule[];
    readonly startMs: number;
  };
}

export interface RaisedAlarm {
  readonly token: SimulatedToken;
  readonly rule: TokenRule;
  readonly atMs: number;
  /** It was raised for an attack on this token. */
  readonly isTrue: boolean;
}

export interface Simulated {
  readonly tokens: readonly SimulatedToken[];
  readonly alarms: readonly RaisedAlarm[];
  readonly tokenDays: number;
  readonly uses: number;
}

interface Planned {
  readonly token: SimulatedToken;
  readonly traffic: readonly Traffic[];
  readonly isReported: boolean;
}

/** Plays all tokens and attacks through one watch. The same in every run: no real time, a seed. */
export async function simulate(): Promise<Simulated> {
  const plan = planAll(new Seeded(SEED));
  const watched = await watchedTokens({ startMs: START_MS });
  // Rules that only tell: what follows a first alarm must not be hidden by a token that is stopped.
  const rules = Object.fromEntries(TOKEN_RULES.map((rule) => [rule, "notify"] as const));
  watched.state.policy = {
    ...DEFAULT_WATCH_POLICY,
    rules: { ...DEFAULT_WATCH_POLICY.rules, ...rules },
  };
  const watch = watched.watch({
    uses: new MemoryUses(),
    volatile: memoryVolatile(watched.clock),
    tokens: {
      get: async (id) => await Promise.resolve(apiToken(id)),
      used: async () => await Promise.resolve(),
      list: async () => await Promise.resolve({ items: [], total: 0 }),
    },
  });
  const uses = await play(watched, watch, plan);
  await watched.close();
  const byId = new Map(plan.map(({ token }) => [token.id, token]));
  const alarms = watched.told.flatMap(({ tokenId, rule, atMs }) => {
    const token = byId.get(tokenId);
    const known = TOKEN_RULES.find((one) => one === rule);
    if (token === undefined || known === undefined) return [];
    return [{ token, rule: known, atMs, isTrue: token.attack !== undefined && atMs >= token.attack.startMs }];
  });
  const tokens = plan.map(({ token }) => token);
  return { tokens, alarms, tokenDays: tokens.reduce((sum, { days }) => sum + days, 0), uses };
}

function planAll(random: Seeded): readonly Planned[] {
  const honest = HABITS.flatMap(([name, count, make]) =>
    Array.from({ length: count }, (_, n) => planHonest(`${name} ${n}`, name, make(random))),
  );
  const attacked = ATTACKS.flatMap((attack, which) =>
    Array.from({ length: attack.victims }, (_, n) => {
      const [habit, , make] = HABITS[n % VICTIMS_HABITS] ?? HABITS[0] ?? neverEmpty();
      // Old tokens that are tried one after the other are tried on one day.
      const day = FIRST_ATTACK_DAY + (attack.name.startsWith("old tokens") ? which : random.int(0, 13));
      return planAttacked(random, attack, { id: `victim ${which}-${n}`, habit, day }, make(random));
    }),
  );
  return [...honest, ...attacked];
}

function planHonest(id: string, habit: string, use: Habit): Planned {
  const traffic = Array.from({ length: DAYS }, (_, n) => use(START_MS + n * DAY_MS, n)).flat();
  return { token: { id, habit, days: DAYS }, traffic, isReported: false };
}

/** Honest until the day of the attack, which is the last one. */
function planAttacked(
  random: Seeded,
  attack: Attack,
  { id, habit, day }: { readonly id: string; readonly habit: string; readonly day: number },
  use: Habit,
): Planned {
  const before = Array.from({ length: day }, (_, n) => use(START_MS + n * DAY_MS, n)).flat();
  const startMs = START_MS + day * DAY_MS;
  const traffic = attack.traffic(random, startMs, before.at(-1)?.address ?? "192.0.2.1");
  const { name, expected } = attack;
  return {
    token: { id, habit, days: day + 1, attack: { name, expected, startMs } },
    traffic: [...before, ...traffic],
    isReported: attack.isReported === true,
  };
}

/** Time goes on in steps; what lies within one is flushed together. The number of uses. */
async function play(watched: Watched, watch: TokenWatch, plan: readonly Planned[]): Promise<number> {
  const steps = new Map<number, (() => void)[]>();
  const reports = new Map<number, string[]>();
  const at = (atMs: number) => Math.floor((atMs - START_MS) / STEP_MS);
  let uses = 0;
  for (const { token, traffic, isReported } of plan) {
    for (const part of traffic) {
      uses += part.count;
      const step = steps.get(at(part.atMs)) ?? [];
      step.push(() => count(watch, token.id, part));
      steps.set(at(part.atMs), step);
    }
    if (isReported) push(reports, at(token.attack?.startMs ?? 0), token.id);
  }
  for (const number of [...new Set([...steps.keys(), ...reports.keys()])].toSorted((a, b) => a - b)) {
    watched.clock.advance(START_MS + (number + 1) * STEP_MS - 1 - watched.clock.nowMs());
    for (const use of steps.get(number) ?? []) use();
    for (const tokenId of reports.get(number) ?? []) await report(watch, tokenId);
    await watch.flush();
  }
  return uses;
}

function count(watch: TokenWatch, tokenId: string, { count: times, ...part }: Traffic): void {
  const use = {
    outcome: "ok",
    ...part,
    tokenId,
    kind: "pat",
    owner: { kind: "account", id: "alice" },
  } as const;
  for (let time = 0; time < times; time++) watch.seen(use);
}

async function report(watch: TokenWatch, tokenId: string): Promise<void> {
  const owner = { kind: "account", id: "alice" } as const;
  await watch.alarms.raise({ tokenId, kind: "pat", owner }, { rule: "leaked", evidence: {} });
}

function push<T>(map: Map<number, T[]>, key: number, value: T): void {
  map.set(key, [...(map.get(key) ?? []), value]);
}

function neverEmpty(): never {
  throw new Error("there are no habits");
}
