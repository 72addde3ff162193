import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { readConfig } from "../../src/config.ts";
import type { Account } from "../../src/model/account.ts";
import type { Resource } from "../../src/model/resource.ts";
import { openParts } from "../../src/parts.ts";
import type { Log } from "../../src/platform/log.ts";
import { sha256 } from "../../src/platform/digest.ts";
import { silentLog } from "../../src/platform/log.ts";
import { systemRandom } from "../../src/platform/random.ts";
import { createApp } from "../../src/server.ts";
import { openProtocols } from "../../src/protocols.ts";
import type { TokenActor } from "../../src/tokens/token-act.ts";
import { TestClock } from "../fixtures/clock.ts";
import { oidcApplication } from "../fixtures/oidc/application.ts";

export const DAY_MS = 86_400_000;
export const API = "https://orders.example/";
export const OTHER_API = "https://stock.example/";

export interface TokenAppOptions {
  readonly environment?: Readonly<Record<string, string>>;
  readonly log?: Log;
  readonly clock?: TestClock;
  /** A second process over stores that the first one has filled. */
  readonly joins?: boolean;
}

/** Gatehouse in this process, with two people, two APIs and a service, on a clock that stands still. */
export async function startTokenApp(options: TokenAppOptions = {}) {
  const clock = options.clock ?? new TestClock();
  const config = readConfig({
    GATEHOUSE_SECRET: "a-secret-that-is-long-enough-for-it",
    DATABASE_URL: "sqlite::memory:",
    GATEHOUSE_VOLATILE: ":memory:",
    GATEHOUSE_CERTS: "test/fixtures/no-such-folder",
    ...options.environment,
  });
  const log = options.log ?? silentLog;
  const parts = await openParts(config, { clock, random: systemRandom, log });
  if (options.joins !== true) await seed(parts.stores.durable, clock.nowMs());
  await parts.applications.reload();
  await parts.resources.reload();
  const protocols = openProtocols(parts);
  const server: Server = createServer(createApp(parts, () => true, protocols));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("the server has no port");
  return {
    clock,
    parts,
    protocols,
    origin: `http://127.0.0.1:${address.port}`,
    apiTokens: parts.tokens.apiTokens,
    verifier: protocols.checks.verifier,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await parts.close();
    },
  };
}

export type TokenApp = Awaited<ReturnType<typeof startTokenApp>>;

/** A person in front of a browser who has just logged in. */
export function person({ clock }: TokenApp, id: string): TokenActor {
  return { kind: "account", id, name: id, address: "192.0.2.7", freshSinceMs: clock.nowMs() };
}

/** The input of a token for the orders API. */
export function tokenInput({ clock }: TokenApp, more: Readonly<Record<string, unknown>> = {}) {
  const { limits, ...rest } = more;
  return {
    kind: "pat",
    name: "Nightly script",
    expiresAtMs: clock.nowMs() + 30 * DAY_MS,
    ...rest,
    limits: { resources: [API], scopes: ["orders:read"], ...(limits as object | undefined) },
  };
}

/** Makes a token; throws with the refusal's sentence. */
export async function make(app: TokenApp, actor: TokenActor, more: Readonly<Record<string, unknown>> = {}) {
  const made = await app.apiTokens.create(actor, tokenInput(app, more));
  if (!made.ok) throw new Error(`${made.code}: ${made.message}`);
  return made;
}

/** POST /tokens/verify. */
export async function askVerify(
  app: TokenApp,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<{ readonly status: number; readonly body: Record<string, unknown>; readonly headers: Headers }> {
  const response = await fetch(`${app.origin}/tokens/verify`, {
    method: "POST",
    headers: { "Content-Type": "application/json", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
  return {
    status: response.status,
    body: (await response.json()) as Record<string, unknown>,
    headers: response.headers,
  };
}

export const SERVICE_SECRET = "secret-of-the-service";
export const RESOURCE_SERVER_SECRET = "secret-of-the-api";

export function basic(id: string, secret: string): Readonly<Record<string, string>> {
  return { Authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString("base64")}` };
}

async function seed(
  durable: Awaited<ReturnType<typeof openParts>>["stores"]["durable"],
  nowMs: number,
): Promise<void> {
  for (const account of [
    personOf("alice", { groups: ["buyers"] }),
    personOf("bob", {}),
    personOf("olga", { role: "owner" }),
  ]) {
    await durable.accounts.insert(account, { username: account.username });
  }
  const secretOf = (secret: string) => [{ hash: sha256(secret), lastFour: "xxxx", createdAtMs: nowMs }];
  await durable.applications.insert(
    oidcApplication({
      id: "robot",
      profile: "service",
      grantTypes: ["client_credentials"],
      redirectUris: [],
      resources: [API],
      secrets: secretOf(SERVICE_SECRET),
    }),
  );
  await durable.applications.insert(
    oidcApplication({
      id: "orders-server",
      profile: "service",
      grantTypes: ["client_credentials"],
      redirectUris: [],
      secrets: secretOf(RESOURCE_SERVER_SECRET),
    }),
  );
  await durable.resources.insert(
    resource("orders", API, [
      { name: "orders:read", description: "Read orders" },
      { name: "orders:write", description: "Write orders" },
      { name: "orders:buy", description: "Buy", groups: ["buyers"] },
    ]),
  );
  await durable.resources.insert(
    resource("stock", OTHER_API, [{ name: "stock:read", description: "Read stock" }]),
  );

  function resource(id: string, identifier: string, scopes: Resource["scopes"]): Resource {
    return {
      id,
      identifier,
      name: id,
      scopes,
      enabled: true,
      introspectionClientIds: id === "orders" ? ["orders-server"] : [],
      createdAtMs: nowMs,
      updatedAtMs: nowMs,
    };
  }

  function personOf(id: string, more: Partial<Account>): Account {
    return {
      id,
      username: id,
      emailVerified: false,
      groups: [],
      role: "person",
      enabled: true,
      attributes: {},
      createdAtMs: nowMs,
      updatedAtMs: nowMs,
      ...more,
    };
  }
}
