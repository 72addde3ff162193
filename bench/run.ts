import { parseArgs } from "node:util";
import { startRedis } from "../test/fixtures/servers.ts";
import { measureAllCores } from "./parts/all-cores.ts";
import { makeKeys } from "./parts/keys.ts";
import { measureOneCore } from "./parts/one-core.ts";
import { installPeers } from "./parts/peers.ts";
import { report } from "./parts/report.ts";
import { measureResponseXmlMicros } from "./saml-xml.ts";

const USAGE = `Usage: npm run bench -- [--rounds N] [--seconds N] [--no-peers] [--json FILE]

Sign-ons and tokens a second with an existing session on Redis, and the server's CPU time for each, beside the bare
RSA-2048 signature rate of the same core and beside samlp and oidc-provider in the same round. Needs redis-server, or
REDIS_URL. The peers are installed into bench/peers at the first use.
`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      rounds: { type: "string", default: "5" },
      seconds: { type: "string", default: "2" },
      "no-peers": { type: "boolean", default: false },
      json: { type: "string" },
      help: { type: "boolean" },
    },
  });
  if (values.help === true) {
    process.stdout.write(USAGE);
    return;
  }
  const withPeers = !values["no-peers"] && installPeers();
  const redis = process.env["REDIS_URL"] === undefined ? await startRedis() : undefined;
  try {
    const options = {
      redisUrl: redis?.url ?? process.env["REDIS_URL"] ?? "",
      keys: makeKeys(),
      rounds: Math.max(1, Number(values.rounds)),
      milliseconds: Number(values.seconds) * 1000,
      withPeers,
    };
    const oneCore = await measureOneCore(options);
    const allCores = await measureAllCores(options);
    report({ oneCore, allCores, responseXmlMicros: measureResponseXmlMicros() }, values.json);
  } finally {
    await redis?.stop();
  }
}

await main();
