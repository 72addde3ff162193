import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import {
  API,
  askVerify,
  basic,
  make,
  person,
  RESOURCE_SERVER_SECRET,
  SERVICE_SECRET,
  startTokenApp,
  type TokenApp,
} from "../../tokens/token-app.ts";
import { bearer, FORM, JSON_TYPE, overTheWire, type WireRequest } from "./wire.ts";

const OWN_API = "http://localhost:4000/api";

/** Each place that takes a token, as it is asked by whoever may. */
function places(token: string): ReadonlyMap<string, WireRequest> {
  const [server] = Object.entries(basic("orders-server", RESOURCE_SERVER_SECRET));
  const client = server ?? ["", ""];
  return new Map<string, WireRequest>([
    ["/api/v1/tokens", { target: "/api/v1/tokens", headers: [bearer(token)] }],
    [
      "/tokens/verify",
      {
        method: "POST",
        target: "/tokens/verify",
        headers: [JSON_TYPE, client],
        body: JSON.stringify({ token }),
      },
    ],
    [
      "/oauth2/introspect",
      { method: "POST", target: "/oauth2/introspect", headers: [FORM, client], body: `token=${token}` },
    ],
    ["/oauth2/userinfo", { target: "/oauth2/userinfo", headers: [bearer(token)] }],
    [
      "/oauth2/revoke",
      { method: "POST", target: "/oauth2/revoke", headers: [FORM, client], body: `token=${token}` },
    ],
  ]);
}

describe("on its way here a token", () => {
  let app: TokenApp;
  before(async () => {
    app = await startTokenApp();
  });
  after(async () => await app.close());

  const forOwnApi = { limits: { resources: [OWN_API, API], scopes: ["tokens:read", "orders:read"] } };

  for (const place of places("").keys()) {
    test(`among headers of 64 KB is refused at ${place}, by Node itself and without a fault of ours`, async () => {
      const { secret } = await make(app, person(app, "alice"), forOwnApi);
      const request = places(secret).get(place);
      assert.ok(request !== undefined);
      const headers = [...(request.headers ?? []), ["X-Filler", "x".repeat(65_536)] as const];
      // 0: the connection was reset while the rest was still on its way.
      const { status } = await overTheWire(app.origin, { ...request, headers });
      assert.ok(status === 431 || status === 0, `${status}`);
      assert.equal((await fetch(`${app.origin}/healthz`)).status, 200);
    });

    test(`of 64 KB is refused at ${place}`, async () => {
      const request = places(`gth_pat_${"a".repeat(64_000)}`).get(place);
      assert.ok(request !== undefined);
      const { status, body } = await overTheWire(app.origin, request);
      assert.ok([200, 400, 401, 431].includes(status), `${status}`);
      assert.doesNotMatch(body, /"active":true/);
    });

    test(`beside a second Authorization header is refused at ${place}, whichever of them is good`, async () => {
      const { secret } = await make(app, person(app, "alice"), forOwnApi);
      const request = places(secret).get(place);
      assert.ok(request !== undefined);
      const headers = request.headers ?? [];
      for (const second of [
        ["Authorization", "Bearer x"],
        ["authorization", "Basic eDp4"],
      ] as const) {
        for (const both of [
          [...headers, second],
          [second, ...headers],
        ]) {
          const { status, body } = await overTheWire(app.origin, { ...request, headers: both });
          assert.equal(status, 400, `${status} ${body}`);
        }
      }
    });

    test(`in the address of ${place} is refused and revoked, before anything else is looked at`, async () => {
      for (const query of [(token: string) => `access_token=${token}`, (token: string) => `a=${token}&b=1`]) {
        const { secret, token } = await make(app, person(app, "alice"), forOwnApi);
        const request = places(secret).get(place);
        assert.ok(request !== undefined);
        const target = `${request.target}?${query(secret)}`;
        const { status, body } = await overTheWire(app.origin, { ...request, target });
        assert.equal(status, 400);
        assert.ok(!body.includes(secret));
        const kept = await app.parts.stores.durable.apiTokens.get(token.id);
        assert.deepEqual([kept?.state, kept?.stateReason], ["revoked", "exposed"]);
      }
    });
  }

  test("in a form is no way in (RFC 6750 2.2)", async () => {
    const { secret } = await make(app, person(app, "alice"), forOwnApi);
    const form = { method: "POST", headers: [FORM], body: `access_token=${secret}` } as const;
    assert.equal((await overTheWire(app.origin, { ...form, target: "/oauth2/userinfo" })).status, 401);
    const api = await overTheWire(app.origin, { ...form, target: "/api/v1/tokens" });
    assert.equal(api.status, 401);
  });

  test("in a cookie is no way in", async () => {
    const { secret } = await make(app, person(app, "alice"), forOwnApi);
    const headers = [["Cookie", `access_token=${secret}; token=${secret}`]] as const;
    assert.equal((await overTheWire(app.origin, { target: "/api/v1/tokens", headers })).status, 401);
  });

  test("X-Forwarded-For and its like, of a peer that is no proxy of ours, let it in from nowhere", async () => {
    const limits = { ...forOwnApi.limits, addresses: ["10.0.0.0/8"] };
    const { secret } = await make(app, person(app, "alice"), { limits });
    for (const name of ["X-Forwarded-For", "X-Real-IP", "Forwarded", "CF-Connecting-IP", "True-Client-IP"]) {
      const value = name === "Forwarded" ? "for=10.1.2.3" : "10.1.2.3";
      const headers = [bearer(secret), [name, value] as const];
      assert.equal((await overTheWire(app.origin, { target: "/api/v1/tokens", headers })).status, 401, name);
      const { body } = await askVerify(app, { token: secret }, { [name]: value });
      assert.deepEqual(body, { active: false }, name);
    }
  });

  test("the method that an override header names is not the one that is judged or done", async () => {
    const limits = { resources: [OWN_API], scopes: ["tokens:read", "tokens:write"], methods: ["GET"] };
    const { secret, token } = await make(app, person(app, "alice"), { limits });
    const headers = [
      bearer(secret),
      ["X-HTTP-Method-Override", "DELETE"],
      ["X-HTTP-Method", "DELETE"],
      ["X-Method-Override", "DELETE"],
    ] as const;
    const target = `/api/v1/tokens/${token.id}`;
    assert.equal((await overTheWire(app.origin, { target, headers })).status, 200);
    assert.equal(
      (await overTheWire(app.origin, { target: `${target}?_method=DELETE`, headers })).status,
      400,
    );
    const deleted = await overTheWire(app.origin, { method: "DELETE", target, headers: [bearer(secret)] });
    assert.equal(deleted.status, 401);
    const overridden = [bearer(secret), ["X-HTTP-Method-Override", "GET"]] as const;
    assert.equal(
      (await overTheWire(app.origin, { method: "DELETE", target, headers: overridden })).status,
      401,
    );
    assert.equal((await app.parts.stores.durable.apiTokens.get(token.id))?.state, "active");
  });
});

describe("behind a proxy of ours", () => {
  let app: TokenApp;
  before(async () => {
    app = await startTokenApp({ environment: { GATEHOUSE_TRUST_PROXY: "127.0.0.1,10.9.0.0/16" } });
  });
  after(async () => await app.close());

  const rows: readonly (readonly [string, string, boolean])[] = [
    ["10.1.2.3", "the client's address", true],
    ["192.0.2.1", "another address", false],
    ["10.1.2.3, 192.0.2.1", "what the client wrote itself, left of its real address", false],
    ["192.0.2.1, 10.1.2.3", "the real one, right of what the client wrote", true],
    ["10.1.2.3, 10.9.0.1", "the client's, before a second proxy of ours", true],
    ["::ffff:10.1.2.3", "an IPv4 address mapped into IPv6", true],
    ["::ffff:a01:203", "the same in hexadecimal", true],
    ["[::ffff:10.1.2.3]:443", "the same with a port", true],
    ["10.1.2.3:51234", "an address with a port", true],
    ["10.1.2.3, nonsense", "something that is no address, right of it", false],
    ["0x0a010203", "an address in hexadecimal", false],
    ["012.1.2.3", "an address in octal", false],
    ["", "nothing", false],
  ];
  for (const [header, what, isIn] of rows) {
    test(`X-Forwarded-For with ${what} (${header || "empty"}) is ${isIn ? "within" : "outside"} 10.0.0.0/8`, async () => {
      const limits = { resources: [OWN_API], scopes: ["tokens:read"], addresses: ["10.0.0.0/8"] };
      const { secret } = await make(app, person(app, "alice"), { limits });
      const headers = [bearer(secret), ["X-Forwarded-For", header] as const];
      const { status } = await overTheWire(app.origin, { target: "/api/v1/tokens", headers });
      assert.equal(status, isIn ? 200 : 401);
    });
  }

  test("two X-Forwarded-For headers are one list: the last address counts", async () => {
    const limits = { resources: [OWN_API], scopes: ["tokens:read"], addresses: ["10.0.0.0/8"] };
    const { secret } = await make(app, person(app, "alice"), { limits });
    const ask = async (first: string, second: string) => {
      const headers = [bearer(secret), ["X-Forwarded-For", first], ["X-Forwarded-For", second]] as const;
      return (await overTheWire(app.origin, { target: "/api/v1/tokens", headers })).status;
    };
    assert.equal(await ask("10.1.2.3", "192.0.2.1"), 401);
    assert.equal(await ask("192.0.2.1", "10.1.2.3"), 200);
  });
});

describe("where our address is https, a token over plain http", () => {
  let app: TokenApp;
  before(async () => {
    app = await startTokenApp({
      environment: { GATEHOUSE_ISSUER: "https://id.example.org", GATEHOUSE_TRUST_PROXY: "127.0.0.1" },
    });
  });
  after(async () => await app.close());
  const plain = ["X-Forwarded-Proto", "http"] as const;

  test("is refused and revoked wherever it is shown", async () => {
    for (const target of ["/api/v1/tokens", "/oauth2/userinfo", "/tokens/verify", "/login"]) {
      const { secret, token } = await make(app, person(app, "alice"));
      const { status } = await overTheWire(app.origin, { target, headers: [bearer(secret), plain] });
      assert.equal(status, 400, target);
      assert.equal((await app.parts.stores.durable.apiTokens.get(token.id))?.stateReason, "exposed", target);
    }
  });

  test("is revoked in each of several headers", async () => {
    const alice = person(app, "alice");
    const both = [await make(app, alice), await make(app, alice)];
    const headers = [...both.map(({ secret }) => bearer(secret)), plain];
    assert.equal((await overTheWire(app.origin, { target: "/api/v1/tokens", headers })).status, 400);
    for (const { token } of both) {
      assert.equal((await app.parts.stores.durable.apiTokens.get(token.id))?.state, "revoked");
    }
  });

  test("is refused and revoked also where it is asked about, in the body", async () => {
    const { secret, token } = await make(app, person(app, "alice"));
    const answer = await askVerify(app, { token: secret }, { "X-Forwarded-Proto": "http" });
    assert.equal(answer.status, 400);
    assert.equal((await app.parts.stores.durable.apiTokens.get(token.id))?.stateReason, "exposed");
  });

  test("is let in where the last proxy says https, whatever came before", async () => {
    const { secret, token } = await make(app, person(app, "alice"));
    await overTheWire(app.origin, {
      target: "/api/v1/tokens",
      headers: [bearer(secret), ["X-Forwarded-Proto", "http, https"]],
    });
    assert.equal((await app.parts.stores.durable.apiTokens.get(token.id))?.state, "active");
    const service = Object.entries(basic("robot", SERVICE_SECRET))[0] ?? ["", ""];
    const known = await overTheWire(app.origin, {
      method: "POST",
      target: "/oauth2/introspect",
      headers: [FORM, service, ["X-Forwarded-Proto", "https"]],
      body: `token=${secret}`,
    });
    assert.equal(known.status, 200);
  });
});
