import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { describe, test, type TestContext } from "node:test";
import express from "express";
import { requireToken, tokenOf } from "../../examples/express-middleware.ts";
import { make, person } from "../tokens/token-app.ts";
import { verifiedApi } from "./verified-api.ts";

/** An API in Express that lists orders, below a router of its own. */
async function ordersApi(t: TestContext) {
  const api = await verifiedApi(t);
  const orders = express.Router();
  orders.get("/", requireToken(api.verifier, { scopes: ["orders:read"] }), (_request, response) => {
    response.json({ of: tokenOf(response).subject });
  });
  orders.post("/", requireToken(api.verifier, { scopes: ["orders:write"] }), (_request, response) => {
    response.json({ written: true });
  });
  const app = express().use("/orders", orders);
  const server = createServer(app).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("it listens on no port");
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const call = async (path: string, init: RequestInit = {}) => {
    const answer = await fetch(`http://127.0.0.1:${address.port}${path}`, init);
    return { status: answer.status, headers: answer.headers, text: await answer.text() };
  };
  return { api, call };
}

describe("the middleware for Express", () => {
  test("lets a good token pass, and the handler knows whose it is", async (t) => {
    const { api, call } = await ordersApi(t);
    // The limit is on the whole path, not on what the router sees of it; the address is the connection's.
    const limits = { pathPrefixes: ["/orders"], addresses: ["127.0.0.1"] };
    const { secret } = await make(api.app, person(api.app, "alice"), { limits });
    const { status, text } = await call("/orders/?page=2", {
      headers: { authorization: `Bearer ${secret}` },
    });
    assert.deepEqual([status, text], [200, '{"of":"alice"}']);
  });

  test("answers as RFC 6750 says: no token, two, one in the address, one that is unknown, one without the scope", async (t) => {
    const { api, call } = await ordersApi(t);
    const { secret } = await make(api.app, person(api.app, "alice"));
    const good = { authorization: `Bearer ${secret}` };
    const realm = 'Bearer realm="api"';
    const cases: readonly [string, RequestInit & { path?: string }, number, string][] = [
      ["no token", {}, 401, realm],
      ["another scheme", { headers: { authorization: "Basic YTpi" } }, 401, realm],
      ["nonsense", { headers: { authorization: "Bearer a b" } }, 400, `${realm}, error="invalid_request"`],
      [
        "in the address",
        { path: "/orders?access_token=x", headers: good },
        400,
        `${realm}, error="invalid_request"`,
      ],
      ["unknown", { headers: { authorization: "Bearer gth_pat_x" } }, 401, `${realm}, error="invalid_token"`],
      [
        "without the scope",
        { method: "POST", headers: good },
        403,
        `${realm}, error="insufficient_scope", scope="orders:write"`,
      ],
    ];
    for (const [name, { path = "/orders", ...init }, status, challenge] of cases) {
      const answer = await call(path, init);
      assert.deepEqual([answer.status, answer.headers.get("www-authenticate")], [status, challenge], name);
      assert.equal(answer.headers.get("cache-control"), "no-store", name);
      assert.equal(answer.text.includes(secret), false, name);
    }
  });

  test("two Authorization headers are refused, whichever of them is good", async (t) => {
    const { api } = await ordersApi(t);
    const { secret } = await make(api.app, person(api.app, "alice"));
    const authorization = `Bearer ${secret}`;
    const rawHeaders = ["Authorization", authorization, "authorization", "Bearer x"];
    const found = await api.verifier.verify({ url: "/orders", headers: { authorization }, rawHeaders });
    assert.deepEqual([found.ok, !found.ok && found.status], [false, 400]);
  });

  test("503 with Retry-After while Gatehouse does not answer", async (t) => {
    const { api, call } = await ordersApi(t);
    const { secret } = await make(api.app, person(api.app, "alice"));
    api.intercept(async () => await Promise.resolve(new Response("", { status: 503 })));
    const answer = await call("/orders", { headers: { authorization: `Bearer ${secret}` } });
    assert.deepEqual([answer.status, answer.headers.get("retry-after")], [503, "5"]);
  });

  test("a handler without the middleware before it gets no token, but an error", () => {
    assert.throws(() => tokenOf({ locals: {} }), TypeError);
  });
});
