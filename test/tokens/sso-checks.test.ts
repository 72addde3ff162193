import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { SSO_COOKIE } from "../../src/http/sso-cookie.ts";
import { systemRandom } from "../../src/platform/random.ts";
import { makeToken } from "../../src/tokens/token-format.ts";
import { type LoggedInBrowser, type SsoApp, startSsoApp } from "./sso-app.ts";
import { askVerify, make, person, SERVICE_SECRET, startTokenApp } from "./token-app.ts";

const INACTIVE = { active: false };

describe("who is told what about an SSO token", () => {
  let app: SsoApp;
  let carol: LoggedInBrowser;
  before(async () => {
    app = await startSsoApp();
    carol = await app.logIn();
  });
  after(async () => await app.close());

  test("an application of the domain hears who it is, since when, how it was proved, and its name for the session", async () => {
    const account = await app.accountOf("carol");
    const nowSeconds = Math.floor(app.clock.nowMs() / 1_000);
    const answer = await app.verify(carol.token, "shop", { address: "192.0.2.7" });
    assert.match(String(answer["sid"]), /^_[\w-]{22}$/);
    const { sid: _, ...rest } = answer;
    assert.deepEqual(rest, {
      active: true,
      kind: "sso",
      iss: "https://id.example.org",
      sub: account.id,
      username: "carol",
      preferred_username: "carol",
      updated_at: Math.floor(account.updatedAtMs / 1_000),
      aud: "shop",
      auth_time: nowSeconds,
      acr: "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport",
      amr: ["pwd"],
      iat: nowSeconds,
      exp: nowSeconds + 12 * 3_600,
    });
    assert.deepEqual(await app.introspect(carol.token), answer, "introspection says the same");
  });

  test("an application with pairwise names hears its own name for the person, and no other", async () => {
    const account = await app.accountOf("carol");
    await setGroups(["staff"]);
    const answer = await app.verify(carol.token, "hr");
    assert.equal(answer["active"], true);
    assert.equal(answer["username"], undefined);
    const { redirectUris: _, ...hr } = { ...app.parts.applications.oidcByClientId("hr") };
    assert.equal(hr.subjectType, "pairwise");
    assert.equal(answer["sub"], app.parts.subjects.pairwise(account.id, "hr.example.org"));
    assert.notEqual(answer["sid"], (await app.verify(carol.token))["sid"]);
    await setGroups([]);
  });

  test("whom the application's access rule keeps out is nobody there, and it is not said that they are somebody", async () => {
    const fresh = await app.logIn();
    assert.deepEqual(await app.verify(fresh.token, "hr"), INACTIVE);
    assert.deepEqual(await app.introspect(fresh.token, "hr"), INACTIVE);
    const session = await newestSession();
    assert.deepEqual(await app.parts.participants.list(session.id), [], "nobody was told anything");
  });

  for (const client of [
    "elsewhere",
    "looks-alike",
    "half",
    "logs-out-elsewhere",
    "plain-http",
    "own-scheme",
    "no-address",
    "asks-each-person",
  ]) {
    test(`the application "${client}" hears nothing`, async () => {
      assert.deepEqual(await app.verify(carol.token, client), INACTIVE);
      assert.deepEqual(await app.introspect(carol.token, client), INACTIVE);
    });
  }

  test("an application that is switched off is refused as a client", async () => {
    const application = app.parts.applications.oidcByClientId("shop");
    if (application === undefined) throw new Error("there is no shop");
    const { applications } = app.parts.stores.durable;
    await applications.update({ ...application, enabled: false });
    await app.parts.applications.reload();
    await assert.rejects(app.verify(carol.token), /401/);
    await assert.rejects(app.introspect(carol.token), /401/);
    await applications.update(application);
    await app.parts.applications.reload();
  });

  test("nobody in particular hears nothing, and neither does a service that may verify API tokens", async () => {
    assert.deepEqual((await askVerify(app, { token: carol.token })).body, INACTIVE);
    const { secret } = await make(app, person(app, "olga"), {
      limits: { resources: ["https://id.example.org/api"], scopes: ["tokens:verify"] },
    });
    const verifier = { Authorization: `Bearer ${secret}` };
    assert.deepEqual((await askVerify(app, { token: carol.token }, verifier)).body, INACTIVE);
  });

  test("it has no rights at any resource: a question for one is answered with no", async () => {
    assert.deepEqual(
      await app.verify(carol.token, "shop", { resource: "https://orders.example/" }),
      INACTIVE,
    );
    assert.deepEqual(await app.verify(carol.token, "shop", { scopes: ["orders:read"] }), INACTIVE);
  });

  const forged: Readonly<Record<string, (real: string) => string>> = {
    "one that we never made": () => makeToken("sso", systemRandom).text,
    "one with a letter changed": (real) => real.replace(/.$/, (last) => (last === "a" ? "b" : "a")),
    "one that is cut": (real) => real.slice(0, -1),
    "one that has grown": (real) => `${real}a`,
    "one in capitals": (real) => real.toUpperCase(),
    "one that says that it is a person's own": (real) => real.replace("_sso_", "_pat_"),
    "one that says that it is an access token": (real) => real.replace("_sso_", "_at_"),
    "one with white space around": (real) => ` ${real} `,
    "two at once": (real) => `${real} ${real}`,
  };
  for (const [what, forge] of Object.entries(forged)) {
    test(`${what} is inactive`, async () => {
      assert.deepEqual(await app.verify(forge(carol.token ?? "")), INACTIVE);
      assert.deepEqual(await app.introspect(forge(carol.token ?? "")), INACTIVE);
    });
  }

  test("it opens nothing of ours: no page, no API, no UserInfo, in no place where a token or a session could stand", async () => {
    const token = carol.token ?? "";
    const page = await carol.get("/account/sessions", `${SSO_COOKIE}=${token}`);
    assert.match(page.headers.get("location") ?? "", /\/login/);
    for (const cookie of [`__Host-gatehouse=${token}`, `__Host-gatehouse=s%3A${token}.x`]) {
      assert.match((await carol.get("/account/sessions", cookie)).headers.get("location") ?? "", /\/login/);
    }
    for (const path of ["/api/v1/tokens", "/oauth2/userinfo"]) {
      const answer = await fetch(app.origin + path, { headers: { Authorization: `Bearer ${token}` } });
      assert.equal(answer.status, 401, path);
    }
    assert.equal((await app.verify(token))["active"], true, "and trying it out has not ended it");
  });

  async function setGroups(groups: readonly string[]): Promise<void> {
    const account = await app.accountOf("carol");
    await app.parts.stores.durable.accounts.update({ ...account, groups }, { username: "carol" });
    app.parts.accounts.invalidate();
  }

  async function newestSession() {
    const { id } = await app.accountOf("carol");
    const sessions = await app.parts.sessions.listByAccount(id);
    const empty = await Promise.all(
      sessions.map(async (one) => ({ one, told: (await app.parts.participants.list(one.id)).length })),
    );
    const found = empty.find(({ told }) => told === 0)?.one;
    if (found === undefined) throw new Error("every session has participants");
    return found;
  }
});

describe("without a domain", () => {
  test("a login sets no cookie for others, and a client that asks hears nothing", async () => {
    const app = await startSsoApp({ GATEHOUSE_SSO_DOMAIN: "" });
    try {
      const { token, setCookies } = await app.logIn();
      assert.equal(token, undefined);
      assert.ok(![...setCookies.values()].some((line) => /Domain=/i.test(line)));
      const made = makeToken("sso", systemRandom).text;
      assert.deepEqual(await app.verify(made), INACTIVE);
      assert.deepEqual(await app.introspect(made), INACTIVE);
    } finally {
      await app.close();
    }
  });

  test("nothing is asked of the store about one", async () => {
    const app = await startTokenApp();
    try {
      assert.equal(app.parts.sso, undefined);
      assert.equal(app.protocols.checks.sso, undefined);
      const token = makeToken("sso", systemRandom).text;
      const basic = `Basic ${Buffer.from(`robot:${SERVICE_SECRET}`).toString("base64")}`;
      assert.deepEqual((await askVerify(app, { token }, { Authorization: basic })).body, INACTIVE);
    } finally {
      await app.close();
    }
  });
});
