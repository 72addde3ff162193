import { parseArgs } from "node:util";
import { describeStartError } from "../src/start-error.ts";
import { type DemoAddresses, DEMO_PASSWORD, prepareDemo } from "./parts/demo-installation.ts";
import { DemoError, demandFreePorts, Processes } from "./parts/processes.ts";

const USAGE = `Usage: npm run demo -- [--redis URL] [--database URL]

Starts Gatehouse and two applications that log in through it. Without options everything is kept in data/demo.

  --redis redis://localhost:6379          sessions in Redis
  --database postgres://user@host/name    accounts and applications in PostgreSQL

PORT is Gatehouse's port (4000); the applications take the two above it.
`;

/** `npm run demo`: makes the accounts and the registrations, starts all three servers, and says where to go. */
async function main(): Promise<void> {
  const options = readOptions();
  const port = readPort(process.env["PORT"]);
  const host = process.env["HOST"] ?? "127.0.0.1";
  const addresses: DemoAddresses = {
    folder: "data/demo",
    gatehouse: process.env["GATEHOUSE_ISSUER"] ?? `http://localhost:${port}`,
    wiki: `http://localhost:${port + 1}`,
    planner: `http://localhost:${port + 2}`,
  };
  await demandFreePorts(host, [port, port + 1, port + 2]);
  const prepared = await prepareDemo(addresses, {
    ...process.env,
    DATABASE_URL: options.database,
    REDIS_URL: options.redis,
  });
  const processes = new Processes();
  endOnSignal(processes);
  try {
    await startAll(processes, addresses, prepared, { port, host });
    process.stdout.write(greeting(addresses, options, prepared.files.log));
    const ended = await processes.firstToEnd();
    throw new DemoError(`${ended} has ended, so the demo ends`);
  } finally {
    await processes.end();
  }
}

async function startAll(
  processes: Processes,
  addresses: DemoAddresses,
  { files, environment }: Awaited<ReturnType<typeof prepareDemo>>,
  { port, host }: { port: number; host: string },
): Promise<void> {
  const shared = { ...environment, HOST: host };
  await processes.start({
    name: "Gatehouse",
    script: `${import.meta.dirname}/../src/serve.js`,
    environment: { ...shared, PORT: String(port) },
    readyUrl: `http://${host}:${port}/readyz`,
    logFile: files.log,
  });
  await processes.start({
    name: "Wiki",
    script: `${import.meta.dirname}/saml-application.ts`,
    environment: {
      ...shared,
      PORT: String(port + 1),
      BASE_URL: addresses.wiki,
      OTHER_APPLICATION: addresses.planner,
      APPLICATION_KEY_FILE: files.wikiKey,
      APPLICATION_CERTIFICATE_FILE: files.wikiCertificate,
    },
    readyUrl: `http://${host}:${port + 1}/healthz`,
  });
  await processes.start({
    name: "Planner",
    script: `${import.meta.dirname}/oidc-application.ts`,
    environment: {
      ...shared,
      PORT: String(port + 2),
      BASE_URL: addresses.planner,
      OTHER_APPLICATION: addresses.wiki,
      APPLICATION_CLIENT_FILE: files.plannerClient,
    },
    readyUrl: `http://${host}:${port + 2}/healthz`,
  });
}

function greeting(addresses: DemoAddresses, options: Options, log: string): string {
  const { gatehouse, wiki, planner } = addresses;
  const stores = `${options.database === undefined ? "SQLite" : "PostgreSQL"} and ${options.redis === undefined ? "the embedded store" : "Redis"}`;
  return `
  Gatehouse is running, and two applications log in through it.

    Wiki, over SAML 2.0             ${wiki}
    Planner, over OpenID Connect    ${planner}
    My applications                 ${gatehouse}/
    Administration (alice)          ${gatehouse}/admin

  Log in as  alice  or  bob  with the password  ${DEMO_PASSWORD}

  Open the Wiki and log in, then open the Planner: it knows you already.
  Log out in one of them, and you are out of the other.

  Stores: ${stores}. Log: ${log}. Ctrl+C ends everything.

`;
}

interface Options {
  readonly redis: string | undefined;
  readonly database: string | undefined;
}

function readOptions(): Options {
  const values = parsed();
  if (values.help === true) {
    process.stdout.write(USAGE);
    process.exit(0);
  }
  return { redis: values.redis, database: values.database };
}

function parsed() {
  try {
    return parseArgs({
      options: { redis: { type: "string" }, database: { type: "string" }, help: { type: "boolean" } },
    }).values;
  } catch (error) {
    throw new DemoError(
      `${error instanceof Error ? error.message : String(error)} (see: npm run demo -- --help)`,
    );
  }
}

function readPort(text: string | undefined): number {
  const port = Number(text ?? "4000");
  if (!Number.isInteger(port) || port < 1 || port > 65_533)
    throw new DemoError(`PORT is no port: ${text ?? ""}`);
  return port;
}

/** A second signal does not wait. */
function endOnSignal(processes: Processes): void {
  let ending = false;
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      if (ending) process.exit(1);
      ending = true;
      void processes.end().then(() => process.exit(0));
    });
  }
}

try {
  await main();
} catch (error) {
  process.stderr.write(`demo: ${error instanceof DemoError ? error.message : describeStartError(error)}\n`);
  process.exit(1);
}
