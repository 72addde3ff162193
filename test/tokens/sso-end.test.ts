import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type SsoApp, startSsoApp } from "./sso-app.ts";

describe("what an SSO token does to its session, and the session to those who were told", () => {
  let app: SsoApp;
  before(async () => {
    app = await startSsoApp();
  });
  after(async () => await app.close());

  const active = async (token: string | undefined) => (await app.verify(token))["active"];
  const endings = async () => {
    await app.parts.audit.flush();
    const { items } = await app.parts.stores.durable.audit.list({ action: "sso-token.revoked", limit: 100 });
    return items.map(({ detail, outcome, targetKind }) => ({ ...detail, outcome, targetKind }));
  };
  const sessionsOf = async (username: string) =>
    await app.parts.sessions.listByAccount((await app.accountOf(username)).id);

  test("an application that was told who is there stands in the receipt of the logout; one that only asked does not", async () => {
    const carol = await app.logIn("carol");
    await app.verify(carol.token, "shop");
    await app.introspect(carol.token, "shop");
    await app.verify(carol.token, "hr");
    await app.verify(carol.token, "elsewhere");
    const [session] = await sessionsOf("carol");
    const [receipt] = await app.protocols.endSession.endQuietly([session?.id ?? ""]);
    assert.deepEqual(
      receipt?.entries.map(({ applicationId, outcome }) => [applicationId, outcome]),
      [["shop", "not-supported"]],
    );
  });

  test("the first answer in a session is a line of the audit trail, those after it are none", async () => {
    const carol = await app.logIn("carol");
    const { id } = await app.accountOf("carol");
    const lines = async () => {
      await app.parts.audit.flush();
      const filter = { action: "sign-on.succeeded", actorId: id, limit: 100 };
      return (await app.parts.stores.durable.audit.list(filter)).items;
    };
    const before = (await lines()).length;
    for (let n = 0; n < 3; n++) await app.verify(carol.token, "shop", { address: "192.0.2.7" });
    const [line, ...more] = await lines();
    assert.equal(more.length, before);
    assert.deepEqual(
      [line?.targetId, line?.address, line?.detail["protocol"]],
      ["shop", "192.0.2.7", "sso-token"],
    );
    await carol.logOut();
  });

  test("an application that signed on by OpenID Connect in the session keeps its entry as it is", async () => {
    const carol = await app.logIn("carol");
    const [session] = await sessionsOf("carol");
    const { id, accountId } = session ?? { id: "", accountId: "" };
    const entry = {
      applicationId: "shop",
      protocol: "oidc",
      subject: accountId,
      sessionIndex: "_as-it-was",
      lastSignOnMs: 1,
      wire: { kept: "yes" },
    } as const;
    await app.parts.participants.record(id, accountId, entry);
    assert.equal(await active(carol.token), true);
    assert.deepEqual(await app.parts.participants.list(id), [entry]);
    await carol.logOut();
  });

  for (const [what, path] of [
    ["an address", (token: string) => `/?t=${token}`],
    ["an address as an access token", (token: string) => `/oauth2/userinfo?access_token=${token}`],
    ["a path", (token: string) => `/${token}`],
  ] as const) {
    test(`one that stands in ${what} takes its session with it, and that alone`, async () => {
      const [carol, other] = [await app.logIn("carol"), await app.logIn("carol")];
      const before = (await endings()).length;
      const answer = await fetch(app.origin + path(carol.token ?? ""));
      assert.equal(answer.status, 400);
      assert.deepEqual([await active(carol.token), await active(other.token)], [false, true]);
      assert.match((await carol.get("/account/sessions")).headers.get("location") ?? "", /\/login/);
      const [line, ...earlier] = await endings();
      assert.equal(earlier.length, before);
      const evidence = { reason: "exposed", by: "query", address: "127.0.0.1" };
      assert.deepEqual(line, { ...evidence, outcome: "success", targetKind: "session" });
      await other.logOut();
    });
  }

  test("one that is reported as leaked takes its session with it; a second report finds nothing", async () => {
    const carol = await app.logIn("carol");
    const report = async () => {
      const body = JSON.stringify({ token: carol.token, source: "a paste" });
      const headers = { "Content-Type": "application/json" };
      return (await fetch(`${app.origin}/tokens/report-leak`, { method: "POST", headers, body })).status;
    };
    assert.deepEqual([await report(), await report()], [202, 202]);
    assert.equal(await active(carol.token), false);
    const leaked = (await endings()).filter((line) => "reason" in line && line["reason"] === "leaked");
    assert.equal(leaked.length, 1);
  });

  test("an application that may check it may revoke it, and the session has ended", async () => {
    const carol = await app.logIn("carol");
    await app.revoke(carol.token, "shop");
    assert.equal(await active(carol.token), false);
    assert.match((await carol.get("/account/sessions")).headers.get("location") ?? "", /\/login/);
  });

  test("an application that may not check it revokes nothing", async () => {
    const carol = await app.logIn("carol");
    // The last may check tokens, but its access rule keeps this person out.
    for (const client of ["elsewhere", "asks-each-person", "no-address", "hr"])
      await app.revoke(carol.token, client);
    assert.equal(await active(carol.token), true);
    await carol.logOut();
  });

  test("the watch counts what was told and what was not under the session, by address and application", async () => {
    const carol = await app.logIn("carol");
    const [session] = await sessionsOf("carol");
    const tokenId = session?.id ?? "";
    for (let n = 0; n < 3; n++) await app.verify(carol.token, "shop", { address: "192.0.2.7" });
    await app.verify(carol.token, "hr", { address: "192.0.2.7" });
    await app.introspect(carol.token, "shop");
    await app.protocols.watch.flush();
    const day = new Date(app.clock.nowMs()).toISOString().slice(0, 10);
    const counts = await app.parts.stores.durable.tokenUse.list(tokenId, day);
    assert.deepEqual(
      new Set(
        counts.map(({ address, resource, outcome, count }) => `${address} ${resource} ${outcome} ${count}`),
      ),
      new Set(["192.0.2.7 hr owner 1", "192.0.2.7 shop ok 3", "unknown shop ok 1"]),
    );
    await carol.logOut();
  });

  test("one that is used from many networks at once is stopped by the watch, with its session", async () => {
    const carol = await app.logIn("carol");
    for (let n = 1; n <= 20; n++) await app.verify(carol.token, "shop", { address: `198.51.${n}.7` });
    await app.protocols.watch.flush();
    assert.equal(await active(carol.token), false);
    const [line] = await endings();
    assert.equal(line !== undefined && "reason" in line && line["reason"], "rule:many-networks");
  });

  test("one that an application asks about over plain http takes its session with it", async () => {
    const proxied = await startSsoApp({ GATEHOUSE_TRUST_PROXY: "127.0.0.1" });
    try {
      const carol = await proxied.logIn("carol");
      const headers = { "Content-Type": "application/json", "X-Forwarded-Proto": "http" };
      const body = JSON.stringify({ token: carol.token });
      const answer = await fetch(`${proxied.origin}/tokens/verify`, { method: "POST", headers, body });
      assert.equal(answer.status, 400);
      assert.deepEqual(await proxied.verify(carol.token), { active: false });
    } finally {
      await proxied.close();
    }
  });
});
