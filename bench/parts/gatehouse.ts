import type { ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { addAccount } from "../../src/admin/acts/add-account.ts";
import { registerClient } from "../../src/admin/acts/register-client.ts";
import { registerServiceProvider } from "../../src/admin/acts/register-service-provider.ts";
import { replaceApplication } from "../../src/admin/acts/replace-application.ts";
import { type Installation, withInstallation } from "../../src/cli/installation.ts";
import manifest from "../../package.json" with { type: "json" };
import { type BenchKeys, bareCertificate, writeKeys } from "./keys.ts";
import { logIn } from "./log-in.ts";
import { end, startScript } from "./processes.ts";
import { registerForTokens, type TokenInstallation } from "./token-installation.ts";
import { TEN_ATTRIBUTES } from "./ten-attributes.ts";

/** A client with its secret, as the load must know it. */
export interface BenchClient {
  readonly clientId: string;
  readonly clientSecret: string;
}

/** A running Gatehouse with everything registered and a session that is logged in. */
export interface BenchServer {
  readonly origin: string;
  readonly process: ChildProcess;
  readonly pid: number;
  /** The Cookie header of the session. */
  readonly cookie: string;
  readonly saml: { readonly entityId: string; readonly acs: string; readonly key: string };
  readonly rs256: BenchClient;
  readonly es256: BenchClient;
  readonly tokens: TokenInstallation;
  readonly startMs: number;
  /** What opens the same installation beside the running server. */
  readonly environment: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

export const REDIRECT_URI = "https://rp.example/cb";
export const ACS = "https://sp.example/saml/acs";
const ENTITY_ID = "https://sp.example/saml/metadata";
const PASSWORD = "a-password-for-the-bench";
/** A loaded machine takes its time to read a few hundred modules, and each worker reads them. */
const READY_WITHIN_MS = 120_000;

/** Starts Gatehouse on `redisUrl` and a fresh SQLite file; `workers` above 1 are not pinned to one core. */
export async function startGatehouse(options: {
  readonly port: number;
  readonly redisUrl: string;
  readonly workers: number;
  readonly keys: BenchKeys;
  /** False: not to one core; more than one worker never is. */
  readonly pinned?: boolean;
  /** Further settings. */
  readonly settings?: Readonly<Record<string, string>>;
}): Promise<BenchServer> {
  const folder = mkdtempSync(join(tmpdir(), "gatehouse-bench-"));
  const origin = `http://127.0.0.1:${options.port}`;
  const environment = {
    PORT: String(options.port),
    HOST: "127.0.0.1",
    GATEHOUSE_ISSUER: origin,
    GATEHOUSE_SECRET: randomBytes(32).toString("base64"),
    GATEHOUSE_CERTS: join(folder, "certs"),
    DATABASE_URL: `sqlite:${join(folder, "gatehouse.db")}`,
    REDIS_URL: options.redisUrl,
    WORKERS: String(options.workers),
    LOG_LEVEL: "error",
    NODE_ENV: "production",
    ...options.settings,
  };
  writeKeys(options.keys, environment.GATEHOUSE_CERTS);
  const registered = await withInstallation({ environment, user: "bench" }, async (installation) => ({
    ...(await register(installation, options.keys)),
    tokens: await registerForTokens(installation, origin),
  }));
  const startedMs = performance.now();
  const child = startScript(`${import.meta.dirname}/../../src/serve.js`, [], {
    nodeOptions: startOptions(),
    place: options.workers > 1 || options.pinned === false ? "anywhere" : "server",
    environment,
  });
  const stop = async () => {
    await end(child);
    rmSync(folder, { recursive: true, force: true });
  };
  const { startMs, cookie } = await ready(origin, child, startedMs).catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  return { origin, process: child, pid: child.pid ?? 0, cookie, startMs, environment, stop, ...registered };
}

async function register({ parts, acts, actor }: Installation, keys: BenchKeys) {
  const added = await addAccount({ ...acts, hasher: parts.hasher }, actor, {
    username: "alice",
    email: "alice@example.org",
    emailVerified: true,
    name: "Alice Example",
    givenName: "Alice",
    familyName: "Example",
    role: "owner",
    attributes: TEN_ATTRIBUTES,
    password: PASSWORD,
  });
  if (!added.ok) throw new Error(added.message);
  await registerProvider(acts, actor, bareCertificate(keys.provider));
  const client = async (idTokenAlgorithm: "RS256" | "ES256"): Promise<BenchClient> => {
    const made = await registerClient(acts, actor, {
      name: `Bench ${idTokenAlgorithm}`,
      redirectUris: [REDIRECT_URI],
      // Refresh tokens are not in the load: the peer issues none to this client either.
      grantTypes: ["authorization_code"],
      idTokenAlgorithm,
    });
    if (!made.ok) throw new Error(made.message);
    return { clientId: made.application.id, clientSecret: made.clientSecret ?? "" };
  };
  return {
    saml: { entityId: ENTITY_ID, acs: ACS, key: keys.provider.keyPem },
    rs256: await client("RS256"),
    es256: await client("ES256"),
  };
}

/** The service provider, with a mapping that sends the account's ten attributes. */
async function registerProvider(
  acts: Installation["acts"],
  actor: Installation["actor"],
  certificate: string,
): Promise<void> {
  const xml = metadata(certificate);
  const made = await registerServiceProvider(acts, actor, { xml, name: "Bench" });
  if (!made.ok) throw new Error(made.message);
  const names = Object.keys(TEN_ATTRIBUTES);
  const release = names.map((name) => ({ name, source: { kind: "attribute", name } as const }));
  const changed = await replaceApplication(acts, made.application, { ...made.application, release });
  if (!changed.ok) throw new Error(changed.message);
}

function metadata(certificate: string): string {
  return `<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="${ENTITY_ID}"><md:SPSSODescriptor AuthnRequestsSigned="true" WantAssertionsSigned="true" protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"><md:KeyDescriptor use="signing"><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data><ds:X509Certificate>${certificate}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor><md:NameIDFormat>urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress</md:NameIDFormat><md:AssertionConsumerService index="0" isDefault="true" Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="${ACS}"/></md:SPSSODescriptor></md:EntityDescriptor>`;
}

/** What `npm start` gives Node.js beside the script. */
function startOptions(): readonly string[] {
  return manifest.scripts.start.split(" ").filter((word) => word.startsWith("--"));
}

async function ready(origin: string, child: ChildProcess, startedMs: number) {
  await waitUntilReady(origin, child);
  const startMs = performance.now() - startedMs;
  return { startMs, cookie: await logIn(origin, "alice", PASSWORD) };
}

async function waitUntilReady(origin: string, child: ChildProcess): Promise<void> {
  const endMs = Date.now() + READY_WITHIN_MS;
  while (Date.now() < endMs && child.exitCode === null) {
    const response = await fetch(`${origin}/readyz`).catch(() => undefined);
    if (response?.ok === true) return;
    await setTimeout(20);
  }
  throw new Error("Gatehouse did not start");
}
