import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { oidcApplication } from "../../fixtures/oidc/application.ts";
import { authorization } from "../../fixtures/oidc/authorization.ts";
import { basic, STORED_SECRET } from "../../fixtures/oidc/client-secret.ts";
import { type OidcApp, startOidcApp } from "../../fixtures/oidc-app.ts";

const LIMITS = { windowMs: 60_000, confidential: 3, public: 2 };

describe("too many pushed requests", () => {
  let app: OidcApp;
  before(async () => {
    app = await startOidcApp({
      applications: [
        oidcApplication({ secrets: [STORED_SECRET] }),
        oidcApplication({ secrets: [STORED_SECRET], id: "planner" }),
        oidcApplication({ id: "app", authenticationMethod: "none" }),
      ],
      pushLimits: LIMITS,
    });
  });
  after(async () => await app.close());

  async function push(client: string, address = "192.0.2.1", secret = true): Promise<Response> {
    const headers: Record<string, string> = { "x-test-address": address };
    if (secret) headers["authorization"] = basic(client);
    const body = new URLSearchParams(authorization({ client_id: client }));
    return await fetch(`${app.origin}/oauth2/par`, { method: "POST", body, headers });
  }

  test("of a client that proves itself are 429 with Retry-After, from wherever, and no other client's", async () => {
    for (const address of ["192.0.2.1", "192.0.2.2", "192.0.2.3"]) {
      assert.equal((await push("wiki", address)).status, 201);
    }
    const refused = await push("wiki", "192.0.2.4");
    assert.equal(refused.status, 429);
    const wait = Number(refused.headers.get("retry-after"));
    assert.ok(wait > 0 && wait <= 60);
    assert.equal((await push("planner")).status, 201);
  });

  test("in a public client's name shut out the address that they come from alone", async () => {
    for (let n = 0; n < LIMITS.public; n++) assert.equal((await push("app", "192.0.2.9", false)).status, 201);
    assert.equal((await push("app", "192.0.2.9", false)).status, 429);
    assert.equal((await push("app", "198.51.100.7", false)).status, 201);
  });

  test("without the client's secret count for nobody", async () => {
    const headers = { authorization: `Basic ${Buffer.from("planner:wrong").toString("base64")}` };
    const body = () => new URLSearchParams(authorization());
    for (let n = 0; n < 2 * LIMITS.confidential; n++) {
      const answer = await fetch(`${app.origin}/oauth2/par`, { method: "POST", body: body(), headers });
      assert.equal(answer.status, 401);
    }
    assert.equal((await push("planner")).status, 201);
  });
});
