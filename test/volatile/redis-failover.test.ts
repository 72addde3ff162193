import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { openRedisVolatileStore } from "../../src/volatile/redis.ts";
import type { VolatileStore } from "../../src/volatile/volatile-store.ts";
import { eventually } from "../fixtures/eventually.ts";
import { type MovableAddress, movableAddress } from "../fixtures/movable-address.ts";
import { replicate } from "../fixtures/replicate.ts";
import { skipWithout, startRedis, type TestRedis } from "../fixtures/servers.ts";

const LONG = 60_000;

describe("one-time values when the Redis server changes", { skip: skipWithout("redis") }, () => {
  let first: TestRedis;
  let second: TestRedis;
  let address: MovableAddress;
  let store: VolatileStore;

  before(async () => {
    first = await startRedis({ options: ["--repl-diskless-sync-delay", "0"], keepsData: true });
    second = await startRedis({ options: ["--repl-diskless-sync-delay", "0"] });
  });
  beforeEach(async () => {
    await first.ask("REPLICAOF NO ONE");
    await replicate(first, second);
    address = await movableAddress(first.port);
    store = await openRedisVolatileStore({ url: `redis://127.0.0.1:${address.port}` });
  });
  afterEach(async () => {
    await store.close();
    await address.close();
  });
  after(async () => {
    await first.stop();
    await second.stop();
  });

  it("a code that was taken just before the fail-over is unknown on the promoted replica", async () => {
    await store.issueOnce("code:1", "issued", LONG);
    await store.set("session:1", "kept", LONG);
    await eventually(async () => assert.match(await second.ask("EXISTS gatehouse:session:1"), /:1/));
    // The replica is promoted without ever having heard of the take.
    await second.ask("REPLICAOF NO ONE");
    assert.equal((await store.takeOnce("code:1", LONG))?.state, "yours");
    address.moveTo(second.port);
    assert.match(await second.ask("HGET gatehouse:code:1 value"), /issued/, "the replica has the value");
    assert.match(await second.ask("HGET gatehouse:code:1 used"), /\b0\s*$/, "and not the mark");
    const taken = await eventually(async () => await store.takeOnce("code:1", LONG));
    assert.equal(taken, undefined);
    assert.equal(await store.get("session:1"), "kept");
  });

  it("nor does it come back to life when the first server becomes primary again with the replica's data", async () => {
    await store.issueOnce("code:2", "issued", LONG);
    await eventually(async () => assert.match(await second.ask("EXISTS gatehouse:code:2"), /:1/));
    await second.ask("REPLICAOF NO ONE");
    assert.equal((await store.takeOnce("code:2", LONG))?.state, "yours");
    // The connection of the store stays open all the while: only the server's part changes.
    await replicate(second, first);
    await first.ask("REPLICAOF NO ONE");
    assert.match(await first.ask("HGET gatehouse:code:2 used"), /\b0\s*$/, "the mark is lost");
    assert.equal(await eventually(async () => await store.takeOnce("code:2", LONG)), undefined);
  });

  it("what is issued after the fail-over is taken once as ever", async () => {
    await second.ask("REPLICAOF NO ONE");
    address.moveTo(second.port);
    await eventually(async () => await store.issueOnce("code:3", "issued", LONG));
    assert.equal((await store.takeOnce("code:3", LONG))?.state, "yours");
    assert.equal((await store.takeOnce("code:3", LONG))?.state, "used");
  });

  it("a primary that was made a replica is unavailable for writing, and serves again once promoted", async () => {
    await store.set("session:2", "kept", LONG);
    await second.ask("REPLICAOF NO ONE");
    await replicate(second, first);
    await assert.rejects(store.issueOnce("code:4", "issued", LONG), { name: "Unavailable" });
    // Once it was found to be a replica, nothing old is read from it either.
    await assert.rejects(store.get("session:2"), { name: "Unavailable" });
    await first.ask("REPLICAOF NO ONE");
    await eventually(async () => await store.issueOnce("code:4", "issued", LONG));
    assert.equal((await store.takeOnce("code:4", LONG))?.state, "yours");
  });

  it("after a restart with an append-only file sessions are kept and one-time values are unknown", async () => {
    await store.set("session:3", "kept", LONG);
    await store.issueOnce("code:5", "not taken", LONG);
    await store.issueOnce("code:6", "taken", LONG);
    await store.takeOnce("code:6", LONG);
    await first.halt("SIGKILL");
    await first.start();
    assert.equal(await eventually(async () => await store.get("session:3")), "kept");
    assert.equal(await store.takeOnce("code:5", LONG), undefined);
    assert.equal(await store.takeOnce("code:6", LONG), undefined);
  });
});
