import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { ApiToken, TokenLimits } from "../../src/model/api-token.ts";
import type { TokenRefusal, TokenUse } from "../../src/model/token-use.ts";
import { compileToken, type Standing } from "../../src/tokens/compiled-token.ts";
import { type Judgement, judge } from "../../src/tokens/judge-token.ts";

const NOW_MS = 1_000_000;
const A = "https://a.example/";
const B = "https://b.example/";
const KEY = "k".repeat(43);

const STANDING: Standing = {
  usable: true,
  resources: [A, B],
  scopes: ["a:read", "b:read"],
  scopesByResource: new Map([
    [A, ["a:read"]],
    [B, ["b:read"]],
  ]),
};

const FULL: Partial<TokenLimits> = {
  addresses: ["10.0.0.0/8", "2001:db8::/32"],
  methods: ["GET", "POST"],
  pathPrefixes: ["/v1", "/health"],
  binding: { kind: "dpop", thumbprint: KEY },
};

const USE: TokenUse = {
  address: "10.1.1.1",
  method: "GET",
  path: "/v1/things",
  resource: A,
  scopes: ["a:read"],
  proof: { dpop: KEY },
};

function token(more: Partial<ApiToken> = {}, limits: Partial<TokenLimits> = FULL): ApiToken {
  return {
    id: "t",
    kind: "pat",
    name: "n",
    hash: "h",
    lastFour: "last",
    owner: { kind: "account", id: "alice" },
    madeBy: "alice",
    limits: { scopes: [], resources: [A, B], addresses: [], methods: [], pathPrefixes: [], ...limits },
    createdAtMs: 0,
    expiresAtMs: NOW_MS + 1,
    state: "active",
    stateSinceMs: 0,
    version: 1,
    ...more,
  };
}

function judged(use: TokenUse, options: { record?: ApiToken; standing?: Standing } = {}): Judgement {
  return judge(compileToken(options.record ?? token()), options.standing ?? STANDING, use, NOW_MS);
}

function refusal(judgement: Judgement): TokenRefusal | "good" {
  return judgement.good ? "good" : judgement.refusal;
}

describe("judging a token", () => {
  test("a use within every limit is good, with the scopes of the resource that was asked", () => {
    assert.deepEqual(judged(USE), { good: true, scopes: ["a:read"], resources: [A] });
  });

  test("without limits and without a named resource all that it has is told", () => {
    const judgement = judged({}, { record: token({}, {}) });
    assert.deepEqual(judgement, { good: true, scopes: ["a:read", "b:read"], resources: [A, B] });
  });

  const rows: readonly (readonly [string, TokenRefusal, TokenUse, Partial<ApiToken>?, Partial<Standing>?])[] =
    [
      ["a revoked token", "revoked", USE, { state: "revoked" }],
      ["a suspended token", "suspended", USE, { state: "suspended" }],
      ["a token in its last millisecond's end", "expired", USE, { expiresAtMs: NOW_MS }],
      ["an owner who is switched off", "owner", USE, {}, { usable: false }],
      ["no proof", "binding", { ...USE, proof: undefined }],
      ["another key's proof", "binding", { ...USE, proof: { dpop: "x".repeat(43) } }],
      ["a certificate in the key's place", "binding", { ...USE, proof: { certificate: KEY } }],
      ["another address", "address", { ...USE, address: "11.0.0.1" }],
      ["no address", "address", { ...USE, address: undefined }],
      ["an address that is none", "address", { ...USE, address: "10.1.1" }],
      ["an address of the wrong family", "address", { ...USE, address: "2001:db9::1" }],
      ["a resource that it is not for", "resource", { ...USE, resource: "https://c.example/" }],
      ["a resource that only begins alike", "resource", { ...USE, resource: `${A}x` }],
      [
        "resources that are all switched off",
        "resource",
        { ...USE, resource: undefined },
        {},
        { resources: [] },
      ],
      ["a scope of the other resource", "scope", { ...USE, scopes: ["a:read", "b:read"] }],
      ["a scope that its owner lost", "scope", USE, {}, { scopesByResource: new Map([[A, []]]) }],
      ["another method", "method", { ...USE, method: "DELETE" }],
      ["no method", "method", { ...USE, method: undefined }],
      ["another path", "path", { ...USE, path: "/v2" }],
      ["no path", "path", { ...USE, path: undefined }],
      ["a path that only begins alike", "path", { ...USE, path: "/v1x" }],
      ["dot segments", "path", { ...USE, path: "/v1/../admin" }],
      ["encoded dot segments", "path", { ...USE, path: "/v1/%2e%2E/admin" }],
      ["an encoded slash", "path", { ...USE, path: "/v1/..%2fadmin" }],
      ["a backslash", "path", { ...USE, path: "/v1\\..\\admin" }],
      ["a doubled slash", "path", { ...USE, path: "/v1//admin" }],
      ["a double encoding", "path", { ...USE, path: "/v1/%252e%252e/admin" }],
      ["dot segments with a parameter", "path", { ...USE, path: "/v1/..;/admin" }],
      ["a path without its slash", "path", { ...USE, path: "v1/x" }],
    ];
  for (const [what, expected, use, more, standing] of rows) {
    test(`${what}: ${expected}`, () => {
      const judgement = judged(use, { record: token(more), standing: { ...STANDING, ...standing } });
      assert.equal(refusal(judgement), expected);
    });
  }

  for (const [what, use] of [
    ["an IPv4 address that came mapped into IPv6", { ...USE, address: "::ffff:10.1.1.1" }],
    ["the other family of its list", { ...USE, address: "2001:db8::7" }],
    ["a method in small letters", { ...USE, method: "post" }],
    ["the prefix itself", { ...USE, path: "/v1" }],
    ["a query behind the path", { ...USE, path: "/v1?x=1" }],
    ["a dot within a name", { ...USE, path: "/v1/a..b/.well-known" }],
  ] as const) {
    test(`${what} is good`, () => assert.equal(refusal(judged(use)), "good"));
  }

  test("the refusals come in their order: whatever is worst is told, one after the other", () => {
    const fixes: readonly (readonly [TokenRefusal, Partial<ApiToken>, Partial<Standing>, TokenUse])[] = [
      ["revoked", { state: "revoked", expiresAtMs: 0 }, { usable: false }, {}],
      ["expired", { expiresAtMs: 0 }, { usable: false }, {}],
      ["owner", {}, { usable: false }, {}],
      ["binding", {}, {}, { resource: "x" }],
      ["address", {}, {}, { resource: "x", proof: USE.proof }],
      ["resource", {}, {}, { resource: "x", scopes: ["y"], proof: USE.proof, address: USE.address }],
      ["scope", {}, {}, { resource: A, scopes: ["y"], proof: USE.proof, address: USE.address }],
      ["method", {}, {}, { ...USE, method: undefined, path: undefined }],
      ["path", {}, {}, { ...USE, path: undefined }],
    ];
    for (const [expected, more, standing, use] of fixes) {
      const judgement = judged(use, { record: token(more), standing: { ...STANDING, ...standing } });
      assert.equal(refusal(judgement), expected);
    }
  });

  test("what is missing is named", () => {
    assert.deepEqual(judged({ ...USE, scopes: ["a:read", "x", "y"] }), {
      good: false,
      refusal: "scope",
      missing: ["x", "y"],
    });
  });
});
