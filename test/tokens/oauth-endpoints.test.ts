import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import {
  API,
  basic,
  make,
  OTHER_API,
  person,
  RESOURCE_SERVER_SECRET,
  SERVICE_SECRET,
  startTokenApp,
  type TokenApp,
} from "./token-app.ts";

const INACTIVE = { active: false };

describe("API tokens at the endpoints of OAuth", () => {
  let app: TokenApp;
  before(async () => {
    app = await startTokenApp();
  });
  after(async () => await app.close());

  async function post(path: string, token: string, client: Readonly<Record<string, string>>) {
    const response = await fetch(`${app.origin}${path}`, {
      method: "POST",
      headers: { "Content-Type": "application/x-www-form-urlencoded", ...client },
      body: new URLSearchParams({ token }),
    });
    const text = await response.text();
    return { status: response.status, body: text === "" ? undefined : (JSON.parse(text) as unknown) };
  }
  const server = basic("orders-server", RESOURCE_SERVER_SECRET);
  const robot = basic("robot", SERVICE_SECRET);
  const introspect = async (token: string, client = server) =>
    (await post("/oauth2/introspect", token, client)).body;

  test("introspection tells a resource's server what the token is for there, and no more", async () => {
    const { secret, token } = await make(app, person(app, "alice"), {
      limits: { resources: [API, OTHER_API], scopes: ["orders:read", "stock:read"] },
    });
    assert.deepEqual(await introspect(secret), {
      active: true,
      iss: "http://localhost:4000",
      sub: "alice",
      username: "alice",
      aud: API,
      scope: "orders:read",
      token_type: "Bearer",
      iat: Math.floor(token.createdAtMs / 1_000),
      exp: Math.floor(token.expiresAtMs / 1_000),
    });
  });

  test("introspection by a client that serves none of its resources is inactive and nothing else", async () => {
    const { secret } = await make(app, person(app, "alice"));
    assert.deepEqual(await introspect(secret, robot), INACTIVE);
    const other = await make(app, person(app, "alice"), {
      limits: { resources: [OTHER_API], scopes: ["stock:read"] },
    });
    assert.deepEqual(await introspect(other.secret), INACTIVE);
  });

  test("introspection of a bound token names the key, which the server checks", async () => {
    const thumbprint = "k".repeat(43);
    const { secret } = await make(app, person(app, "alice"), {
      limits: { binding: { kind: "dpop", thumbprint } },
    });
    const body = (await introspect(secret)) as Record<string, unknown>;
    assert.deepEqual([body["token_type"], body["cnf"]], ["DPoP", { jkt: thumbprint }]);
  });

  test("introspection of a token that is limited to addresses is inactive: it cannot be told where it came from", async () => {
    const { secret } = await make(app, person(app, "alice"), { limits: { addresses: ["127.0.0.1"] } });
    assert.deepEqual(await introspect(secret), INACTIVE);
  });

  test("introspection honours a revocation at once", async () => {
    const alice = person(app, "alice");
    const { secret, token } = await make(app, alice);
    assert.notDeepEqual(await introspect(secret), INACTIVE);
    await app.apiTokens.revoke(alice, token.id);
    assert.deepEqual(await introspect(secret), INACTIVE);
  });

  test("revocation by a client leaves a person's token alone and answers as to an unknown one", async () => {
    const { secret } = await make(app, person(app, "alice"));
    const answer = await post("/oauth2/revoke", secret, server);
    assert.deepEqual([answer.status, answer.body], [200, undefined]);
    assert.notDeepEqual(await introspect(secret), INACTIVE);
  });

  test("revocation by the service whose token it is revokes it; another service's stays", async () => {
    const made = await make(app, person(app, "olga"), {
      kind: "svc",
      owner: { kind: "application", id: "robot" },
    });
    await post("/oauth2/revoke", made.secret, server);
    assert.notDeepEqual(await introspect(made.secret), INACTIVE);
    await post("/oauth2/revoke", made.secret, robot);
    assert.deepEqual(await introspect(made.secret), INACTIVE);
  });

  test("an OAuth access token is checked at /tokens/verify like any other, and dies when it is revoked", async () => {
    const response = await fetch(`${app.origin}/oauth2/token`, {
      method: "POST",
      headers: { "Content-Type": "application/x-www-form-urlencoded", ...robot },
      body: new URLSearchParams({ grant_type: "client_credentials", resource: API }),
    });
    const { access_token: token } = (await response.json()) as { access_token: string };
    const good = await app.verifier.verify(token, { resource: API, scopes: ["orders:read"] });
    assert.deepEqual(good.active && [good.kind, good.owner, good.resources], [
      "at",
      { kind: "application", id: "robot" },
      [API],
    ]);
    const elsewhere = await app.verifier.verify(token, { resource: OTHER_API });
    assert.equal(!elsewhere.active && elsewhere.refusal, "resource");
    await post("/oauth2/revoke", token, robot);
    const dead = await app.verifier.verify(token, { resource: API });
    assert.equal(!dead.active && dead.refusal, "unknown");
  });
});
