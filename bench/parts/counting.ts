import { readConfig } from "../../src/config.ts";
import { openParts } from "../../src/parts.ts";
import { systemClock } from "../../src/platform/clock.ts";
import { silentLog } from "../../src/platform/log.ts";
import { systemRandom } from "../../src/platform/random.ts";
import { openProtocols } from "../../src/protocols.ts";
import { API } from "./token-installation.ts";

/** One order: count so many uses, as a busy process does within one second, and write them down. */
export interface CountingOrder {
  readonly uses: number;
}

/** CPU time of one use, its share of the writing included. */
export interface CountingResult {
  readonly cpuMicros: number;
}

const TOKENS = 100;
const ADDRESSES = 4;

const config = readConfig({
  ...process.env,
  GATEHOUSE_SECRET: "a-secret-of-the-bench-0123456789abcdef",
  DATABASE_URL: "sqlite::memory:",
  GATEHOUSE_CERTS: "/nowhere",
});
const parts = await openParts(config, { clock: systemClock, random: systemRandom, log: silentLog });
const { watch } = openProtocols(parts);
const atMs = systemClock.nowMs();
const resource = { id: "api", identifier: API, name: "API", enabled: true, introspectionClientIds: [] };
await parts.stores.durable.resources.insert({
  ...resource,
  scopes: [{ name: "api:read", description: "Read" }],
  createdAtMs: atMs,
  updatedAtMs: atMs,
});
await parts.resources.reload();
const ids = await Promise.all(Array.from({ length: TOKENS }, async (_, index) => await makeToken(index)));

process.on("message", (order: CountingOrder) => {
  void count(order).then((result) => process.send?.(result));
});
process.once("disconnect", () => process.exit(0));
process.send?.({ ready: true });

async function makeToken(index: number): Promise<string> {
  const made = await parts.tokens.apiTokens.create(
    { kind: "command", user: "bench" },
    {
      kind: "key",
      name: `Bench ${index}`,
      owner: { kind: "project", id: "bench" },
      expiresAtMs: atMs + 24 * 60 * 60_000,
      limits: { scopes: ["api:read"], resources: [API] },
    },
  );
  if (!made.ok) throw new Error(made.message);
  return made.token.id;
}

async function count({ uses }: CountingOrder): Promise<CountingResult> {
  const before = process.cpuUsage();
  for (let use = 0; use < uses; use++) {
    watch.seen({
      tokenId: ids[use % TOKENS] ?? "",
      kind: "key",
      owner: { kind: "project", id: "bench" },
      atMs: systemClock.nowMs(),
      address: `192.0.2.${use % ADDRESSES}`,
      resource: API,
      outcome: "ok",
    });
  }
  await watch.flush();
  const { user, system } = process.cpuUsage(before);
  return { cpuMicros: (user + system) / uses };
}
