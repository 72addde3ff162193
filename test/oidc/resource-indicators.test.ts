import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { decodeJwt, decodeProtectedHeader } from "jose";
import type { OidcApplication } from "../../src/model/application.ts";
import type { AuthorizationCodePayload } from "../../src/oidc/authorization-code.ts";
import { oidcApplication } from "../fixtures/oidc/application.ts";
import { ISSUER } from "../fixtures/oidc/authorization.ts";
import { basic, STORED_SECRET } from "../fixtures/oidc/client-secret.ts";
import { ORDERS, PAYROLL, resource } from "../fixtures/oidc/resources.ts";
import { startTokenNode } from "../fixtures/oidc/token-node.ts";
import {
  type Form,
  newCode,
  newTokens,
  outcomeOf,
  post,
  redeem,
  refresh,
  tokensOf,
  userinfo,
} from "../fixtures/oidc/tokens.ts";

const REPORTS = resource({
  id: "reports",
  identifier: "https://reports.example.org/",
  scopes: [
    { name: "reports:read", description: "See reports" },
    { name: "reports:audit", description: "See everybody's", groups: ["auditors"] },
    { name: "reports:staff", description: "See the staff's", groups: ["staff"] },
  ],
  accessTokenFormat: "jwt",
});
const OFF = resource({ id: "off", identifier: "urn:example:off", scopes: [], enabled: false });
const ALL = [ORDERS, PAYROLL, REPORTS, OFF].map(({ identifier }) => identifier);

const shop = client("wiki", { resources: ALL });
const plain = client("plain", {});
const service = client("service", {
  profile: "service",
  grantTypes: ["client_credentials"],
  scopes: ["own:thing", "profile"],
  resources: ALL,
});
const narrow = client("narrow", { ...service, id: "narrow", scopes: ["orders:read"] });
const node = await startTokenNode({
  applications: [shop, plain, service, narrow],
  resources: [ORDERS, PAYROLL, REPORTS, OFF],
});
after(async () => await node.close());

function client(id: string, changes: Partial<OidcApplication>): OidcApplication {
  return oidcApplication({ secrets: [STORED_SECRET], ...changes, id, name: id });
}

/** What was granted: orders and payroll, with scopes of both and of ours. */
const BOTH: Partial<AuthorizationCodePayload> = {
  scopes: ["openid", "profile", "orders:read", "payroll:read", "offline_access"],
  resources: [ORDERS.identifier, PAYROLL.identifier],
};

async function credentials(changes: Form, clientId = "service") {
  const form = { grant_type: "client_credentials", ...changes };
  return await post(node, "/oauth2/token", form, { authorization: basic(clientId) });
}

/** Whom a token is for and with which scopes, as its record says. */
async function aboutToken(text: string): Promise<readonly [readonly string[], string]> {
  const record = await node.accessTokens.find(text);
  assert.ok(record !== undefined);
  return [record.audience, record.scopes.join(" ")];
}

async function about(reply: { readonly status: number; readonly body: Readonly<Record<string, unknown>> }) {
  assert.equal(reply.status, 200, JSON.stringify(reply.body));
  const told = await aboutToken(String(reply.body["access_token"]));
  assert.equal(reply.body["scope"] ?? "", told[1], "the answer says what the token has");
  return told;
}

describe("a code for several resources (RFC 8707 2.2)", () => {
  test("gives a token for all of them where none is named, with the scopes of both and no other", async () => {
    const reply = await redeem(node, await newCode(node, BOTH));
    assert.deepEqual(await about(reply), [BOTH.resources, "orders:read payroll:read"]);
    assert.deepEqual(decodeJwt(String(reply.body["id_token"])).aud, "wiki");
  });

  test("gives a token for the one that is named, with its scopes alone", async () => {
    const reply = await redeem(node, await newCode(node, BOTH), { resource: PAYROLL.identifier });
    assert.deepEqual(await about(reply), [[PAYROLL.identifier], "payroll:read"]);
  });

  test("gives a token for UserInfo where the client names us, which openid includes", async () => {
    const reply = await redeem(node, await newCode(node, BOTH), { resource: ISSUER });
    assert.deepEqual(await about(reply), [[ISSUER], "openid profile offline_access"]);
    assert.equal((await userinfo(node, tokensOf(reply).accessToken)).status, 200);
  });

  test("keeps the refresh token good for each of them in turn, and for all again", async () => {
    let { refreshToken } = await newTokens(node, BOTH);
    for (const [named, audience, scope] of [
      [ORDERS.identifier, [ORDERS.identifier], "orders:read"],
      [ISSUER, [ISSUER], "openid profile offline_access"],
      [undefined, BOTH.resources, "orders:read payroll:read"],
    ] as const) {
      const reply = await refresh(node, refreshToken, { resource: named });
      assert.deepEqual(await about(reply), [audience, scope]);
      ({ refreshToken } = tokensOf(reply));
    }
  });

  test("narrows by scope as well, and the ID token stays where openid was kept", async () => {
    const { refreshToken } = await newTokens(node, BOTH);
    const scope = "openid orders:read";
    const reply = await refresh(node, refreshToken, { scope, resource: ORDERS.identifier });
    assert.deepEqual(await about(reply), [[ORDERS.identifier], "orders:read"]);
    assert.equal(decodeJwt(String(reply.body["id_token"])).aud, "wiki");
  });

  test("leaves out what only members of other groups may hold", async () => {
    const scopes = ["reports:read", "reports:audit", "reports:staff"];
    const reply = await redeem(node, await newCode(node, { scopes, resources: [REPORTS.identifier] }));
    assert.deepEqual(await about(reply), [[REPORTS.identifier], "reports:read reports:staff"]);
  });
});

describe("a JWT access token (RFC 9068)", () => {
  test("is what its resource wants, whatever the client is set to, with exactly that audience and scope", async () => {
    const scopes = ["openid", "reports:read", "orders:read"];
    const reply = await redeem(node, await newCode(node, { scopes, resources: [REPORTS.identifier] }));
    const { accessToken } = tokensOf(reply);
    assert.equal(decodeProtectedHeader(accessToken).typ, "at+jwt");
    const { aud, scope, client_id: clientId } = decodeJwt(accessToken);
    assert.deepEqual([aud, scope, clientId], [REPORTS.identifier, "reports:read", "wiki"]);
  });

  test("is not made where two resources want different things", async () => {
    const resources = [ORDERS.identifier, REPORTS.identifier];
    const reply = await redeem(node, await newCode(node, { scopes: ["orders:read"], resources }));
    assert.equal(tokensOf(reply).accessToken.split(".").length, 1);
  });
});

describe("client_credentials for a resource", () => {
  test("gives its scopes and none of the client's own", async () => {
    const reply = await credentials({ resource: ORDERS.identifier });
    assert.deepEqual(await about(reply), [[ORDERS.identifier], "orders:read orders:write"]);
    const one = await credentials({ resource: ORDERS.identifier, scope: "orders:write" });
    assert.deepEqual(await about(one), [[ORDERS.identifier], "orders:write"]);
  });

  test("gives a token for ourselves with the client's own scopes where nothing is named", async () => {
    assert.deepEqual(await about(await credentials({})), [[ISSUER], "own:thing"]);
  });

  test("takes the resource from the scopes where none is named (RFC 9068 3)", async () => {
    const reply = await credentials({ scope: "orders:read payroll:read" });
    assert.deepEqual(await about(reply), [
      [ORDERS.identifier, PAYROLL.identifier],
      "orders:read payroll:read",
    ]);
  });

  test("takes several, and one that is named twice once", async () => {
    const { identifier } = ORDERS;
    const body = new URLSearchParams({ grant_type: "client_credentials", scope: "orders:read" });
    for (const one of [identifier, PAYROLL.identifier, identifier]) body.append("resource", one);
    const response = await fetch(`${node.origin}/oauth2/token`, {
      method: "POST",
      body,
      headers: { authorization: basic("service") },
    });
    const json = (await response.json()) as Record<string, unknown>;
    const told = await about({ status: response.status, body: json });
    assert.deepEqual(told, [[identifier, PAYROLL.identifier], "orders:read"]);
  });

  test("keeps a client whose own list names scopes of the resource to these", async () => {
    const all = await credentials({ resource: ORDERS.identifier }, "narrow");
    assert.deepEqual(await about(all), [[ORDERS.identifier], "orders:read"]);
    const more = await credentials({ resource: ORDERS.identifier, scope: "orders:write" }, "narrow");
    assert.equal(outcomeOf(more), "400 invalid_scope");
  });

  test("gives no scope that only members of a group may hold: a program is in none", async () => {
    const all = await credentials({ resource: REPORTS.identifier });
    assert.deepEqual(await about(all), [[REPORTS.identifier], "reports:read"]);
    const staff = await credentials({ resource: REPORTS.identifier, scope: "reports:staff" });
    assert.equal(outcomeOf(staff), "400 invalid_scope");
  });

  for (const [what, form, clientId, outcome] of [
    ["an unknown resource", { resource: "https://unknown.example.org/" }, "service", "400 invalid_target"],
    ["one that is switched off", { resource: OFF.identifier }, "service", "400 invalid_target"],
    ["one almost right", { resource: `${ORDERS.identifier}/` }, "service", "400 invalid_target"],
    ["one in capitals", { resource: ORDERS.identifier.toUpperCase() }, "service", "400 invalid_target"],
    ["one with a fragment", { resource: `${ORDERS.identifier}#x` }, "service", "400 invalid_target"],
    ["two in one value", { resource: ALL.slice(0, 2).join(" ") }, "service", "400 invalid_target"],
    [
      "another resource's scope",
      { resource: ORDERS.identifier, scope: "payroll:read" },
      "service",
      "400 invalid_scope",
    ],
    [
      "its own scope for a resource",
      { resource: ORDERS.identifier, scope: "own:thing" },
      "service",
      "400 invalid_scope",
    ],
    ["a person's scope", { scope: "profile" }, "service", "400 invalid_scope"],
  ] as const) {
    test(`is refused ${what}`, async () => {
      assert.equal(outcomeOf(await credentials(form, clientId)), outcome);
    });
  }
});

describe("what was granted", () => {
  test("is no way to a resource that was not granted, nor without openid to UserInfo", async () => {
    const granted = { scopes: ["orders:read"], resources: [ORDERS.identifier] };
    for (const named of [PAYROLL.identifier, ISSUER, "https://unknown.example.org/"]) {
      const reply = await redeem(node, await newCode(node, granted), { resource: named });
      assert.equal(outcomeOf(reply), "400 invalid_target");
    }
  });

  test("counts no more once the resource was closed to the client", async () => {
    const { refreshToken, accessToken } = await newTokens(node, BOTH);
    await changeShop({ resources: [PAYROLL.identifier] });
    const named = await refresh(node, refreshToken, { resource: ORDERS.identifier });
    assert.equal(outcomeOf(named), "400 invalid_target");
    assert.ok((await node.accessTokens.active(accessToken)) !== undefined, "half of it is open still");
    assert.deepEqual(await about(await refresh(node, refreshToken)), [[PAYROLL.identifier], "payroll:read"]);
    await changeShop({ resources: [] });
    assert.equal(await node.accessTokens.active(accessToken), undefined);
    const none = await newCode(node, BOTH);
    assert.equal(outcomeOf(await redeem(node, none)), "400 invalid_target");
    await changeShop({ resources: ALL });
  });

  test("is worthless at once where the resource is switched off, in every place", async () => {
    const granted = { scopes: ["orders:read"], resources: [ORDERS.identifier] };
    const { accessToken } = await newTokens(node, granted);
    assert.ok((await node.accessTokens.active(accessToken)) !== undefined);
    await changeOrders({ enabled: false });
    assert.equal(await node.accessTokens.active(accessToken), undefined);
    const introspected = await post(node, "/oauth2/introspect", { token: accessToken });
    assert.deepEqual(introspected.body, { active: false });
    assert.equal(outcomeOf(await credentials({ resource: ORDERS.identifier })), "400 invalid_target");
    await changeOrders({ enabled: true });
  });
});

describe("UserInfo", () => {
  test("refuses a token that is for a resource, or for a resource as well", async () => {
    const alone = { scopes: ["openid", "orders:read"], resources: [ORDERS.identifier] };
    const beside = { scopes: ["openid", "orders:read"], resources: [ISSUER, ORDERS.identifier] };
    for (const granted of [alone, beside]) {
      const { accessToken } = await newTokens(node, granted);
      const reply = await userinfo(node, accessToken);
      assert.equal(outcomeOf(reply), "401 invalid_token");
      assert.match(reply.headers.get("www-authenticate") ?? "", /for another audience/);
    }
  });
});

async function changeShop(changes: Partial<OidcApplication>): Promise<void> {
  await node.durable.applications.update({ ...shop, ...changes });
  await node.applications.reload();
}

async function changeOrders(changes: Parameters<typeof resource>[0]): Promise<void> {
  await node.durable.resources.update({ ...ORDERS, ...changes });
  await node.resources.reload();
}
