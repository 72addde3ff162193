import { median, medianOf, type Round, shown, table } from "./figures.ts";
import type { OneCore, OneCoreRound } from "./one-core.ts";
import type { CaseName } from "./orders.ts";
import { canPin } from "./processes.ts";
import type { Figure, Section } from "./section.ts";

/** Sign-ons and tokens of one process, beside the peers: tables and figures. */
export function oneCoreSection(oneCore: OneCore): Section {
  const { rounds } = oneCore;
  const place = canPin() ? "one core for the server, one for the load" : "nothing pinned";
  const text = `With an existing session, on Redis; Gatehouse with SQLite; ${place}; medians of ${rounds.length} rounds.

${caseTable(rounds)}

A bare RSA-2048 signature: ${shown(median(rounds.map(({ bare }) => bare.rate)))} a second, ${shown(median(rounds.map(({ bare }) => bare.cpuMicros)))} µs of CPU. "In signatures" is the server's CPU time as a multiple of it.
The peer is samlp for SAML and oidc-provider for the rest. "x peer" is how many times the peer's rate in the same round.

At half of the rate above:

${halfLoadTable(rounds)}

${memoryLines(oneCore)}`;
  return { text, figures: [...rateFigures(rounds), ...halfLoadFigures(rounds), ...processFigures(oneCore)] };
}

/** CPU and throughput; the targets are ratios within one round. */
function rateFigures(rounds: readonly OneCoreRound[]): readonly Figure[] {
  const cpu = (name: string, of: CaseName, atMost: number): Figure => ({
    name,
    what: `${of}: CPU in bare signatures`,
    value: inSignatures(rounds, of),
    atMost,
  });
  const rate = (name: string, of: CaseName, atLeast: number): Figure => ({
    name,
    what: `${of}: rate, in the peer's`,
    value: versusPeer(rounds, of),
    atLeast,
  });
  return [
    cpu("saml.cpuInSignatures", "SAML sign-on", 2.1),
    rate("saml.throughputVsSamlp", "SAML sign-on", 3.5),
    cpu("oidc.codeFlowRs256CpuInSignatures", "code flow, RS256", 1.8),
    rate("oidc.codeFlowRs256VsPeer", "code flow, RS256", 2),
    rate("oidc.codeFlowEs256VsPeer", "code flow, ES256", 3.5),
    rate("oidc.introspectionVsPeer", "introspection", 1.8),
    rate("oidc.userinfoVsPeer", "userinfo", 1.8),
    rate("oidc.discoveryVsPeer", "discovery", 1.8),
    rate("oidc.jwksVsPeer", "JWKS", 1.3),
  ];
}

function halfLoadFigures(rounds: readonly OneCoreRound[]): readonly Figure[] {
  const p99 = (name: string, of: CaseName): readonly Figure[] =>
    (["gatehouse", "peers"] as const).map((who) => ({
      name: who === "gatehouse" ? name : `${name}Peer`,
      what: `${of}: p99 at half load${who === "gatehouse" ? "" : ", the peer"}, ms`,
      value: medianOf(rounds, ({ atHalfLoad }) => applied(atHalfLoad[who].get(of), ({ p99Ms }) => p99Ms)),
    }));
  return [...p99("saml.p99AtHalfLoadMs", "SAML sign-on"), ...p99("oidc.p99AtHalfLoadMs", "code flow, RS256")];
}

/** Memory and the start, beside oidc-provider's. */
function processFigures({ rounds, idleMiB, startMs, oidcProvider: peer }: OneCore): readonly Figure[] {
  const loadedMiB = medianOf(rounds, ({ memoryMiB }) => memoryMiB.gatehouse);
  const peerLoadedMiB = medianOf(rounds, ({ memoryMiB }) => memoryMiB.oidcProvider);
  const memoryVsPeer = medianOf(rounds, ({ memoryMiB: { gatehouse, oidcProvider } }) =>
    oidcProvider === undefined ? undefined : gatehouse / oidcProvider,
  );
  const startVsPeer = peer === undefined ? undefined : startMs / peer.startMs;
  return [
    { name: "oidc.memoryVsPeer", what: "memory after load, in the peer's", value: memoryVsPeer, atMost: 0.5 },
    { name: "oidc.memoryAfterLoadMiB", what: "memory after load, MiB", value: loadedMiB },
    { name: "oidc.memoryAfterLoadMiBPeer", what: "memory after load, the peer, MiB", value: peerLoadedMiB },
    { name: "oidc.memoryAtStartMiB", what: "memory at the start, MiB", value: idleMiB },
    { name: "oidc.memoryAtStartMiBPeer", what: "memory at the start, the peer, MiB", value: peer?.idleMiB },
    { name: "oidc.startMs", what: "start-up until ready, ms", value: startMs },
    { name: "oidc.startMsPeer", what: "start-up until ready, the peer, ms", value: peer?.startMs },
    { name: "oidc.startVsPeer", what: "start-up, in the peer's", value: startVsPeer },
  ];
}

function caseTable(rounds: readonly OneCoreRound[]): string {
  const names = [...(rounds[0]?.gatehouse.keys() ?? [])];
  const of = (name: CaseName, value: (round: Round) => number, of: "gatehouse" | "peers") =>
    cell(medianOf(rounds, (round) => applied(round[of].get(name), value)));
  const rows = names.map((name) => [
    name,
    of(name, ({ rate }) => rate, "gatehouse"),
    of(name, ({ cpuMicros }) => cpuMicros, "gatehouse"),
    cell(inSignatures(rounds, name)),
    of(name, ({ p50Ms }) => p50Ms, "gatehouse"),
    of(name, ({ p99Ms }) => p99Ms, "gatehouse"),
    of(name, ({ rate }) => rate, "peers"),
    of(name, ({ cpuMicros }) => cpuMicros, "peers"),
    cell(versusPeer(rounds, name)),
  ]);
  const head = ["", "per second", "CPU µs", "in signatures", "p50 ms", "p99 ms"];
  return table([...head, "peer per second", "peer CPU µs", "x peer"], rows);
}

function halfLoadTable(rounds: readonly OneCoreRound[]): string {
  const names = [...(rounds[0]?.atHalfLoad.gatehouse.keys() ?? [])];
  const of = (name: CaseName, value: (round: Round) => number, of: "gatehouse" | "peers") =>
    cell(medianOf(rounds, ({ atHalfLoad }) => applied(atHalfLoad[of].get(name), value)));
  const rows = names.map((name) => [
    name,
    of(name, ({ p50Ms }) => p50Ms, "gatehouse"),
    of(name, ({ p99Ms }) => p99Ms, "gatehouse"),
    of(name, ({ p50Ms }) => p50Ms, "peers"),
    of(name, ({ p99Ms }) => p99Ms, "peers"),
  ]);
  return table(["", "p50 ms", "p99 ms", "peer p50 ms", "peer p99 ms"], rows);
}

function memoryLines({ rounds, idleMiB, startMs, oidcProvider }: OneCore): string {
  const line = (who: string, idle: number, loaded: number | undefined, ready: number) =>
    `${who}: ${shown(idle)} MiB at the start, ${cell(loaded)} MiB after the load; ready ${shown(ready / 1000)} s after its start.`;
  const own = line(
    "Gatehouse",
    idleMiB,
    medianOf(rounds, ({ memoryMiB }) => memoryMiB.gatehouse),
    startMs,
  );
  if (oidcProvider === undefined) return own;
  const loaded = medianOf(rounds, ({ memoryMiB }) => memoryMiB.oidcProvider);
  return `${own}\n${line("oidc-provider", oidcProvider.idleMiB, loaded, oidcProvider.startMs)}`;
}

/** CPU of one operation as a multiple of a signature's in the same round. */
function inSignatures(rounds: readonly OneCoreRound[], name: CaseName): number | undefined {
  return medianOf(rounds, ({ bare, gatehouse }) =>
    applied(gatehouse.get(name), ({ cpuMicros }) => cpuMicros / bare.cpuMicros),
  );
}

/** Operations a second as a multiple of the peer's in the same round. */
function versusPeer(rounds: readonly OneCoreRound[], name: CaseName): number | undefined {
  return medianOf(rounds, ({ gatehouse, peers }) => {
    const [own, peer] = [gatehouse.get(name), peers.get(name)];
    return own === undefined || peer === undefined ? undefined : own.rate / peer.rate;
  });
}

function applied(round: Round | undefined, value: (round: Round) => number): number | undefined {
  return round === undefined ? undefined : value(round);
}

function cell(value: number | undefined): string {
  return value === undefined ? "-" : shown(value);
}
