import assert from "node:assert/strict";
import { beforeEach, describe, it } from "node:test";
import { RedisStore } from "connect-redis";
import { Cookie, type SessionData } from "express-session";
import { sha256 } from "../../src/platform/digest.ts";
import { openEmbeddedVolatileStore } from "../../src/volatile/embedded.ts";
import { sessionClient } from "../../src/volatile/session-client.ts";
import type { VolatileStore } from "../../src/volatile/volatile-store.ts";
import { isUnavailable } from "../contract/volatile-contract.ts";
import { TestClock } from "../fixtures/clock.ts";

const ID = "an-id-with:a-colon-and-256-random-bits";
const HOUR_S = 3_600;

describe("express-session over a volatile store", () => {
  let clock: TestClock;
  let store: VolatileStore;
  let sessions: RedisStore;

  beforeEach(() => {
    clock = new TestClock();
    store = openEmbeddedVolatileStore({ path: ":memory:", clock });
    sessions = new RedisStore({
      client: sessionClient(store),
      prefix: "session:",
      ttl: HOUR_S,
      disableTouch: true,
    });
  });

  it("a session that was set is read back, until it is destroyed", async () => {
    await sessions.set(ID, session());
    const read: unknown = await sessions.get(ID);
    assert.deepEqual(read, JSON.parse(JSON.stringify(session())));
    await sessions.destroy(ID);
    assert.equal(await sessions.get(ID), null);
  });

  it("the store never sees the id, only its hash under the prefix", async () => {
    await sessions.set(ID, session());
    assert.equal(await store.get(`session:${ID}`), undefined);
    assert.notEqual(await store.get(`session:${sha256(ID)}`), undefined);
  });

  it("the hash that stands in the store opens nothing", async () => {
    await sessions.set(ID, session());
    assert.equal(await sessions.get(sha256(ID)), null);
  });

  it("a session ends with its time to live, in seconds as connect-redis counts", async () => {
    await sessions.set(ID, session());
    clock.advance(HOUR_S * 1_000 - 1);
    assert.notEqual(await sessions.get(ID), null);
    clock.advance(1);
    assert.equal(await sessions.get(ID), null);
  });

  it("touching prolongs it when the store is told to touch", async () => {
    const touching = new RedisStore({ client: sessionClient(store), prefix: "session:", ttl: HOUR_S });
    await touching.set(ID, session());
    clock.advance(HOUR_S * 500);
    await touching.touch(ID, session());
    clock.advance(HOUR_S * 900);
    assert.notEqual(await touching.get(ID), null);
  });

  it("a store that is away is an error, not somebody who is logged out", async () => {
    await store.close();
    await assert.rejects(async () => void (await sessions.get(ID)), isUnavailable);
    await assert.rejects(async () => void (await sessions.set(ID, session())), isUnavailable);
  });

  it("listing all sessions is refused", async () => {
    await assert.rejects(async () => void (await sessions.ids()), /cannot be listed/);
  });
});

function session(): SessionData {
  return { cookie: new Cookie() };
}
