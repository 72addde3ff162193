import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { freePort } from "../test/fixtures/children.ts";
import { startRedis } from "../test/fixtures/servers.ts";
import type { Round } from "./parts/figures.ts";
import { type BenchServer, startGatehouse } from "./parts/gatehouse.ts";
import type { LoadOrder } from "./parts/load.ts";
import { measure, measureBare } from "./parts/measure.ts";
import { type CaseName, cases } from "./parts/orders.ts";
import { end, memoryMiBOf, startScript } from "./parts/processes.ts";
import { type Measured, report } from "./parts/report.ts";
import { measureResponseXmlMicros } from "./saml-xml.ts";

const USAGE = `Usage: npm run bench -- [--rounds N] [--seconds N] [--json FILE]

Sign-ons and tokens a second with an existing session on Redis, and the server's CPU time for each, beside the bare
RSA-2048 signature rate of the same core in the same round. Needs redis-server, or REDIS_URL.
`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      rounds: { type: "string", default: "5" },
      seconds: { type: "string", default: "2" },
      json: { type: "string" },
      help: { type: "boolean" },
    },
  });
  if (values.help === true) {
    process.stdout.write(USAGE);
    return;
  }
  const rounds = Math.max(1, Number(values.rounds));
  const milliseconds = Number(values.seconds) * 1000;
  const redis = process.env["REDIS_URL"] === undefined ? await startRedis() : undefined;
  try {
    const redisUrl = redis?.url ?? process.env["REDIS_URL"] ?? "";
    const one = await measureOneCore(redisUrl, rounds, milliseconds);
    const allCores = await measureAllCores(redisUrl, rounds, milliseconds);
    const responseXmlMicros = measureResponseXmlMicros();
    report({ ...one, allCores, responseXmlMicros }, values.json);
  } finally {
    await redis?.stop();
  }
}

/** One process on one core, the load on another, the cases and the bare signer in turn. */
async function measureOneCore(redisUrl: string, rounds: number, milliseconds: number) {
  const server = await startGatehouse({ port: await freePort(), redisUrl, workers: 1 });
  const load = startScript(`${import.meta.dirname}/parts/load.ts`, [], { place: "load" });
  const signer = startScript(`${import.meta.dirname}/parts/bare-signer.ts`, [], { place: "server" });
  const idleMiB = memoryMiBOf(server.pid);
  const bare: Measured["bare"][number][] = [];
  const byCase: Map<CaseName, Round[]> = new Map();
  try {
    const all = await cases(server);
    for (const order of all.values()) await measure(load, { ...order, milliseconds: 700 }, server.pid);
    for (let round = 0; round < rounds; round++) {
      bare.push(await measureBare(signer, milliseconds / 2));
      for (const [name, order] of all) {
        const figures = await measure(load, { ...order, milliseconds }, server.pid);
        byCase.set(name, [...(byCase.get(name) ?? []), figures]);
      }
      process.stderr.write(`round ${round + 1} of ${rounds}\n`);
    }
    return { bare, byCase, idleMiB, loadedMiB: memoryMiBOf(server.pid), startMs: server.startMs };
  } finally {
    await Promise.all([end(load), end(signer), server.stop()]);
  }
}

/** A worker for each core, nothing pinned, against as many bare signers as there are cores. */
async function measureAllCores(redisUrl: string, rounds: number, milliseconds: number) {
  const cores = availableParallelism();
  const server = await startGatehouse({ port: await freePort(), redisUrl, workers: cores });
  const load = startScript(`${import.meta.dirname}/parts/load.ts`, [], { place: "anywhere" });
  const signers = Array.from({ length: cores }, () =>
    startScript(`${import.meta.dirname}/parts/bare-signer.ts`, [], { place: "anywhere" }),
  );
  try {
    const order = await samlOrder(server);
    await measure(load, { ...order, milliseconds: 1_000 }, server.pid);
    const found: Measured["allCores"][number][] = [];
    for (let round = 0; round < rounds; round++) {
      const bare = await Promise.all(
        signers.map(async (signer) => await measureBare(signer, milliseconds / 2)),
      );
      const saml = await measure(load, { ...order, milliseconds }, server.pid);
      found.push({ saml, bareRate: bare.reduce((sum, one) => sum + one.rate, 0) });
    }
    return found;
  } finally {
    await Promise.all([end(load), ...signers.map(end), server.stop()]);
  }
}

async function samlOrder(server: BenchServer): Promise<LoadOrder> {
  const order = (await cases(server)).get("SAML sign-on");
  if (order === undefined) throw new Error("there is no SAML case");
  return { ...order, connections: 32 };
}

await main();
