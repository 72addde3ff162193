import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { Client } from "pg";
import { Unavailable } from "../../src/platform/unavailable.ts";
import { openDurableStore } from "../../src/storage/open-durable-store.ts";
import type { DurableStore } from "../../src/storage/stores.ts";
import { isUnavailable } from "../contract/durable/subject.ts";
import { TestClock } from "../fixtures/clock.ts";
import { eventually } from "../fixtures/eventually.ts";
import { skipWithout, startPostgres, type TestPostgres } from "../fixtures/servers.ts";

const clock = new TestClock();

describe("PostgreSQL in trouble", { skip: skipWithout("postgres") }, () => {
  let server: TestPostgres;
  let url: string;
  let store: DurableStore;

  before(async () => {
    server = await startPostgres();
    url = await server.freshDatabase();
  });
  beforeEach(async () => {
    store = await openDurableStore({ url, clock });
  });
  afterEach(async () => {
    await store.close();
  });
  after(async () => {
    await server.stop();
  });

  it("stopped, every call is unavailable within two seconds; back again, the store recovers by itself", async () => {
    await store.secrets.putIfAbsent("kept", "sealed");
    await server.halt();
    for (const call of [
      () => store.secrets.get("kept"),
      () => store.accounts.get("x"),
      () => store.grants.allow({ id: "g", accountId: "a", applicationId: "b", scopes: ["c"] }, 1),
      () => store.ping(),
    ]) {
      assert.ok((await msUntilUnavailable(call)) < 2_000);
    }
    await server.start();
    assert.equal(await eventually(async () => await store.secrets.get("kept")), "sealed");
  });

  it("killed under load, calls are served or unavailable and nothing else, and the process lives on", async () => {
    const load = Promise.allSettled(
      Array.from({ length: 100 }, async (_, n) => await store.secrets.putIfAbsent(`load-${n}`, "sealed")),
    );
    await server.halt("SIGQUIT");
    for (const result of await load) {
      if (result.status === "rejected") assert.ok(isUnavailable(result.reason), String(result.reason));
    }
    await server.start();
    await eventually(async () => await store.ping());
  });

  it("frozen, a call is unavailable when its time is over, and the store recovers", async () => {
    await store.ping();
    process.kill(server.pid(), "SIGSTOP");
    const backends = stopBackends(server.pid());
    const waited = await msUntilUnavailable(() => store.secrets.get("kept"));
    assert.ok(waited < 8_000, `waited ${waited} ms`);
    for (const pid of [server.pid(), ...backends]) signal(pid, "SIGCONT");
    await eventually(async () => await store.ping());
  });

  it("a row that another transaction holds makes a writer unavailable after five seconds, not for ever", async () => {
    const other = await clientFor(url);
    await other.query("begin; lock table secrets in access exclusive mode");
    const waited = await msUntilUnavailable(() => store.secrets.putIfAbsent("locked", "sealed"));
    assert.ok(waited < 8_000, `waited ${waited} ms`);
    await other.query("rollback");
    await other.end();
    assert.equal(await store.secrets.putIfAbsent("locked", "sealed"), "sealed");
  });

  it("with every connection taken, the next caller is unavailable after about a second", async () => {
    const other = await clientFor(url);
    await other.query("begin; lock table secrets in access exclusive mode");
    const waiting = Array.from({ length: 10 }, async () => await store.secrets.putIfAbsent("full", "sealed"));
    assert.ok((await msUntilUnavailable(() => store.ping())) < 2_000);
    await other.query("rollback");
    await other.end();
    assert.deepEqual(new Set(await Promise.all(waiting)), new Set(["sealed"]));
  });

  it("a server that takes no writes is unavailable for them, and readable", async () => {
    await store.secrets.putIfAbsent("readable", "sealed");
    const name = new URL(url).pathname.slice(1);
    const other = await clientFor(url);
    await other.query(`alter database ${name} set default_transaction_read_only = on`);
    const readOnly = await openDurableStore({ url, clock });
    await assert.rejects(readOnly.secrets.putIfAbsent("new", "sealed"), isUnavailable);
    assert.equal(await readOnly.secrets.get("readable"), "sealed");
    await readOnly.close();
    await other.query("set default_transaction_read_only = off");
    await other.query(`alter database ${name} reset default_transaction_read_only`);
    await other.end();
  });

  it("a wrong password, database or address is one clear line without the password", async () => {
    for (const [wrong, reason] of [
      [`postgres://postgres:open-sesame@127.0.0.1:1/x`, /ECONNREFUSED/],
      [
        `postgres://postgres:open-sesame@127.0.0.1:${server.port}/nowhere?password=open-sesame`,
        /does not exist/,
      ],
      [`postgres://nobody:open-sesame@127.0.0.1:${server.port}/postgres`, /does not exist/],
      ["postgres://postgres:open-sesame@no-such-host.invalid/x", /ENOTFOUND|EAI_AGAIN/],
    ] as const) {
      await assert.rejects(openDurableStore({ url: wrong, clock }), (error) => {
        assert.ok(error instanceof Unavailable && error.cause instanceof Error, String(error));
        assert.match(error.cause.message, /^cannot open the database at postgres:\/\/\w+@/);
        assert.match(error.cause.message, reason);
        assert.doesNotMatch(`${error.stack}${error.cause.stack}`, /open-sesame/);
        return true;
      });
    }
  });
});

async function msUntilUnavailable(call: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await assert.rejects(call, isUnavailable);
  return performance.now() - begun;
}

async function clientFor(url: string): Promise<Client> {
  const client = new Client({ connectionString: url });
  await client.connect();
  return client;
}

/** PostgreSQL has a process for each connection; they are found by their parent. */
function stopBackends(postmaster: number): number[] {
  const pids = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ")[1] === String(postmaster);
      } catch {
        return false;
      }
    });
  return pids.filter((pid) => signal(pid, "SIGSTOP"));
}

/** False where the process has ended by itself: PostgreSQL's helpers come and go, and one may do so at any moment. */
function signal(pid: number, name: "SIGSTOP" | "SIGCONT"): boolean {
  try {
    return process.kill(pid, name);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ESRCH") return false;
    throw error;
  }
}
