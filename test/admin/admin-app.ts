import { once } from "node:events";
import { createServer } from "node:http";
import express, { type Router } from "express";
import { addAccount } from "../../src/admin/acts/add-account.ts";
import { adminEndpoint } from "../../src/admin/admin-endpoint.ts";
import { type AdminParts } from "../../src/admin/owner-endpoint.ts";
import { readConfig } from "../../src/config.ts";
import { browserMiddleware, browserOf } from "../../src/http/browser.ts";
import { Csrf } from "../../src/http/csrf.ts";
import { errorHandler, notFoundHandler } from "../../src/http/error-handler.ts";
import { createRenderer, VIEWS_FOLDER } from "../../src/http/render.ts";
import { createReplySender } from "../../src/http/reply-sender.ts";
import { securityHeaders } from "../../src/http/security-headers.ts";
import { sessionMiddleware } from "../../src/http/session-middleware.ts";
import { KeyRing } from "../../src/keys/key-ring.ts";
import { SigningKeys } from "../../src/keys/signing-keys.ts";
import { openParts, type Parts } from "../../src/parts.ts";
import { openTokenPages } from "../../src/token-pages.ts";
import { silentLog } from "../../src/platform/log.ts";
import { systemRandom } from "../../src/platform/random.ts";
import { TestClock } from "../fixtures/clock.ts";
import { OWNER, TEST_HASHER } from "./acts-installation.ts";
import { FakeWeb } from "./fake-web.ts";

export const ISSUER = "http://localhost:4000";

/** The pages under /admin over embedded stores, with two owners and a person in it. */
export interface AdminApp {
  readonly origin: string;
  readonly parts: Parts;
  readonly clock: TestClock;
  /** What the pages fetch; nothing stands there before a test puts it there. */
  readonly web: FakeWeb;
  readonly router: Router;
  /** Account ids by user name: olga and otto are owners, peter is a person. */
  readonly ids: Readonly<Record<"olga" | "otto" | "peter", string>>;
  readonly close: () => Promise<void>;
}

export async function startAdminApp(): Promise<AdminApp> {
  const clock = new TestClock();
  const config = readConfig({
    GATEHOUSE_ISSUER: ISSUER,
    GATEHOUSE_SECRET: "a-secret-of-this-test-0123456789abcdef",
    GATEHOUSE_CERTS: "/nowhere",
    DATABASE_URL: "sqlite::memory:",
  });
  const parts = await openParts(config, { clock, random: systemRandom, log: silentLog });
  const web = new FakeWeb();
  const adminParts = adminPartsOf(parts, web);
  const ids = {
    olga: await add(adminParts, "olga", "owner"),
    otto: await add(adminParts, "otto", "owner"),
    peter: await add(adminParts, "peter", "person"),
  };
  const started = await serve(parts, adminParts);
  return {
    ...started,
    clock,
    web,
    ids,
    close: async () => {
      await started.close();
      await parts.close();
    },
  };
}

/** Another process of the same installation: it has its keys in a memory of its own. To be closed before the first. */
export async function startSecondProcess({ parts: first, clock, web, ids }: AdminApp): Promise<AdminApp> {
  const ring = new KeyRing();
  const { stores, sealing, random } = first;
  const store = stores.durable.signingKeys;
  const signingKeys = new SigningKeys({ store, sealing, ring, issuer: ISSUER, clock, random });
  await signingKeys.load();
  const parts = { ...first, keyRing: ring, signingKeys };
  return { ...(await serve(parts, adminPartsOf(parts, web))), clock, web, ids };
}

type Served = Pick<AdminApp, "origin" | "parts" | "router" | "close">;

async function serve(parts: Parts, adminParts: AdminParts): Promise<Served> {
  const router = adminEndpoint(adminParts);
  const server = createServer(appOf(parts, adminParts, router)).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("the server has no port");
  return {
    origin: `http://127.0.0.1:${address.port}`,
    parts,
    router,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await Promise.resolve();
    },
  };
}

function adminPartsOf(parts: Parts, web: FakeWeb): AdminParts {
  const { applications, accounts, sessions, keyRing, stores, audit, clock, random, sealing } = parts;
  const site = { base: "", host: "localhost:4000", css: "/c", logo: "/l", script: "/s", links: [] };
  const render = createRenderer(site, VIEWS_FOLDER);
  const replySender = createReplySender({ issuer: ISSUER, render, log: silentLog, clock, random });
  return {
    issuer: ISSUER,
    acts: {
      store: stores.durable,
      audit,
      announce: async (changed) => {
        if (changed === "applications") await applications.reload();
        if (changed === "accounts") accounts.invalidate();
        if (changed === "settings") await parts.settings.reload();
        if (changed === "keys") await parts.signingKeys.load();
      },
      hasher: TEST_HASHER,
      endSessions: async (accountId) => {
        const live = await sessions.listByAccount(accountId);
        await Promise.all(live.map(async ({ id }) => await sessions.end(id, accountId)));
        return live.length;
      },
      clock,
      random,
    },
    outbound: web,
    applications,
    auditEvents: stores.durable.audit,
    sessions,
    keyRing,
    signingKeys: parts.signingKeys,
    keyUses: stores.durable.keyUses,
    subjects: parts.subjects,
    volatile: stores.volatile,
    tokenPages: openTokenPages(parts),
    csrf: new Csrf(sealing.derive("csrf"), ISSUER),
    render,
    replySender,
  };
}

async function add(parts: AdminParts, username: string, role: "owner" | "person"): Promise<string> {
  const password = "open-the-gate";
  const result = await addAccount(parts.acts, OWNER, { username, role, password });
  if (!result.ok) throw new Error(result.message);
  return result.account.id;
}

function appOf(parts: Parts, { render }: AdminParts, router: Router) {
  const { clock, random, sessions, accounts } = parts;
  const { policy } = parts.config;
  const app = express();
  app.use(securityHeaders(ISSUER));
  app.use(
    sessionMiddleware({ store: parts.stores.volatile, cookieSecret: "c", secure: false, policy, random }),
  );
  app.use(
    browserMiddleware({
      sessions,
      accounts,
      replaced: async () => await Promise.resolve(),
      addressOf: () => "192.0.2.24",
      secure: false,
      policy,
      clock,
      random,
    }),
  );
  app.get("/test/login/:id", async (request, response) => {
    const authentication = { instantMs: clock.nowMs(), methods: ["pwd"], context: "password" } as const;
    await browserOf(request).logIn(request.params.id, authentication, false);
    response.end();
  });
  app.use("/admin", router);
  app.use(notFoundHandler({ render, log: silentLog, random, clock }));
  app.use(errorHandler({ render, log: silentLog, random, clock }));
  return app;
}
