import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { z } from "zod";
import { apiEndpoint } from "../../../src/api/api-endpoint.ts";
import { tokenEndOperations } from "../../../src/api/token-end-operations.ts";
import { NAMED_TOKEN_SCHEMAS, tokenOperations } from "../../../src/api/token-operations.ts";
import type { ApiProblem } from "../../../src/api/problems.ts";
import { silentLog } from "../../../src/platform/log.ts";
import { systemRandom } from "../../../src/platform/random.ts";
import { Unavailable } from "../../../src/platform/unavailable.ts";
import { TestClock } from "../../fixtures/clock.ts";
import { listenOn } from "../../http/serve.ts";
import express from "express";
import { make, person, startTokenApp, type TokenApp } from "../../tokens/token-app.ts";
import { call, type Called, caller, OWN_API, wanted } from "./api.ts";

const ISSUER = "http://localhost:4000";

/** RFC 9457 3.1, and nothing in it that we do not know of. */
const Problem = z.strictObject({
  type: z.string().startsWith(`${ISSUER}/docs/api/problems/`),
  title: z.string().min(1),
  status: z.int(),
  detail: z.string().optional(),
  errors: z
    .array(
      z.strictObject({
        detail: z.string(),
        pointer: z.string().optional(),
        parameter: z.string().optional(),
        header: z.string().optional(),
      }),
    )
    .optional(),
  reference: z.string().optional(),
  scopes: z.array(z.string()).optional(),
});

/** The operations over parts that fail as they are told to. */
function operationsOver(broken: Error) {
  const fail = async (): Promise<never> => await Promise.reject(broken);
  const tokens = {
    create: fail,
    get: fail,
    list: fail,
    change: fail,
    rotate: fail,
    revoke: fail,
    suspend: fail,
    release: fail,
    preview: fail,
    revokeWhere: fail,
    offers: fail,
  };
  const clock = new TestClock();
  return [...tokenOperations({ tokens, useOf: fail, clock }), ...tokenEndOperations({ tokens, clock })];
}

/** The same, served to a caller who may do everything, or who is refused as told. */
async function failing(broken: Error, refused?: ApiProblem) {
  const operations = operationsOver(broken);
  const owner = { kind: "account", id: "olga" } as const;
  const scopes = ["tokens:read", "tokens:write"];
  const token = {
    active: true,
    id: "t",
    kind: "pat",
    owner,
    subject: "olga",
    scopes,
    resources: [OWN_API],
    issuedAtMs: 0,
    expiresAtMs: 0,
  } as const;
  const endpoint = apiEndpoint({
    issuer: ISSUER,
    operations,
    schemas: NAMED_TOKEN_SCHEMAS,
    authenticate: async () =>
      await Promise.resolve(
        refused === undefined
          ? { kind: "caller", caller: { token, actor: { kind: "system" } } }
          : { kind: "refused", problem: refused, headers: { "Retry-After": "7" } },
      ),
    log: silentLog,
    random: systemRandom,
  });
  const { url, close } = await listenOn(express().use("/api/v1", endpoint));
  return { origin: url, close, operations };
}

function isDocumented(answer: Called, status: number): void {
  assert.equal(answer.status, status, answer.text);
  assert.equal(answer.headers.get("content-type"), "application/problem+json");
  assert.equal(Problem.parse(answer.json).status, status);
}

describe("every operation answers as documented where", () => {
  const rows: readonly (readonly [string, number, Error, ApiProblem | undefined])[] = [
    ["a store is away", 503, new Unavailable("durable"), undefined],
    ["something breaks that was not foreseen", 500, new Error("the secret is 12345"), undefined],
    ["the token is none", 401, new Error("not reached"), { name: "unauthorized" }],
    ["the token is used too often", 429, new Error("not reached"), { name: "too-many-requests" }],
    ["two tokens came", 400, new Error("not reached"), { name: "invalid-request" }],
  ];
  for (const [what, status, error, refused] of rows) {
    test(`${what}: ${status}, and no word of what broke`, async (t) => {
      const { origin, close, operations } = await failing(error, refused);
      t.after(close);
      for (const { method, path, body, bodyExample } of operations) {
        const answer = await call({ origin }, path.replace("{id}", "x"), {
          method: method.toUpperCase(),
          headers: { "if-match": '"1"' },
          ...(body === undefined ? {} : { body: bodyExample }),
        });
        isDocumented(answer, status);
        assert.ok(!answer.text.includes("12345") && !/\bat \S+:\d/.test(answer.text), answer.text);
        assert.equal(status >= 500 ? typeof answer.json["reference"] : "string", "string");
        if (status === 503 || status === 429) assert.ok(answer.headers.has("retry-after"));
      }
    });
  }
});

describe("each answer that the document names can be had", () => {
  let app: TokenApp;
  const calls = new Map<string, Set<number>>();
  const documented = new Map<string, readonly number[]>();

  before(async () => {
    app = await startTokenApp();
    const { json } = await call(app, "/openapi.json");
    const paths = json["paths"] as Record<string, Record<string, { responses: Record<string, unknown> }>>;
    for (const [path, operations] of Object.entries(paths)) {
      for (const [method, { responses }] of Object.entries(operations)) {
        documented.set(`${method} ${path}`, Object.keys(responses).map(Number));
      }
    }
  });
  after(async () => await app.close());

  interface Given {
    readonly admin: string;
    readonly own: string;
    readonly id: string;
  }

  async function given(): Promise<Given> {
    const admin = await caller(app, "olga", ["tokens:read:all", "tokens:write:all", "tokens:read"]);
    const own = await caller(app, "alice", ["tokens:read", "tokens:write"]);
    const { token } = await make(app, person(app, "alice"), {
      limits: { resources: [OWN_API], scopes: ["tokens:read"] },
    });
    return { admin: admin.token, own: own.token, id: token.id };
  }

  /** Asks, and notes which status which operation gave. */
  async function ask(operation: string, id: string, init: Parameters<typeof call>[2]): Promise<void> {
    const [method = "", path = ""] = operation.split(" ");
    const answer = await call(app, path.replace("{id}", id), { ...init, method: method.toUpperCase() });
    const known = documented.get(operation) ?? [];
    assert.ok(
      known.includes(answer.status),
      `${operation}: ${answer.status} is not documented. ${answer.text}`,
    );
    if (answer.status >= 400) isDocumented(answer, answer.status);
    else schemaOf(operation)?.parse(answer.json);
    calls.set(operation, (calls.get(operation) ?? new Set()).add(answer.status));
  }

  const served = operationsOver(new Error("nothing is served by these"));
  const schemaOf = (operation: string) =>
    served.find(({ method, path }) => `${method} ${path}` === operation)?.answer.schema;

  const ANY = { "if-match": "*" };
  const STALE = { "if-match": '"99"' };
  /** What makes each answer, for operations that have it at all. */
  async function provoke(operation: string, good: unknown, at: Given): Promise<void> {
    const { admin, own, id } = at;
    const body = good === undefined ? {} : { body: good };
    const headers = operation.startsWith("delete") ? {} : ANY;
    for (const token of [own, admin]) await ask(operation, id, { ...body, token, headers: STALE });
    await ask(operation, id, { ...body, token: "gth_pat_none", headers });
    const reads = operation.startsWith("get");
    const limits = { scopes: [reads ? "tokens:verify" : "tokens:read"] };
    const lacking = reads
      ? await caller(app, "olga", limits.scopes)
      : await caller(app, "bob", limits.scopes);
    await ask(operation, id, { ...body, token: lacking.token, headers });
    await ask(operation, id, { ...body, token: admin, headers: { ...headers, accept: "text/html" } });
    await ask(operation, "nobody", { ...body, token: admin, headers });
    await ask(operation, id, { ...body, token: admin, headers: { "if-match": "nonsense" } });
    await ask(operation, id, { ...body, token: admin });
    if (good !== undefined) {
      await ask(operation, id, { body: "{", token: admin, headers });
      await ask(operation, id, {
        body: "x",
        token: admin,
        headers: { ...headers, "content-type": "text/plain" },
      });
      await ask(operation, id, { body: `"${"x".repeat(70_000)}"`, token: admin, headers });
    }
    await ask(operation, id, { ...body, token: own, headers });
  }

  const goods: ReadonlyMap<string, () => unknown> = new Map<string, () => unknown>([
    ["get /tokens", () => undefined],
    ["post /tokens", () => wanted(app)],
    ["get /tokens/{id}", () => undefined],
    ["patch /tokens/{id}", () => ({ name: "Another" })],
    ["post /tokens/{id}/rotate", () => ({ overlap_seconds: 60 })],
    ["get /tokens/{id}/use", () => undefined],
    ["delete /tokens/{id}", () => undefined],
    ["post /tokens/{id}/suspend", () => ({})],
    ["post /tokens/{id}/release", () => undefined],
    ["post /tokens/revocations", () => ({ filter: { kind: "key" } })],
    ["get /resources", () => undefined],
  ]);

  for (const [operation, good] of goods) {
    test(operation, async () => {
      const at = await given();
      const { admin, own, id } = at;
      if (operation.endsWith("release"))
        await app.apiTokens.suspend({ kind: "system" }, id, { reason: "leaked" });
      await provoke(operation, good(), at);
      const headers = ANY;
      if (operation === "post /tokens") {
        await ask(operation, "", { token: own, body: wanted(app, { scopes: ["tokens:verify"] }) });
        const owner = { kind: "account", id: "olga" };
        await ask(operation, "", { token: own, body: wanted(app, {}, { owner }) });
        await crowded(own, id);
      }
      if (operation === "post /tokens/revocations") {
        await ask(operation, "", { token: admin, body: { filter: {} } });
        await ask(operation, "", { token: admin, body: { filter: { kind: "key" }, expected: 99 } });
      }
      if (operation.endsWith("release")) await ask(operation, id, { token: admin });
      if (operation === "patch /tokens/{id}") {
        const body = { expires_at: "2100-01-01T00:00:00Z" };
        await ask(operation, id, { token: own, body, headers });
      }
      if (operation.endsWith("rotate")) {
        const body = { overlap_seconds: 60, expires_at: "2100-01-01T00:00:00Z" };
        await ask(operation, id, { token: own, body, headers });
        await ask(operation, id, { token: admin, body: { overlap_seconds: 60 }, headers });
      }
      await app.apiTokens.revoke({ kind: "system" }, id);
      const body = good();
      await ask(operation, id, { token: own, ...(body === undefined ? {} : { body }), headers });
      const missing = (documented.get(operation) ?? [])
        // Those come from outside of any one operation, and were asked of all of them above.
        .filter((status) => ![429, 500, 503].includes(status))
        .filter((status) => calls.get(operation)?.has(status) !== true);
      assert.deepEqual(missing, [], `not reached: ${missing.join(" ")}`);
    });
  }

  /** As many live tokens as one owner may have: one more is a conflict. */
  async function crowded(token: string, id: string): Promise<void> {
    const { apiTokens: store } = app.parts.stores.durable;
    const pattern = await store.get(id);
    assert.ok(pattern !== undefined);
    const ids = Array.from({ length: app.parts.tokens.policy.mostPerOwner }, (_, n) => `crowd-${n}`);
    for (const one of ids) await store.insert({ ...pattern, id: one, hash: one, name: "One of many" });
    await ask("post /tokens", "", { token, body: wanted(app) });
    for (const one of ids) await store.change(one, { state: "revoked" }, app.clock.nowMs());
  }
});
