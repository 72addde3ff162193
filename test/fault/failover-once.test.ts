import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { sha256 } from "../../src/platform/digest.ts";
import { Unavailable } from "../../src/platform/unavailable.ts";
import { endAgain } from "../../src/session/end-again.ts";
import { SessionStore } from "../../src/session/session-store.ts";
import { RevocationLog } from "../../src/tokens/revocation-log.ts";
import { openRedisVolatileStore } from "../../src/volatile/redis.ts";
import { Versions } from "../../src/volatile/versions.ts";
import { TestClock } from "../fixtures/clock.ts";
import { eventually } from "../fixtures/eventually.ts";
import { type MovableAddress, movableAddress } from "../fixtures/movable-address.ts";
import { authorization, ISSUER, REDIRECT_URI, VERIFIER } from "../fixtures/oidc/authorization.ts";
import { assertionForm, clientPair, signed } from "../fixtures/oidc/client-authentication.ts";
import { basic } from "../fixtures/oidc/client-secret.ts";
import {
  formOf,
  type LogoutSite,
  locationOf,
  type Registered,
  SiteBrowser,
  startLogoutSite,
} from "../fixtures/oidc/logout-site.ts";
import { replicate } from "../fixtures/replicate.ts";
import { skipWithout, startRedis, type TestRedis } from "../fixtures/servers.ts";

/**
 * A whole server whose Redis fails over after the replica has lost the last writes: what was spent in them must not
 * come back to life, and what is made afterwards works.
 */
describe("RL-14 once means once when Redis fails over and loses its last writes", {
  skip: skipWithout("redis"),
}, () => {
  const { privateKey, jwk } = clientPair();
  let primary: TestRedis;
  let replica: TestRedis;
  let address: MovableAddress;
  let site: LogoutSite;

  before(async () => {
    primary = await startRedis({ options: ["--repl-diskless-sync-delay", "0"] });
    replica = await startRedis({ options: ["--repl-diskless-sync-delay", "0"] });
  });
  beforeEach(async () => {
    await primary.ask("REPLICAOF NO ONE");
    await replicate(primary, replica);
    address = await movableAddress(primary.port);
    site = await startLogoutSite(new TestClock(), { REDIS_URL: `redis://127.0.0.1:${address.port}` });
  });
  afterEach(async () => {
    await site.close();
    await address.close();
  });
  after(async () => {
    await primary.stop();
    await replica.stop();
  });

  /** From here on the replica hears of nothing more, and will be promoted as it is now. */
  async function cutReplicaOff(key: string): Promise<void> {
    await eventually(async () => assert.match(await replica.ask(`EXISTS gatehouse:${key}`), /:1/));
    await replica.ask("REPLICAOF NO ONE");
  }

  async function failOver(): Promise<void> {
    address.moveTo(replica.port);
    await eventually(async () => await site.parts.stores.volatile.ping());
  }

  async function call(path: string, form: Record<string, string>, client?: Registered) {
    const headers: Record<string, string> =
      client === undefined ? {} : { authorization: basic(client.application.id, client.secret) };
    const response = await fetch(site.origin + path, {
      method: "POST",
      headers,
      body: new URLSearchParams(form),
    });
    const body: unknown = await response.json();
    const fields = body !== null && typeof body === "object" ? Object.entries(body) : [];
    return { status: response.status, body: new Map<string, unknown>(fields) };
  }

  async function askedBy(browser: SiteBrowser, query: Record<string, string>): Promise<URLSearchParams> {
    const answered = await browser.get(`/oauth2/authorize?${new URLSearchParams(query).toString()}`);
    return new URL(locationOf(answered)).searchParams;
  }

  const redeemed = (code: string) => ({
    grant_type: "authorization_code",
    code,
    redirect_uri: REDIRECT_URI,
    code_verifier: VERIFIER,
  });

  /** The key that the one-time value of this client has in the store. */
  const onceKey = (kind: string, client: Registered, id: string) =>
    `${kind}:${sha256(JSON.stringify([client.application.id, id]))}`;

  test("a code that was redeemed is refused, and a new one is not", async () => {
    const client = await site.register({});
    const browser = new SiteBrowser(site);
    await browser.logIn();
    const query = authorization({ client_id: client.application.id });
    const code = (await askedBy(browser, query)).get("code") ?? "";
    await cutReplicaOff(onceKey("code", client, code));
    assert.equal((await call("/oauth2/token", redeemed(code), client)).status, 200);
    await failOver();
    assert.match(
      await replica.ask(`HGET gatehouse:${onceKey("code", client, code)} used`),
      /\b0\s*$/,
      "the promoted server has the code, and not the mark",
    );
    const again = await call("/oauth2/token", redeemed(code), client);
    assert.deepEqual([again.status, again.body.get("error")], [400, "invalid_grant"]);
    const fresh = (await askedBy(browser, query)).get("code") ?? "";
    assert.equal((await call("/oauth2/token", redeemed(fresh), client)).status, 200);
  });

  test("a pushed request that was answered gets no second code, and a new one does", async () => {
    const client = await site.register({});
    const browser = new SiteBrowser(site);
    await browser.logIn();
    const push = async () => {
      const pushed = await call("/oauth2/par", authorization({ client_id: client.application.id }), client);
      assert.equal(pushed.status, 201);
      return String(pushed.body.get("request_uri"));
    };
    const requestUri = await push();
    const id = requestUri.split(":").at(-1) ?? "";
    await cutReplicaOff(onceKey("par", client, id));
    const query = { client_id: client.application.id, request_uri: requestUri };
    assert.notEqual((await askedBy(browser, query)).get("code"), null);
    await failOver();
    const parameters = `par-request:${sha256(`${client.application.id} ${id}`)}`;
    assert.match(await replica.ask(`EXISTS gatehouse:${parameters}`), /:1/, "the request itself is back");
    const again = await askedBy(browser, query);
    assert.deepEqual([again.get("code"), again.get("error")], [null, "access_denied"]);
    const fresh = await askedBy(browser, { ...query, request_uri: await push() });
    assert.notEqual(fresh.get("code"), null);
  });

  test("a session that was ended stays ended, with its access token, and the others go on", async () => {
    const client = await site.register({ scopes: ["profile"] });
    const [leaving, staying] = [new SiteBrowser(site), new SiteBrowser(site)];
    await leaving.logIn();
    await staying.logIn("bob");
    const alice = await site.parts.stores.durable.accounts.findByLoginName("alice");
    const [session] = await site.parts.sessions.listByAccount(alice?.id ?? "");
    const code =
      (await askedBy(leaving, authorization({ client_id: client.application.id }))).get("code") ?? "";
    const tokens = await call("/oauth2/token", redeemed(code), client);
    const headers = { authorization: `Bearer ${String(tokens.body.get("access_token"))}` };
    const userinfo = async () => (await fetch(`${site.origin}/oauth2/userinfo`, { headers })).status;
    assert.equal(await userinfo(), 200);
    const thief = leaving.thief();
    assert.equal(await thief.silently(client), "logged in");
    await cutReplicaOff(`session-at:${session?.id}`);
    await leaving.post("/logout", await formOf(await leaving.get("/logout")));
    assert.equal(await thief.silently(client), "login_required");
    assert.match(await replica.ask(`EXISTS gatehouse:session-at:${session?.id}`), /:1/, "it is there still");
    await failOver();
    assert.equal(await thief.silently(client), "login_required");
    assert.equal(await userinfo(), 401);
    assert.equal(await staying.silently(client), "logged in");
    assert.match(await replica.ask(`EXISTS gatehouse:session-at:${session?.id}`), /:0/);
  });

  test("a server that starts only after the fail-over ends such sessions too, before it serves", async () => {
    const alice = await site.parts.stores.durable.accounts.findByLoginName("alice");
    await new SiteBrowser(site).logIn();
    const [session] = await site.parts.sessions.listByAccount(alice?.id ?? "");
    await cutReplicaOff(`session-at:${session?.id}`);
    const ended = { sessionId: session?.id ?? "", accountId: alice?.id ?? "" };
    await site.parts.stores.durable.endedSessions.note(ended, site.clock.nowMs());
    const { endedSessions } = site.parts.stores.durable;
    const store = await openRedisVolatileStore({
      url: replica.url,
      onNewHistory: async (early) =>
        await endAgain(endedSessions, new SessionStore(early, site.parts.config.policy), site.clock),
    });
    assert.equal(await store.get(`session-at:${session?.id}`), undefined);
    await store.close();
  });

  test("what another process announced in the lost moment is read all the same, and the feed says to forget all", async () => {
    const { versions, tokens, stores } = site.parts;
    const read = { count: 0 };
    versions.watch("applications", async () => await Promise.resolve(void (read.count += 1)));
    await tokens.note([{ what: "revoked", id: "heard" }]);
    const { next } = await tokens.feed.since(undefined);
    await versions.look();
    const before = read.count;
    const announced = "HGETALL gatehouse:versions";
    await eventually(async () => assert.equal(await replica.ask(announced), await primary.ask(announced)));
    await replica.ask("REPLICAOF NO ONE");
    await new Versions(stores.volatile, site.clock).bump("applications");
    await new RevocationLog(stores.volatile, site.clock).append([{ what: "revoked", id: "lost" }]);
    await failOver();
    await versions.look();
    assert.equal(read.count, before + 1);
    assert.equal((await tokens.feed.since(next)).reset, true);
  });

  test("while it cannot be known who has logged out, nobody is served", async () => {
    await new SiteBrowser(site).logIn();
    await site.parts.stores.volatile.set("mark", "written before", 60_000);
    await cutReplicaOff("mark");
    let isAway = false;
    let asked = 0;
    const store = await openRedisVolatileStore({
      url: `redis://127.0.0.1:${address.port}`,
      onNewHistory: async () => {
        asked += 1;
        if (isAway) throw new Unavailable("durable");
        await Promise.resolve();
      },
    });
    assert.equal(await store.get("mark"), "written before");
    isAway = true;
    address.moveTo(replica.port);
    await eventually(async () => await Promise.resolve(assert.ok(asked >= 3, "it is tried again")));
    await assert.rejects(store.get("mark"), { name: "Unavailable" });
    isAway = false;
    assert.equal(await eventually(async () => await store.get("mark")), "written before");
    await store.close();
  });

  test("a client assertion that was used is refused, and a new one is not", async () => {
    const { application } = await site.register({
      name: "Job",
      profile: "service",
      redirectUris: [],
      authenticationMethod: "private_key_jwt",
      jwks: { keys: [jwk] },
    });
    let count = 0;
    const assertion = () => {
      count += 1;
      const nowSeconds = Math.floor(site.clock.nowMs() / 1_000);
      const [iss, sub] = [application.id, application.id];
      const claims = { iss, sub, aud: ISSUER, jti: `jti-${count}`, iat: nowSeconds, exp: nowSeconds + 60 };
      return { grant_type: "client_credentials", ...assertionForm(signed(privateKey, HEADER, claims)) };
    };
    const used = assertion();
    await site.parts.stores.volatile.set("mark", "written before", 60_000);
    await cutReplicaOff("mark");
    assert.equal((await call("/oauth2/token", used)).status, 200);
    await failOver();
    const again = await call("/oauth2/token", used);
    assert.deepEqual([again.status, again.body.get("error")], [401, "invalid_client"]);
    assert.equal((await call("/oauth2/token", assertion())).status, 200);
    // An emptied Redis knows of nothing any more, and changes nothing about it.
    await replica.ask("FLUSHALL");
    assert.equal((await call("/oauth2/token", used)).status, 401);
  });
});

const HEADER = { alg: "ES256", kid: "k1" } as const;
