import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { AddressList, AddressListError } from "../../../src/tokens/address-list.ts";
import { API, make, person, startTokenApp, type TokenApp } from "../../tokens/token-app.ts";
import { bearer, overTheWire } from "./wire.ts";

const OWN_API = "http://localhost:4000/api";

describe("a list of addresses", () => {
  const everywhere: readonly (readonly string[])[] = [
    ["0.0.0.0/0"],
    ["::/0"],
    ["10.0.0.0/8", "0.0.0.0/0"],
    ["0.0.0.0/1", "128.0.0.0/1"],
    ["128.0.0.0/1", "10.0.0.0/8", "0.0.0.0/1"],
    ["0.0.0.0/2", "64.0.0.0/2", "128.0.0.0/2", "192.0.0.0/2"],
    ["::/1", "8000::/1"],
    ["2001:db8::/32", "::/2", "4000::/2", "8000::/1"],
    ["10.0.0.0/8", "::/1", "8000::/1"],
    ["::ffff:0:0/96"],
    ["::ffff:0.0.0.0/96"],
    ["::ffff:a00:0/104"],
  ];
  for (const list of everywhere) {
    test(`${list.join(" ")} is refused: it would be no limit, or not the one that it looks like`, () => {
      assert.throws(() => AddressList.read(list), AddressListError);
    });
  }

  const rows: readonly (readonly [readonly string[], string, boolean])[] = [
    [["10.0.0.0/8", "10.1.0.0/16", "10.1.2.3"], "10.1.2.3", true],
    [["10.1.0.0/16", "10.0.0.0/8"], "10.200.0.1", true],
    [["10.1.0.0/16", "10.1.0.0/16"], "10.2.0.1", false],
    [["0.0.0.0/1"], "127.255.255.255", true],
    [["0.0.0.0/1"], "128.0.0.0", false],
    [["0.0.0.0/1", "192.0.0.0/2"], "128.0.0.1", false],
    // An IPv6 range says nothing about IPv4, though the mapped addresses lie in it.
    [["::/1"], "8.8.8.8", false],
    [["::/80"], "8.8.8.8", false],
    [["::/1"], "::ffff:8.8.8.8", false],
    [["::/1"], "::ffff:808:808", false],
    [["::/1"], "2001:db8::1", true],
    [["10.0.0.0/8"], "::ffff:10.1.2.3", true],
    [["10.0.0.0/8"], "::ffff:a01:203", true],
    [["10.0.0.0/8"], "::FFFF:0A01:0203", true],
    [["10.0.0.0/8"], "::10.1.2.3", false],
    [["10.0.0.0/8"], "64:ff9b::10.1.2.3", false],
    [["::ffff:a01:203"], "10.1.2.3", true],
    [["2001:db8::1"], "2001:0db8:0:0:0:0:0:1", true],
    [["10.0.0.0/8"], "10.1.2.3.", false],
    [["10.0.0.0/8"], "10.1.2.3 ", false],
    [["10.0.0.0/8"], "010.1.2.3", false],
    [["10.0.0.0/8"], "１０.1.2.3", false],
  ];
  for (const [list, address, allowed] of rows) {
    test(`${list.join(" ")} ${allowed ? "has" : "does not have"} ${JSON.stringify(address)} in it`, () => {
      assert.equal(AddressList.read(list).allows(address), allowed);
    });
  }

  test("that covers everything only together with another family is a limit", () => {
    const list = AddressList.read(["0.0.0.0/1", "8000::/1"]);
    assert.deepEqual([list.allows("200.0.0.1"), list.allows("2001:db8::1")], [false, false]);
  });
});

describe("a limit on paths", () => {
  let app: TokenApp;
  let limited: string;
  before(async () => {
    app = await startTokenApp();
    const limits = { resources: [API], scopes: ["orders:read"], pathPrefixes: ["/orders", "/a/b"] };
    limited = (await make(app, person(app, "alice"), { limits })).secret;
  });
  after(async () => await app.close());

  for (const path of [
    "/orders",
    "/orders/",
    "/orders/7",
    "/a/b",
    "/a/b/c.d/e..f",
    "/orders/%C3%A9",
    "/orders/a;b=1",
  ]) {
    test(`lets ${path} through`, async () => {
      assert.equal((await app.verifier.verify(limited, { path })).active, true);
    });
  }

  const tricks = [
    "/",
    "",
    "orders",
    "/Orders",
    "/ORDERS/7",
    "/ordersX",
    "/orders.",
    "/orders%20",
    "/order%73/7",
    "/a",
    "/a/bc",
    "//orders",
    "/orders//admin",
    "/orders/../admin",
    "/orders/./../admin",
    "/orders/..",
    "/orders/.",
    "/orders/%2e%2e/admin",
    "/orders/%2E./admin",
    "/orders/.%2e/admin",
    "/orders/%252e%252e/admin",
    "/orders/..%2fadmin",
    "/orders/..%5cadmin",
    "/orders\\..\\admin",
    "/orders/..;/admin",
    "/orders/..;a=b/admin",
    "/orders/..%3b/admin",
    "/orders/%2e%2e%3b/admin",
    "/orders/..%00/admin",
    "/orders/..%09/admin",
    "/orders/..%20/admin",
    "/orders/.. /admin",
    "/orders/.../admin",
    "/orders/%0d%0a/admin",
    "/orders/\u007f",
    "/orders/%c0%ae%c0%ae/admin",
    "/orders/%c0%af..%c0%afadmin",
    "/orders/%e0%80%ae./admin",
    "/orders/%u002e%u002e/admin",
    "/orders/\uff0e\uff0e/admin",
    "/orders/%EF%BC%8E%EF%BC%8E/admin",
    "/orders/\u2025/admin",
    "/orders/..\uff0fadmin",
    "/orders/%zz",
    "/orders/%",
    "http://orders.example/orders",
    "https://orders.example/orders/7",
    "?/orders",
    "#/orders",
  ];
  for (const path of tricks) {
    test(`lets ${JSON.stringify(path)} not through, whatever a server would make of it`, async () => {
      const { active } = await app.verifier.verify(limited, { path });
      assert.equal(active, false);
    });
  }

  test("and no path told at all is not through either", async () => {
    assert.equal((await app.verifier.verify(limited, {})).active, false);
  });

  test("is judged at our own API by what was sent, not by what a parser makes of it", async () => {
    const limits = { resources: [OWN_API], scopes: ["tokens:read"], pathPrefixes: ["/api/v1/resources"] };
    const { secret, token } = await make(app, person(app, "alice"), { limits });
    const ask = async (target: string) =>
      (await overTheWire(app.origin, { target, headers: [bearer(secret)] })).status;
    assert.equal(await ask("/api/v1/resources"), 200);
    assert.equal(await ask("/api/v1/resources?x=1"), 400);
    for (const target of [
      "/api/v1/tokens",
      `/api/v1/tokens/${token.id}`,
      "/api/v1/tokens/..%2fresources",
      "/api/v1/tokens/..",
      "/api/v1/tokens/%2e%2e",
      `/api/v1/tokens/..\\..\\resources/use`,
      "/api/v1/tokens/../resources",
      "/API/v1/resources",
      `${app.origin}/api/v1/tokens`,
    ]) {
      const status = await ask(target);
      assert.ok([400, 401, 404].includes(status), `${target}: ${status}`);
    }
  });

  test("a target that no parser takes is refused, and is no fault of ours", async () => {
    const { secret } = await make(app, person(app, "alice"), {
      limits: { resources: [OWN_API], scopes: ["tokens:read"] },
    });
    for (const target of ["//", "///", "//api/v1/tokens", "http://", "/api/v1/tokens/%", "*"]) {
      const { status } = await overTheWire(app.origin, { target, headers: [bearer(secret)] });
      assert.ok(status >= 300 && status < 500, `${target}: ${status}`);
    }
  });
});

describe("a limit on methods", () => {
  let app: TokenApp;
  before(async () => {
    app = await startTokenApp();
  });
  after(async () => await app.close());

  for (const [method, allowed] of [
    ["GET", true],
    ["get", true],
    ["HEAD", false],
    ["GETX", false],
    ["GET ", false],
    ["", false],
    ["ＧＥＴ", false],
    [undefined, false],
  ] as const) {
    test(`to GET ${allowed ? "takes" : "does not take"} ${JSON.stringify(method)}`, async () => {
      const { secret } = await make(app, person(app, "alice"), { limits: { methods: ["GET"] } });
      assert.equal((await app.verifier.verify(secret, { method })).active, allowed);
    });
  }
});

describe("a limit on scopes and resources", () => {
  let app: TokenApp;
  before(async () => {
    app = await startTokenApp();
  });
  after(async () => await app.close());

  test("is compared character by character: no other case, no slash more, no pattern", async () => {
    const { secret } = await make(app, person(app, "alice"));
    for (const resource of ["https://orders.example", `${API}/`, API.toUpperCase(), `${API}?`, "*", ""]) {
      assert.equal((await app.verifier.verify(secret, { resource })).active, false, resource);
    }
    for (const scope of ["orders:READ", "orders:*", "orders", "*", "orders:read orders:write", "__proto__"]) {
      assert.equal((await app.verifier.verify(secret, { scopes: [scope] })).active, false, scope);
    }
    assert.equal(
      (await app.verifier.verify(secret, { resource: API, scopes: ["orders:read"] })).active,
      true,
    );
  });

  test("follows the person: a scope for a group goes with the group, the token stays", async () => {
    const limits = { resources: [API], scopes: ["orders:read", "orders:buy"] };
    const { secret } = await make(app, person(app, "alice"), { limits });
    const buys = async () => (await app.verifier.verify(secret, { scopes: ["orders:buy"] })).active;
    assert.equal(await buys(), true);
    const { accounts } = app.parts.stores.durable;
    const alice = await accounts.get("alice");
    assert.ok(alice !== undefined);
    await accounts.update({ ...alice, groups: [] }, { username: "alice" });
    app.parts.accounts.invalidate();
    assert.equal(await buys(), false);
    assert.equal((await app.verifier.verify(secret, { scopes: ["orders:read"] })).active, true);
  });
});
