import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { ApiToken } from "../../../src/model/api-token.ts";
import { systemRandom } from "../../../src/platform/random.ts";
import { TokenCache } from "../../../src/tokens/token-cache.ts";
import { makeToken, TOKEN_KINDS } from "../../../src/tokens/token-format.ts";
import { DEFAULT_TOKEN_POLICY } from "../../../src/tokens/token-policy.ts";
import { TokenVerifier } from "../../../src/tokens/token-verifier.ts";
import { TestClock } from "../../fixtures/clock.ts";
import {
  API,
  basic,
  DAY_MS,
  make,
  person,
  RESOURCE_SERVER_SECRET,
  startTokenApp,
  type TokenApp,
} from "../../tokens/token-app.ts";
import { bearer, FORM, JSON_TYPE, overTheWire, type WireRequest } from "./wire.ts";

/** A verifier over stores that write down each time they are asked. */
function counted(known: readonly ApiToken[]) {
  const asked: string[] = [];
  const clock = new TestClock();
  const note = <T>(what: string, value: T) => {
    asked.push(what);
    return value;
  };
  const cache = new TokenCache({
    findByHash: async (hash) =>
      await Promise.resolve(
        note(
          "tokens",
          known.find((token) => token.hash === hash),
        ),
      ),
  });
  const verifier = new TokenVerifier({
    cache,
    owners: {
      account: async () => await Promise.resolve(note("accounts", undefined)),
      application: () => note("applications", undefined),
    },
    resources: {
      all: () => [],
      builtIn: () => [],
      usable: () => undefined,
      byScope: () => undefined,
      usableScopes: () => [],
    },
    versions: { isKnown: () => false, look: async () => await Promise.resolve(note("versions", undefined)) },
    source: { find: async () => await Promise.resolve(note("access tokens", undefined)) },
    watch: { seen: () => undefined },
    volatile: { increment: async () => await Promise.reject(new Error("nothing is counted here")) },
    policy: DEFAULT_TOKEN_POLICY,
    throttled: () => undefined,
    clock,
  });
  return { asked, clock, verifier };
}

function record(hash: string, clock: TestClock, more: Partial<ApiToken> = {}): ApiToken {
  return {
    id: hash,
    kind: "key",
    name: "A key",
    hash,
    lastFour: "abcd",
    owner: { kind: "project", id: "metering" },
    madeBy: "olga",
    limits: { scopes: [], resources: [API], addresses: [], methods: [], pathPrefixes: [] },
    createdAtMs: clock.nowMs() - DAY_MS,
    expiresAtMs: clock.nowMs() + DAY_MS,
    state: "active",
    stateSinceMs: clock.nowMs(),
    version: 1,
    ...more,
  };
}

/** Ways to spoil a token of ours; each is another text. */
function mutations(text: string, other: string): ReadonlyMap<string, string> {
  const swapped = text.replaceAll(/[a-z]/gi, (letter) =>
    letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase(),
  );
  const [, kind = "", body = ""] = text.split("_");
  const [, , otherBody = ""] = other.split("_");
  return new Map([
    ["cut by one", text.slice(0, -1)],
    ["grown by one", `${text}0`],
    ["grown by a blank", `${text} `],
    ["grown by a line break", `${text}\n`],
    ["its case changed", swapped],
    ["without its prefix", body],
    ["under GitHub's prefix", `ghp_${body}`],
    ["under another kind's prefix", `gth_${kind === "pat" ? "svc" : "pat"}_${body}`],
    ["the secret of one, the checksum of another", `gth_${kind}_${body.slice(0, 43)}${otherBody.slice(43)}`],
    ["its checksum changed", `${text.slice(0, -1)}${text.endsWith("0") ? "1" : "0"}`],
    ["two in one", text + other],
    ["full-width letters", text.replace("g", "ｇ")],
  ]);
}

describe("WB-84 a token that was cut, grown or changed", () => {
  for (const kind of TOKEN_KINDS.filter((one) => one !== "rt")) {
    const { text } = makeToken(kind, systemRandom);
    for (const [how, changed] of mutations(text, makeToken(kind, systemRandom).text)) {
      test(`${kind}, ${how}: malformed by its checksum, and no store was asked`, async () => {
        const { asked, verifier } = counted([]);
        assert.notEqual(changed, text);
        assert.deepEqual(await verifier.verify(changed, {}), { active: false, refusal: "malformed" });
        assert.deepEqual(asked, []);
      });
    }
  }

  for (const text of [
    "",
    ".",
    "..",
    "a.b",
    "a.b.",
    ".b.c",
    "a.b.c.d",
    "a b.c.d",
    "a.b.c ",
    "x".repeat(20_000),
  ]) {
    test(`no store is asked about ${JSON.stringify(text.slice(0, 20))}, which is neither ours nor a JWT`, async () => {
      const { asked, verifier } = counted([]);
      assert.equal((await verifier.verify(text, {})).active, false);
      assert.deepEqual(asked, []);
    });
  }

  test("a refresh token is none here, whoever holds it: no store is asked", async () => {
    const { asked, verifier } = counted([]);
    const { text } = makeToken("rt", systemRandom);
    assert.deepEqual(await verifier.verify(text, {}), { active: false, refusal: "malformed" });
    assert.deepEqual(asked, []);
  });
});

test("unknown, revoked, suspended and expired cost the same: one look-up by the hash, then none", async () => {
  const { text, hash } = makeToken("key", systemRandom);
  const clock = new TestClock();
  const rows: readonly (readonly ApiToken[])[] = [
    [],
    [record(hash, clock, { state: "revoked" })],
    [record(hash, clock, { state: "suspended" })],
    [record(hash, clock, { expiresAtMs: clock.nowMs() - 1 })],
  ];
  for (const known of rows) {
    const { asked, verifier } = counted(known);
    assert.equal((await verifier.verify(text, {})).active, false);
    assert.deepEqual(asked, ["versions", "tokens"]);
    await verifier.verify(text, {});
    assert.deepEqual(asked, ["versions", "tokens", "versions"]);
  }
});

describe("whoever does not say who they are sees no difference", () => {
  let app: TokenApp;
  const ended: string[] = [];
  before(async () => {
    app = await startTokenApp();
    const alice = person(app, "alice");
    const own = { limits: { resources: ["http://localhost:4000/api"], scopes: ["tokens:read"] } };
    const revoked = await make(app, alice, own);
    await app.apiTokens.revoke(alice, revoked.token.id);
    const suspended = await make(app, alice, own);
    await app.apiTokens.suspend(alice, suspended.token.id);
    const expired = await make(app, alice, { ...own, expiresAtMs: app.clock.nowMs() + 1 });
    const elsewhere = await make(app, alice, {
      limits: { ...own.limits, addresses: ["192.0.2.1"] },
    });
    app.clock.advance(2);
    ended.push(revoked.secret, suspended.secret, expired.secret, elsewhere.secret);
    ended.push(makeToken("pat", systemRandom).text, `${revoked.secret.slice(0, -1)}_`);
  });
  after(async () => await app.close());

  const server = Object.entries(basic("orders-server", RESOURCE_SERVER_SECRET))[0] ?? ["", ""];
  const questions: readonly (readonly [string, (token: string) => WireRequest])[] = [
    [
      "POST /tokens/verify, asked about",
      (token) => ({
        method: "POST",
        target: "/tokens/verify",
        headers: [JSON_TYPE],
        body: JSON.stringify({ token }),
      }),
    ],
    [
      "POST /tokens/verify, shown as the caller's own",
      (token) => ({
        method: "POST",
        target: "/tokens/verify",
        headers: [JSON_TYPE, bearer(token)],
        body: '{"token":"x"}',
      }),
    ],
    ["GET /api/v1/tokens", (token) => ({ target: "/api/v1/tokens", headers: [bearer(token)] })],
    ["GET /oauth2/userinfo", (token) => ({ target: "/oauth2/userinfo", headers: [bearer(token)] })],
    [
      "POST /oauth2/introspect, without credentials",
      (token) => ({ method: "POST", target: "/oauth2/introspect", headers: [FORM], body: `token=${token}` }),
    ],
    [
      "POST /oauth2/introspect, by a client that none of them concerns",
      (token) => ({
        method: "POST",
        target: "/oauth2/introspect",
        headers: [FORM, server],
        body: `token=${token}`,
      }),
    ],
    [
      "POST /oauth2/revoke, by a client whose token it is not",
      (token) => ({
        method: "POST",
        target: "/oauth2/revoke",
        headers: [FORM, server],
        body: `token=${token}`,
      }),
    ],
  ];
  for (const [name, ask] of questions) {
    test(`${name}: one answer for revoked, suspended, expired, elsewhere, unknown and malformed`, async () => {
      const answers: string[] = [];
      for (const token of ended) {
        const { status, headers, body } = await overTheWire(app.origin, ask(token));
        assert.ok(status < 500, body);
        assert.doesNotMatch(body, /"active":true/);
        const told = [...headers]
          .map(([header, value]) => (header === "date" ? "" : `${header}: ${value}`))
          .sort();
        answers.push(JSON.stringify({ status, told, body }));
      }
      assert.equal(new Set(answers).size, 1, answers.join("\n"));
    });
  }
});

describe("guesses from one address", () => {
  async function guessing(t: { after(undo: () => Promise<void>): void }) {
    const app = await startTokenApp({ environment: { GATEHOUSE_TRUST_PROXY: "127.0.0.1" } });
    t.after(async () => await app.close());
    return async (target: string, from: string, more: Partial<WireRequest> = {}) => {
      const token = makeToken(target === "/oauth2/userinfo" ? "at" : "pat", systemRandom).text;
      const headers = [bearer(token), ["X-Forwarded-For", from] as const, ...(more.headers ?? [])];
      return await overTheWire(app.origin, { ...more, target, headers });
    };
  }
  const verify = { method: "POST", headers: [JSON_TYPE], body: '{"token":"x"}' } as const;

  for (const [target, more, allowed] of [
    ["/api/v1/tokens", {}, 60],
    ["/oauth2/userinfo", {}, 60],
    ["/tokens/verify", verify, 120],
  ] as const) {
    test(`at ${target} end after ${allowed} in a minute, for the whole of an IPv6 network, and for no other`, async (t) => {
      const ask = await guessing(t);
      const from = (n: number) => `2001:db8:0:1::${(n + 1).toString(16)}`;
      for (let n = 0; n < allowed; n++) assert.equal((await ask(target, from(n), more)).status, 401);
      const refused = await ask(target, from(allowed), more);
      assert.equal(refused.status, 429);
      assert.ok(Number(refused.headers.get("retry-after")) >= 1);
      assert.equal((await ask(target, "2001:db8:0:2::1", more)).status, 401);
      assert.equal((await ask(target, "192.0.2.1", more)).status, 401);
    });
  }
});
