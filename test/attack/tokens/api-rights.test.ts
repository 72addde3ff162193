import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { API, make, person, startTokenApp, type TokenApp } from "../../tokens/token-app.ts";
import { call, type Called, caller, isProblem, OWN_API, placesOf, wanted } from "./api.ts";

let app: TokenApp;
before(async () => {
  app = await startTokenApp();
});
after(async () => await app.close());

const store = () => app.parts.stores.durable.apiTokens;
const idsIn = ({ json }: Called) =>
  ((json["items"] ?? []) as readonly Readonly<Record<string, unknown>>[]).map((item) => String(item["id"]));

describe("tokens:read of a person", () => {
  test("shows their own tokens and never one of others, whatever is asked for", async () => {
    const mine = await caller(app, "alice", ["tokens:read"]);
    const hers = await make(app, person(app, "olga"), { name: "Of the owner" });
    const { token } = mine;
    const queries = [
      "",
      "?owner_kind=account&owner_id=olga",
      `?q=${hers.token.id}`,
      "?q=Of the owner",
      `?q=${hers.token.lastFour}`,
      "?state=active&limit=100",
      "?after=999999",
      `?resource=${encodeURIComponent(API)}`,
      "?never_used=true",
    ];
    for (const query of queries) {
      const answer = await call(app, `/tokens${query}`, { token });
      assert.equal(answer.status, 200, answer.text);
      assert.ok(!answer.text.includes(hers.token.id), query);
    }
    assert.deepEqual(idsIn(await call(app, "/tokens", { token })), [mine.id]);
    for (const path of [`/tokens/${hers.token.id}`, `/tokens/${hers.token.id}/use`]) {
      const [there, nowhere] = [
        await call(app, path, { token }),
        await call(app, path.replace(hers.token.id, "nobody"), { token }),
      ];
      isProblem(there, 404, "not-found");
      assert.equal(there.text, nowhere.text);
    }
  });

  test("changes nothing: each act needs tokens:write", async () => {
    const { id, token } = await caller(app, "alice", ["tokens:read"]);
    const acts = [
      ["POST", "/tokens", wanted(app)],
      ["PATCH", `/tokens/${id}`, { name: "x" }],
      ["DELETE", `/tokens/${id}`, undefined],
      ["POST", `/tokens/${id}/rotate`, { overlap_seconds: 0 }],
      ["POST", `/tokens/${id}/suspend`, {}],
      ["POST", `/tokens/${id}/release`, undefined],
      ["POST", "/tokens/revocations", { filter: { kind: "pat" }, preview: true }],
    ] as const;
    for (const [method, path, body] of acts) {
      const answer = await call(app, path, { method, token, body, headers: { "if-match": "*" } });
      isProblem(answer, 403, "insufficient-scope");
    }
    assert.equal((await store().get(id))?.version, 1);
  });

  test("of all is an owner's, and goes with the role, at once", async () => {
    const { accounts } = app.parts.stores.durable;
    const { token } = await caller(app, "olga", ["tokens:read", "tokens:read:all"]);
    const bobs = await caller(app, "bob", ["tokens:read"]);
    const sees = async () => idsIn(await call(app, "/tokens?limit=100", { token })).includes(bobs.id);
    assert.equal(await sees(), true);
    const olga = await accounts.get("olga");
    assert.ok(olga !== undefined);
    await accounts.update({ ...olga, role: "person" }, { username: "olga" });
    app.parts.accounts.invalidate();
    assert.equal(await sees(), false);
    isProblem(await call(app, `/tokens/${bobs.id}`, { token }), 404, "not-found");
    await accounts.update(olga, { username: "olga" });
    app.parts.accounts.invalidate();
    assert.equal(await sees(), true);
  });

  test("is nothing any more once the person is switched off", async () => {
    const { accounts } = app.parts.stores.durable;
    const { token } = await caller(app, "bob", ["tokens:read"]);
    const bob = await accounts.get("bob");
    assert.ok(bob !== undefined);
    await accounts.update({ ...bob, enabled: false }, { username: "bob" });
    app.parts.accounts.invalidate();
    isProblem(await call(app, "/tokens", { token }), 401, "unauthorized");
    await accounts.update(bob, { username: "bob" });
    app.parts.accounts.invalidate();
  });
});

describe("tokens:write never gives more than it has", () => {
  const NARROW = {
    addresses: ["127.0.0.1", "10.0.0.0/8"],
    methods: ["GET", "POST", "PATCH"],
    path_prefixes: ["/api/v1"],
    per_minute: 1_000,
    per_day: 10_000,
  };
  const inWords = { ...NARROW, pathPrefixes: NARROW.path_prefixes, perMinute: 1_000, perDay: 10_000 };
  const { path_prefixes: _, per_minute: _rate, per_day: _quota, ...modelLimits } = inWords;
  const narrow = async () => await caller(app, "alice", ["tokens:read", "tokens:write"], modelLimits);
  const within = { ...NARROW, scopes: ["tokens:read"], resources: [OWN_API] };

  const wider: readonly (readonly [string, string, object])[] = [
    ["a scope that it has not", "/limits/scopes", { scopes: ["tokens:verify"] }],
    ["a scope of another API", "/limits/scopes", { scopes: ["orders:read"], resources: [OWN_API, API] }],
    ["another resource", "/limits/resources", { scopes: [], resources: [API] }],
    ["no list of addresses", "/limits/addresses", { addresses: [] }],
    ["one address more", "/limits/addresses", { addresses: ["127.0.0.1", "192.0.2.1"] }],
    ["a wider range", "/limits/addresses", { addresses: ["10.0.0.0/7"] }],
    ["the range in another spelling", "/limits/addresses", { addresses: ["10.0.0.1/8"] }],
    ["no list of methods", "/limits/methods", { methods: [] }],
    ["one method more", "/limits/methods", { methods: ["GET", "DELETE"] }],
    ["no list of paths", "/limits/path_prefixes", { path_prefixes: [] }],
    ["a shorter path", "/limits/path_prefixes", { path_prefixes: ["/api"] }],
    ["a path beside it", "/limits/path_prefixes", { path_prefixes: ["/api/v1", "/api/v10"] }],
    ["no rate", "/limits/per_minute", { per_minute: undefined }],
    ["a higher rate", "/limits/per_minute", { per_minute: 1_001 }],
    ["no quota", "/limits/per_day", { per_day: undefined }],
    ["a higher quota", "/limits/per_day", { per_day: 10_001 }],
  ];
  for (const [what, pointer, changes] of wider) {
    test(`${what}: neither by a new token nor by a change of one that it made`, async () => {
      const { token } = await narrow();
      const created = await call(app, "/tokens", { method: "POST", token, body: wanted(app, within) });
      assert.equal(created.status, 201, created.text);
      const { id } = created.json["token"] as { id: string };
      const limits = { ...within, ...changes };
      const more = await call(app, "/tokens", { method: "POST", token, body: wanted(app, limits) });
      isProblem(more, 422, "invalid-value");
      assert.ok(placesOf(more).includes(pointer), more.text);
      const headers = { "if-match": "*" };
      const change = await call(app, `/tokens/${id}`, { method: "PATCH", token, body: { limits }, headers });
      isProblem(change, 422, "invalid-value");
      assert.equal((await store().get(id))?.version, 1);
    });
  }

  test("a longer life: neither by a new token, nor by a change, nor by a rotation, nor of itself", async () => {
    const { id: own, token, facts } = await narrow();
    const created = await call(app, "/tokens", { method: "POST", token, body: wanted(app, within) });
    const { id } = created.json["token"] as { id: string };
    const later = new Date(facts.expiresAtMs + 1_000).toISOString();
    const headers = { "if-match": "*" };
    const body = wanted(app, within, { expires_at: later });
    isProblem(await call(app, "/tokens", { method: "POST", token, body }), 422, "invalid-value");
    for (const target of [id, own]) {
      const change = { method: "PATCH", token, body: { expires_at: later }, headers };
      isProblem(await call(app, `/tokens/${target}`, change), 422, "invalid-value");
      const rotation = { method: "POST", token, body: { overlap_seconds: 0, expires_at: later }, headers };
      isProblem(await call(app, `/tokens/${target}/rotate`, rotation), 422, "invalid-value");
    }
    app.clock.advance(60_000);
    const rotated = await call(app, `/tokens/${own}/rotate`, {
      method: "POST",
      token,
      body: { overlap_seconds: 0 },
      headers,
    });
    // Without a time of its own the successor would live as long as this one was made for: longer than what is left.
    isProblem(rotated, 422, "invalid-value");
  });

  test("a sibling that can do more is not rotated, for its new secret would be shown", async () => {
    const { token } = await narrow();
    const sibling = await make(app, person(app, "alice"), { name: "Wide" });
    const headers = { "if-match": "*" };
    const body = { overlap_seconds: 0 };
    const rotated = await call(app, `/tokens/${sibling.token.id}/rotate`, {
      method: "POST",
      token,
      body,
      headers,
    });
    isProblem(rotated, 422, "invalid-value");
    assert.equal((await app.verifier.verify(sibling.secret, { resource: API })).active, true);
  });

  test("nobody else's: owner, kind and others' tokens are out of reach", async () => {
    const { token } = await caller(app, "alice", ["tokens:read", "tokens:write"]);
    const hers = await make(app, person(app, "olga"));
    for (const owner of [
      { kind: "account", id: "olga" },
      { kind: "application", id: "robot" },
      { kind: "project", id: "x" },
    ]) {
      const { status } = await call(app, "/tokens", {
        method: "POST",
        token,
        body: wanted(app, {}, { owner }),
      });
      assert.equal(status, 403);
    }
    for (const kind of ["key", "svc"]) {
      const owner = { kind: kind === "key" ? "project" : "application", id: "robot" };
      const answer = await call(app, "/tokens", {
        method: "POST",
        token,
        body: wanted(app, {}, { kind, owner }),
      });
      isProblem(answer, 403, "not-allowed");
    }
    const headers = { "if-match": "*" };
    for (const [method, path, body] of [
      ["PATCH", "", { name: "x" }],
      ["DELETE", "", undefined],
      ["POST", "/rotate", { overlap_seconds: 0 }],
      ["POST", "/suspend", {}],
      ["POST", "/release", undefined],
    ] as const) {
      const answer = await call(app, `/tokens/${hers.token.id}${path}`, { method, token, body, headers });
      isProblem(answer, 404, "not-found");
    }
    const filter = { owner_kind: "account", owner_id: "olga" };
    await call(app, "/tokens/revocations", { method: "POST", token, body: { filter } });
    assert.deepEqual((await store().get(hers.token.id))?.state, "active");
  });

  test("of all does not make or rotate a person's token, and does not bring itself back", async () => {
    const { token, id } = await caller(app, "olga", ["tokens:read:all", "tokens:write:all"]);
    const alices = await make(app, person(app, "alice"), {
      limits: { resources: [OWN_API], scopes: ["tokens:read"] },
    });
    const body = wanted(app, {}, { owner: { kind: "account", id: "alice" } });
    isProblem(await call(app, "/tokens", { method: "POST", token, body }), 403, "not-allowed");
    const headers = { "if-match": "*" };
    const rotation = { method: "POST", token, body: { overlap_seconds: 0 }, headers };
    isProblem(await call(app, `/tokens/${alices.token.id}/rotate`, rotation), 403, "not-allowed");
    await app.apiTokens.suspend({ kind: "system" }, id);
    isProblem(await call(app, `/tokens/${id}/release`, { method: "POST", token }), 401, "unauthorized");
  });

  test("an API key has none of it, whoever makes one", async () => {
    for (const scope of ["tokens:read", "tokens:write", "tokens:verify", "tokens:write:all"]) {
      const made = app.apiTokens.create(person(app, "olga"), {
        kind: "key",
        name: "Key",
        owner: { kind: "project", id: "x" },
        expiresAtMs: app.clock.nowMs() + 1_000,
        limits: { resources: [OWN_API], scopes: [scope] },
      });
      assert.equal((await made).ok, false);
    }
  });
});

test("a list is walked through completely while others make tokens: each of before once, none twice", async () => {
  const { token } = await caller(app, "olga", ["tokens:read:all"]);
  const before_ = new Set<string>();
  for (let n = 0; n < 12; n++) before_.add((await make(app, person(app, "bob"))).token.id);
  const filter = "owner_kind=account&owner_id=bob&limit=3";
  const seen: string[] = [];
  let after_: string | undefined;
  do {
    const cursor = after_ === undefined ? "" : `&after=${after_}`;
    const page = await call(app, `/tokens?${filter}${cursor}`, { token });
    assert.equal(page.status, 200, page.text);
    seen.push(...idsIn(page));
    after_ = page.json["next"] as string | undefined;
    assert.equal(page.headers.get("link")?.includes(`after=${after_}`) ?? false, after_ !== undefined);
    await Promise.all([make(app, person(app, "bob")), make(app, person(app, "bob"))]);
  } while (after_ !== undefined);
  assert.equal(new Set(seen).size, seen.length);
  for (const id of before_) assert.ok(seen.includes(id), id);
});
