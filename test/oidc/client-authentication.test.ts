import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Parameters } from "../../src/http/parameters.ts";
import type { ClientAuthentication } from "../../src/oidc/client-authentication.ts";
import { OAuthError, oauthErrorAnswer } from "../../src/oidc/oauth-error.ts";
import { sha256 } from "../../src/platform/digest.ts";
import { oidcApplication } from "../fixtures/oidc/application.ts";
import { basic, clientAuthentication, outcomeOf } from "../fixtures/oidc/client-authentication.ts";

function secret(value: string, expiresAtMs?: number) {
  return { hash: sha256(value), lastFour: value.slice(-4), createdAtMs: 0, expiresAtMs };
}

const byBasic = oidcApplication({ id: "basic", secrets: [secret("s3cret")] });
const byPost = oidcApplication({
  id: "post",
  authenticationMethod: "client_secret_post",
  secrets: [secret("s3cret")],
});
const open = oidcApplication({ id: "open", authenticationMethod: "none" });
const off = oidcApplication({ id: "off", enabled: false, secrets: [secret("s3cret")] });
const odd = oidcApplication({ id: "odd", secrets: [secret("a+b%20c:d&é")] });
const { clock, authentication } = await clientAuthentication([byBasic, byPost, open, off, odd]);

async function outcome(form: Record<string, string>, authorization?: string): Promise<string> {
  return await outcomeOf(authentication, form, authorization);
}

describe("a client is let in", () => {
  test("by its secret in the Authorization header", async () => {
    assert.equal(await outcome({}, basic("basic", "s3cret")), "basic");
  });

  test("by its secret in the form", async () => {
    assert.equal(await outcome({ client_id: "post", client_secret: "s3cret" }), "post");
  });

  test("by its name alone where it is registered as public", async () => {
    assert.equal(await outcome({ client_id: "open" }), "open");
  });

  test("with its own client_id beside the header", async () => {
    assert.equal(await outcome({ client_id: "basic" }, basic("basic", "s3cret")), "basic");
  });

  test("whether or not it form-encodes the two parts of Basic (RFC 6749 2.3.1)", async () => {
    assert.equal(await outcome({}, basic("odd", encodeURIComponent("a+b%20c:d&é"))), "odd");
    assert.equal(await outcome({}, basic("odd", "a+b%20c:d&é")), "odd");
  });

  test("with the scheme in any case", async () => {
    assert.equal(await outcome({}, basic("basic", "s3cret").replace("Basic", "bAsIc")), "basic");
  });
});

describe("a client with several secrets", () => {
  const rotating = oidcApplication({
    id: "rotating",
    secrets: [secret("new"), secret("old", clock.nowMs() + 60_000), secret("gone", clock.nowMs())],
  });

  test("is let in with each that is live, and with an old one until its end", async () => {
    const made = await clientAuthentication([rotating]);
    const outcomes = [];
    for (const value of ["new", "old", "gone"]) {
      outcomes.push(await outcomeOf(made.authentication, {}, basic("rotating", value)));
    }
    assert.deepEqual(outcomes, ["rotating", "rotating", "invalid_client, Basic"]);
    made.clock.advance(60_000);
    assert.equal(await outcomeOf(made.authentication, {}, basic("rotating", "old")), "invalid_client, Basic");
    assert.equal(await outcomeOf(made.authentication, {}, basic("rotating", "new")), "rotating");
  });
});

describe("a client is refused with a challenge", () => {
  for (const [name, header] of [
    ["with a wrong secret", basic("basic", "s3cret ")],
    ["with an empty secret", basic("basic", "")],
    ["with the hash of its secret", basic("basic", sha256("s3cret"))],
    ["that nobody knows", basic("nobody", "s3cret")],
    ["that is switched off", basic("off", "s3cret")],
    ["with the secret of another client", basic("odd", "s3cret")],
    ["that is registered for the form", basic("post", "s3cret")],
    ["that is public", basic("open", "")],
    ["with a name like a property of every object", basic("__proto__", "x")],
    ["without a colon", `Basic ${Buffer.from("basic").toString("base64")}`],
    ["that is not base64", "Basic b*sic"],
    ["that is empty", ""],
    ["that is Basic alone", "Basic"],
    ["that is not UTF-8", `Basic ${Buffer.from([0x62, 0xff, 0x3a]).toString("base64")}`],
    ["by Bearer", "Bearer abc"],
    ["with two headers in one", `${basic("basic", "s3cret")}, ${basic("basic", "s3cret")}`],
  ] as const) {
    test(name, async () => assert.equal(await outcome({}, header), "invalid_client, Basic"));
  }

  test("with another client_id beside the header", async () => {
    assert.equal(await outcome({ client_id: "open" }, basic("basic", "s3cret")), "invalid_client, Basic");
  });
});

describe("a client is refused", () => {
  for (const [name, form] of [
    ["that says nothing of itself", {}],
    ["that nobody knows", { client_id: "nobody" }],
    ["with a wrong secret in the form", { client_id: "post", client_secret: "S3cret" }],
    ["with an empty secret in the form", { client_id: "post", client_secret: "" }],
    ["with a secret and no name", { client_secret: "s3cret" }],
    ["that is registered for Basic", { client_id: "basic", client_secret: "s3cret" }],
    ["that has a secret and does not show it", { client_id: "basic" }],
    ["that is public and shows a secret", { client_id: "open", client_secret: "x" }],
  ] as const) {
    test(name, async () => assert.equal(await outcome(form), "invalid_client"));
  }

  test("with two authentications in one request, each of them right (OA-96)", async () => {
    const form = { client_id: "basic", client_secret: "s3cret" };
    assert.equal(await outcome(form, basic("basic", "s3cret")), "invalid_client, Basic");
  });

  test("with the same words for an unknown client and a wrong secret", async () => {
    const texts = new Set<string>();
    for (const header of [basic("nobody", "x"), basic("basic", "x"), basic("off", "s3cret")]) {
      await assert.rejects(presented(authentication, header), (error) => {
        assert.ok(error instanceof OAuthError);
        texts.add(error.description);
        return true;
      });
    }
    assert.deepEqual([...texts], ["unknown client, or its secret is wrong"]);
  });
});

async function presented(made: ClientAuthentication, authorization: string): Promise<void> {
  const parameters = Parameters.read("");
  assert.ok(parameters !== undefined);
  await made.authenticate({ authorization, parameters });
}

describe("the answer to a refused client", () => {
  test("is 401, and challenges for Basic where Basic was tried (RFC 6749 5.2, OA-97)", () => {
    const tried = oauthErrorAnswer(new OAuthError("invalid_client", "no", { triedBasic: true }));
    assert.equal(tried.status, 401);
    assert.match(tried.headers["WWW-Authenticate"] ?? "", /^Basic realm=/);
    const silent = oauthErrorAnswer(new OAuthError("invalid_client", "no"));
    assert.equal(silent.status, 401);
    assert.equal(silent.headers["WWW-Authenticate"], undefined);
    assert.equal(silent.headers["Cache-Control"], "no-store");
  });

  test("is 400 for every other error, with a description in the characters of RFC 6749", () => {
    const answer = oauthErrorAnswer(new OAuthError("invalid_grant", 'a "b"\r\nc\\é'));
    assert.equal(answer.status, 400);
    assert.deepEqual(answer.body, { error: "invalid_grant", error_description: "a ?b???c??" });
  });
});
