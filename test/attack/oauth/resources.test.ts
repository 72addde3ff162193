import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { oidcApplication } from "../../fixtures/oidc/application.ts";
import { authorization, ISSUER, REDIRECT_URI, VERIFIER } from "../../fixtures/oidc/authorization.ts";
import { answerOf, flowOf, jsonOf, TestBrowser } from "../../fixtures/oidc/client.ts";
import { basic, STORED_SECRET } from "../../fixtures/oidc/client-secret.ts";
import { errorCodeOf, type RequestReader, requestOf, requestReader } from "../../fixtures/oidc/requests.ts";
import { ORDERS, PAYROLL, resource } from "../../fixtures/oidc/resources.ts";
import { type OidcApp, startOidcApp } from "../../fixtures/oidc-app.ts";

const OFF = resource({ id: "off", identifier: "urn:example:off", scopes: [], enabled: false });
const MANY = Array.from({ length: 11 }, (_, n) =>
  resource({ id: `many-${n}`, identifier: `urn:example:many-${n}`, scopes: [] }),
);
const wiki = oidcApplication({
  secrets: [STORED_SECRET],
  // The last one is a resource's by now: the client's own list is no way around naming it.
  scopes: ["profile", "offline_access", "wiki:edit", "payroll:read"],
  resources: [ORDERS, OFF, ...MANY].map(({ identifier }) => identifier),
});
const other = { ...wiki, id: "other", resources: undefined };
const asks = { ...wiki, id: "asks", consent: "ask" as const };
const RESOURCES = [ORDERS, PAYROLL, OFF, ...MANY];

/** The query of a request with these values of `resource`. */
function query(scope: string, resources: readonly string[], clientId = "wiki"): string {
  const search = new URLSearchParams(authorization({ scope, client_id: clientId }));
  for (const one of resources) search.append("resource", one);
  return search.toString();
}

describe("an authorization request with resource (RFC 8707 2.1)", () => {
  let reader: RequestReader;
  before(async () => {
    reader = await requestReader(ISSUER, [wiki, other, asks], RESOURCES);
  });

  const read = async (scope: string, resources: readonly string[], clientId?: string) => {
    const { wire, scopes } = requestOf(await reader.read(query(scope, resources, clientId)));
    return { resources: wire.resources, scopes };
  };

  test("may ask for its scopes, and for its own", async () => {
    assert.deepEqual(await read("openid profile orders:read wiki:edit", [ORDERS.identifier]), {
      resources: [ORDERS.identifier],
      scopes: ["openid", "profile", "orders:read", "wiki:edit"],
    });
  });

  test("may name several, one of them twice, and ourselves", async () => {
    const named = [ORDERS.identifier, "urn:example:many-0", ORDERS.identifier, ISSUER];
    assert.deepEqual((await read("openid", named)).resources, [
      ORDERS.identifier,
      "urn:example:many-0",
      ISSUER,
    ]);
  });

  test("that is empty counts as none", async () => {
    assert.deepEqual((await read("openid", [""])).resources, []);
  });

  test("gets no scope of a resource that it does not name, be it in its own list", async () => {
    assert.deepEqual(await read("openid orders:read payroll:read", []), {
      resources: [],
      scopes: ["openid"],
    });
    const named = await read("openid payroll:read orders:write", [ORDERS.identifier]);
    assert.deepEqual(named.scopes, ["openid", "orders:write"]);
  });

  test("is understood by its scopes where it names none and asks for no login (RFC 9068 3)", async () => {
    const meant = await read("orders:read payroll:read", []);
    assert.deepEqual(meant, { resources: [ORDERS.identifier], scopes: ["orders:read"] });
    assert.deepEqual((await read("orders:read", [], "other")).scopes, []);
  });

  for (const [what, named, clientId] of [
    ["an unknown one", ["https://unknown.example.org/"], "wiki"],
    ["one that is not open to the client", [PAYROLL.identifier], "wiki"],
    ["one that is switched off", [OFF.identifier], "wiki"],
    ["a good one and an unknown one", [ORDERS.identifier, "urn:example:none"], "wiki"],
    ["one with a fragment", [`${ORDERS.identifier}#`], "wiki"],
    ["a path below a good one", [`${ORDERS.identifier}/orders`], "wiki"],
    ["the origin of a good one", [new URL(ORDERS.identifier).origin], "wiki"],
    ["a good one with white space", [` ${ORDERS.identifier}`], "wiki"],
    ["a good one with a NUL", [`${ORDERS.identifier}\0`], "wiki"],
    ["our own address with a slash", [`${ISSUER}/`], "wiki"],
    ["a name of every object", ["__proto__"], "wiki"],
    ["what is no URI", ["orders"], "wiki"],
    ["more than ten", MANY.map(({ identifier }) => identifier), "wiki"],
    ["any, by a client without resources", [ORDERS.identifier], "other"],
  ] as const) {
    test(`is invalid_target when it names ${what}`, async () => {
      assert.equal(errorCodeOf(await reader.read(query("openid", named, clientId))), "invalid_target");
    });
  }

  test("says the same of a resource that does not exist and of one that is another client's", async () => {
    const texts = await Promise.all(
      ["https://unknown.example.org/", PAYROLL.identifier].map(async (named) => {
        const refused = await reader.read(query("openid", [named]));
        return refused.kind === "error" ? refused.error.message : "no error";
      }),
    );
    assert.equal(texts[0], texts[1]);
    assert.notEqual(texts[0], "no error");
  });
});

describe("on the way through the browser", () => {
  let app: OidcApp;
  before(async () => {
    app = await startOidcApp({ applications: [wiki, other, asks], resources: RESOURCES });
  });
  after(async () => await app.close());

  const redeem = async (code: string | undefined, clientId = "wiki") => {
    const form = { grant_type: "authorization_code", code: code ?? "", redirect_uri: REDIRECT_URI };
    const response = await fetch(`${app.origin}/oauth2/token`, {
      method: "POST",
      body: new URLSearchParams({ ...form, code_verifier: VERIFIER }),
      headers: { authorization: basic(clientId) },
    });
    return await jsonOf(response);
  };

  test("a pushed request keeps each of its resources, and the error of one is JSON", async () => {
    const push = async (resources: readonly string[]) => {
      const body = new URLSearchParams(query("openid orders:read", resources));
      const headers = { authorization: basic("wiki") };
      return await fetch(`${app.origin}/oauth2/par`, { method: "POST", body, headers });
    };
    const wrong = await push([ORDERS.identifier, PAYROLL.identifier]);
    assert.equal(wrong.status, 400);
    assert.equal((await jsonOf(wrong))["error"], "invalid_target");
    const pushed = await jsonOf(await push([ORDERS.identifier, "urn:example:many-1"]));
    const browser = new TestBrowser(app);
    await browser.logIn();
    const uri = new URLSearchParams({ client_id: "wiki", request_uri: String(pushed["request_uri"]) });
    // What stands beside the request_uri is nobody's word.
    const beside = `&resource=${encodeURIComponent("urn:example:many-2")}`;
    const { code } = answerOf(await browser.get(`/oauth2/authorize?${uri.toString()}${beside}`));
    const payload = await app.codes.redeem(code ?? "", "wiki");
    assert.ok(payload.state === "yours");
    assert.deepEqual(payload.value.resources, [ORDERS.identifier, "urn:example:many-1"]);
  });

  test("whoever declines all that a resource declares is not asked again, and no token is for it", async () => {
    const browser = new TestBrowser(app);
    await browser.logIn();
    const asked = `/oauth2/authorize?${query("openid profile orders:read", [ORDERS.identifier], "asks")}`;
    const flow = flowOf(await browser.get(asked), "/consent");
    const { code } = answerOf(await browser.get(`/test/allow?flow=${flow}&scopes=profile`));
    const tokens = await redeem(code, "asks");
    assert.equal(tokens["scope"], "openid profile");
    const userinfo = await fetch(`${app.origin}/oauth2/userinfo`, {
      headers: { authorization: `Bearer ${String(tokens["access_token"])}` },
    });
    assert.equal(userinfo.status, 200);
    const again = answerOf(await browser.get(asked));
    const payload = await app.codes.redeem(again["code"] ?? "", "asks");
    assert.ok(payload.state === "yours");
    assert.deepEqual(payload.value.resources, []);
  });

  test("an error for a resource goes back to the client, with its state", async () => {
    const browser = new TestBrowser(app);
    const search = query("openid", [PAYROLL.identifier]);
    const answer = answerOf(await browser.get(`/oauth2/authorize?${search}`));
    assert.deepEqual([answer["error"], answer["state"]], ["invalid_target", "st-1"]);
  });
});
