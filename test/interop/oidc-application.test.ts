import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import { after, before, beforeEach, describe, test } from "node:test";
import { exportJWK, generateKeyPair, type JWTHeaderParameters, SignJWT } from "jose";
import { createOidcApplication } from "../../examples/oidc-application.ts";
import { HttpBrowser } from "../journey/http-browser.ts";
import { listenAnywhere } from "./pretended-provider.ts";

/** Claims of a token; `undefined` leaves one out. */
type Claims = Readonly<Record<string, unknown>>;

const CLIENT_ID = "planner";
const EVENT = "http://schemas.openid.net/event/backchannel-logout";

// A provider of the test's own, that says and signs what it is told to.
describe("the OpenID Connect application", () => {
  const said: { nonce: string; idToken: Claims; sub: string } = { nonce: "", idToken: {}, sub: "alice" };
  let keys: Awaited<ReturnType<typeof generateKeyPair>>;
  let strangers: Awaited<ReturnType<typeof generateKeyPair>>;
  let [provider, application]: [Server, Server] = [createServer(), createServer()];
  let [issuer, base] = ["", ""];
  let browser = new HttpBrowser();

  before(async () => {
    keys = await generateKeyPair("RS256", { extractable: true });
    strangers = await generateKeyPair("RS256");
    [provider, application] = [createServer(), createServer()];
    issuer = `http://127.0.0.1:${await listenAnywhere(provider)}`;
    base = `http://127.0.0.1:${await listenAnywhere(application)}`;
    const jwk = { ...(await exportJWK(keys.publicKey)), kid: "k", use: "sig", alg: "RS256" };
    provider.on("request", (request, response) => {
      void answerOf(request.url ?? "", jwk).then((body) =>
        response.setHeader("Content-Type", "application/json").end(JSON.stringify(body)),
      );
    });
    application.on(
      "request",
      createOidcApplication({
        baseUrl: base,
        gatehouse: issuer,
        otherUrl: "http://localhost:1",
        clientId: CLIENT_ID,
        clientSecret: "secret",
      }),
    );
  });
  after(() => {
    for (const server of [provider, application]) {
      server.close();
      server.closeAllConnections();
    }
  });
  beforeEach(() => {
    browser = new HttpBrowser();
    Object.assign(said, { idToken: {}, sub: "alice" });
  });

  describe("a login", () => {
    test("an honest answer logs the person in, and what came is shown as text", async () => {
      await logIn();
      const page = await browser.open(`${base}/`);
      assert.match(page.text, /Hello, Alice &#60;b&#62;/);
      assert.doesNotMatch(page.text, /<b>/);
    });

    test("the answer to a login of another browser logs nobody in", async () => {
      const { callback } = await begin();
      browser = new HttpBrowser();
      assert.equal((await browser.open(callback)).status, 400);
      await begin();
      assert.equal((await browser.open(callback)).status, 400);
      await assertNobody();
    });

    test("an answer counts once", async () => {
      const { callback } = await begin();
      assert.equal((await browser.open(callback)).status, 200);
      assert.equal((await browser.open(callback)).status, 400);
    });

    const lies: readonly (readonly [what: string, lie: () => Claims])[] = [
      ["is for another client", () => ({ aud: "somebody-else" })],
      ["is of another issuer", () => ({ iss: "https://other.example" })],
      ["carries another nonce", () => ({ nonce: "another" })],
      ["has expired", () => ({ exp: Math.floor(Date.now() / 1000) - 3_600 })],
    ];
    for (const [what, lie] of lies) {
      test(`an ID token that ${what} logs nobody in`, async () => {
        said.idToken = lie();
        const { callback } = await begin();
        assert.equal((await browser.open(callback)).status, 400);
        await assertNobody();
      });
    }

    test("an answer that names another issuer logs nobody in (RFC 9207)", async () => {
      const { callback } = await begin();
      const mixedUp = new URL(callback);
      mixedUp.searchParams.set("iss", "https://other.example");
      assert.equal((await browser.open(mixedUp.href)).status, 400);
      await assertNobody();
    });

    test("a userinfo answer about somebody else logs nobody in", async () => {
      said.sub = "mallory";
      const { callback } = await begin();
      assert.equal((await browser.open(callback)).status, 400);
      await assertNobody();
    });
  });

  describe("a logout token", () => {
    test("an honest one ends the session without the browser, and counts once", async () => {
      await logIn();
      const token = await logoutToken({});
      assert.equal(await deliver(token), 200);
      await assertNobody();
      assert.equal(await deliver(token), 400);
    });

    test("one for another session or another person ends nothing here", async () => {
      await logIn();
      assert.equal(await deliver(await logoutToken({ sid: "another" })), 200);
      assert.equal(await deliver(await logoutToken({ sub: "bob", sid: undefined })), 200);
      await assertAlice();
    });

    const forged: readonly (readonly [what: string, claims: Claims, header?: JWTHeaderParameters])[] = [
      ["is for another client", { aud: "somebody-else" }],
      ["is of another issuer", { iss: "https://other.example" }],
      ["has a nonce, as an ID token has", { nonce: "n" }],
      ["tells of no logout", { events: {} }],
      ["names neither a person nor a session", { sub: undefined, sid: undefined }],
      ["has no id", { jti: undefined }],
      ["has expired", { exp: Math.floor(Date.now() / 1000) - 600 }],
      ["is an hour old", { iat: Math.floor(Date.now() / 1000) - 3_600 }],
      ["is an ID token by its type", {}, { alg: "RS256", kid: "k", typ: "JWT" }],
    ];
    for (const [what, claims, header] of forged) {
      test(`one that ${what} ends nobody's session`, async () => {
        await logIn();
        assert.equal(await deliver(await logoutToken(claims, header)), 400);
        await assertAlice();
      });
    }

    test("one that a stranger signed, an unsigned one and none at all end nobody's session", async () => {
      await logIn();
      const honest = await logoutToken({});
      const [, payload = ""] = honest.split(".");
      const none = Buffer.from('{"alg":"none","typ":"logout+jwt"}').toString("base64url");
      const strange = await logoutToken({}, undefined, strangers.privateKey);
      for (const token of [strange, `${none}.${payload}.`, honest.slice(0, -4), ""]) {
        assert.equal(await deliver(token), 400);
      }
      await assertAlice();
    });
  });

  /** Sends the browser off, and says what the provider would send it back to. */
  async function begin(): Promise<{ callback: string }> {
    const response = await browser.request(`${base}/login`);
    const to = new URL(response.headers.get("location") ?? "").searchParams;
    assert.equal(to.get("code_challenge_method"), "S256");
    said.nonce = to.get("nonce") ?? "";
    const back = new URL(to.get("redirect_uri") ?? "");
    back.search = new URLSearchParams({ code: "c", state: to.get("state") ?? "", iss: issuer }).toString();
    return { callback: back.href };
  }

  async function logIn(): Promise<void> {
    const { callback } = await begin();
    assert.equal((await browser.open(callback)).status, 200);
    await assertAlice();
  }

  async function deliver(token: string): Promise<number> {
    const body = new URLSearchParams({ logout_token: token });
    return (await fetch(`${base}/backchannel-logout`, { method: "POST", body })).status;
  }

  async function logoutToken(claims: Claims, header?: JWTHeaderParameters, key = keys.privateKey) {
    const iat = Math.floor(Date.now() / 1000);
    const honest = { iss: issuer, aud: CLIENT_ID, iat, exp: iat + 120, sub: "alice", sid: "session-1" };
    return await new SignJWT({ ...honest, jti: crypto.randomUUID(), events: { [EVENT]: {} }, ...claims })
      .setProtectedHeader(header ?? { alg: "RS256", kid: "k", typ: "logout+jwt" })
      .sign(key);
  }

  async function assertAlice(): Promise<void> {
    assert.match((await browser.open(`${base}/`)).text, /Hello, Alice/);
  }

  async function assertNobody(): Promise<void> {
    assert.match((await browser.open(`${base}/`)).text, /Nobody is logged in here yet/);
  }

  async function answerOf(path: string, jwk: object): Promise<unknown> {
    if (path.startsWith("/.well-known/")) return discovery();
    if (path === "/jwks") return { keys: [jwk] };
    if (path === "/userinfo") return { sub: said.sub, name: "Alice <b>", email: "alice@example.org" };
    const iat = Math.floor(Date.now() / 1000);
    const honest = { iss: issuer, aud: CLIENT_ID, sub: "alice", sid: "session-1", iat, exp: iat + 300 };
    const idToken = await new SignJWT({ ...honest, auth_time: iat, nonce: said.nonce, ...said.idToken })
      .setProtectedHeader({ alg: "RS256", kid: "k" })
      .sign(keys.privateKey);
    return { access_token: "a", token_type: "Bearer", expires_in: 300, id_token: idToken };
  }

  function discovery() {
    return {
      issuer,
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/token`,
      userinfo_endpoint: `${issuer}/userinfo`,
      jwks_uri: `${issuer}/jwks`,
      authorization_response_iss_parameter_supported: true,
      id_token_signing_alg_values_supported: ["RS256"],
    };
  }
});
