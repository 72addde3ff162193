import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { missingScopes } from "../../src/tokens/judge-token.ts";
import { make, person, startTokenApp, type TokenApp } from "./token-app.ts";

describe("what a use needs and a token lacks", () => {
  const anyScope = { asked: "createToken", scopes: ["tokens:write", "tokens:write:all"] };
  const rows: readonly (readonly [what: string, held: readonly string[], missing: readonly string[]])[] = [
    ["none of those of which one is enough", ["a", "b"], ["createToken:tokens:write"]],
    ["none for the first of them", ["a", "b", "tokens:write"], []],
    ["none for the last of them", ["a", "b", "tokens:write:all"], []],
    ["one of those that are all needed, beside", ["a", "tokens:write"], ["b"]],
    ["something of both", ["a", "tokens:writes"], ["b", "createToken:tokens:write"]],
  ];
  for (const [what, held, missing] of rows) {
    test(`is ${what}`, () => {
      assert.deepEqual(missingScopes(held, { scopes: ["a", "b"], anyScope }), missing);
    });
  }
});

describe("our own API, asked for what a token may not do", () => {
  let app: TokenApp;
  before(async () => {
    app = await startTokenApp();
  });
  after(async () => {
    await app.close();
  });

  async function tokenForVerifying() {
    const resources = ["http://localhost:4000/api"];
    return await make(app, person(app, "olga"), { limits: { resources, scopes: ["tokens:verify"] } });
  }

  async function call(secret: string, method: string, path: string): Promise<Response> {
    const headers = { authorization: `Bearer ${secret}` };
    return await fetch(`${app.origin}/api/v1${path}`, { method, headers });
  }

  test("each refusal is one use that is counted as refused, not as a good one beside", async () => {
    const { token, secret } = await tokenForVerifying();
    for (let count = 0; count < 3; count += 1) {
      assert.equal((await call(secret, "GET", "/tokens")).status, 403);
    }
    await app.protocols.watch.flush();
    const counts = await app.parts.stores.durable.tokenUse.list(token.id, "2000-01-01");
    assert.deepEqual(
      counts.map(({ outcome, count, resource }) => [outcome, count, resource]),
      [["scope", 3, "http://localhost:4000/api"]],
    );
  });

  test("the same again and again is a mistake: the token goes on", async () => {
    const { token, secret } = await tokenForVerifying();
    for (let count = 0; count < 20; count += 1) await call(secret, "GET", "/tokens");
    await app.protocols.watch.flush();
    assert.equal((await app.parts.stores.durable.apiTokens.get(token.id))?.state, "active");
  });

  test("four different things are probing: it is suspended, and the trail has what was asked", async () => {
    const { token, secret } = await tokenForVerifying();
    const asked = [
      ["GET", "/tokens"],
      ["POST", "/tokens"],
      ["GET", `/tokens/${token.id}`],
      ["DELETE", `/tokens/${token.id}`],
    ] as const;
    for (const [method, path] of asked) assert.equal((await call(secret, method, path)).status, 403);
    await app.protocols.watch.flush();
    const stored = await app.parts.stores.durable.apiTokens.get(token.id);
    assert.deepEqual([stored?.state, stored?.stateReason], ["suspended", "rule:scope-probing"]);
    assert.equal((await call(secret, "GET", "/tokens")).status, 401);
    const { items } = await app.parts.stores.durable.audit.list({
      action: "token.alarm",
      targetId: token.id,
      limit: 10,
    });
    assert.equal(items.length, 1);
    assert.match(String(items[0]?.detail["asked"]), /listTokens:tokens:read createToken:tokens:write/);
  });
});
