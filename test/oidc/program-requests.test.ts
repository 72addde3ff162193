import assert from "node:assert/strict";
import { request } from "node:http";
import { after, describe, test } from "node:test";
import { oidcApplication } from "../fixtures/oidc/application.ts";
import { basic, STORED_SECRET } from "../fixtures/oidc/client-secret.ts";
import { startTokenNode, WIKI } from "../fixtures/oidc/token-node.ts";
import { newCode, newTokens, redeem, send } from "../fixtures/oidc/tokens.ts";

const ORIGIN = "https://page.example.org";
const page = oidcApplication({ id: "page", secrets: [STORED_SECRET], origins: [ORIGIN] });
const node = await startTokenNode({ applications: [WIKI, page] });
after(async () => await node.close());

const FORM = "application/x-www-form-urlencoded";

/** With these headers as they are: `fetch` would join two of one name. */
async function sendRaw(
  method: string,
  path: string,
  headers: readonly (readonly [string, string])[],
  body = "",
) {
  const asked = request(node.origin + path, { method, headers: [["Host", "x"], ...headers].flat() });
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number | undefined; body: unknown }>();
  asked.once("error", reject);
  asked.once("response", (response) => {
    let text = "";
    response.on("data", (data) => (text += String(data)));
    response.once("end", () => resolve({ status: response.statusCode, body: JSON.parse(text) }));
  });
  asked.end(body);
  return await promise;
}

describe("more than one Authorization header", () => {
  test("is refused by the endpoints for programs, whichever of them is right, and the code stays good", async () => {
    const code = await newCode(node);
    const right = ["Authorization", basic("wiki")] as const;
    const wrong = ["Authorization", basic("wiki", "not-the-secret")] as const;
    for (const headers of [
      [right, wrong],
      [wrong, right],
      [right, right],
    ]) {
      for (const path of ["/oauth2/token", "/oauth2/introspect", "/oauth2/revoke"]) {
        const reply = await sendRaw("POST", path, [["Content-Type", FORM], ...headers], "token=x");
        assert.equal(reply.status, 400);
        assert.partialDeepStrictEqual(reply.body, { error: "invalid_request" });
      }
    }
    assert.equal((await redeem(node, code)).status, 200);
  });

  test("is refused by UserInfo, with the error in the challenge (RFC 6750 3.1)", async () => {
    const { accessToken } = await newTokens(node);
    const good = ["Authorization", `Bearer ${accessToken}`] as const;
    for (const headers of [
      [good, ["Authorization", "Bearer other"] as const],
      [["authorization", "Basic eDp5"] as const, good],
    ]) {
      for (const method of ["GET", "POST"]) {
        const reply = await sendRaw(method, "/oauth2/userinfo", headers);
        assert.equal(reply.status, 400);
        assert.partialDeepStrictEqual(reply.body, { error: "invalid_request" });
      }
    }
    assert.equal((await sendRaw("GET", "/oauth2/userinfo", [good])).status, 200);
  });
});

describe("a refusal before the client is known", () => {
  const refused: [name: string, status: number, body: string, type: string][] = [
    ["a body that is too large", 413, `a=${"x".repeat(70_000)}`, FORM],
    ["a body of another kind", 415, "{}", "application/json"],
    ["a body that cannot be decoded", 400, "a=%zz", FORM],
  ];
  for (const [name, status, body, type] of refused) {
    test(`of ${name} can be read by pages of registered origins, and by no other`, async () => {
      for (const path of ["/oauth2/token", "/oauth2/revoke"]) {
        for (const origin of [ORIGIN, "https://evil.example"]) {
          const headers = { origin, "content-type": type };
          const reply = await send(node, path, { method: "POST", body, headers });
          assert.equal(reply.status, status);
          const allowed = reply.headers.get("access-control-allow-origin");
          assert.equal(allowed, origin === ORIGIN ? ORIGIN : null);
          assert.equal(reply.headers.get("vary"), "Origin");
          const exposed = reply.headers.get("access-control-expose-headers");
          assert.equal(exposed, origin === ORIGIN ? "WWW-Authenticate, Retry-After" : null);
        }
      }
    });

    test(`of ${name} is for no page where none may call`, async () => {
      const headers = { origin: ORIGIN, "content-type": type };
      const reply = await send(node, "/oauth2/introspect", { method: "POST", body, headers });
      assert.equal(reply.status, status);
      assert.equal(reply.headers.get("access-control-allow-origin"), null);
    });
  }
});
