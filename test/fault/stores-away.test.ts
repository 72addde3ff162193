import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { DEMO_PASSWORD } from "../../examples/parts/demo-installation.ts";
import { eventually } from "../fixtures/eventually.ts";
import { type MovableAddress, movableAddress } from "../fixtures/movable-address.ts";
import { skipWithout, startPostgres, startRedis, type TestServer } from "../fixtures/servers.ts";
import { HttpBrowser } from "../journey/http-browser.ts";
import { startInstallation, type TestInstallation } from "../journey/installation.ts";
import { assertShowsAlice, enter, logInAt } from "../journey/walk.ts";

const ANSWER_WITHIN_MS = 2_000;
const RECOVERED_WITHIN_MS = 15_000;

/** How a store can be away, and how it comes back. */
interface Outage {
  readonly name: string;
  readonly begin: () => Promise<void>;
  readonly end: () => Promise<void>;
}

describe("a store that is away", { skip: skipWithout("redis") || skipWithout("postgres") }, () => {
  const undo: (() => Promise<void>)[] = [];
  const at: { redis?: MovableAddress; postgres?: MovableAddress } = {};
  const servers: { redis?: TestServer; postgres?: TestServer } = {};
  let installation: TestInstallation;
  let loggedIn: HttpBrowser;

  before(async () => {
    const redis = await startRedis({ keepsData: true });
    undo.push(async () => await redis.stop());
    const postgres = await startPostgres();
    undo.push(async () => await postgres.stop());
    const database = new URL(await postgres.freshDatabase());
    const [redisAddress, postgresAddress] = [
      await movableAddress(redis.port),
      await movableAddress(postgres.port),
    ];
    undo.push(async () => await redisAddress.close());
    undo.push(async () => await postgresAddress.close());
    Object.assign(at, { redis: redisAddress, postgres: postgresAddress });
    Object.assign(servers, { redis, postgres });
    database.port = String(postgresAddress.port);
    installation = await startInstallation({
      processes: 1,
      stores: { redisUrl: `redis://127.0.0.1:${redisAddress.port}`, databaseUrl: database.href },
    });
    undo.push(async () => await installation.stop());
    loggedIn = new HttpBrowser();
    assertShowsAlice(await logInAt(loggedIn, installation.wiki));
  });
  after(async () => {
    for (const step of undo.toReversed()) await step();
  });

  for (const store of ["redis", "postgres"] as const) {
    for (const outage of outagesOf(store)) {
      test(`${store} ${outage.name}: nobody is logged in, the answer is 503 within 2 seconds, and all is well again by itself`, async () => {
        const before = await pidOf();
        await outage.begin();
        try {
          await assertUnavailable(store === "redis" ? [signOn, login] : [login]);
          assert.equal((await fetch(`${installation.gatehouse}/healthz`)).status, 200);
          assert.equal((await fetch(`${installation.gatehouse}/readyz`)).status, 503);
        } finally {
          await outage.end();
        }
        await eventually(async () => {
          assert.equal((await fetch(`${installation.gatehouse}/readyz`)).status, 200);
        }, RECOVERED_WITHIN_MS);
        await eventually(async () => {
          assertShowsAlice(await enter(loggedIn, installation.planner));
        }, RECOVERED_WITHIN_MS);
        assertShowsAlice(await logInAt(new HttpBrowser(), installation.wiki));
        assert.equal(await pidOf(), before, "the process is another one");
      });
    }
  }

  function outagesOf(store: "redis" | "postgres"): readonly Outage[] {
    return [
      {
        name: "is stopped",
        begin: async () => {
          await servers[store]?.halt();
          // What hung on it goes down with it.
          at[store]?.moveTo(servers[store]?.port ?? 0);
        },
        end: async () => await servers[store]?.start(),
      },
      {
        name: "takes what is sent and answers nothing",
        begin: async () => {
          at[store]?.swallow();
          await Promise.resolve();
        },
        end: async () => {
          at[store]?.moveTo(servers[store]?.port ?? 0);
          await Promise.resolve();
        },
      },
    ];
  }

  /** Each is asked ten times at once: an outage meets a server under load. */
  async function assertUnavailable(asked: readonly (() => Promise<Response>)[]): Promise<void> {
    for (const ask of asked) {
      await Promise.all(
        Array.from({ length: 10 }, async () => {
          const startMs = performance.now();
          const response = await ask();
          const tookMs = performance.now() - startMs;
          const text = await response.text();
          assert.equal(response.status, 503, `${ask.name}: ${response.status} ${text.slice(0, 300)}`);
          assert.match(response.headers.get("retry-after") ?? "", /^[1-9]\d*$/, ask.name);
          assert.ok(tookMs < ANSWER_WITHIN_MS, `${ask.name} took ${Math.round(tookMs)} ms`);
          assert.equal(response.headers.get("location"), null, ask.name);
          assert.doesNotMatch(text, /SAMLResponse|ECONNREFUSED|\bat .+:\d+:\d+/, ask.name);
        }),
      );
    }
  }

  /** A sign-on of somebody who is logged in. */
  async function signOn(): Promise<Response> {
    const step = await fetch(`${installation.planner}/login`, { redirect: "manual" });
    return await loggedIn.request(step.headers.get("location") ?? "");
  }

  /** Name and password of somebody whose account nothing has in memory. */
  async function login(): Promise<Response> {
    const browser = new HttpBrowser();
    const page = await browser.open(`${installation.gatehouse}/login`);
    const csrf = /name="csrf" value="([^"]+)"/.exec(page.text)?.[1] ?? "";
    return await browser.request(`${installation.gatehouse}/login`, {
      method: "POST",
      headers: { Origin: installation.gatehouse },
      body: new URLSearchParams({ csrf, username: "bob", password: DEMO_PASSWORD }),
    });
  }

  /** The one process: it must survive. */
  async function pidOf(): Promise<number> {
    const [process] = installation.processes;
    assert.ok(process);
    assert.equal((await fetch(`http://127.0.0.1:${process.port}/healthz`)).status, 200);
    return process.child.pid;
  }
});
