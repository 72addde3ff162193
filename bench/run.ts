import { parseArgs } from "node:util";
import { startRedis } from "../test/fixtures/servers.ts";
import { federationSection } from "./federation.ts";
import { loginStormSection } from "./login-storm.ts";
import { allCoresSection, measureAllCores } from "./parts/all-cores.ts";
import { makeKeys } from "./parts/keys.ts";
import { measureOneCore, type Options } from "./parts/one-core.ts";
import { oneCoreSection } from "./parts/one-core-section.ts";
import { installPeers } from "./parts/peers.ts";
import { report } from "./parts/report.ts";
import type { Section } from "./parts/section.ts";
import { tokenSection } from "./parts/token-section.ts";
import { measureTokens } from "./parts/tokens.ts";
import { samlXmlSection } from "./saml-xml.ts";

/** The parts of the bench, in the order in which they run. */
const PARTS: Readonly<Record<string, (options: Options) => Promise<Section> | Section>> = {
  "one-core": async (options) => oneCoreSection(await measureOneCore(options)),
  "all-cores": async (options) => allCoresSection(await measureAllCores(options)),
  "saml-xml": samlXmlSection,
  federation: federationSection,
  "login-storm": loginStormSection,
  tokens: async (options) => tokenSection(await measureTokens(options)),
};

/** Those that run beside samlp or oidc-provider. */
const PEERS: readonly string[] = ["one-core", "tokens"];

const USAGE = `Usage: npm run bench -- [--only PART]… [--rounds N] [--seconds N] [--no-peers] [--json FILE]

Sign-ons and tokens a second with an existing session on Redis, and the server's CPU time for each, beside the bare
RSA-2048 signature rate of the same core and beside samlp and oidc-provider in the same round; and what else has a
target. Needs redis-server, or REDIS_URL. The peers are installed into bench/peers at the first use.

Parts, all of them without --only: ${Object.keys(PARTS).join(", ")}
`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      only: { type: "string", multiple: true },
      rounds: { type: "string", default: "5" },
      seconds: { type: "string", default: "2" },
      "no-peers": { type: "boolean", default: false },
      json: { type: "string" },
      help: { type: "boolean" },
    },
  });
  const names = values.only ?? Object.keys(PARTS);
  if (values.help === true || names.some((name) => !Object.hasOwn(PARTS, name))) {
    process.stdout.write(USAGE);
    process.exitCode = values.help === true ? 0 : 2;
    return;
  }
  const withPeers = names.some((name) => PEERS.includes(name)) && !values["no-peers"] && installPeers();
  const redis = process.env["REDIS_URL"] === undefined ? await startRedis() : undefined;
  try {
    const options = {
      redisUrl: redis?.url ?? process.env["REDIS_URL"] ?? "",
      keys: makeKeys(),
      rounds: Math.max(1, Number(values.rounds)),
      milliseconds: Number(values.seconds) * 1000,
      withPeers,
    };
    const sections: Section[] = [];
    for (const [name, measure] of Object.entries(PARTS)) {
      if (names.includes(name)) sections.push(await measure(options));
    }
    report(sections, values.json);
  } finally {
    await redis?.stop();
  }
}

await main();
