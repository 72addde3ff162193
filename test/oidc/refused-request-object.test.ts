import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { oidcApplication } from "../fixtures/oidc/application.ts";
import { answerOf, locationOf, TestBrowser } from "../fixtures/oidc/client.ts";
import { formPostAnswer } from "../fixtures/oidc/shared-checks.ts";
import { type OidcApp, startOidcApp } from "../fixtures/oidc-app.ts";

const REGISTERED = ["https://wiki.example.org/cb", "https://wiki.example.org/other"];

let app: OidcApp;
before(async () => {
  app = await startOidcApp({ applications: [oidcApplication({ redirectUris: REGISTERED })], accounts: [] });
});
after(async () => await app.close());

function object(claims: object, header: object = { alg: "none" }): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${part(header)}.${part(claims)}.`;
}

async function ask(changes: Readonly<Record<string, string | undefined>>): Promise<Response> {
  return await new TestBrowser(app).authorize({ state: undefined, ...changes });
}

async function assertByQuery(request: string, state?: string): Promise<void> {
  const answer = answerOf(await ask({ request }));
  assert.equal(answer["error"], "request_not_supported");
  assert.equal(answer["state"], state);
}

describe("the error that refuses a request object", () => {
  test("goes where the object says the client waits, with the state that stands there", async () => {
    const response = await ask({ request: object({ response_mode: "form_post", state: "in side" }) });
    const answer = await formPostAnswer(response);
    assert.equal(answer["error"], "request_not_supported");
    assert.equal(answer["state"], "in side");
  });

  test("goes as the parameters say where both say something", async () => {
    const request = object({ response_mode: "form_post", state: "inside" });
    const answer = answerOf(await ask({ request, response_mode: "query", state: "outside" }));
    assert.equal(answer["state"], "outside");
  });

  test("keeps an empty state beside the object from being replaced", async () => {
    const answer = answerOf(await ask({ request: object({ state: "inside" }), state: "" }));
    assert.equal(answer["state"], undefined);
  });

  test("never goes to an address out of the object", async () => {
    const [cb, other] = REGISTERED;
    const request = object({ redirect_uri: other });
    assert.ok(locationOf(await ask({ request, redirect_uri: cb })).startsWith(`${cb}?error=`));
    for (const redirect_uri of [undefined, "https://evil.example.org/cb"]) {
      const response = await ask({ request, redirect_uri });
      assert.equal(response.status, 400);
      assert.equal(response.headers.get("location"), null);
    }
  });

  test("takes nothing of it that would be refused beside it", async () => {
    await assertByQuery(object({ response_mode: "fragment", state: "s" }), "s");
    await assertByQuery(object({ response_mode: "web_message" }));
    await assertByQuery(object({ state: "a\r\nSet-Cookie: b=c" }));
    await assertByQuery(object({ state: "s".repeat(4_097) }));
    await assertByQuery(object({ response_mode: ["form_post"], state: { toString: "s" } }));
  });

  test("goes by query where the object cannot be read", async () => {
    const readable = object({ response_mode: "form_post", state: "s" });
    for (const request of ["x", "a.b.c", `${readable}.`, `${readable}.a.b`, ` ${readable}`, "..", "."]) {
      await assertByQuery(request);
    }
    await assertByQuery(object({ response_mode: "form_post" }, { alg: "none", crit: ["x"] }));
    await assertByQuery(object(["form_post"]));
  });

  test("that came twice is invalid_request, and neither of the two is read", async () => {
    const request = object({ response_mode: "form_post", state: "s" });
    const query = new URLSearchParams({ client_id: "wiki", redirect_uri: REGISTERED[0] ?? "", request });
    query.append("request", request);
    const answer = answerOf(await new TestBrowser(app).get(`/oauth2/authorize?${query.toString()}`));
    assert.equal(answer["error"], "invalid_request");
    assert.equal(answer["state"], undefined);
  });
});
