import { availableParallelism } from "node:os";
import { freePort } from "../../test/fixtures/children.ts";
import { median, type Round, shown } from "./figures.ts";
import { startGatehouse } from "./gatehouse.ts";
import { measure, measureBare } from "./measure.ts";
import type { Options } from "./one-core.ts";
import { gatehouseCases } from "./orders.ts";
import { end, startScript } from "./processes.ts";
import type { Section } from "./section.ts";

/** SAML sign-ons of all cores, and what all cores sign when they do nothing else. */
export interface AllCoresRound {
  readonly saml: Round;
  readonly bareRate: number;
}

const CONNECTIONS = 32;
const WARM_UP_MS = 1_000;

/** A worker for each core, nothing pinned, against as many bare signers as there are cores. */
export async function measureAllCores(options: Options): Promise<readonly AllCoresRound[]> {
  const { redisUrl, keys, milliseconds } = options;
  const cores = availableParallelism();
  await using stack = new AsyncDisposableStack();
  const server = await startGatehouse({ port: await freePort(), redisUrl, workers: cores, keys });
  stack.defer(async () => await server.stop());
  const anywhere = (script: string) => {
    const child = startScript(`${import.meta.dirname}/${script}`, [], { place: "anywhere" });
    stack.defer(async () => await end(child));
    return child;
  };
  const load = anywhere("load.ts");
  const signers = Array.from({ length: cores }, () => anywhere("bare-signer.ts"));
  const order = (await gatehouseCases(server)).get("SAML sign-on");
  if (order?.kind !== "saml") throw new Error("there is no SAML case");
  const wide = { ...order, connections: CONNECTIONS, mostPerSecond: cores * order.mostPerSecond };
  await measure(load, { ...wide, milliseconds: WARM_UP_MS }, server.pid);
  const found: AllCoresRound[] = [];
  for (let round = 0; round < options.rounds; round++) {
    const bare = await Promise.all(
      signers.map(async (signer) => await measureBare(signer, milliseconds / 2)),
    );
    const saml = await measure(load, { ...wide, milliseconds }, server.pid);
    found.push({ saml, bareRate: bare.reduce((sum, one) => sum + one.rate, 0) });
  }
  return found;
}

/** All cores: one line, one figure. */
export function allCoresSection(rounds: readonly AllCoresRound[]): Section {
  const share = median(rounds.map(({ saml, bareRate }) => saml.rate / bareRate));
  const rate = shown(median(rounds.map(({ saml }) => saml.rate)));
  const text = `All ${availableParallelism()} cores: ${rate} SAML sign-ons a second, ${shown(share * 100)} % of the bare rate of all cores, the load and Redis on the same cores.`;
  const what = "SAML sign-ons of all cores, in the bare rate of all cores";
  return { text, figures: [{ name: "saml.allCoresVsBareRate", what, value: share, atLeast: 0.45 }] };
}
