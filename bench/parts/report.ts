import { writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import type { AllCoresRound } from "./all-cores.ts";
import { median, medianOf, type Round, shown, table } from "./figures.ts";
import type { OneCore, OneCoreRound } from "./one-core.ts";
import type { CaseName } from "./orders.ts";
import { canPin } from "./processes.ts";

/** What the figures are made of. */
export interface Measured {
  readonly oneCore: OneCore;
  readonly allCores: readonly AllCoresRound[];
  readonly responseXmlMicros: number;
}

/** Prints the tables, and writes the figures that other tools read to `jsonFile`. */
export function report(measured: Measured, jsonFile: string | undefined): void {
  const { oneCore, allCores, responseXmlMicros } = measured;
  const { rounds } = oneCore;
  const cores = `All ${availableParallelism()} cores: ${shown(median(allCores.map(({ saml }) => saml.rate)))} SAML sign-ons a second, ${shown(allCoresVsBare(allCores) * 100)} % of the bare rate of all cores, the load and Redis on the same cores.`;
  const place = canPin() ? "one core for the server, one for the load" : "nothing pinned";
  process.stdout.write(`
With an existing session, on Redis; Gatehouse with SQLite; ${place}; medians of ${rounds.length} rounds.

${caseTable(rounds)}

A bare RSA-2048 signature: ${shown(median(rounds.map(({ bare }) => bare.rate)))} a second, ${shown(median(rounds.map(({ bare }) => bare.cpuMicros)))} µs of CPU. "In signatures" is the server's CPU time as a multiple of it.
The peer is samlp for SAML and oidc-provider for the rest. "x peer" is how many times the peer's rate in the same round.

At half of the rate above:

${halfLoadTable(rounds)}

${cores}
A SAML answer with ten attributes without its signature: ${shown(responseXmlMicros)} µs.
${memoryLines(oneCore)}
`);
  if (jsonFile === undefined) return;
  writeFileSync(jsonFile, `${JSON.stringify(figures(measured), undefined, 2)}\n`);
}

/** The names that other tools rely on. What was not measured (no peers) is left out. */
function figures({ oneCore: { rounds }, allCores, responseXmlMicros }: Measured) {
  return {
    saml: {
      cpuInSignatures: inSignatures(rounds, "SAML sign-on"),
      throughputVsSamlp: versusPeer(rounds, "SAML sign-on"),
      allCoresVsBareRate: allCoresVsBare(allCores),
      responseXmlMicros,
    },
    oidc: {
      codeFlowRs256CpuInSignatures: inSignatures(rounds, "code flow, RS256"),
      codeFlowRs256VsPeer: versusPeer(rounds, "code flow, RS256"),
      codeFlowEs256VsPeer: versusPeer(rounds, "code flow, ES256"),
      introspectionVsPeer: versusPeer(rounds, "introspection"),
      userinfoVsPeer: versusPeer(rounds, "userinfo"),
      discoveryVsPeer: versusPeer(rounds, "discovery"),
      jwksVsPeer: versusPeer(rounds, "JWKS"),
      memoryVsPeer: medianOf(rounds, ({ memoryMiB: { gatehouse, oidcProvider } }) =>
        oidcProvider === undefined ? undefined : gatehouse / oidcProvider,
      ),
    },
    tokens: {},
  };
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

function allCoresVsBare(allCores: readonly AllCoresRound[]): number {
  return median(allCores.map(({ saml, bareRate }) => saml.rate / bareRate));
}

function applied(round: Round | undefined, value: (round: Round) => number): number | undefined {
  return round === undefined ? undefined : value(round);
}

function cell(value: number | undefined): string {
  return value === undefined ? "-" : shown(value);
}
