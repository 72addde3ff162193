import assert from "node:assert/strict";
import { createServer } from "node:net";
import { afterEach, beforeEach, describe, it } from "node:test";
import { ConfigError } from "../../src/config.ts";
import { Unavailable } from "../../src/platform/unavailable.ts";
import { openRedisVolatileStore } from "../../src/volatile/redis.ts";
import type { VolatileStore } from "../../src/volatile/volatile-store.ts";
import { isUnavailable } from "../contract/volatile-contract.ts";
import { eventually } from "../fixtures/eventually.ts";
import { movableAddress } from "../fixtures/movable-address.ts";
import { skipWithout, startRedis, type TestRedis } from "../fixtures/servers.ts";

const LONG = 60_000;
const skip = skipWithout("redis");

describe("starting with Redis", { skip }, () => {
  it("nobody at the address is one clear line without the password", async () => {
    const error = await refusal("redis://gatehouse:open-sesame@127.0.0.1:1/2");
    assert.match(error, /^cannot reach Redis at redis:\/\/gatehouse@127\.0\.0\.1:1\/2: .*ECONNREFUSED/);
    assert.doesNotMatch(error, /open-sesame/);
  });

  it("a wrong password is said, and not shown", async () => {
    const redis = await startRedis({ options: ["--requirepass", "right-one"] });
    const error = await refusal(`redis://:wrong-one@127.0.0.1:${redis.port}`);
    assert.match(error, /^cannot reach Redis at redis:\/\/127\.0\.0\.1:\d+: .*WRONGPASS/);
    assert.doesNotMatch(error, /wrong-one/);
    const store = await openRedisVolatileStore({ url: `redis://:right-one@127.0.0.1:${redis.port}` });
    await store.ping();
    await store.close();
    await redis.stop();
  });

  it("a server that accepts and says nothing is given up within seconds", async () => {
    const silent = createServer(() => undefined).listen(0, "127.0.0.1");
    const address = await new Promise<number>((resolve) => {
      silent.on("listening", () => resolve(portOf(silent.address())));
    });
    const begun = Date.now();
    assert.match(await refusal(`redis://127.0.0.1:${address}`), /^cannot reach Redis at .*no answer/);
    assert.ok(Date.now() - begun < 5_000);
    silent.close();
  });

  it("a server that drops any key when it is full is refused", async () => {
    const redis = await startRedis({
      options: ["--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru"],
    });
    await assert.rejects(openRedisVolatileStore({ url: redis.url }), (error) => {
      assert.ok(error instanceof ConfigError);
      assert.match(error.message, /maxmemory-policy allkeys-lru.*noeviction/);
      return true;
    });
    await redis.stop();
  });

  it("a user who may not ask for the configuration is served all the same", async () => {
    const redis = await startRedis();
    await redis.ask("ACL SETUSER limited on >secret ~gatehouse:* +@all -config -keys -flushall");
    const store = await openRedisVolatileStore({ url: `redis://limited:secret@127.0.0.1:${redis.port}` });
    await store.issueOnce("code:1", "issued", LONG);
    assert.equal((await store.takeOnce("code:1", LONG))?.state, "yours");
    await store.close();
    await redis.stop();
  });

  it("a replica is refused: it would take no session", async () => {
    const primary = await startRedis();
    const replica = await startRedis({ options: ["--replicaof", `127.0.0.1 ${primary.port}`] });
    assert.match(await refusal(replica.url), /it is a replica/);
    await replica.stop();
    await primary.stop();
  });

  for (const url of ["localhost:6379", "http://localhost:6379", "redis//x:p4ss@y", ""]) {
    it(`the address "${url}" is a wrong setting, and is not repeated`, async () => {
      await assert.rejects(openRedisVolatileStore({ url }), (error) => {
        assert.ok(error instanceof ConfigError);
        assert.doesNotMatch(error.message, /p4ss/);
        return true;
      });
    });
  }
});

describe("Redis in trouble", { skip }, () => {
  let redis: TestRedis;
  let store: VolatileStore;

  beforeEach(async () => {
    redis = await startRedis({ keepsData: true });
    store = await openRedisVolatileStore({ url: redis.url });
    await store.set("key", "value", LONG);
  });
  afterEach(async () => {
    await store.close();
    await redis.stop();
  });

  it("stopped, every call is unavailable at once; back again, the store recovers by itself", async () => {
    await redis.halt();
    for (const call of [() => store.get("key"), () => store.takeOnce("code:1", LONG), () => store.ping()]) {
      assert.ok((await msUntilUnavailable(call)) < 1_000);
    }
    await redis.start();
    assert.equal(await eventually(async () => await store.get("key")), "value");
  });

  it("frozen, a call is unavailable after its limit and the next ones at once", async () => {
    process.kill(redis.pid(), "SIGSTOP");
    assert.ok((await msUntilUnavailable(() => store.get("key"))) < 2_000);
    assert.ok(
      (await msUntilUnavailable(() => store.get("key"))) < 250,
      "nothing queues up behind a dead server",
    );
    process.kill(redis.pid(), "SIGCONT");
    assert.equal(await eventually(async () => await store.get("key")), "value");
  });

  it("behind a network that swallows everything, calls are unavailable until it is whole again", async () => {
    const address = await movableAddress(redis.port);
    const remote = await openRedisVolatileStore({ url: `redis://127.0.0.1:${address.port}` });
    address.swallow();
    const limits = await Promise.all(
      Array.from({ length: 100 }, () => msUntilUnavailable(() => remote.get("key"))),
    );
    assert.ok(Math.max(...limits) < 2_000);
    address.moveTo(redis.port);
    assert.equal(await eventually(async () => await remote.get("key")), "value");
    await remote.close();
    await address.close();
  });

  it("full, writes are unavailable and what is there can still be read", async () => {
    await redis.ask("CONFIG SET maxmemory-policy noeviction");
    await redis.ask("CONFIG SET maxmemory 1");
    await assert.rejects(store.set("other", "value", LONG), isUnavailable);
    await assert.rejects(store.issueOnce("code:1", "issued", LONG), isUnavailable);
    assert.equal(await store.get("key"), "value");
    await redis.ask("CONFIG SET maxmemory 0");
    await store.set("other", "value", LONG);
  });

  it("emptied, keys are absent and nothing is an error", async () => {
    await store.issueOnce("code:1", "issued", LONG);
    await redis.ask("FLUSHALL");
    assert.equal(await store.get("key"), undefined);
    assert.equal(await store.takeOnce("code:1", LONG), undefined);
  });

  it("a server that forgot the scripts is given them again", async () => {
    await store.issueOnce("code:1", "issued", LONG);
    await redis.ask("SCRIPT FLUSH");
    assert.equal((await store.takeOnce("code:1", LONG))?.state, "yours");
    assert.equal((await store.increment("count", 1, LONG)).count, 1);
  });

  it("every key begins with gatehouse: and has a time to live", async () => {
    await store.hashSet("hash", { a: "1" }, LONG);
    await store.increment("count", 1, LONG);
    await store.hashIncrement("numbers", "a", 1, LONG);
    await store.issueOnce("code:1", "issued", LONG);
    await store.takeOnce("code:1", LONG);
    const names = (await redis.ask("KEYS *")).split("\r\n").filter((line) => /^[a-z]/.test(line));
    assert.equal(names.length, 5);
    for (const name of names) {
      assert.match(name, /^gatehouse:/);
      assert.match(await redis.ask(`PTTL ${name}`), /^:[1-9]/, name);
    }
  });
});

async function refusal(url: string): Promise<string> {
  const error: unknown = await openRedisVolatileStore({ url }).then(
    (store) => store.close(),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof Unavailable && error.cause instanceof Error, String(error));
  return error.cause.message;
}

async function msUntilUnavailable(call: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await assert.rejects(call, isUnavailable);
  return performance.now() - begun;
}

function portOf(address: ReturnType<ReturnType<typeof createServer>["address"]>): number {
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}
