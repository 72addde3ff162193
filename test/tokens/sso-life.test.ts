import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { SSO_COOKIE } from "../../src/http/sso-cookie.ts";
import { endAgain } from "../../src/session/end-again.ts";
import { SESSION_PREFIX } from "../../src/session/session-store.ts";
import { readToken } from "../../src/tokens/token-format.ts";
import { skipWithout, startRedis, type TestRedis } from "../fixtures/servers.ts";
import { type SsoApp, startSsoApp } from "./sso-app.ts";

const INACTIVE = { active: false };
const HOUR_MS = 3_600_000;

for (const kind of ["the embedded store", "Redis"] as const) {
  const skip = kind === "Redis" ? skipWithout("redis") : false;
  describe(`the life of an SSO token in ${kind}`, { skip }, () => {
    let app: SsoApp;
    let redis: TestRedis | undefined;
    before(async () => {
      redis = kind === "Redis" ? await startRedis() : undefined;
      app = await startSsoApp(redis === undefined ? {} : { REDIS_URL: redis.url });
    });
    after(async () => {
      await app.close();
      await redis?.stop();
    });

    const isActive = async (token: string | undefined) => {
      const [verified, introspected] = await Promise.all([app.verify(token), app.introspect(token)]);
      assert.equal(verified["active"], introspected["active"], "both ways to ask say the same");
      if (verified["active"] === false) assert.deepEqual([verified, introspected], [INACTIVE, INACTIVE]);
      return verified["active"];
    };
    const onlySession = async (username = "carol") => {
      const { id: accountId } = await app.accountOf(username);
      const [session] = await app.parts.sessions.listByAccount(accountId);
      if (session === undefined) throw new Error("nobody is logged in");
      return session;
    };

    test("a login brings a token in a cookie of the domain, for no script and no plain http", async () => {
      const { token, setCookies, logOut } = await app.logIn();
      assert.equal(readToken(token ?? "")?.kind, "sso");
      assert.deepEqual(
        new Set(setCookies.get(SSO_COOKIE)?.split("; ").slice(1)),
        new Set(["Domain=example.org", "Path=/", "HttpOnly", "Secure", "SameSite=Lax"]),
      );
      const session = setCookies.get("__Host-gatehouse");
      assert.doesNotMatch(session ?? "Domain", /Domain/, "the session's own cookie stays with us");
      assert.equal(await isActive(token), true);
      await logOut();
    });

    test("whoever stays logged in keeps the token as long as the session's cookie", async () => {
      const { setCookies, logOut } = await app.logIn("carol", { stay: "on" });
      assert.match(setCookies.get(SSO_COOKIE) ?? "", /Max-Age=2592000/);
      await logOut();
    });

    test("a logout ends it and takes the cookie back", async () => {
      const { token, logOut } = await app.logIn();
      assert.equal(await isActive(token), true);
      const line = (await logOut()).get(SSO_COOKIE) ?? "";
      assert.match(line, /^__Secure-gatehouse-sso=; Domain=example\.org; Path=\/; Expires=Thu, 01 Jan 1970/);
      assert.equal(await isActive(token), false);
    });

    test("a session that an administrator ends takes it along, and no other session's", async () => {
      const mine = await app.logIn();
      const { id } = await onlySession();
      const other = await app.logIn();
      await app.protocols.endSession.endQuietly([id]);
      assert.deepEqual([await isActive(mine.token), await isActive(other.token)], [false, true]);
      await other.logOut();
    });

    test("an account that is switched off is nobody any more, at once", async () => {
      const { token, logOut } = await app.logIn();
      const account = await app.accountOf("carol");
      const { accounts } = app.parts.stores.durable;
      await accounts.update({ ...account, enabled: false }, { username: "carol" });
      app.parts.accounts.invalidate();
      assert.equal(await isActive(token), false);
      await accounts.update(account, { username: "carol" });
      app.parts.accounts.invalidate();
      await logOut();
    });

    test("a new login in the session renews it: the one before is dead, the application's names stay", async () => {
      const first = await app.logIn();
      const before = await app.verify(first.token);
      app.clock.advance(60_000);
      const second = await first.again();
      assert.notEqual(second.token, first.token);
      assert.equal(await isActive(first.token), false);
      const now = await app.verify(second.token);
      assert.deepEqual([now["sid"], now["sub"]], [before["sid"], before["sub"]]);
      assert.equal(now["auth_time"], Number(before["auth_time"]) + 60);
      await second.logOut();
    });

    test("somebody else who logs in in the same browser leaves nothing of the one before", async () => {
      const carol = await app.logIn("carol");
      const dave = await carol.again("dave");
      assert.equal(await isActive(carol.token), false);
      assert.equal((await app.verify(dave.token))["sub"], (await app.accountOf("dave")).id);
      await dave.logOut();
    });

    test("the absolute end of the session is its end, however often it is asked about", async () => {
      const { token } = await app.logIn();
      const { exp } = await app.verify(token);
      assert.equal(exp, Math.floor((app.clock.nowMs() + 12 * HOUR_MS) / 1_000));
      const session = await onlySession();
      const record = await app.parts.stores.volatile.get(`session-at:${session.id}`);
      const keepAlive = async () => await app.parts.sessions.touch(record ?? "", 2 * HOUR_MS);
      for (let hour = 0; hour < 11; hour++) {
        app.clock.advance(HOUR_MS);
        await keepAlive();
      }
      assert.equal(await isActive(token), true);
      app.clock.advance(HOUR_MS);
      await keepAlive();
      assert.equal(await isActive(token), false);
    });

    test("a check is not the person: a session that nobody sits at ends at its idle limit all the same", async () => {
      const { token } = await app.logIn();
      const { id } = await onlySession();
      const cookieHash = await app.parts.stores.volatile.get(`session-at:${id}`);
      // Two hours on this clock; a store with a clock of its own is told that they have passed.
      app.clock.advance(HOUR_MS);
      assert.equal(await isActive(token), true);
      app.clock.advance(HOUR_MS);
      if (redis !== undefined) {
        await app.parts.sessions.touch(cookieHash ?? "", 1);
        await wait(50);
      }
      assert.equal(await isActive(token), false);
    });

    test("what a fail-over brings back is ended by the second pass, and the token with it", async () => {
      const { token, logOut } = await app.logIn();
      const { volatile, durable } = app.parts.stores;
      const { id } = await onlySession();
      const cookieHash = (await volatile.get(`session-at:${id}`)) ?? "";
      const record = (await volatile.get(SESSION_PREFIX + cookieHash)) ?? "";
      await logOut();
      await volatile.set(`session-at:${id}`, cookieHash, HOUR_MS);
      await volatile.set(SESSION_PREFIX + cookieHash, record, HOUR_MS);
      assert.equal(await isActive(token), true, "the store has forgotten the logout");
      await endAgain(durable.endedSessions, app.parts.sessions, app.clock);
      assert.equal(await isActive(token), false);
    });

    test("nothing in the store can be shown as the token", async () => {
      const { token, logOut } = await app.logIn();
      const { id } = await onlySession();
      const cookieHash = (await app.parts.stores.volatile.get(`session-at:${id}`)) ?? "";
      const { hash = "" } = readToken(token ?? "") ?? {};
      const kept = (await app.parts.stores.volatile.get(`sso:${hash}`)) ?? "";
      assert.match(kept, /"sessionId"/);
      assert.ok(!kept.includes(token ?? "gth_"));
      for (const text of [hash, cookieHash, id, `gth_sso_${hash}`]) assert.equal(await isActive(text), false);
      await logOut();
    });
  });
}
