import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { join } from "node:path";
import { createOidcApplication } from "../../examples/oidc-application.ts";
import { readClient, readWikiSettings } from "../../examples/parts/demo-files.ts";
import { prepareDemo } from "../../examples/parts/demo-installation.ts";
import { createSamlApplication } from "../../examples/saml-application.ts";
import { type Child, freePort, startChild, temporaryFolder } from "../fixtures/children.ts";
import { type Balancer, startBalancer } from "./round-robin.ts";

/** One Gatehouse process. */
export interface GatehouseProcess {
  readonly port: number;
  readonly child: Child;
}

/** Gatehouse in processes of its own behind one address, with both demo applications in this process. */
export interface TestInstallation {
  /** The public address; requests to it go to the processes in turn. */
  readonly gatehouse: string;
  readonly wiki: string;
  readonly planner: string;
  readonly processes: readonly GatehouseProcess[];
  readonly balancer: Balancer;
  /** What the processes were started with, for acts that a test does beside them. */
  readonly environment: Readonly<Record<string, string>>;
  readonly folder: string;
  stop(): Promise<void>;
}

/** A loaded machine takes its time to read a few hundred modules. */
const START_LIMIT_MS = 90_000;
const MAIN = join(import.meta.dirname, "../../src/serve.js");

/** `stores`: nothing for the embedded ones, which one process alone may use. Leaves nothing behind when it fails. */
export async function startInstallation(options: {
  readonly processes: number;
  readonly stores?: { readonly redisUrl: string; readonly databaseUrl: string };
}): Promise<TestInstallation> {
  const undo: (() => Promise<void>)[] = [];
  try {
    return await start(options, undo);
  } catch (error) {
    await stopAll(undo);
    throw error;
  }
}

async function start(
  options: Parameters<typeof startInstallation>[0],
  undo: (() => Promise<void>)[],
): Promise<TestInstallation> {
  const folder = temporaryFolder("journey");
  const front = await freePort();
  const [wikiServer, plannerServer] = [createServer(), createServer()];
  const addresses = {
    folder,
    gatehouse: `http://127.0.0.1:${front}`,
    wiki: `http://127.0.0.1:${await listen(wikiServer, undo)}`,
    planner: `http://127.0.0.1:${await listen(plannerServer, undo)}`,
  };
  const { files, environment: prepared } = await prepareDemo(addresses, {
    ...process.env,
    GATEHOUSE_CERTS: join(folder, "certs"),
    DATABASE_URL: options.stores?.databaseUrl,
    REDIS_URL: options.stores?.redisUrl,
  });
  const environment = {
    ...prepared,
    GATEHOUSE_CERTS: join(folder, "certs"),
    GATEHOUSE_TRUST_PROXY: "127.0.0.1",
    LOG_LEVEL: "warn",
    HOST: "127.0.0.1",
  };
  const ports = await Promise.all(Array.from({ length: options.processes }, async () => await freePort()));
  const processes = await Promise.all(
    ports.map(async (port) => await startGatehouse(folder, environment, port)),
  );
  undo.push(async () => {
    await Promise.all(processes.map(async ({ child }) => await child.end("SIGTERM")));
  });
  const balancer = await startBalancer(front, ports);
  undo.push(async () => await balancer.close());
  const client = readClient(files);
  wikiServer.on("request", createSamlApplication(readWikiSettings(files, addresses)));
  plannerServer.on(
    "request",
    createOidcApplication({
      baseUrl: addresses.planner,
      gatehouse: addresses.gatehouse,
      otherUrl: addresses.wiki,
      clientId: client?.client_id ?? "",
      clientSecret: client?.client_secret ?? "",
    }),
  );
  return { ...addresses, processes, balancer, environment, stop: async () => await stopAll(undo) };
}

/** In the reverse order of the start. */
async function stopAll(undo: readonly (() => Promise<void>)[]): Promise<void> {
  for (const step of undo.toReversed()) await step();
}

/** Starts one process; its settings go through `env`, because nobody else's environment may leak into it. */
export async function startGatehouse(
  folder: string,
  environment: Readonly<Record<string, string>>,
  port: number,
): Promise<GatehouseProcess> {
  const settings = Object.entries({ ...environment, PORT: String(port) }).map(
    ([name, value]) => `${name}=${value}`,
  );
  const child = startChild("/usr/bin/env", [...settings, process.execPath, MAIN], {
    folder,
    startLimitMs: START_LIMIT_MS,
  });
  await child.until(async () => (await fetch(`http://127.0.0.1:${port}/readyz`)).ok);
  return { port, child };
}

async function listen(server: Server, undo: (() => Promise<void>)[]): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  undo.push(async () => {
    server.close();
    server.closeAllConnections();
    await once(server, "close");
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("it listens on no port");
  return address.port;
}
