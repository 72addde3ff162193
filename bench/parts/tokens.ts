import { setTimeout as wait } from "node:timers/promises";
import { z } from "zod";
import { TokenVerifier } from "../../examples/verify-token.ts";
import { PATHS } from "../../src/flow/endpoints.ts";
import { freePort } from "../../test/fixtures/children.ts";
import type { Round } from "./figures.ts";
import { type BenchClient, type BenchServer, startGatehouse } from "./gatehouse.ts";
import type { LoadOrder } from "./load.ts";
import { measure } from "./measure.ts";
import type { Options } from "./one-core.ts";
import { oidcProviderCases } from "./orders.ts";
import { startOidcProvider } from "./peers.ts";
import { ask, end, startScript } from "./processes.ts";
import { API } from "./token-installation.ts";

/** One round, everything right after one another. */
export interface TokenRound {
  /** POST /tokens/verify of a service token. */
  readonly verify: Round;
  readonly verifyAtHalfLoad: Round;
  /** CPU time that counting the use of a token costs, in microseconds. */
  readonly countingMicros: number;
  readonly peerIntrospection: Round | undefined;
  /** JWTs a second that the example checks on one core, each signature anew, and each once. */
  readonly offlineRate: number;
  readonly offlineCachedRate: number;
}

export interface TokenFigures {
  readonly rounds: readonly TokenRound[];
  /** From the answer of a revocation until a reader refuses the token, of every reader and revocation; sorted. */
  readonly revocationMs: readonly number[];
}

const CONNECTIONS = 16;
const WARM_UP_MS = 700;
const USES_AT_ONCE = 4_000;
const READERS = 4;
/** Revocations whose way is timed, in each round. */
const REVOCATIONS = 12;
const REFUSED_WITHIN_MS = 10_000;
const Ready = z.object({ ready: z.literal(true) });
const Counted = z.object({ cpuMicros: z.number() });

/** Checks of tokens: online beside oidc-provider's introspection, offline with the example, and how soon a revocation counts. */
export async function measureTokens(options: Options): Promise<TokenFigures> {
  const { redisUrl, keys, milliseconds } = options;
  await using stack = new AsyncDisposableStack();
  const server = await startGatehouse({ port: await freePort(), redisUrl, workers: 1, keys });
  stack.defer(async () => await server.stop());
  const load = startScript(`${import.meta.dirname}/load.ts`, [], { place: "load" });
  stack.defer(async () => await end(load));
  const environment = { REDIS_URL: redisUrl };
  const counting = startScript(`${import.meta.dirname}/counting.ts`, [], { place: "server", environment });
  stack.defer(async () => await end(counting));
  Ready.parse(await new Promise((resolve) => counting.once("message", resolve)));
  const peer = options.withPeers ? await peerOrder(options, stack) : undefined;
  const own = { order: verifyOrder(server), pid: server.pid };
  const run = async ({ order, pid }: Loaded, more: { ratePerSecond?: number } = {}) =>
    await measure(load, { ...order, ...more, milliseconds }, pid);
  for (const one of [own, ...(peer === undefined ? [] : [peer])]) {
    await measure(load, { ...one.order, milliseconds: WARM_UP_MS }, one.pid);
  }
  const [plain, caching] = [followed(server, 0, stack), followed(server, 10, stack)];
  const rounds: TokenRound[] = [];
  for (let round = 0; round < options.rounds; round++) {
    const verify = await run(own);
    rounds.push({
      verify,
      peerIntrospection: peer && (await run(peer)),
      verifyAtHalfLoad: await run(own, { ratePerSecond: verify.rate / 2 }),
      countingMicros: Counted.parse(await ask(counting, { uses: USES_AT_ONCE })).cpuMicros,
      offlineRate: await offlineRate(server, plain, milliseconds),
      offlineCachedRate: await offlineRate(server, caching, milliseconds),
    });
  }
  const revocationMs = await measureRevocations(options);
  return { rounds, revocationMs: revocationMs.toSorted((a, b) => a - b) };
}

interface Loaded {
  readonly order: LoadOrder;
  readonly pid: number;
}

function verifyOrder({ origin, tokens }: BenchServer): LoadOrder {
  return {
    origin,
    cookie: "",
    connections: CONNECTIONS,
    milliseconds: 0,
    kind: "post",
    path: PATHS.tokensVerify,
    authorization: basic(tokens.api),
    contentType: "application/json",
    body: JSON.stringify({ token: tokens.serviceToken, resource: API }),
  };
}

async function peerOrder(
  { redisUrl, keys }: Options,
  stack: AsyncDisposableStack,
): Promise<Loaded | undefined> {
  const clientSecret = "a-secret-of-the-bench";
  const peer = await startOidcProvider(redisUrl, keys, clientSecret);
  stack.defer(async () => await peer.stop());
  const order = (await oidcProviderCases(peer, clientSecret)).get("introspection");
  return order && { order, pid: peer.pid };
}

/** One check after the other, as many as there are in the time. */
async function offlineRate(
  server: BenchServer,
  verifier: TokenVerifier,
  milliseconds: number,
): Promise<number> {
  const request = await offlineRequest(server, verifier);
  const startMs = performance.now();
  let checks = 0;
  while (performance.now() - startMs < milliseconds) {
    const found = await verifier.verify(request);
    if (!found.ok || found.checked !== "offline") throw new Error("a JWT was not checked offline");
    checks += 1;
  }
  return (checks / (performance.now() - startMs)) * 1_000;
}

/** With a JWT that was issued long enough after the reader's start not to be asked about. */
async function offlineRequest(server: BenchServer, verifier: TokenVerifier) {
  for (let attempt = 0; attempt < 100; attempt++) {
    const token = await accessToken(server, server.tokens.jwt);
    const request = { method: "GET", url: "/", headers: { authorization: `Bearer ${token}` } };
    const found = await verifier.verify(request);
    if (found.ok && found.checked === "offline") return request;
    await wait(100);
  }
  throw new Error("no JWT is checked offline");
}

/** Two processes of Gatehouse, and APIs that hear of revocations from whichever of them they come to. */
async function measureRevocations(options: Options): Promise<readonly number[]> {
  const { redisUrl, keys } = options;
  await using stack = new AsyncDisposableStack();
  const server = await startGatehouse({ port: await freePort(), redisUrl, workers: 2, keys });
  stack.defer(async () => await server.stop());
  const readers = Array.from({ length: READERS }, () => followed(server, 10, stack));
  await Promise.all(readers.map(async (reader) => await offlineRequest(server, reader)));
  const times: number[] = [];
  for (let count = 0; count < REVOCATIONS * options.rounds; count++) {
    const client = count % 2 === 0 ? server.tokens.opaque : server.tokens.jwt;
    const token = await accessToken(server, client);
    const request = { method: "GET", url: "/", headers: { authorization: `Bearer ${token}` } };
    // Twice: the second answer is the one that is kept.
    for (let time = 0; time < 2; time++) {
      const found = await Promise.all(readers.map(async (reader) => await reader.verify(request)));
      if (!found.every(({ ok }) => ok)) throw new Error("a good token was refused");
    }
    await post(server, client, PATHS.oidcRevocation, { token });
    const startMs = performance.now();
    times.push(
      ...(await Promise.all(readers.map(async (reader) => await refusedAfter(reader, request, startMs)))),
    );
  }
  return times;
}

async function refusedAfter(
  reader: TokenVerifier,
  request: Parameters<TokenVerifier["verify"]>[0],
  startMs: number,
): Promise<number> {
  while (performance.now() - startMs < REFUSED_WITHIN_MS) {
    if (!(await reader.verify(request)).ok) return performance.now() - startMs;
    await wait(2);
  }
  throw new Error("a revoked token was not refused");
}

/** The example, following the feed. */
function followed(
  { origin, tokens }: BenchServer,
  cacheSeconds: number,
  stack: AsyncDisposableStack,
): TokenVerifier {
  const { clientId, clientSecret } = tokens.api;
  const verifier = new TokenVerifier({ issuer: origin, resource: API, clientId, clientSecret, cacheSeconds });
  verifier.start();
  stack.defer(() => verifier.stop());
  return verifier;
}

async function accessToken(server: BenchServer, client: BenchClient): Promise<string> {
  const answer = await post(server, client, PATHS.oidcToken, {
    grant_type: "client_credentials",
    resource: API,
  });
  return z.object({ access_token: z.string() }).parse(await answer.json()).access_token;
}

async function post(
  { origin }: BenchServer,
  client: BenchClient,
  path: string,
  form: Readonly<Record<string, string>>,
): Promise<Response> {
  const answer = await fetch(origin + path, {
    method: "POST",
    headers: { authorization: basic(client), "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams(form).toString(),
  });
  if (!answer.ok) throw new Error(`${path} was answered with ${answer.status}`);
  return answer;
}

function basic({ clientId, clientSecret }: BenchClient): string {
  return `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString("base64")}`;
}
