import type { TokenRule } from "../../model/token-watch.ts";

/** What a token's use was like before today. */
export interface Usual {
  /** Days with good use. */
  readonly activeDays: number;
  /** Days since the first of them. */
  readonly ageDays: number;
  /** Good uses on the busiest of the last active days. */
  readonly busiestDay: number;
  /** Different networks on the one of those days that had the most. */
  readonly networksADay: number;
  /** Networks that were new within the last month, after the time in which the token's places are learnt. */
  readonly lateNetworks: number;
}

/** What is known about one token's use at this moment, over all processes. */
export interface WatchFacts {
  /** Networks of good uses that were never seen for this token before. */
  readonly newNetworks: readonly string[];
  /** Networks of its good uses within the short window. */
  readonly networks: number;
  /** Good uses in this hour and on this day (UTC). */
  readonly hour: number;
  readonly today: number;
  /** Within the long window: uses while it was expired or revoked. */
  readonly deadUses: number;
  /** Different dead tokens that were tried from the network of such a use. */
  readonly deadTokensThere: number;
  /** Different scopes and resources that it was refused for. */
  readonly probed: readonly string[];
  /** undefined: nothing above asked for it. */
  readonly usual: Usual | undefined;
}

/** Short facts that say why; never a secret. */
export type Evidence = Readonly<Record<string, string | number>>;

export interface Alarm {
  readonly rule: TokenRule;
  readonly evidence: Evidence;
}

/** Numbers of the rules. None of them is about one installation: what is usual comes from each token's own history. */
export const LIMITS = {
  /** So many days of use make a history, or so many days since the first. */
  historyDays: 3,
  historyAgeDays: 10,
  /** The places of a token are learnt in its first days; those of one with more networks than that on a day take longer. */
  learningDays: 3,
  fewNetworksADay: 3,
  longLearningDays: 14,
  /** More late networks than that in a month, and the token roams: a further one says nothing. */
  roamingLate: 2,
  networks: 5,
  networksWithoutHistory: 20,
  hourFloor: 300,
  hourFactor: 3,
  dayFloor: 500,
  dayFactor: 4,
  deadUses: 10,
  deadTokens: 5,
  probes: 4,
} as const;

/** All rules that apply. */
export function judgeUse(facts: WatchFacts): readonly Alarm[] {
  const alarms = [newNetwork(facts), manyNetworks(facts), rateJump(facts), deadToken(facts), probing(facts)];
  return alarms.filter((alarm) => alarm !== undefined);
}

/** True when a rule needs to know what is usual: only then it is read. */
export function asksForUsual(facts: Omit<WatchFacts, "usual">): boolean {
  return (
    facts.newNetworks.length > 0 ||
    facts.networks >= LIMITS.networks ||
    facts.hour >= LIMITS.hourFloor ||
    facts.today >= LIMITS.dayFloor
  );
}

function hasHistory(usual: Usual | undefined): usual is Usual {
  if (usual === undefined) return false;
  return usual.activeDays >= LIMITS.historyDays || usual.ageDays >= LIMITS.historyAgeDays;
}

/** How long after a token's first use its networks are no surprise. */
export function learningDays({ networksADay }: Pick<Usual, "networksADay">): number {
  return networksADay > LIMITS.fewNetworksADay ? LIMITS.longLearningDays : LIMITS.learningDays;
}

function newNetwork({ newNetworks, usual }: WatchFacts): Alarm | undefined {
  const [network] = newNetworks;
  if (network === undefined || !hasHistory(usual)) return undefined;
  if (usual.ageDays < learningDays(usual) || usual.lateNetworks > LIMITS.roamingLate) return undefined;
  return {
    rule: "new-network",
    evidence: { network, networks: newNetworks.length, activeDays: usual.activeDays },
  };
}

function manyNetworks({ networks, usual }: WatchFacts): Alarm | undefined {
  const limit = hasHistory(usual)
    ? Math.max(LIMITS.networks, 1 + usual.networksADay * 2)
    : LIMITS.networksWithoutHistory;
  if (networks < limit) return undefined;
  return { rule: "many-networks", evidence: { networks, limit, usualADay: usual?.networksADay ?? 0 } };
}

function rateJump({ hour, today, usual }: WatchFacts): Alarm | undefined {
  if (!hasHistory(usual)) return undefined;
  const { busiestDay } = usual;
  const isSudden = hour >= Math.max(LIMITS.hourFloor, busiestDay * LIMITS.hourFactor);
  const isMuch = today >= Math.max(LIMITS.dayFloor, busiestDay * LIMITS.dayFactor);
  return isSudden || isMuch ? { rule: "rate-jump", evidence: { hour, today, busiestDay } } : undefined;
}

function deadToken({ deadUses, deadTokensThere }: WatchFacts): Alarm | undefined {
  if (deadUses < LIMITS.deadUses && deadTokensThere < LIMITS.deadTokens) return undefined;
  return { rule: "dead-token", evidence: { uses: deadUses, tokensFromThere: deadTokensThere } };
}

const SHOWN_PROBES = 6;

function probing({ probed }: WatchFacts): Alarm | undefined {
  if (probed.length < LIMITS.probes) return undefined;
  const shown = probed.slice(0, SHOWN_PROBES).join(" ");
  return { rule: "scope-probing", evidence: { different: probed.length, asked: shown } };
}
