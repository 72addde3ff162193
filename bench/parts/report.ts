import { writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { median, type Round, shown, table } from "./figures.ts";
import type { CaseName } from "./orders.ts";
import { canPin } from "./processes.ts";

/** What the figures are made of: one entry a round. */
export interface Measured {
  readonly bare: readonly { readonly rate: number; readonly cpuMicros: number }[];
  readonly allCores: readonly { readonly saml: Round; readonly bareRate: number }[];
  readonly byCase: ReadonlyMap<CaseName, readonly Round[]>;
  readonly responseXmlMicros: number;
  readonly idleMiB: number;
  readonly loadedMiB: number;
  readonly startMs: number;
}

/** Prints the table, and writes the figures that other tools read to `jsonFile`. */
export function report(measured: Measured, jsonFile: string | undefined): void {
  const { idleMiB, loadedMiB, startMs, responseXmlMicros } = measured;
  const bareCpu = median(measured.bare.map((one) => one.cpuMicros));
  const inSignatures = (name: CaseName) =>
    median(
      (measured.byCase.get(name) ?? []).map(
        (round, index) => round.cpuMicros / (measured.bare[index]?.cpuMicros ?? bareCpu),
      ),
    );
  const rows = [...measured.byCase].map(([name, found]) => [
    name,
    shown(median(found.map((round) => round.rate))),
    shown(median(found.map((round) => round.cpuMicros))),
    shown(inSignatures(name)),
    shown(median(found.map((round) => round.p50Ms))),
    shown(median(found.map((round) => round.p99Ms))),
  ]);
  const allCores = median(measured.allCores.map(({ saml, bareRate }) => saml.rate / bareRate));
  const bareRate = shown(median(measured.bare.map((one) => one.rate)));
  const place = canPin() ? "one core for the server, one for the load" : "nothing pinned";
  process.stdout.write(`
Gatehouse with an existing session, on Redis and SQLite; ${place}; medians of ${measured.bare.length} rounds.

${table(["", "per second", "CPU µs", "in signatures", "p50 ms", "p99 ms"], rows)}

A bare RSA-2048 signature: ${bareRate} a second, ${shown(bareCpu)} µs of CPU. "In signatures" is the server's CPU time as a multiple of it.
All ${availableParallelism()} cores: ${shown(median(measured.allCores.map(({ saml }) => saml.rate)))} SAML sign-ons a second, ${shown(allCores * 100)} % of the bare rate of all cores, the load and Redis on the same cores.
A SAML answer with ten attributes without its signature: ${shown(responseXmlMicros)} µs.
Memory ${shown(idleMiB)} MiB at the start, ${shown(loadedMiB)} MiB after the load. Ready ${shown(startMs / 1000)} s after its start.
`);
  if (jsonFile === undefined) return;
  const figures = {
    saml: { cpuInSignatures: inSignatures("SAML sign-on"), allCoresVsBareRate: allCores, responseXmlMicros },
    oidc: { codeFlowRs256CpuInSignatures: inSignatures("code flow, RS256") },
    tokens: {},
  };
  writeFileSync(jsonFile, `${JSON.stringify(figures, undefined, 2)}\n`);
}
