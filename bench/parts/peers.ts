import { type ChildProcess, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { z } from "zod";
import { freePort } from "../../test/fixtures/children.ts";
import { ACS, REDIRECT_URI } from "./gatehouse.ts";
import type { BenchKeys } from "./keys.ts";
import { end, memoryMiBOf, startScript } from "./processes.ts";
import { TEN_ATTRIBUTES } from "./ten-attributes.ts";

/** A peer that listens, with a session that is logged in. */
export interface Peer {
  readonly origin: string;
  readonly pid: number;
  readonly cookie: string;
  readonly startMs: number;
  readonly idleMiB: number;
  stop(): Promise<void>;
}

const FOLDER = `${import.meta.dirname}/../peers`;
const INSTALL_WITHIN_MS = 180_000;

/**
 * Installs the peers at their first use, exactly as their lock file says and without running their scripts. False, with
 * one line on standard error, where that cannot be done: the figures that need a peer are then left out.
 */
export function installPeers(): boolean {
  if (existsSync(`${FOLDER}/node_modules/.package-lock.json`)) return true;
  process.stderr.write("installing samlp and oidc-provider (bench/peers) …\n");
  const { status } = spawnSync("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], {
    cwd: FOLDER,
    stdio: ["ignore", "ignore", "inherit"],
    timeout: INSTALL_WITHIN_MS,
  });
  if (status === 0) return true;
  process.stderr.write(
    "bench/peers cannot be installed: the figures beside samlp and oidc-provider are left out\n",
  );
  return false;
}

export async function startSamlp(redisUrl: string, keys: BenchKeys): Promise<Peer> {
  return await startPeer("samlp-server.js", {
    redisUrl,
    issuer: "https://idp.example/saml/metadata",
    keyPem: keys.rsa.keyPem,
    certificatePem: keys.rsa.certificatePem,
    provider: { acs: ACS, certificatePem: keys.provider.certificatePem },
    attributes: TEN_ATTRIBUTES,
  });
}

/** Its clients are called RS256 and ES256, after what their ID tokens are signed with. */
export async function startOidcProvider(
  redisUrl: string,
  keys: BenchKeys,
  clientSecret: string,
): Promise<Peer> {
  return await startPeer("oidc-provider-server.js", {
    redisUrl,
    keyPem: keys.rsa.keyPem,
    ecKeyPem: keys.ec.keyPem,
    redirectUri: REDIRECT_URI,
    clientSecret,
  });
}

async function startPeer(script: string, settings: object): Promise<Peer> {
  const port = await freePort();
  const startedMs = performance.now();
  const child = startScript(`${FOLDER}/${script}`, [], {
    place: "server",
    environment: {
      NODE_ENV: "production",
      NODE_NO_WARNINGS: "1",
      GATEHOUSE_BENCH: JSON.stringify({ ...settings, port }),
    },
  });
  const { cookie } = z.object({ cookie: z.string() }).parse(await firstMessage(child, script));
  const pid = child.pid ?? 0;
  const startMs = performance.now() - startedMs;
  const stop = async () => await end(child);
  return { origin: `http://127.0.0.1:${port}`, pid, cookie, startMs, idleMiB: memoryMiBOf(pid), stop };
}

async function firstMessage(child: ChildProcess, script: string): Promise<unknown> {
  const waiting = new AbortController();
  const { signal } = waiting;
  const ended = once(child, "exit", { signal }).then(() => {
    throw new Error(`${script} has ended before it listened`);
  });
  try {
    const answer: unknown[] = await Promise.race([once(child, "message", { signal }), ended]);
    return answer[0];
  } finally {
    waiting.abort();
    ended.catch(() => undefined);
  }
}
