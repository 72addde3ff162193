import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { authorization } from "../fixtures/oidc/authorization.ts";
import { oidcApplication, person } from "../fixtures/oidc/application.ts";
import { answerOf, flowOf, locationOf, TestBrowser } from "../fixtures/oidc/client.ts";
import { ISSUER, type OidcApp, startOidcApp } from "../fixtures/oidc-app.ts";

const PATH = "/oauth2/authorize";

let app: OidcApp;
before(async () => {
  app = await startOidcApp({
    applications: [
      oidcApplication(),
      oidcApplication({ id: "asks", consent: "ask" }),
      oidcApplication({ id: "off", enabled: false }),
      oidcApplication({ id: "closed", access: { kind: "groups", groups: ["finance"] } }),
      oidcApplication({ id: "spa", profile: "browser", authenticationMethod: "none" }),
    ],
    accounts: [person(), person({ id: "b0b", username: "bob", email: "bob@example.org" })],
  });
});
after(async () => await app.close());

async function loggedIn(account?: string): Promise<TestBrowser> {
  const browser = new TestBrowser(app);
  await browser.logIn(account);
  return browser;
}

describe("with a session", () => {
  test("the answer comes at once: code, state and iss, nothing else", async () => {
    const answer = answerOf(await (await loggedIn()).authorize());
    assert.deepEqual(Object.keys(answer), ["code", "state", "iss"]);
    assert.match(answer["code"] ?? "", /^[\w-]{43}$/);
    assert.equal(answer["state"], "st-1");
    assert.equal(answer["iss"], ISSUER);
  });

  test("the code stands for what was asked, and is bound to client, address, challenge and session (OA-21)", async () => {
    const { code = "" } = answerOf(await (await loggedIn()).authorize({ scope: "openid email admin" }));
    const redeemed = await app.codes.redeem(code, "wiki");
    assert.ok(redeemed.state === "yours");
    const { sessionId, familyId, ...payload } = redeemed.value;
    assert.deepEqual(payload, {
      clientId: "wiki",
      accountId: "a11ce",
      redirectUri: "https://wiki.example.org/cb",
      redirectUriWasSent: true,
      scopes: ["openid", "email"],
      nonce: "n-1",
      codeChallenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
      authTimeMs: app.clock.nowMs(),
      context: "password",
      acr: "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport",
      methods: ["pwd"],
      resources: [],
      issuedAtMs: app.clock.nowMs(),
    });
    assert.match(familyId, /^[0-9a-f]{32}$/);
    assert.notEqual(await app.sessions.get(sessionId), undefined);
  });

  test("the participant is recorded under the sub and sid that the ID token will have", async () => {
    const { code = "" } = answerOf(await (await loggedIn()).authorize());
    const redeemed = await app.codes.redeem(code, "wiki");
    assert.ok(redeemed.state === "yours");
    const [participant] = await app.participants.list(redeemed.value.sessionId);
    assert.equal(participant?.subject, "a11ce");
    assert.match(participant?.sessionIndex ?? "", /^_[\w-]{22}$/);
  });

  test("fragment puts the answer behind # for a browser application", async () => {
    const response = await (await loggedIn()).authorize({ client_id: "spa", response_mode: "fragment" });
    assert.match(locationOf(response), /^https:\/\/wiki\.example\.org\/cb#code=[\w-]+&state=st-1&iss=/);
  });

  test("an application that is not open to the account, or is switched off, gets an error and no code", async () => {
    const browser = await loggedIn();
    for (const [client_id, error] of [
      ["closed", "access_denied"],
      ["off", "unauthorized_client"],
    ] as const) {
      const answer = answerOf(await browser.authorize({ client_id }));
      assert.equal(answer["error"], error);
      assert.deepEqual(Object.keys(answer), ["error", "error_description", "state", "iss"]);
    }
  });
});

describe("without a session", () => {
  test("the person logs in and the answer follows, once", async () => {
    const browser = new TestBrowser(app);
    const flow = flowOf(await browser.authorize(), "/login");
    assert.equal(answerOf(await browser.get(`/test/login?flow=${flow}`))["state"], "st-1");
    const again = await browser.get(`/resume?flow=${flow}`);
    assert.equal(again.status, 400);
    assert.equal(again.headers.get("location"), null);
  });

  test("the flow of one browser is nothing in another", async () => {
    const flow = flowOf(await new TestBrowser(app).authorize(), "/login");
    const other = await loggedIn();
    assert.equal((await other.get(`/resume?flow=${flow}`)).status, 400);
  });

  test("a person who cancels sends access_denied with state and iss (CF-72b)", async () => {
    const browser = new TestBrowser(app);
    const flow = flowOf(await browser.authorize(), "/login");
    const answer = answerOf(await browser.get(`/test/refuse?flow=${flow}`));
    assert.deepEqual([answer["error"], answer["state"], answer["iss"]], ["access_denied", "st-1", ISSUER]);
  });
});

describe("consent", () => {
  test("is asked once for each scope; without it prompt=none is consent_required", async () => {
    const browser = await loggedIn("b0b");
    const scope = "openid email";
    const silent = await browser.authorize({ client_id: "asks", scope, prompt: "none" });
    assert.equal(answerOf(silent)["error"], "consent_required");
    const flow = flowOf(await browser.authorize({ client_id: "asks", scope }), "/consent");
    assert.ok("code" in answerOf(await browser.get(`/test/allow?flow=${flow}&scopes=email`)));
    assert.ok("code" in answerOf(await browser.authorize({ client_id: "asks", scope, prompt: "none" })));
  });

  test("less than was asked may be allowed, and the code then has less", async () => {
    const browser = await loggedIn();
    const scope = "openid email profile";
    const claims = '{"userinfo":{"phone_number":null,"name":null}}';
    const flow = flowOf(await browser.authorize({ client_id: "asks", scope, claims }), "/consent");
    const { code = "" } = answerOf(await browser.get(`/test/allow?flow=${flow}&scopes=profile`));
    const redeemed = await app.codes.redeem(code, "asks");
    assert.ok(redeemed.state === "yours");
    assert.deepEqual(redeemed.value.scopes, ["openid", "profile"]);
    assert.deepEqual(redeemed.value.claims, { idToken: [], userinfo: [{ name: "name", essential: false }] });
  });

  test("a claim that was asked for by name and allowed does not bring its whole scope", async () => {
    const browser = await loggedIn();
    const claims = '{"id_token":{"phone_number":null}}';
    const flow = flowOf(
      await browser.authorize({ client_id: "asks", claims, prompt: "consent" }),
      "/consent",
    );
    const { code = "" } = answerOf(await browser.get(`/test/allow?flow=${flow}&scopes=phone`));
    const redeemed = await app.codes.redeem(code, "asks");
    assert.ok(redeemed.state === "yours");
    assert.deepEqual(redeemed.value.scopes, ["openid"]);
    assert.deepEqual(redeemed.value.claims?.idToken, [{ name: "phone_number", essential: false }]);
  });
});

describe("POST (CF-31)", () => {
  const body = new URLSearchParams(authorization()).toString();

  test("from another site it is parked, and the GET that follows has the session: no second login", async () => {
    const browser = await loggedIn();
    const parked = await browser.crossSitePost(PATH, body);
    flowOf(parked, "/resume");
    assert.ok("code" in answerOf(await browser.follow(parked)));
  });

  test("it sets no cookie, so the browser's own binding is not overwritten", async () => {
    const parked = await (await loggedIn()).crossSitePost(PATH, body);
    assert.deepEqual(parked.headers.getSetCookie(), []);
  });

  test("with the session's cookie it is answered at once", async () => {
    assert.ok("code" in answerOf(await (await loggedIn()).post(PATH, body)));
  });

  test("parameters of the address are not mixed with those of the form", async () => {
    const response = await (await loggedIn()).post(`${PATH}?prompt=login&state=other`, body);
    assert.equal(answerOf(response)["state"], "st-1");
  });

  test("another content type, a broken encoding and too many bytes are refused with a page", async () => {
    const json = { method: "POST", headers: { "content-type": "application/json" }, body: "{}" };
    assert.equal((await fetch(app.origin + PATH, json)).status, 415);
    const browser = new TestBrowser(app);
    assert.equal((await browser.crossSitePost(PATH, `${body}&x=%ff`)).status, 400);
    assert.equal((await browser.crossSitePost(PATH, `${body}&x=${"x".repeat(70_000)}`)).status, 413);
  });
});

describe("the endpoint itself", () => {
  test("no CORS header, whatever origin asks (OA-09); no caching, no framing, no referrer (OA-07, OA-08)", async () => {
    const browser = await loggedIn();
    for (const response of [
      await browser.get(`${PATH}?${new URLSearchParams(authorization()).toString()}`, {
        origin: "https://wiki.example.org",
      }),
      await browser.get(PATH, { origin: "https://wiki.example.org" }),
    ]) {
      assert.equal(response.headers.get("access-control-allow-origin"), null);
      assert.equal(response.headers.get("cache-control"), "no-store");
      assert.equal(response.headers.get("referrer-policy"), "no-referrer");
      assert.equal(response.headers.get("x-frame-options"), "DENY");
      assert.match(response.headers.get("content-security-policy") ?? "", /frame-ancestors 'none'/);
    }
  });

  test("HEAD and other methods are 405 and use nothing up", async () => {
    const query = new URLSearchParams(authorization()).toString();
    for (const method of ["HEAD", "PUT", "DELETE", "OPTIONS"]) {
      const response = await fetch(`${app.origin}${PATH}?${query}`, { method, redirect: "manual" });
      assert.equal(response.status, 405, method);
      assert.equal(response.headers.get("allow"), "GET, POST");
    }
  });

  test("a query that cannot be decoded is a page", async () => {
    const response = await new TestBrowser(app).get(`${PATH}?client_id=%ff`);
    assert.equal(response.status, 400);
    assert.match(response.headers.get("content-type") ?? "", /^text\/html/);
  });

  test("a forged Host changes no address of ours", async () => {
    const response = await new TestBrowser(app).get(
      `${PATH}?${new URLSearchParams(authorization()).toString()}`,
      {
        "x-forwarded-host": "evil.test",
        "x-forwarded-proto": "https",
      },
    );
    assert.ok(locationOf(response).startsWith(`${ISSUER}/login?`));
  });
});
