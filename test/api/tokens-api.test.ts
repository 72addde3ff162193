import assert from "node:assert/strict";
import { describe, test, type TestContext } from "node:test";
import {
  type ApiAnswer,
  DAY_MS,
  forOwnApi,
  PLANNER,
  tokensApp,
  type TokensApp,
} from "../account/tokens-app.ts";

const DOCS = "/docs/api/problems/";

async function withToken(t: TestContext, who: "alice" | "olga", ...scopes: readonly string[]) {
  const app = await tokensApp(t);
  const { id, secret } = await app.make(who, forOwnApi(app, ...scopes));
  return { app, id, token: secret };
}

function wanted(app: TokensApp, limits: object = {}, life = 5) {
  return {
    name: "Made by a program",
    limits: { scopes: ["tokens:read"], resources: [`${app.url}/api`], ...limits },
    expires_at: new Date(app.clock.nowMs() + life * DAY_MS).toISOString(),
  };
}

function isProblem(answer: ApiAnswer, status: number, name: string): void {
  assert.equal(answer.status, status, answer.text);
  assert.equal(answer.headers.get("content-type"), "application/problem+json");
  assert.ok(String(answer.json?.["type"]).endsWith(DOCS + name), answer.text);
  assert.equal(answer.json?.["status"], status);
}

describe("the API of tokens", () => {
  test("leads a token through its life, with entity tags", async (t) => {
    const { app, token } = await withToken(t, "alice", "tokens:read", "tokens:write");
    const made = await app.api("/tokens", { method: "POST", token, body: wanted(app) });
    assert.equal(made.status, 201, made.text);
    assert.match(String(made.json?.["secret"]), /^gth_pat_/);
    assert.equal(made.headers.get("cache-control"), "no-store");
    const location = made.headers.get("location") ?? "";
    const path = location.slice(`${app.url}/api/v1`.length);
    const read = await app.api(path, { token });
    const etag = read.headers.get("etag") ?? "";
    assert.equal(read.status, 200);
    assert.ok(!read.text.includes(String(made.json?.["secret"])));
    const headers = { "if-match": etag };
    const body = { name: "Another name" };
    isProblem(await app.api(path, { method: "PATCH", token, body }), 428, "precondition-required");
    const changed = await app.api(path, { method: "PATCH", token, body, headers });
    assert.equal(changed.json?.["name"], "Another name");
    isProblem(await app.api(path, { method: "PATCH", token, body, headers }), 412, "stale");
    assert.equal((await app.api(path, { method: "DELETE", token })).status, 204);
    assert.equal((await app.api(path, { method: "DELETE", token })).status, 204);
    assert.equal((await app.api(path, { token })).json?.["state"], "revoked");
  });

  test("of twenty changes of one version one is made", async (t) => {
    const { app, id, token } = await withToken(t, "alice", "tokens:read", "tokens:write");
    const headers = { "if-match": (await app.api(`/tokens/${id}`, { token })).headers.get("etag") ?? "" };
    const change = async (n: number) =>
      await app.api(`/tokens/${id}`, { method: "PATCH", token, headers, body: { name: `Name ${n}` } });
    const answers = await Promise.all(Array.from({ length: 20 }, async (_, n) => await change(n)));
    const count = (status: number) => answers.filter((answer) => answer.status === status).length;
    assert.deepEqual([count(200), count(412)], [1, 19]);
  });

  test("gives a token nothing that the calling one has not", async (t) => {
    const { app, token } = await withToken(t, "olga", "tokens:read", "tokens:write");
    for (const body of [
      wanted(app, { scopes: ["tokens:read:all"] }),
      wanted(app, { scopes: ["planner:read"], resources: [PLANNER] }),
      wanted(app, {}, 60),
    ]) {
      isProblem(await app.api("/tokens", { method: "POST", token, body }), 422, "invalid-value");
    }
    for (const kind of ["key", "svc"]) {
      const body = { ...wanted(app), kind, owner: { kind: "project", id: "x" } };
      const { status } = await app.api("/tokens", { method: "POST", token, body });
      assert.ok([403, 422].includes(status));
    }
    assert.equal((await app.parts.stores.durable.apiTokens.list({}, { limit: 1 })).total, 1);
  });

  test("shows nobody the tokens of others, unless the scope is for all", async (t) => {
    const { app, token } = await withToken(t, "alice", "tokens:read", "tokens:write");
    const hers = await app.make("olga");
    isProblem(await app.api(`/tokens/${hers.id}`, { token }), 404, "not-found");
    isProblem(await app.api(`/tokens/${hers.id}/use`, { token }), 404, "not-found");
    isProblem(await app.api(`/tokens/${hers.id}`, { method: "DELETE", token }), 404, "not-found");
    assert.equal((await app.api("/tokens", { token })).json?.["total"], 1);
    const all = await app.make("olga", forOwnApi(app, "tokens:read:all"));
    assert.equal((await app.api("/tokens", { token: all.secret })).json?.["total"], 3);
  });

  test("walks through a list by its cursor, and Link names the next page", async (t) => {
    const { app, token } = await withToken(t, "alice", "tokens:read");
    for (let n = 0; n < 4; n++) await app.make("alice");
    const first = await app.api("/tokens?limit=2", { token });
    const link = /<([^>]*)>; rel="next"/.exec(first.headers.get("link") ?? "")?.[1] ?? "";
    const second = await app.api(link.slice(`${app.url}/api/v1`.length), { token });
    assert.equal(second.status, 200);
    assert.notDeepEqual(second.json?.["items"], first.json?.["items"]);
    isProblem(await app.api("/tokens?after=nonsense", { token }), 400, "invalid-request");
  });

  test("revokes many at once, after a preview of the same number", async (t) => {
    const { app, token } = await withToken(t, "olga", "tokens:read:all", "tokens:write:all");
    for (let n = 0; n < 3; n++) await app.make("alice");
    const filter = { owner_kind: "account", owner_id: app.alice.id };
    const ask = async (more: object) =>
      await app.api("/tokens/revocations", { method: "POST", token, body: { filter, ...more } });
    const preview = await ask({ preview: true });
    assert.equal(preview.json?.["count"], 3, preview.text);
    isProblem(await ask({ expected: 2 }), 412, "stale");
    assert.equal((await ask({ expected: 3 })).json?.["count"], 3);
    assert.equal((await ask({ preview: true })).json?.["count"], 0);
  });
});

describe("a call of the API is refused", () => {
  test("without a token, with an unknown one, with two, with a session's cookie alone", async (t) => {
    const { app, token } = await withToken(t, "alice", "tokens:read");
    const nobody = await app.api("/tokens");
    isProblem(nobody, 401, "unauthorized");
    assert.match(nobody.headers.get("www-authenticate") ?? "", /^Bearer realm="api"$/);
    const unknown = await app.api("/tokens", { token: `${token.slice(0, -1)}x` });
    isProblem(unknown, 401, "unauthorized");
    assert.match(unknown.headers.get("www-authenticate") ?? "", /error="invalid_token"/);
    const browser = await app.browserOf("alice");
    const page = await browser.get("/api/v1/tokens");
    assert.equal(page.status, 401);
  });

  test("with a scope that is not enough: 403, and the challenge names those that are", async (t) => {
    const { app, token } = await withToken(t, "alice", "tokens:read");
    const answer = await app.api("/tokens", { method: "POST", token, body: wanted(app) });
    isProblem(answer, 403, "insufficient-scope");
    assert.match(answer.headers.get("www-authenticate") ?? "", /scope="tokens:write tokens:write:all"/);
  });

  test("with a token of another API", async (t) => {
    const app = await tokensApp(t);
    const { secret } = await app.make("alice");
    isProblem(await app.api("/tokens", { token: secret }), 401, "unauthorized");
  });

  test("with a token in the address, which is revoked for it", async (t) => {
    const { app, id, token } = await withToken(t, "alice", "tokens:read");
    assert.equal((await app.api(`/tokens?access_token=${token}`)).status, 400);
    assert.equal((await app.parts.stores.durable.apiTokens.get(id))?.state, "revoked");
  });

  test("when its body is no JSON, has a member twice or one too many, or is of another kind", async (t) => {
    const { app, token } = await withToken(t, "alice", "tokens:read", "tokens:write");
    const post = async (body: unknown, headers = {}) =>
      await app.api("/tokens", { method: "POST", token, body, headers });
    isProblem(await post("{"), 400, "invalid-request");
    isProblem(await post('{"name":"a","name":"b"}'), 400, "invalid-request");
    isProblem(await post({ ...wanted(app), role: "owner" }), 400, "invalid-request");
    isProblem(await post("a=b", { "content-type": "text/plain" }), 415, "unsupported-media-type");
    isProblem(await post(`"${"x".repeat(70_000)}"`), 413, "too-large");
  });

  test("by an address or a method that is not there", async (t) => {
    const { app, token } = await withToken(t, "alice", "tokens:read");
    isProblem(await app.api("/nothing", { token }), 404, "not-found");
    const put = await app.api("/tokens", { method: "PUT", token });
    isProblem(put, 405, "method-not-allowed");
    assert.match(put.headers.get("allow") ?? "", /GET, HEAD.*POST|POST.*GET, HEAD/);
    isProblem(await app.api("/tokens", { token, headers: { accept: "text/html" } }), 406, "not-acceptable");
  });

  test("after sixty guesses from one address in a minute", async (t) => {
    const { app, token } = await withToken(t, "alice", "tokens:read");
    const guess = `${token.slice(0, -1)}x`;
    for (let n = 0; n < 60; n++) assert.equal((await app.api("/tokens", { token: guess })).status, 401);
    const refused = await app.api("/tokens", { token: guess });
    isProblem(refused, 429, "too-many-requests");
    assert.ok(Number(refused.headers.get("retry-after")) > 0);
    // Who has a good one is not held up by a neighbour who guesses.
    assert.equal((await app.api("/tokens", { token })).status, 200);
  });
});

test("the document of the API is served to everybody, and a problem's type leads to a page", async (t) => {
  const app = await tokensApp(t);
  const document = await app.api("/openapi.json");
  assert.equal(document.status, 200);
  assert.equal(document.json?.["openapi"], "3.1.1");
  const problem = (await app.api("/tokens")).json;
  const page = await fetch(String(problem?.["type"]));
  assert.equal(page.status, 200);
  assert.match(await page.text(), /A token is needed/);
});

test("every operation of the document answers at its address", async (t) => {
  const app = await tokensApp(t);
  const { secret } = await app.make(
    "olga",
    forOwnApi(app, "tokens:read:all", "tokens:write:all", "tokens:read"),
  );
  const paths = (await app.api("/openapi.json")).json?.["paths"] as Record<string, Record<string, unknown>>;
  let asked = 0;
  for (const [path, operations] of Object.entries(paths)) {
    for (const method of Object.keys(operations)) {
      const { status, text } = await app.api(path.replace("{id}", "0".repeat(32)), {
        method: method.toUpperCase(),
        token: secret,
        headers: { "if-match": '"1"' },
        ...(method === "post" || method === "patch" ? { body: "null" } : {}),
      });
      assert.ok(status !== 405 && status < 500, `${method} ${path}: ${status} ${text}`);
      asked += 1;
    }
  }
  assert.equal(asked, 11);
});

test("a leak that is reported revokes the token, and its owner is told", async (t) => {
  const app = await tokensApp(t);
  const { id, secret } = await app.make("alice");
  const report = await fetch(`${app.url}/tokens/report-leak`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ token: secret, source: "a repository" }),
  });
  assert.equal(report.status, 202);
  const { apiTokens, tokenNotices } = app.parts.stores.durable;
  const token = await apiTokens.get(id);
  assert.deepEqual([token?.state, token?.stateReason], ["revoked", "leaked"]);
  const notices = await tokenNotices.listByAccount(app.alice.id, { limit: 5 });
  assert.deepEqual(
    notices.items.map(({ rule, action }) => [rule, action]),
    [["leaked", "revoked"]],
  );
});
