import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { after, before, describe, test } from "node:test";
import { startTokenApp, type TokenApp } from "../../tokens/token-app.ts";
import { call, caller, isProblem, OWN_API, placesOf, wanted } from "./api.ts";
import { overTheWire } from "./wire.ts";

let app: TokenApp;
let token: string;
let id: string;
before(async () => {
  app = await startTokenApp();
  ({ token, id } = await caller(app, "olga", ["tokens:read:all", "tokens:write:all", "tokens:read"]));
});
after(async () => await app.close());

const store = () => app.parts.stores.durable.apiTokens;
const count = async () => (await store().list({}, { limit: 1 })).total;
const ANY = { "if-match": "*" };

describe("a member that is not known", () => {
  const filter = { owner_kind: "account", owner_id: "bob" };
  const rows: readonly (readonly [string, string, string, () => object])[] = [
    ["POST", "/tokens", "/version", () => wanted(app, {}, { version: 7 })],
    ["POST", "/tokens", "/state", () => wanted(app, {}, { state: "active" })],
    ["POST", "/tokens", "/hash", () => wanted(app, {}, { hash: "x" })],
    ["POST", "/tokens", "/made_by", () => wanted(app, {}, { made_by: "alice" })],
    ["POST", "/tokens", "/secret", () => wanted(app, {}, { secret: "gth_pat_x" })],
    ["POST", "/tokens", "/limits/pathPrefixes", () => wanted(app, { pathPrefixes: ["/"] })],
    ["POST", "/tokens", "/limits/perMinute", () => wanted(app, { perMinute: 1 })],
    [
      "POST",
      "/tokens",
      "/owner/role",
      () => wanted(app, {}, { owner: { kind: "account", id: "olga", role: "owner" } }),
    ],
    [
      "POST",
      "/tokens",
      "/limits/binding/x",
      () => wanted(app, { binding: { kind: "dpop", thumbprint: "k".repeat(43), x: 1 } }),
    ],
    ["PATCH", "/tokens/{id}", "/owner", () => ({ name: "x", owner: { kind: "account", id: "alice" } })],
    ["PATCH", "/tokens/{id}", "/kind", () => ({ name: "x", kind: "svc" })],
    ["PATCH", "/tokens/{id}", "/created_at", () => ({ name: "x", created_at: "2030-01-01T00:00:00Z" })],
    ["PATCH", "/tokens/{id}", "/state", () => ({ state: "active" })],
    ["POST", "/tokens/{id}/rotate", "/limits", () => ({ overlap_seconds: 0, limits: { scopes: [] } })],
    ["POST", "/tokens/{id}/rotate", "/overlapSeconds", () => ({ overlap_seconds: 0, overlapSeconds: 9 })],
    ["POST", "/tokens/{id}/suspend", "/evidence", () => ({ evidence: { a: 1 } })],
    ["POST", "/tokens/revocations", "/all", () => ({ filter, all: true })],
    ["POST", "/tokens/revocations", "/filter/ownerId", () => ({ filter: { ...filter, ownerId: "x" } })],
    [
      "POST",
      "/tokens/revocations",
      "/filter/notRevoked",
      () => ({ filter: { ...filter, notRevoked: false } }),
    ],
  ];
  for (const [method, path, pointer, body] of rows) {
    test(`${pointer} of ${method} ${path} is refused by its place, and nothing is done`, async () => {
      const [before_, total] = [await store().get(id), await count()];
      const answer = await call(app, path.replace("{id}", id), { method, token, body: body(), headers: ANY });
      isProblem(answer, 400, "invalid-request");
      assert.ok(placesOf(answer).includes(pointer), answer.text);
      assert.deepEqual(await store().get(id), before_);
      assert.equal(await count(), total);
    });
  }

  for (const name of ["__proto__", "constructor", "prototype", "toString", "hasOwnProperty"]) {
    for (const place of ["", "limits"]) {
      test(`${name} in ${place || "the body"} is a member like any other: refused, and no object gets anything from it`, async () => {
        const good = JSON.stringify(wanted(app));
        const hostile = `"${name}":{"kind":"svc","polluted":true,"scopes":["tokens:write:all"]}`;
        const body =
          place === ""
            ? good.replace("{", `{${hostile},`)
            : good.replace('"limits":{', `"limits":{${hostile},`);
        isProblem(await call(app, "/tokens", { method: "POST", token, body }), 400, "invalid-request");
        assert.equal(Reflect.get({}, "polluted"), undefined);
      });
    }
    test(`${name} in the query is refused`, async () => {
      isProblem(await call(app, `/tokens?${name}=1`, { token }), 400, "invalid-request");
      isProblem(await call(app, `/tokens?${name}[kind]=svc`, { token }), 400, "invalid-request");
    });
  }
});

describe("a value of another type or size", () => {
  const limits: readonly (readonly [string, unknown])[] = [
    ["per_minute", "5"],
    ["per_minute", 0],
    ["per_minute", -1],
    ["per_minute", 1.5],
    ["per_minute", 1e21],
    ["per_minute", true],
    ["per_minute", null],
    ["per_minute", [5]],
    ["per_day", "9"],
    ["scopes", "tokens:read"],
    ["scopes", { 0: "tokens:read" }],
    ["scopes", [["tokens:read"]]],
    ["scopes", [null]],
    ["scopes", [7]],
    ["scopes", Array.from({ length: 101 }, (_, n) => `s${n}`)],
    ["resources", []],
    ["resources", OWN_API],
    ["addresses", "10.0.0.0/8"],
    ["addresses", Array.from({ length: 101 }, (_, n) => `10.0.0.${n}`)],
    ["methods", ["G".repeat(21)]],
    ["path_prefixes", Array.from({ length: 51 }, (_, n) => `/${n}`)],
    ["binding", { kind: "none", thumbprint: "k".repeat(43) }],
    ["binding", { kind: "dpop", thumbprint: "short" }],
    ["binding", "dpop"],
  ];
  for (const [name, value] of limits) {
    test(`limits.${name} = ${JSON.stringify(value).slice(0, 40)} is refused, and not taken for what was meant`, async () => {
      const total = await count();
      const body = wanted(app, { [name]: value });
      const answer = await call(app, "/tokens", { method: "POST", token, body });
      assert.ok([400, 422].includes(answer.status), answer.text);
      assert.ok(
        placesOf(answer).some((place) => place.startsWith(`/limits/${name}`)),
        answer.text,
      );
      assert.equal(await count(), total);
    });
  }

  const entries: readonly (readonly [string, unknown])[] = [
    ["addresses", ["0.0.0.0/0"]],
    ["addresses", ["0.0.0.0/1", "128.0.0.0/1"]],
    ["addresses", ["10.0.0.0/8; drop table api_tokens"]],
    ["methods", ["get"]],
    ["methods", ["GET\r\nX: y"]],
    ["path_prefixes", ["/"]],
    ["path_prefixes", ["/a/../b"]],
    ["path_prefixes", ["/a%2f"]],
    ["path_prefixes", ["a"]],
    ["scopes", ["tokens:read tokens:write"]],
    ["scopes", ["nobody:declares"]],
    ["resources", ["https://unknown.example/"]],
  ];
  for (const [name, value] of entries) {
    test(`limits.${name} = ${JSON.stringify(value)} is understood and not allowed`, async () => {
      const answer = await call(app, "/tokens", {
        method: "POST",
        token,
        body: wanted(app, { [name]: value }),
      });
      isProblem(answer, 422, "invalid-value");
    });
  }

  for (const at of [
    0,
    "0",
    1_800_000_000_000,
    "tomorrow",
    "2027-01-01",
    "2027-01-01T00:00:00",
    "2027-13-01T00:00:00Z",
    "2027-01-01T00:00:00+02:00",
    "",
    null,
  ]) {
    test(`expires_at = ${JSON.stringify(at)} is no instant in UTC`, async () => {
      const body = wanted(app, {}, { expires_at: at });
      isProblem(await call(app, "/tokens", { method: "POST", token, body }), 400, "invalid-request");
    });
  }

  for (const at of ["1970-01-01T00:00:00Z", "9999-12-31T23:59:59Z"]) {
    test(`expires_at = ${at} is no time at which a token may end`, async () => {
      const body = wanted(app, {}, { expires_at: at });
      isProblem(await call(app, "/tokens", { method: "POST", token, body }), 422, "invalid-value");
    });
  }

  test("numbers and yes or no as text are refused in what rotates and revokes", async () => {
    const filter = { owner_kind: "account", owner_id: "nobody" };
    for (const [path, body] of [
      [`/tokens/${id}/rotate`, { overlap_seconds: "0" }],
      [`/tokens/${id}/rotate`, { overlap_seconds: 1.5 }],
      [`/tokens/${id}/rotate`, { overlap_seconds: -1 }],
      ["/tokens/revocations", { filter, expected: "0" }],
      ["/tokens/revocations", { filter, preview: "true" }],
      ["/tokens/revocations", { filter, fingerprint: 7 }],
      ["/tokens/revocations", { filter: { never_used: "true" } }],
      ["/tokens/revocations", { filter: { scopes_at_least: "1" } }],
    ] as const) {
      isProblem(await call(app, path, { method: "POST", token, body, headers: ANY }), 400, "invalid-request");
    }
    assert.equal((await store().get(id))?.state, "active");
  });

  for (const name of ["", " ", "x".repeat(101), "a\u0000b", "a\nb", "a\u2028b", 7, null, ["a"]]) {
    test(`a name that is ${JSON.stringify(name).slice(0, 30)} is refused`, async () => {
      const body = wanted(app, {}, { name });
      const { status } = await call(app, "/tokens", { method: "POST", token, body });
      assert.ok([400, 422].includes(status));
    });
  }
});

describe("a body that is not what it should be", () => {
  const deep = (depth: number) => `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`;
  const bodies: readonly (readonly [string, string])[] = [
    ["an array", "[]"],
    ["null", "null"],
    ["a text", '"x"'],
    ["a number", "7"],
    ["a number without end", "1e400"],
    ["cut off", '{"name":'],
    ["two bodies", "{}{}"],
    ["a comment", "{/* */}"],
    ["a comma too many", '{"name":"a",}'],
    ["single quotes", "{'name':'a'}"],
    ["a byte order mark", "\ufeff{}"],
    ["21 deep", deep(21)],
    ["10,000 deep", deep(10_000)],
    ["10,000 arrays deep", `${"[".repeat(10_000)}${"]".repeat(10_000)}`],
    ["a member twice", '{"name":"a","name":"b"}'],
    ["a member twice, once escaped", '{"name":"a","n\\u0061me":"b"}'],
    ["a member of the limits twice", '{"limits":{"scopes":[],"scopes":["tokens:write"]}}'],
    ["nothing", " "],
  ];
  for (const [what, body] of bodies) {
    test(`${what}: 400, at once`, async () => {
      isProblem(await call(app, "/tokens", { method: "POST", token, body }), 400, "invalid-request");
    });
  }

  test("bytes that are not UTF-8: 400", async () => {
    const response = await fetch(`${app.origin}/api/v1/tokens`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: Buffer.from([0x22, 0xff, 0xfe, 0x22]),
    });
    assert.equal(response.status, 400);
  });

  test("more than 64 KB: 413, the connection is closed, and what follows on another one is answered", async () => {
    const body = JSON.stringify(wanted(app, {}, { name: "x".repeat(70_000) }));
    const answer = await call(app, "/tokens", { method: "POST", token, body });
    isProblem(answer, 413, "too-large");
    assert.equal(answer.headers.get("connection"), "close");
    assert.equal((await call(app, "/tokens", { token })).status, 200);
  });

  test("1 MB: 413, and nothing is made of it", async () => {
    const total = await count();
    const { status } = await overTheWire(app.origin, {
      method: "POST",
      target: "/api/v1/tokens",
      headers: [
        ["Authorization", `Bearer ${token}`],
        ["Content-Type", "application/json"],
      ],
      body: JSON.stringify(wanted(app, {}, { name: "x".repeat(1_000_000) })),
    });
    // 0: the connection was reset while the rest was still on its way.
    assert.ok(status === 413 || status === 0, `${status}`);
    assert.equal(await count(), total);
    assert.equal((await call(app, "/tokens", { token })).status, 200);
  });

  test("1 MB without a length that was told: 413", async () => {
    const chunk = `10000\r\n${"x".repeat(65_536)}\r\n`;
    const { status } = await overTheWire(app.origin, {
      method: "POST",
      target: "/api/v1/tokens",
      headers: [
        ["Authorization", `Bearer ${token}`],
        ["Content-Type", "application/json"],
        ["Transfer-Encoding", `chunked\r\n\r\n${chunk.repeat(16)}0`],
      ],
    });
    assert.ok(status === 413 || status === 0, `${status}`);
  });

  for (const type of [
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/xml",
    "application/jsonx",
    "application/problem+json",
    "text/json",
    "application/json, text/plain",
    "",
  ]) {
    test(`of the type ${type || "none"}: 415`, async () => {
      const answer = await call(app, "/tokens", {
        method: "POST",
        token,
        body: wanted(app),
        headers: { "content-type": type },
      });
      isProblem(answer, 415, "unsupported-media-type");
      assert.equal(answer.headers.get("accept"), "application/json");
    });
  }

  test("compressed: 415, for it could unfold to any size", async () => {
    const response = await fetch(`${app.origin}/api/v1/tokens`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${token}`,
        "content-type": "application/json",
        "content-encoding": "gzip",
      },
      body: gzipSync("x".repeat(10_000_000)),
    });
    assert.equal(response.status, 415);
    await response.body?.cancel();
  });
});
