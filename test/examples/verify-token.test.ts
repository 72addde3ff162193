import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { sha256 } from "../../src/platform/digest.ts";
import { systemRandom } from "../../src/platform/random.ts";
import { makeToken } from "../../src/tokens/token-format.ts";
import { make, OTHER_API, person } from "../tokens/token-app.ts";
import { refusalOf, verifiedApi } from "./verified-api.ts";

describe("an API that checks opaque tokens with the example", () => {
  test("asks once, keeps the answer for ten seconds, and says whose the token is", async (t) => {
    const api = await verifiedApi(t);
    const { secret, token } = await make(api.app, person(api.app, "alice"));
    const first = await api.check(secret);
    assert.deepEqual(first, {
      ok: true,
      subject: "alice",
      clientId: undefined,
      scopes: ["orders:read"],
      expiresAtMs: token.expiresAtMs,
      checked: "online",
    });
    api.app.clock.advance(9_999);
    assert.deepEqual(await api.check(secret), { ...first, checked: "kept" });
    api.app.clock.advance(1);
    assert.deepEqual(await api.check(secret), first);
  });

  test("a revocation that the feed brings ends a kept answer, and others stay", async (t) => {
    const api = await verifiedApi(t);
    const alice = person(api.app, "alice");
    const [one, other] = [await make(api.app, alice), await make(api.app, alice)];
    await api.check(one.secret);
    await api.check(other.secret);
    await api.after(async () => await api.app.apiTokens.revoke(alice, one.token.id));
    assert.deepEqual(refusalOf(await api.check(one.secret)), [401, "invalid_token"]);
    assert.deepEqual(await checkedHow(api, other.secret), "kept");
  });

  test("what happens to the account, the application or the resource ends its kept answers too", async (t) => {
    const api = await verifiedApi(t);
    const { secret } = await make(api.app, person(api.app, "alice"));
    for (const event of [
      { what: "subject-changed", id: sha256("alice") },
      { what: "resource-changed", id: sha256("https://orders.example/") },
    ] as const) {
      api.app.clock.advance(5_000);
      await api.check(secret);
      assert.equal(await checkedHow(api, secret), "kept");
      await api.after(async () => await api.app.parts.tokens.note([event]));
      assert.equal(await checkedHow(api, secret), "online", event.what);
    }
  });

  test("an answer that was on its way while the token was revoked is not kept", async (t) => {
    const api = await verifiedApi(t);
    const alice = person(api.app, "alice");
    const { secret, token } = await make(api.app, alice);
    api.intercept(async (url, answer) => {
      const found = await answer();
      if (url.pathname === "/tokens/verify") {
        api.intercept(undefined);
        await api.after(async () => await api.app.apiTokens.revoke(alice, token.id));
      }
      return found;
    });
    assert.equal((await api.check(secret)).ok, true, "it was good when it was asked");
    assert.deepEqual(refusalOf(await api.check(secret)), [401, "invalid_token"]);
  });

  test("an answer of a process that does not know yet, just after the feed, is not kept", async (t) => {
    const api = await verifiedApi(t);
    const alice = person(api.app, "alice");
    const { secret, token } = await make(api.app, alice);
    const good = await (await fetchAnswer(api, secret)).text();
    await api.after(async () => await api.app.apiTokens.revoke(alice, token.id));
    api.intercept(async (url, answer) =>
      url.pathname === "/tokens/verify" ? new Response(good) : await answer(),
    );
    assert.equal((await api.check(secret)).ok, true);
    api.intercept(undefined);
    assert.deepEqual(refusalOf(await api.check(secret)), [401, "invalid_token"]);
  });

  test("a token that is limited to an address or a path is asked about for each other one", async (t) => {
    const api = await verifiedApi(t);
    const limits = { addresses: ["192.0.2.0/24"], pathPrefixes: ["/orders"] };
    const { secret } = await make(api.app, person(api.app, "alice"), { limits });
    assert.equal(await checkedHow(api, secret), "online");
    assert.equal(await checkedHow(api, secret), "kept");
    assert.equal(refusalOf(await api.check(secret, { headers: {}, address: "198.51.100.1" }))[0], 401);
    assert.equal(refusalOf(await api.check(secret, { headers: {}, url: "/stock" }))[0], 401);
    assert.equal(refusalOf(await api.check(secret, { headers: {}, url: "/stock?/orders" }))[0], 401);
  });

  test("a token with a rate is counted at each use, and 429 says when to come again", async (t) => {
    const api = await verifiedApi(t);
    const { secret } = await make(api.app, person(api.app, "alice"), { limits: { perMinute: 2 } });
    assert.equal(await checkedHow(api, secret), "online");
    assert.equal(await checkedHow(api, secret), "online");
    const refused = await api.check(secret);
    assert.deepEqual(refusalOf(refused), [429, "rate_limited"]);
    assert.match((!refused.ok && refused.headers["Retry-After"]) || "", /^[1-9]\d?$/);
  });

  test("429 of Gatehouse itself is passed on with its Retry-After", async (t) => {
    const api = await verifiedApi(t);
    const { secret } = await make(api.app, person(api.app, "alice"));
    api.intercept(
      async () => await Promise.resolve(new Response("", { status: 429, headers: { "retry-after": "17" } })),
    );
    const refused = await api.check(secret);
    assert.deepEqual(refusalOf(refused), [429, "rate_limited"]);
    assert.equal(!refused.ok && refused.headers["Retry-After"], "17");
  });

  test("a scope that is missing is 403 and named, also where a good answer is kept", async (t) => {
    const api = await verifiedApi(t);
    const { secret } = await make(api.app, person(api.app, "alice"));
    await api.check(secret);
    const refused = await api.check(secret, { headers: {} }, ["orders:read", "orders:write"]);
    assert.deepEqual(refusalOf(refused), [403, "insufficient_scope"]);
    assert.equal(
      !refused.ok && refused.headers["WWW-Authenticate"],
      'Bearer realm="api", error="insufficient_scope", scope="orders:read orders:write"',
    );
  });

  test("a token for another API, an unknown one and a malformed one are 401", async (t) => {
    const api = await verifiedApi(t);
    const limits = { resources: [OTHER_API], scopes: ["stock:read"] };
    const foreign = await make(api.app, person(api.app, "alice"), { limits });
    const unknown = makeToken("pat", systemRandom).text;
    for (const token of [foreign.secret, unknown, "gth_pat_nonsense", "x", "a.b", "a.b.c.d.e"]) {
      assert.deepEqual(refusalOf(await api.check(token, { headers: {} }, [])), [401, "invalid_token"], token);
    }
  });

  test("a token that is bound to a key is refused as Bearer, and an unbound one as DPoP", async (t) => {
    const api = await verifiedApi(t, { publicUrl: "https://orders.example" });
    const alice = person(api.app, "alice");
    const bound = await make(api.app, alice, {
      limits: { binding: { kind: "dpop", thumbprint: "k".repeat(43) } },
    });
    assert.deepEqual(refusalOf(await api.check(bound.secret)), [401, "invalid_token"]);
    const plain = await make(api.app, alice);
    const headers = { authorization: `DPoP ${plain.secret}`, dpop: "x.y.z" };
    const refused = await api.check(plain.secret, { headers });
    assert.deepEqual(refusalOf(refused), [401, "invalid_token"]);
    assert.equal((await api.check(plain.secret)).ok, true);
    const afterKept = await api.check(plain.secret, { headers });
    assert.deepEqual(
      refusalOf(afterKept),
      [401, "invalid_token"],
      "also where the answer for Bearer is kept",
    );
    assert.match((!refused.ok && refused.headers["WWW-Authenticate"]) || "", /^DPoP /);
    const without = await api.check(plain.secret, { headers: { authorization: headers.authorization } });
    assert.deepEqual(refusalOf(without), [401, "invalid_dpop_proof"]);
  });

  test("a token that is bound to a certificate is good with it alone, and never from what is kept", async (t) => {
    const api = await verifiedApi(t);
    const thumbprint = "c".repeat(43);
    const { secret } = await make(api.app, person(api.app, "alice"), {
      limits: { binding: { kind: "certificate", thumbprint } },
    });
    for (let time = 0; time < 2; time++) {
      assert.equal(await checkedHow(api, secret, { certificate: thumbprint }), "online");
      assert.deepEqual(refusalOf(await api.check(secret)), [401, "invalid_token"]);
    }
  });

  test("Gatehouse that is away, slow to say, or says nonsense is 503 with Retry-After, and never a yes", async (t) => {
    const api = await verifiedApi(t, { cacheSeconds: 0 });
    const { secret } = await make(api.app, person(api.app, "alice"));
    const nonsense = ["", "[]", "null", '"active"', '{"active"', '{"active":"true"}', '{"active":1}'];
    const answers: (() => Promise<Response>)[] = [
      async () => await Promise.reject(new TypeError("fetch failed")),
      async () => await Promise.resolve(new Response("", { status: 503 })),
      async () => await Promise.resolve(new Response("", { status: 401 })),
      async () => await Promise.resolve(new Response('{"active":true}', { status: 500 })),
      ...nonsense.map((text) => async () => await Promise.resolve(new Response(text))),
    ];
    for (const answer of answers) {
      api.app.clock.advance(2_000);
      api.intercept(answer);
      const refused = await api.check(secret);
      assert.deepEqual(refusalOf(refused), [503, "temporarily_unavailable"]);
      assert.equal(!refused.ok && refused.headers["Retry-After"], "5");
    }
    for (const body of ['{"active":true}', '{"active":true,"sub":"alice","exp":9999999999}']) {
      api.app.clock.advance(2_000);
      api.intercept(async () => await Promise.resolve(new Response(body)));
      assert.deepEqual(refusalOf(await api.check(secret)), [401, "invalid_token"], body);
    }
  });

  test("after a question without an answer Gatehouse is left alone for a second", async (t) => {
    const api = await verifiedApi(t);
    const { secret } = await make(api.app, person(api.app, "alice"));
    let count = 0;
    api.intercept(async () => {
      count += 1;
      return await Promise.resolve(new Response("", { status: 503 }));
    });
    for (let time = 0; time < 5; time++) assert.equal(refusalOf(await api.check(secret))[0], 503);
    assert.equal(count, 1);
    api.intercept(undefined);
    api.app.clock.advance(1_000);
    assert.equal((await api.check(secret)).ok, true);
  });

  test("while the feed is silent each opaque token is asked about", async (t) => {
    const api = await verifiedApi(t, { silentAfterSeconds: 10 });
    const { secret } = await make(api.app, person(api.app, "alice"));
    await api.check(secret);
    assert.equal(await checkedHow(api, secret), "kept");
    api.app.clock.advance(4_000);
    assert.equal(await checkedHow(api, secret), "online");
    assert.equal(await checkedHow(api, secret), "online");
    await api.after(async () => await api.app.parts.tokens.note([{ what: "revoked", id: "somebody's" }]));
    await api.check(secret);
    assert.equal(await checkedHow(api, secret), "kept");
  });
});

type Api = Awaited<ReturnType<typeof verifiedApi>>;

async function checkedHow(api: Api, token: string, more: Readonly<Record<string, string>> = {}) {
  const found = await api.check(token, { headers: {}, ...more });
  return found.ok ? found.checked : found.error;
}

/** What Gatehouse answers to the question that the example asks. */
async function fetchAnswer(api: Api, token: string): Promise<Response> {
  let kept: Response | undefined;
  api.intercept(async (_url, answer) => {
    const found = await answer();
    kept = found.clone();
    return found;
  });
  await api.check(token);
  api.intercept(undefined);
  if (kept === undefined) throw new Error("nothing was asked");
  return kept;
}
