import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { systemRandom } from "../../src/platform/random.ts";
import { makeToken } from "../../src/tokens/token-format.ts";
import { ANONYMOUS_PER_MINUTE } from "../../src/tokens/verify-endpoint.ts";
import {
  API,
  askVerify,
  basic,
  make,
  OTHER_API,
  person,
  RESOURCE_SERVER_SECRET,
  startTokenApp,
  type TokenApp,
} from "./token-app.ts";

describe("POST /tokens/verify", () => {
  let app: TokenApp;
  let verifier: Readonly<Record<string, string>>;
  const server = basic("orders-server", RESOURCE_SERVER_SECRET);

  before(async () => {
    app = await startTokenApp();
    const made = await make(app, person(app, "olga"), {
      kind: "svc",
      owner: { kind: "application", id: "robot" },
      limits: { resources: ["http://localhost:4000/api"], scopes: ["tokens:verify"] },
    });
    verifier = { Authorization: `Bearer ${made.secret}` };
  });
  after(async () => await app.close());

  async function anonymously(body: unknown) {
    return await askVerify(app, body);
  }

  test("a good token: nobody in particular learns whose it is, what for and until when, and no name", async () => {
    const { secret } = await make(app, person(app, "alice"));
    const { status, body, headers } = await anonymously({ token: secret, resource: API });
    assert.equal(status, 200);
    assert.equal(headers.get("cache-control"), "no-store");
    assert.deepEqual(Object.keys(body).toSorted(), [
      "active",
      "exp",
      "iat",
      "kind",
      "resources",
      "scopes",
      "sub",
    ]);
    assert.deepEqual([body["active"], body["sub"], body["scopes"]], [true, "alice", ["orders:read"]]);
  });

  test("unknown, revoked, suspended and expired are one and the same to nobody in particular", async () => {
    const alice = person(app, "alice");
    const revoked = await make(app, alice);
    await app.apiTokens.revoke(alice, revoked.token.id);
    const suspended = await make(app, alice);
    await app.apiTokens.suspend(alice, suspended.token.id);
    const expired = await make(app, alice, { expiresAtMs: app.clock.nowMs() + 1 });
    app.clock.advance(2);
    const unknown = makeToken("pat", systemRandom).text;
    const tokens = [unknown, revoked.secret, suspended.secret, expired.secret, "gth_pat_nonsense", "x"];
    const answers = await Promise.all(tokens.map(async (token) => await anonymously({ token })));
    for (const { status, body } of answers) assert.deepEqual([status, body], [200, { active: false }]);
  });

  test("who holds tokens:verify is told which limit refused it", async () => {
    const alice = person(app, "alice");
    const limits = {
      addresses: ["10.0.0.0/8"],
      methods: ["GET"],
      pathPrefixes: ["/orders"],
    };
    const { secret, token } = await make(app, alice, { limits });
    const good = { token: secret, address: "10.1.2.3", method: "get", path: "/orders/7", resource: API };
    const refusal = async (more: object) => (await askVerify(app, { ...good, ...more }, verifier)).body;
    assert.equal((await refusal({}))["active"], true);
    assert.equal((await refusal({ address: "192.0.2.1" }))["refusal"], "address");
    assert.equal((await refusal({ method: "DELETE" }))["refusal"], "method");
    assert.equal((await refusal({ path: "/ordersX" }))["refusal"], "path");
    assert.equal((await refusal({ resource: OTHER_API }))["refusal"], "resource");
    const lacking = await refusal({ scopes: ["orders:read", "orders:write"] });
    assert.deepEqual([lacking["refusal"], lacking["missing_scopes"]], ["scope", ["orders:write"]]);
    await app.apiTokens.revoke(alice, token.id);
    const revoked = await refusal({});
    assert.deepEqual([revoked["active"], revoked["refusal"], revoked["id"]], [false, "revoked", token.id]);
  });

  test("an address that nobody in particular states is not believed: their own connection's is taken", async () => {
    const { secret } = await make(app, person(app, "alice"), { limits: { addresses: ["10.0.0.0/8"] } });
    const { body } = await anonymously({ token: secret, address: "10.1.2.3" });
    assert.deepEqual(body, { active: false });
    const here = await make(app, person(app, "alice"), { limits: { addresses: ["127.0.0.1"] } });
    assert.equal((await anonymously({ token: here.secret, address: "10.1.2.3" })).body["active"], true);
  });

  test("X-Forwarded-For of a peer that is no trusted proxy changes nothing", async () => {
    const { secret } = await make(app, person(app, "alice"), { limits: { addresses: ["10.0.0.0/8"] } });
    const { body } = await askVerify(app, { token: secret }, { "X-Forwarded-For": "10.1.2.3" });
    assert.deepEqual(body, { active: false });
  });

  test("a thumbprint that nobody in particular states proves nothing; a verifier's does", async () => {
    const thumbprint = "t".repeat(43);
    const { secret } = await make(app, person(app, "alice"), {
      limits: { binding: { kind: "dpop", thumbprint } },
    });
    const question = { token: secret, proof: { dpop: thumbprint } };
    assert.deepEqual((await anonymously(question)).body, { active: false });
    assert.equal((await askVerify(app, question, verifier)).body["active"], true);
    const other = { token: secret, proof: { certificate: thumbprint } };
    assert.equal((await askVerify(app, other, verifier)).body["refusal"], "binding");
  });

  test("a resource's server is told about tokens for its resource, and nothing about those for others", async () => {
    const alice = person(app, "alice");
    const ours = await make(app, alice);
    const others = await make(app, alice, { limits: { resources: [OTHER_API], scopes: ["stock:read"] } });
    const both = await make(app, alice, {
      limits: { resources: [API, OTHER_API], scopes: ["orders:read", "stock:read"] },
    });
    const { body } = await askVerify(app, { token: both.secret }, server);
    assert.deepEqual([body["resources"], body["scopes"]], [[API], ["orders:read"]]);
    assert.deepEqual((await askVerify(app, { token: others.secret }, server)).body, { active: false });
    const foreign = { token: both.secret, resource: OTHER_API };
    assert.deepEqual((await askVerify(app, foreign, server)).body, { active: false });
    await app.apiTokens.revoke(alice, others.token.id);
    await app.apiTokens.revoke(alice, ours.token.id);
    assert.deepEqual((await askVerify(app, { token: others.secret }, server)).body, { active: false });
    assert.equal((await askVerify(app, { token: ours.secret }, server)).body["refusal"], "revoked");
  });

  test("a wrong secret of a client is 401, and no fallback to nobody in particular", async () => {
    const { secret } = await make(app, person(app, "alice"));
    const wrong = await askVerify(app, { token: secret }, basic("orders-server", "wrong"));
    assert.equal(wrong.status, 401);
    assert.equal(wrong.body["error"], "invalid_client");
    assert.equal("active" in wrong.body, false);
  });

  test("a bearer token without tokens:verify is insufficient_scope, an unknown one invalid_token", async () => {
    const { secret } = await make(app, person(app, "alice"), {
      limits: { resources: ["http://localhost:4000/api"], scopes: ["tokens:read"] },
    });
    const lacking = await askVerify(app, { token: secret }, { Authorization: `Bearer ${secret}` });
    assert.equal(lacking.status, 403);
    assert.match(
      lacking.headers.get("www-authenticate") ?? "",
      /error="insufficient_scope".*scope="tokens:verify"/,
    );
    const unknown = makeToken("svc", systemRandom).text;
    const refused = await askVerify(app, { token: secret }, { Authorization: `Bearer ${unknown}` });
    assert.equal(refused.status, 401);
    assert.match(refused.headers.get("www-authenticate") ?? "", /error="invalid_token"/);
  });

  for (const [what, body] of [
    ["no JSON", "token=x"],
    ["an unknown member", { token: "x", adress: "10.0.0.1" }],
    ["a member that comes twice", '{"token":"x","token":"y"}'],
    ["no token", {}],
    ["a token that is no text", { token: 5 }],
    ["an address that is none", { token: "x", address: "10.0.0" }],
    ["a path with a query", { token: "x", path: "/a?b" }],
    ["scopes that are no list", { token: "x", scopes: "a b" }],
  ] as const) {
    test(`${what} is refused, and what was sent is not said back`, async () => {
      const answer = await anonymously(body);
      assert.equal(answer.status, 400);
      assert.equal(answer.body["error"], "invalid_request");
      assert.doesNotMatch(JSON.stringify(answer.body), /adress|10\.0\.0\b/);
    });
  }

  test("a form is 415, another method 405, and a body of 100 kB 413", async () => {
    const form = await askVerify(app, "token=x", { "Content-Type": "application/x-www-form-urlencoded" });
    assert.equal(form.status, 415);
    const got = await fetch(`${app.origin}/tokens/verify`);
    assert.deepEqual([got.status, got.headers.get("allow")], [405, "POST"]);
    const large = await askVerify(app, { token: "x".repeat(100_000) });
    assert.equal(large.status, 413);
  });

  test("a rate limit is counted here too, and a verifier is told when it ends", async () => {
    const { secret } = await make(app, person(app, "alice"), { limits: { perMinute: 2 } });
    const ask = async () => (await askVerify(app, { token: secret }, verifier)).body;
    assert.deepEqual((await ask())["rate"], { limit: 2, remaining: 1, resets_in_seconds: 60 });
    await ask();
    const third = await ask();
    assert.deepEqual([third["active"], third["refusal"]], [false, "rate"]);
    app.clock.advance(60_001);
    assert.equal((await ask())["active"], true);
  });

  test("one address that asks too often is told to wait, whoever's token it asks about", async () => {
    const { secret } = await make(app, person(app, "alice"));
    app.clock.advance(61_000);
    for (let n = 0; n < ANONYMOUS_PER_MINUTE; n++) await askVerify(app, { token: "guess" });
    const refused = await askVerify(app, { token: secret });
    assert.equal(refused.status, 429);
    assert.equal(refused.headers.get("retry-after"), "60");
    assert.equal("active" in refused.body, false);
    const known = await askVerify(app, { token: secret }, verifier);
    assert.equal(known.body["active"], true, "who says who they are is not held back by others");
  });
});
