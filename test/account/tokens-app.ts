import { once } from "node:events";
import { createServer } from "node:http";
import type { TestContext } from "node:test";
import { createAccount } from "../../src/account/create-account.ts";
import { readConfig } from "../../src/config.ts";
import type { Account } from "../../src/model/account.ts";
import type { ApiToken } from "../../src/model/api-token.ts";
import { openParts, type Parts } from "../../src/parts.ts";
import { silentLog } from "../../src/platform/log.ts";
import { systemRandom } from "../../src/platform/random.ts";
import { createApp } from "../../src/server.ts";
import type { TokenActor } from "../../src/tokens/token-act.ts";
import { TestClock } from "../fixtures/clock.ts";
import { TestBrowser } from "../login/test-browser.ts";

export const DAY_MS = 86_400_000;
export const PLANNER = "https://planner.example.org/api";
const PASSWORD = "open-the-gate";

/** The whole application over embedded stores and a clock that stands still: alice, a person, and olga, an owner. */
export interface TokensApp {
  readonly url: string;
  readonly parts: Parts;
  readonly clock: TestClock;
  readonly alice: Account;
  readonly olga: Account;
  /** A browser in which somebody has just logged in. */
  readonly browserOf: (username: "alice" | "olga" | "bob") => Promise<TestBrowser>;
  /** Makes a token as its person does, on the pages. */
  readonly make: (who: "alice" | "olga" | "bob", changes?: Partial<Wanted>) => Promise<Made>;
  /** Calls the API; `token` goes into the Authorization header. */
  readonly api: (path: string, init?: ApiInit) => Promise<ApiAnswer>;
}

export interface Wanted {
  readonly name: string;
  readonly kind: ApiToken["kind"];
  readonly owner: ApiToken["owner"];
  readonly expiresAtMs: number;
  readonly limits: Partial<ApiToken["limits"]>;
}

export interface Made {
  readonly id: string;
  readonly secret: string;
}

export interface ApiInit {
  readonly method?: string;
  readonly token?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface ApiAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** Undefined: the body is empty or no JSON. */
  readonly json: Readonly<Record<string, unknown>> | undefined;
}

export async function tokensApp(t: TestContext): Promise<TokensApp> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("it listens on no port");
  const url = `http://127.0.0.1:${address.port}`;
  const clock = new TestClock();
  const config = readConfig({
    GATEHOUSE_ISSUER: url,
    GATEHOUSE_SECRET: "a-secret-of-this-test-0123456789abcdef",
    GATEHOUSE_CERTS: "/nowhere",
    DATABASE_URL: "sqlite::memory:",
  });
  const parts = await openParts(config, { clock, random: systemRandom, log: silentLog });
  const app = createApp(parts, () => true);
  server.on("request", app);
  t.after(async () => {
    server.closeAllConnections();
    server.close();
    await parts.close();
  });
  await declarePlanner(parts);
  const alice = await add(parts, "alice", "person");
  const olga = await add(parts, "olga", "owner");
  const bob = await add(parts, "bob", "person");
  const accounts = { alice, olga, bob };
  return {
    url,
    parts,
    clock,
    alice,
    olga,
    browserOf: async (username) => {
      const browser = new TestBrowser(url);
      await browser.get("/login");
      await browser.logIn(username, PASSWORD);
      return browser;
    },
    make: async (who, changes) => await make(parts, accounts[who], changes),
    api: async (path, init) => await call(url, path, init),
  };
}

async function declarePlanner(parts: Parts): Promise<void> {
  const atMs = parts.clock.nowMs();
  await parts.stores.durable.resources.insert({
    id: "planner",
    identifier: PLANNER,
    name: "Planner",
    scopes: [
      { name: "planner:read", description: "Read your plans" },
      { name: "planner:write", description: "Change your plans" },
    ],
    enabled: true,
    introspectionClientIds: [],
    createdAtMs: atMs,
    updatedAtMs: atMs,
  });
  await parts.resources.reload();
}

async function add(parts: Parts, username: string, role: Account["role"]): Promise<Account> {
  const { clock, random, hasher } = parts;
  const store = parts.stores.durable.accounts;
  const created = await createAccount({ username, password: PASSWORD }, { store, hasher, clock, random });
  if (created.kind === "refused") throw new Error(created.problem);
  const account = { ...created.account, role };
  await store.update(account, { username });
  parts.accounts.invalidate();
  return account;
}

async function make(parts: Parts, account: Account, changes: Partial<Wanted> = {}): Promise<Made> {
  const nowMs = parts.clock.nowMs();
  const actor: TokenActor = {
    kind: "account",
    id: account.id,
    name: account.username,
    address: "192.0.2.7",
    freshSinceMs: nowMs,
  };
  const limits = {
    scopes: ["planner:read"],
    resources: [PLANNER],
    addresses: [],
    methods: [],
    pathPrefixes: [],
    ...changes.limits,
  };
  const result = await parts.tokens.apiTokens.create(actor, {
    kind: "pat",
    name: "Nightly report",
    expiresAtMs: nowMs + 30 * DAY_MS,
    ...changes,
    limits,
  });
  if (!result.ok) throw new Error(result.message);
  return { id: result.token.id, secret: result.secret };
}

/** A token for our own API. */
export function forOwnApi(app: Pick<TokensApp, "url">, ...scopes: readonly string[]): Partial<Wanted> {
  return { name: "For the API", limits: { scopes, resources: [`${app.url}/api`] } };
}

async function call(url: string, path: string, init: ApiInit = {}): Promise<ApiAnswer> {
  const { method = "GET", token, body, headers } = init;
  const response = await fetch(`${url}/api/v1${path}`, {
    method,
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, json: parsed(text) };
}

function parsed(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return JSON.parse(text) as Readonly<Record<string, unknown>>;
  } catch {
    return undefined;
  }
}
