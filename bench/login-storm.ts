import { PATHS } from "../src/flow/endpoints.ts";
import { freePort } from "../test/fixtures/children.ts";
import { median, type Round, shown } from "./parts/figures.ts";
import { type BenchServer, startGatehouse } from "./parts/gatehouse.ts";
import type { LoadOrder } from "./parts/load.ts";
import { header, openLoginForm } from "./parts/log-in.ts";
import { measure, measureWhile } from "./parts/measure.ts";
import type { Options } from "./parts/one-core.ts";
import { quietSamlOrder } from "./parts/orders.ts";
import { end, startScript } from "./parts/processes.ts";
import type { Section } from "./parts/section.ts";

/** Sign-ons without and with a storm, right after each other. */
interface StormRound {
  readonly quiet: Round;
  readonly stormy: Round;
  readonly storm: Round;
}

const SIGN_ONS_PER_SECOND = 40;
const PASSWORDS_PER_SECOND = 50;
const STORM_CONNECTIONS = 64;
/** A p99 of forty a second needs longer than a rate does. */
const TIMES_AS_LONG = 3;
const WARM_UP_MS = 1_000;
/** Longer than any round; the storm is ended with the sign-ons that it meets. */
const STORM_MS = 120_000;

/**
 * SAML sign-ons at a low rate, without and with 50 wrong passwords a second, each from another address and for another
 * name, so that only the bound on passwords being checked holds them back.
 */
export async function loginStormSection(options: Options): Promise<Section> {
  const rounds = await measureLoginStorm(options);
  const of = (value: (round: StormRound) => number) => median(rounds.map(value));
  const ratio = of(({ quiet, stormy }) => stormy.p99Ms / quiet.p99Ms);
  const quietMs = of(({ quiet }) => quiet.p99Ms);
  const stormyMs = of(({ stormy }) => stormy.p99Ms);
  const putOff = of(({ storm }) => storm.deferred / (storm.deferred + storm.count));
  const text = `A login storm, ${PASSWORDS_PER_SECOND} wrong passwords a second, beside ${SIGN_ONS_PER_SECOND} SAML sign-ons a second, nothing pinned: p99 of the sign-ons ${shown(quietMs)} ms without it, ${shown(stormyMs)} ms in it, ${shown(ratio)} times.
${shown(of(({ storm }) => storm.rate))} passwords a second were looked at, ${shown(putOff * 100)} % were put off.`;
  const figure = (name: string, what: string, value: number) => ({ name: `saml.${name}`, what, value });
  return {
    text,
    figures: [
      { ...figure("loginStormP99Ratio", "login storm: p99 of sign-ons, in the quiet p99", ratio), atMost: 3 },
      figure("loginStormQuietP99Ms", "login storm: p99 of sign-ons without it, ms", quietMs),
      figure("loginStormP99Ms", "login storm: p99 of sign-ons in it, ms", stormyMs),
      figure("loginStormPutOff", "login storm: share of passwords put off", putOff),
    ],
  };
}

async function measureLoginStorm(options: Options): Promise<readonly StormRound[]> {
  const { redisUrl, keys, milliseconds, rounds } = options;
  await using stack = new AsyncDisposableStack();
  const settings = { GATEHOUSE_TRUST_PROXY: "127.0.0.1" };
  const server = await startGatehouse({
    port: await freePort(),
    redisUrl,
    workers: 1,
    pinned: false,
    keys,
    settings,
  });
  stack.defer(async () => await server.stop());
  const [signOns, storm] = [startLoad(stack), startLoad(stack)];
  const order = (time: number) => quietSamlOrder(server, SIGN_ONS_PER_SECOND, time);
  const stormOrder = await wrongPasswords(server);
  await measure(signOns, order(WARM_UP_MS), server.pid);
  await measure(storm, { ...stormOrder, milliseconds: WARM_UP_MS }, server.pid);
  const found: StormRound[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const time = TIMES_AS_LONG * milliseconds;
    const quiet = await measure(signOns, order(time), server.pid);
    let stormy: Round | undefined;
    const met = await measureWhile(storm, stormOrder, server.pid, async () => {
      stormy = await measure(signOns, order(time), server.pid);
    });
    if (stormy !== undefined) found.push({ quiet, stormy, storm: met });
  }
  return found;
}

function startLoad(stack: AsyncDisposableStack) {
  const load = startScript(`${import.meta.dirname}/parts/load.ts`, [], { place: "anywhere" });
  stack.defer(async () => await end(load));
  return load;
}

async function wrongPasswords({ origin }: BenchServer): Promise<LoadOrder> {
  const { cookies, fields } = await openLoginForm(origin);
  return {
    kind: "wrong-password",
    origin,
    cookie: header(cookies),
    connections: STORM_CONNECTIONS,
    milliseconds: STORM_MS,
    ratePerSecond: PASSWORDS_PER_SECOND,
    path: PATHS.login,
    fields: fields.toString(),
  };
}
