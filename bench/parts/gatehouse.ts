import type { ChildProcess } from "node:child_process";
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { addAccount } from "../../src/admin/acts/add-account.ts";
import { registerClient } from "../../src/admin/acts/register-client.ts";
import { registerServiceProvider } from "../../src/admin/acts/register-service-provider.ts";
import { type Installation, withInstallation } from "../../src/cli/installation.ts";
import { selfSignedCertificate } from "../../src/keys/certificate.ts";
import { logIn } from "./log-in.ts";
import { end, startScript } from "./processes.ts";

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
  readonly startMs: number;
  stop(): Promise<void>;
}

export const REDIRECT_URI = "https://rp.example/cb";
const ENTITY_ID = "https://sp.example/saml/metadata";
const ACS = "https://sp.example/saml/acs";
const PASSWORD = "a-password-for-the-bench";
const READY_WITHIN_MS = 30_000;

/** Starts Gatehouse on `redisUrl` and a fresh SQLite file; `workers` above 1 are not pinned to one core. */
export async function startGatehouse(options: {
  readonly port: number;
  readonly redisUrl: string;
  readonly workers: number;
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
  };
  const registered = await withInstallation({ environment, user: "bench" }, register);
  const startedMs = performance.now();
  const child = startScript(`${import.meta.dirname}/../../src/main.ts`, [], {
    place: options.workers > 1 ? "anywhere" : "server",
    environment,
  });
  await waitUntilReady(origin, child);
  const startMs = performance.now() - startedMs;
  const cookie = await logIn(origin, "alice", PASSWORD);
  const stop = async () => {
    await end(child);
    rmSync(folder, { recursive: true, force: true });
  };
  return { origin, process: child, pid: child.pid ?? 0, cookie, startMs, stop, ...registered };
}

async function register({ parts, acts, actor }: Installation) {
  const added = await addAccount({ ...acts, hasher: parts.hasher }, actor, {
    username: "alice",
    email: "alice@example.org",
    emailVerified: true,
    name: "Alice Example",
    givenName: "Alice",
    familyName: "Example",
    groups: ["staff", "engineering", "vpn-users", "wiki-editors"],
    password: PASSWORD,
  });
  if (!added.ok) throw new Error(added.message);
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const certificate = selfSignedCertificate("RSA-2048", privateKey, "sp", Date.now(), randomBytes(15));
  const provider = await registerServiceProvider(acts, actor, { xml: metadata(certificate), name: "Bench" });
  if (!provider.ok) throw new Error(provider.message);
  const client = async (idTokenAlgorithm: "RS256" | "ES256"): Promise<BenchClient> => {
    const made = await registerClient(acts, actor, {
      name: `Bench ${idTokenAlgorithm}`,
      redirectUris: [REDIRECT_URI],
      idTokenAlgorithm,
    });
    if (!made.ok) throw new Error(made.message);
    return { clientId: made.application.id, clientSecret: made.clientSecret ?? "" };
  };
  return {
    saml: {
      entityId: ENTITY_ID,
      acs: ACS,
      key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    },
    rs256: await client("RS256"),
    es256: await client("ES256"),
  };
}

function metadata(certificate: string): string {
  return `<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="${ENTITY_ID}"><md:SPSSODescriptor AuthnRequestsSigned="true" WantAssertionsSigned="true" protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"><md:KeyDescriptor use="signing"><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data><ds:X509Certificate>${certificate}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor><md:NameIDFormat>urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress</md:NameIDFormat><md:AssertionConsumerService index="0" isDefault="true" Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="${ACS}"/></md:SPSSODescriptor></md:EntityDescriptor>`;
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
