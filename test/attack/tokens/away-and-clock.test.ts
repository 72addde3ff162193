import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { TokenUse } from "../../../src/model/token-use.ts";
import { eventually } from "../../fixtures/eventually.ts";
import { skipWithout, startRedis, type TestRedis } from "../../fixtures/servers.ts";
import {
  API,
  askVerify,
  basic,
  DAY_MS,
  make,
  person,
  RESOURCE_SERVER_SECRET,
  startTokenApp,
  type TokenApp,
} from "../../tokens/token-app.ts";
import { call, caller, isProblem } from "./api.ts";
import { FORM, overTheWire } from "./wire.ts";

const HOUR_MS = 3_600_000;

describe("with Redis away", { skip: skipWithout("redis") }, () => {
  let redis: TestRedis;
  let app: TokenApp;
  let good: string;
  let unknown: string;
  let own: string;
  before(async () => {
    redis = await startRedis({ keepsData: true });
    app = await startTokenApp({ environment: { REDIS_URL: redis.url } });
    good = (await make(app, person(app, "alice"))).secret;
    const gone = await make(app, person(app, "alice"));
    await app.apiTokens.revoke(person(app, "alice"), gone.token.id);
    unknown = gone.secret;
    own = (await caller(app, "alice", ["tokens:read"])).token;
    for (const token of [good, unknown]) await app.verifier.verify(token, {});
    assert.equal((await call(app, "/tokens", { token: own })).status, 200);
    await redis.halt();
    // What was heard a moment ago is not the present any more.
    app.clock.advance(2_000);
  });
  after(async () => {
    await app.close();
    await redis.stop();
  });
  const server = basic("orders-server", RESOURCE_SERVER_SECRET);

  test("no token is active, good or revoked, known here or not: 503 with Retry-After", async () => {
    for (const token of [good, unknown]) {
      for (const headers of [{}, server]) {
        const { status, headers: told } = await rawVerify(token, headers);
        assert.equal(status, 503);
        assert.ok(Number(told.get("retry-after")) > 0);
      }
    }
  });

  async function rawVerify(token: string, headers: Readonly<Record<string, string>>) {
    const response = await fetch(`${app.origin}/tokens/verify`, {
      method: "POST",
      headers: { "Content-Type": "application/json", ...headers },
      body: JSON.stringify({ token, resource: API }),
    });
    assert.doesNotMatch(await response.text(), /"active"/);
    return response;
  }

  test("the API is a problem that says so, and introspection is no answer about any token", async () => {
    isProblem(await call(app, "/tokens", { token: own }), 503, "unavailable");
    const [name, value] = Object.entries(server)[0] ?? ["", ""];
    for (const token of [good, unknown]) {
      const headers = [FORM, [name, value] as const];
      const request = { method: "POST", target: "/oauth2/introspect", headers, body: `token=${token}` };
      const { status, body } = await overTheWire(app.origin, request);
      assert.equal(status, 503);
      assert.doesNotMatch(body, /"active"/);
    }
  });

  test("a token in an address is refused all the same, and revoked", async () => {
    const { secret, token } = await make(app, person(app, "bob"));
    const { status } = await overTheWire(app.origin, { target: `/api/v1/tokens?x=${secret}` });
    // Its revocation is stored; that not every process could be told of it at once is an error.
    assert.ok([400, 503].includes(status));
    assert.equal((await app.parts.stores.durable.apiTokens.get(token.id))?.state, "revoked");
  });

  test("a token that is revoked now stays revoked when Redis is back", async () => {
    const { secret, token } = await make(app, person(app, "bob"));
    await assert.rejects(app.apiTokens.revoke(person(app, "bob"), token.id));
    await redis.start();
    await eventually(async () => {
      app.clock.advance(2_000);
      const { body } = await askVerify(app, { token: good, resource: API }, server);
      assert.equal(body["active"], true);
    }, 20_000);
    assert.equal((await app.verifier.verify(secret, {})).active, false);
    assert.equal((await app.verifier.verify(unknown, {})).active, false);
  });
});

describe("a clock that jumps", () => {
  let app: TokenApp;
  before(async () => {
    app = await startTokenApp();
  });
  after(async () => await app.close());

  const outcome = async (text: string, use: TokenUse = {}) => {
    const found = await app.verifier.verify(text, use);
    return found.active ? "active" : found.refusal;
  };

  for (const jump of [HOUR_MS, -HOUR_MS]) {
    test(`by ${jump / HOUR_MS} h: what was kept in memory is not believed, a revocation elsewhere is seen at once`, async () => {
      const { secret, token } = await make(app, person(app, "alice"), {
        expiresAtMs: app.clock.nowMs() + 10 * DAY_MS,
      });
      assert.equal(await outcome(secret), "active");
      const { apiTokens } = app.parts.stores.durable;
      // As another process does it: here nobody is told but by the version in the volatile store.
      await apiTokens.change(token.id, { state: "revoked", stateReason: "owner" }, app.clock.nowMs());
      await app.parts.versions.bump("tokens");
      app.clock.advance(jump);
      assert.equal(await outcome(secret), "revoked");
      app.clock.advance(-jump);
      assert.equal(await outcome(secret), "revoked");
    });

    test(`by ${jump / HOUR_MS} h: a token that was found unknown is looked up anew`, async () => {
      const { secret, token } = await make(app, person(app, "alice"), {
        expiresAtMs: app.clock.nowMs() + 10 * DAY_MS,
      });
      assert.equal(await outcome(secret), "active");
      app.clock.advance(jump);
      assert.equal(await outcome(secret), "active");
      await app.apiTokens.revoke(person(app, "alice"), token.id);
      assert.equal(await outcome(secret), "revoked");
      app.clock.advance(-jump);
      assert.equal(await outcome(secret), "revoked");
    });
  }

  test("to the past gives no second helping of a minute's uses", async () => {
    const { secret } = await make(app, person(app, "alice"), { limits: { perMinute: 2 } });
    assert.deepEqual(
      [await outcome(secret), await outcome(secret), await outcome(secret)],
      ["active", "active", "rate"],
    );
    app.clock.advance(-HOUR_MS);
    assert.equal(await outcome(secret), "rate");
    app.clock.advance(HOUR_MS);
    assert.equal(await outcome(secret), "rate");
    app.clock.advance(60_000);
    assert.equal(await outcome(secret), "active");
  });

  test("to the past gives no second helping of a day's", async () => {
    const { secret } = await make(app, person(app, "alice"), { limits: { perDay: 1 } });
    assert.deepEqual([await outcome(secret), await outcome(secret)], ["active", "quota"]);
    app.clock.advance(-HOUR_MS);
    assert.equal(await outcome(secret), "quota");
    app.clock.advance(HOUR_MS);
    assert.equal(await outcome(secret), "quota");
  });

  test("to the past makes no fresh login of one that lies ahead", async () => {
    const actor = person(app, "alice");
    app.clock.advance(-HOUR_MS);
    const made = await app.apiTokens.create(actor, {
      kind: "pat",
      name: "Ahead",
      expiresAtMs: app.clock.nowMs() + DAY_MS,
      limits: { resources: [API] },
    });
    assert.equal(!made.ok && made.code, "login-needed");
    app.clock.advance(HOUR_MS);
  });

  test("to the time to come ends a token and its overlap, and no chain of rotations outlives its policy", async () => {
    const alice = () => person(app, "alice");
    const { secret, token } = await make(app, alice());
    const rotated = await app.apiTokens.rotate(alice(), token.id, { overlapSeconds: 3_600 });
    assert.ok(rotated.ok);
    app.clock.advance(HOUR_MS);
    assert.deepEqual([await outcome(secret), await outcome(rotated.secret)], ["expired", "active"]);
    app.clock.advance(400 * DAY_MS);
    assert.equal(await outcome(rotated.secret), "expired");
    const again = await app.apiTokens.rotate(alice(), rotated.token.id, { overlapSeconds: 0 });
    assert.equal(!again.ok && again.code, "state");
  });
});
