import { randomBytes } from "node:crypto";
import { freePort } from "../../test/fixtures/children.ts";
import type { Round } from "./figures.ts";
import { type BenchServer, startGatehouse } from "./gatehouse.ts";
import type { BenchKeys } from "./keys.ts";
import { measure, measureBare } from "./measure.ts";
import { type CaseName, type Cases, gatehouseCases, oidcProviderCases, samlpCases } from "./orders.ts";
import { type Peer, startOidcProvider, startSamlp } from "./peers.ts";
import { end, memoryMiBOf, startScript } from "./processes.ts";

/** One round: everything once, one right after the other, so that its figures can be compared with each other. */
export interface OneCoreRound {
  readonly bare: { readonly rate: number; readonly cpuMicros: number };
  readonly gatehouse: Rounds;
  /** The same case of samlp or oidc-provider; empty without peers. */
  readonly peers: Rounds;
  /** At half of what the round before it reached: latency without a queue. */
  readonly atHalfLoad: { readonly gatehouse: Rounds; readonly peers: Rounds };
  /** Resident memory in MiB after the load of the round. */
  readonly memoryMiB: { readonly gatehouse: number; readonly oidcProvider: number | undefined };
}

export type Rounds = ReadonlyMap<CaseName, Round>;

export interface OneCore {
  readonly rounds: readonly OneCoreRound[];
  readonly idleMiB: number;
  readonly startMs: number;
  readonly oidcProvider: Pick<Peer, "startMs" | "idleMiB"> | undefined;
}

export interface Options {
  readonly redisUrl: string;
  readonly keys: BenchKeys;
  readonly rounds: number;
  readonly milliseconds: number;
  readonly withPeers: boolean;
}

/** A server that takes load, with what is asked of it. */
interface Loaded {
  readonly pid: number;
  readonly cases: Cases;
}

/** Cases whose latency at half load is worth knowing. */
const AT_HALF_LOAD: readonly CaseName[] = ["SAML sign-on", "code flow, RS256"];
const WARM_UP_MS = 700;

/** One process of each on one core, the load on another; Gatehouse, its peers and the bare signer in turn. */
export async function measureOneCore(options: Options): Promise<OneCore> {
  const { redisUrl, keys } = options;
  await using stack = new AsyncDisposableStack();
  const server = await startGatehouse({ port: await freePort(), redisUrl, workers: 1, keys });
  stack.defer(async () => await server.stop());
  const idleMiB = memoryMiBOf(server.pid);
  const load = startScript(`${import.meta.dirname}/load.ts`, [], { place: "load" });
  stack.defer(async () => await end(load));
  const signer = startScript(`${import.meta.dirname}/bare-signer.ts`, [], { place: "server" });
  stack.defer(async () => await end(signer));
  const gatehouse = { pid: server.pid, cases: await gatehouseCases(server) };
  const peers = options.withPeers ? await startPeers(options, server, stack) : undefined;
  const ask = { load, signer, milliseconds: options.milliseconds };
  const rounds: OneCoreRound[] = [];
  for (const one of [gatehouse, ...(peers?.loaded ?? [])]) await warmUp(load, one);
  for (let round = 0; round < options.rounds; round++) {
    rounds.push(await measureRound(ask, gatehouse, peers));
    process.stderr.write(`round ${round + 1} of ${options.rounds}\n`);
  }
  return { rounds, idleMiB, startMs: server.startMs, oidcProvider: peers?.oidcProvider };
}

interface Peers {
  readonly loaded: readonly Loaded[];
  readonly oidcProvider: Peer;
}

async function startPeers(
  { redisUrl, keys }: Options,
  server: BenchServer,
  stack: AsyncDisposableStack,
): Promise<Peers> {
  const clientSecret = randomBytes(32).toString("base64url");
  const samlp = await startSamlp(redisUrl, keys);
  stack.defer(async () => await samlp.stop());
  const oidcProvider = await startOidcProvider(redisUrl, keys, clientSecret);
  stack.defer(async () => await oidcProvider.stop());
  const loaded = [
    { pid: samlp.pid, cases: samlpCases(samlp, server.saml) },
    { pid: oidcProvider.pid, cases: await oidcProviderCases(oidcProvider, clientSecret) },
  ];
  return { loaded, oidcProvider };
}

interface Ask {
  readonly load: ReturnType<typeof startScript>;
  readonly signer: ReturnType<typeof startScript>;
  readonly milliseconds: number;
}

async function warmUp(load: Ask["load"], { cases, pid }: Loaded): Promise<void> {
  for (const order of cases.values()) await measure(load, { ...order, milliseconds: WARM_UP_MS }, pid);
}

async function measureRound(ask: Ask, own: Loaded, peers: Peers | undefined): Promise<OneCoreRound> {
  const bare = await measureBare(ask.signer, ask.milliseconds / 2);
  const gatehouse = new Map<CaseName, Round>();
  const others = new Map<CaseName, Round>();
  const half = { gatehouse: new Map<CaseName, Round>(), peers: new Map<CaseName, Round>() };
  for (const name of own.cases.keys()) {
    // Each case of both right after one another: what else the machine does then meets both.
    await measureCase(ask, own, name, gatehouse, half.gatehouse);
    for (const peer of peers?.loaded ?? []) await measureCase(ask, peer, name, others, half.peers);
  }
  const memoryMiB = {
    gatehouse: memoryMiBOf(own.pid),
    oidcProvider: peers === undefined ? undefined : memoryMiBOf(peers.oidcProvider.pid),
  };
  return { bare, gatehouse, peers: others, atHalfLoad: half, memoryMiB };
}

async function measureCase(
  { load, milliseconds }: Ask,
  { pid, cases }: Loaded,
  name: CaseName,
  full: Map<CaseName, Round>,
  half: Map<CaseName, Round>,
): Promise<void> {
  const order = cases.get(name);
  if (order === undefined) return;
  const found = await measure(load, { ...order, milliseconds }, pid);
  full.set(name, found);
  if (!AT_HALF_LOAD.includes(name)) return;
  half.set(name, await measure(load, { ...order, milliseconds, ratePerSecond: found.rate / 2 }, pid));
}
