import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { addFederation } from "../src/admin/acts/federations.ts";
import { refreshFederation } from "../src/admin/acts/refresh-federation.ts";
import { type Installation, withInstallation } from "../src/cli/installation.ts";
import { Outbound } from "../src/http/outbound.ts";
import { freePort } from "../test/fixtures/children.ts";
import { federationPieces, memberId, serveFile, writeFederation } from "./parts/federation-source.ts";
import { quantile, type Round, shown } from "./parts/figures.ts";
import { type BenchServer, startGatehouse } from "./parts/gatehouse.ts";
import { measure, measureWhile } from "./parts/measure.ts";
import type { Options } from "./parts/one-core.ts";
import { quietSamlOrder } from "./parts/orders.ts";
import { end, memoryMiBOf, peakMiBOf, resetPeak, startScript } from "./parts/processes.ts";
import type { Figure, Section } from "./parts/section.ts";

interface FederationCost {
  readonly fileMiB: number;
  /** From the owner's click until the copy is in force. */
  readonly seconds: number;
  readonly restMiB: number;
  readonly peakMiB: number;
  /** Sign-ons before, and while the file is fetched and read. */
  readonly before: Round;
  readonly during: Round;
  /** Of one member, in microseconds. */
  readonly lookupOfFewMicros: number;
  readonly lookupOfManyMicros: number;
}

const FEW = 100;
const MANY = 10_000;
const SIGN_ONS_PER_SECOND = 40;
const QUIET_MS = 8_000;
const READ_WITHIN_MS = 240_000;
const LOOKUPS = 500;
const WARM_UP_MS = 1_000;

/** A federation with 10,000 members is added to a running Gatehouse while people sign on. */
export async function federationSection(options: Options): Promise<Section> {
  const found = await measureFederation(options);
  const { before, during } = found;
  const text = `A signed federation file of ${shown(found.fileMiB)} MiB with ${MANY} members, fetched and read by a server with SQLite: in force after ${shown(found.seconds)} s.
Memory of the server: ${shown(found.restMiB)} MiB before, ${shown(found.peakMiB)} MiB at most meanwhile.
SAML sign-ons, ${SIGN_ONS_PER_SECOND} a second: p99 ${shown(before.p99Ms)} ms before, ${shown(during.p99Ms)} ms meanwhile; the longest ${shown(before.longestMs)} and ${shown(during.longestMs)} ms.
One member is found in ${shown(found.lookupOfFewMicros)} µs among ${FEW} and in ${shown(found.lookupOfManyMicros)} µs among ${MANY}.`;
  return { text, figures: figuresOf(found) };
}

function figuresOf(found: FederationCost): readonly Figure[] {
  const { seconds, peakMiB, before, during, lookupOfFewMicros, lookupOfManyMicros } = found;
  const growth = lookupOfManyMicros / lookupOfFewMicros;
  const named = (name: string, what: string, value: number, atMost?: number): Figure => ({
    name: `saml.${name}`,
    what: `federation of ${MANY}: ${what}`,
    value,
    ...(atMost === undefined ? {} : { atMost }),
  });
  return [
    named("federationSeconds", "read, s", seconds, 20),
    named("federationPeakMiB", "memory at most, MiB", peakMiB, 300),
    named("federationP99BeforeMs", "p99 of sign-ons before, ms", before.p99Ms),
    named("federationP99DuringMs", "p99 of sign-ons meanwhile, ms", during.p99Ms),
    named("federationLongestMs", "longest sign-on meanwhile, ms", during.longestMs),
    // One level more of an index at the most: "constant", and room for what else the machine does.
    named("federationLookupGrowth", `lookup, in that among ${FEW}`, growth, 2),
  ];
}

async function measureFederation({ redisUrl, keys }: Options): Promise<FederationCost> {
  await using stack = new AsyncDisposableStack();
  const folder = mkdtempSync(join(tmpdir(), "gatehouse-bench-"));
  stack.defer(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  const path = join(folder, "federation.xml");
  const bytes = await writeFederation(path, MANY, keys);
  const { url } = stack.use(await serveFile(path));
  const server = await startGatehouse({ port: await freePort(), redisUrl, workers: 1, pinned: false, keys });
  stack.defer(async () => await server.stop());
  const load = startScript(`${import.meta.dirname}/parts/load.ts`, [], { place: "load" });
  stack.defer(async () => await end(load));
  return await withInstallation({ environment: server.environment, user: "bench" }, async (installation) => {
    const pin = keys.provider.certificatePem;
    const few = federationPieces(FEW, keys);
    await addSmall(installation, { name: "Few", pin, allowAllMembers: true }, few);
    const lookupOfFewMicros = await lookupMicros(installation, FEW);
    await measure(load, quietSamlOrder(server, SIGN_ONS_PER_SECOND, WARM_UP_MS), server.pid);
    const before = await measure(load, quietSamlOrder(server, SIGN_ONS_PER_SECOND, QUIET_MS), server.pid);
    const restMiB = memoryMiBOf(server.pid);
    resetPeak(server.pid);
    let seconds = Number.NaN;
    const order = quietSamlOrder(server, SIGN_ONS_PER_SECOND, READ_WITHIN_MS);
    const during = await measureWhile(load, order, server.pid, async () => {
      seconds = await readByServer(installation, server, { name: "Many", url, pin, allowAllMembers: true });
    });
    const peakMiB = peakMiBOf(server.pid);
    const lookupOfManyMicros = await lookupMicros(installation, MANY);
    const fileMiB = bytes / 1_048_576;
    return { fileMiB, seconds, restMiB, peakMiB, before, during, lookupOfFewMicros, lookupOfManyMicros };
  });
}

type NewFederation = Parameters<typeof addFederation>[2];

async function addSmall(
  { parts, acts, actor }: Installation,
  input: NewFederation,
  pieces: Iterable<string>,
): Promise<void> {
  const { durable: store, volatile } = parts.stores;
  const outbound = new Outbound({ allowPrivateAddresses: true });
  try {
    const given = { ...acts, store, volatile, outbound };
    const added = await addFederation(given, actor, { ...input, url: undefined });
    if (!added.ok) throw new Error(added.message);
    const bytes = async function* () {
      for (const piece of pieces) yield await Promise.resolve(Buffer.from(piece));
    };
    const { kind } = await refreshFederation(given, actor, added.federation.id, bytes());
    if (kind !== "switched") throw new Error(`the small federation was not read: ${kind}`);
  } finally {
    await outbound.close();
  }
}

/** An owner asks the running server to fetch it; the seconds until its copy is in force. */
async function readByServer(
  { parts, acts, actor }: Installation,
  server: BenchServer,
  input: NewFederation,
): Promise<number> {
  const store = parts.stores.durable;
  const added = await addFederation({ ...acts, store }, actor, input);
  if (!added.ok) throw new Error(added.message);
  const { id } = added.federation;
  const startedMs = performance.now();
  await clickFetch(server, id);
  while (performance.now() - startedMs < READ_WITHIN_MS) {
    const now = await store.federations.get(id);
    if (now?.problem !== undefined) throw new Error(`the federation was not read: ${now.problem}`);
    if (now?.copy !== undefined) return (performance.now() - startedMs) / 1000;
    await setTimeout(50);
  }
  throw new Error(`the federation was not read within ${READ_WITHIN_MS} ms`);
}

/** Presses "fetch" on the federation's page, and does not wait until it has been read. */
async function clickFetch({ origin, cookie }: BenchServer, id: string): Promise<void> {
  const address = `${origin}/admin/federations/${id}`;
  const page = await fetch(address, { headers: { cookie } });
  const csrf = /name="csrf" value="([^"]+)"/.exec(await page.text())?.[1];
  if (csrf === undefined) throw new Error(`the federation's page was answered with ${page.status}`);
  const clicked = fetch(`${address}/fetch`, {
    method: "POST",
    redirect: "manual",
    headers: { cookie, origin, "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams({ csrf }).toString(),
  });
  clicked.catch(() => undefined);
}

/** What a lookup as a sign-on makes it takes when nothing comes between: the tenth percentile of many. */
async function lookupMicros({ parts }: Installation, members: number): Promise<number> {
  const { federations } = parts.stores.durable;
  const nowMs = parts.clock.nowMs();
  const took: number[] = [];
  for (let count = 0; count < LOOKUPS; count += 1) {
    const entityId = memberId((count * 7_919) % members);
    const startedMs = performance.now();
    const found = await federations.memberForSignOn(entityId, nowMs);
    took.push((performance.now() - startedMs) * 1000);
    if (found === undefined) throw new Error(`${entityId} is no member`);
  }
  return quantile(
    took.toSorted((a, b) => a - b),
    0.1,
  );
}
