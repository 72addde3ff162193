import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { authorization, REDIRECT_URI } from "../fixtures/oidc/authorization.ts";
import { oidcApplication } from "../fixtures/oidc/application.ts";
import { answerOf, flowOf, jsonOf, TestBrowser } from "../fixtures/oidc/client.ts";
import { basic, STORED_SECRET } from "../fixtures/oidc/client-secret.ts";
import { HOSTILE_ADDRESSES } from "../fixtures/oidc/hostile-addresses.ts";
import { type OidcApp, startOidcApp } from "../fixtures/oidc-app.ts";

let app: OidcApp;
before(async () => {
  const confidential = { secrets: [STORED_SECRET] };
  app = await startOidcApp({
    applications: [
      oidcApplication({ ...confidential, parRequired: true }),
      oidcApplication({ ...confidential, id: "planner" }),
    ],
  });
});
after(async () => await app.close());

type Changes = Readonly<Record<string, string | undefined>>;

async function push(changes: Changes = {}, headers: Readonly<Record<string, string>> = {}) {
  const response = await fetch(`${app.origin}/oauth2/par`, {
    method: "POST",
    body: new URLSearchParams(authorization(changes)),
    headers: { authorization: basic("wiki"), ...headers },
  });
  return { response, body: await jsonOf(response) };
}

async function errorOf(changes: Changes, headers: Readonly<Record<string, string>> = {}): Promise<string> {
  const { response, body } = await push(changes, headers);
  assert.equal("request_uri" in body, false);
  return `${response.status} ${String(body["error"])}`;
}

async function open(browser: TestBrowser, changes: Record<string, string>, extra = ""): Promise<Response> {
  const query = new URLSearchParams({ client_id: "wiki", ...changes }).toString();
  return await browser.get(`/oauth2/authorize?${query}${extra}`);
}

async function loggedIn(): Promise<TestBrowser> {
  const browser = new TestBrowser(app);
  await browser.logIn();
  return browser;
}

async function pushedUri(changes: Changes = {}): Promise<string> {
  return String((await push(changes)).body["request_uri"]);
}

describe("POST /oauth2/par", () => {
  test("201, JSON, no-store, and the address leads to the answer (CF-99, OA-91)", async () => {
    const { response, body } = await push({ state: "pushed" });
    assert.equal(response.status, 201);
    assert.match(response.headers.get("content-type") ?? "", /^application\/json/);
    assert.equal(response.headers.get("cache-control"), "no-store");
    assert.equal(body["expires_in"], 60);
    const answer = answerOf(await open(await loggedIn(), { request_uri: String(body["request_uri"]) }));
    assert.equal(answer["state"], "pushed");
    assert.ok("code" in answer);
  });

  test("without the client's secret, with a wrong one, or as another client it is 401 (OA-90)", async () => {
    assert.equal(await errorOf({}, { authorization: basic("wiki", "wrong") }), "401 invalid_client");
    assert.equal(await errorOf({}, { authorization: basic("planner") }), "401 invalid_client");
    assert.equal(await errorOf({}, { authorization: basic("nobody") }), "401 invalid_client");
  });

  test("a request_uri inside is refused (CF-98)", async () => {
    assert.equal(await errorOf({ request_uri: await pushedUri() }), "400 invalid_request");
    assert.equal(await errorOf({ request_uri: "https://wiki.example.org/r" }), "400 invalid_request");
  });

  test("whatever authorize would refuse is refused here, as JSON (CF-87, CF-88, CF-90, CF-91)", async () => {
    assert.equal(await errorOf({ redirect_uri: undefined }), "400 invalid_request");
    assert.equal(
      await errorOf({ code_challenge: undefined, code_challenge_method: undefined }),
      "400 invalid_request",
    );
    assert.equal(await errorOf({ code_challenge_method: "plain" }), "400 invalid_request");
    assert.equal(await errorOf({ response_type: "code id_token" }), "400 unsupported_response_type");
    assert.equal(await errorOf({ request: "a.b.c" }), "400 request_not_supported");
    assert.equal(await errorOf({ resource: "https://api.example.org" }), "400 invalid_target");
    assert.equal(await errorOf({ prompt: "none login" }), "400 invalid_request");
  });

  for (const hostile of HOSTILE_ADDRESSES.filter((uri) => uri !== REDIRECT_URI)) {
    test(`a hostile redirect_uri is refused: ${JSON.stringify(hostile).slice(0, 70)}`, async () => {
      assert.equal(await errorOf({ redirect_uri: hostile }), "400 invalid_request");
    });
  }

  test("GET is 405, JSON 415, and more than 64 KiB 413 (CF-99, OA-93)", async () => {
    const url = `${app.origin}/oauth2/par`;
    assert.equal((await fetch(url)).status, 405);
    const json = { method: "POST", body: "{}", headers: { "content-type": "application/json" } };
    assert.equal((await fetch(url, json)).status, 415);
    assert.equal((await push({ claims: "x".repeat(70_000) })).response.status, 413);
  });
});

describe("the pushed address at the authorization endpoint", () => {
  test("what comes beside it is ignored, client_id excepted (CF-89)", async () => {
    const request_uri = await pushedUri({ state: "inner", scope: "openid" });
    const beside = { request_uri, state: "outer", redirect_uri: "https://evil.test/", prompt: "none" };
    const answer = answerOf(await open(await loggedIn(), beside), REDIRECT_URI);
    assert.equal(answer["state"], "inner");
  });

  test("opened twice before the login it works; answered, it is a page (CF-94, CF-95)", async () => {
    const request_uri = await pushedUri();
    const browser = new TestBrowser(app);
    const first = flowOf(await open(browser, { request_uri }), "/login");
    const second = flowOf(await open(browser, { request_uri }), "/login");
    assert.ok("code" in answerOf(await browser.get(`/test/login?flow=${second}`)));
    assert.equal(answerOf(await browser.get(`/resume?flow=${first}`))["error"], "access_denied");
    assert.equal((await open(browser, { request_uri })).status, 400);
  });

  test("another client's, an expired and an invented one are pages (CF-96, CF-97, OA-92)", async () => {
    const browser = await loggedIn();
    const request_uri = await pushedUri();
    assert.equal((await open(browser, { request_uri, client_id: "planner" })).status, 400);
    app.clock.advance(61_000);
    assert.equal((await open(browser, { request_uri })).status, 400);
    const invented = `urn:ietf:params:oauth:request_uri:${"A".repeat(43)}`;
    assert.equal((await open(browser, { request_uri: invented })).status, 400);
  });

  test("two request_uri parameters are refused, whichever is good", async () => {
    const request_uri = await pushedUri();
    const response = await open(await loggedIn(), { request_uri }, `&request_uri=${request_uri}`);
    assert.equal(response.status, 400);
    assert.equal(response.headers.get("location"), null);
  });

  test("a client that must push gets no code without (CF-86)", async () => {
    const answer = answerOf(await (await loggedIn()).authorize());
    assert.equal(answer["error"], "invalid_request");
    assert.equal("code" in answer, false);
  });
});
