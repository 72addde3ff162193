import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { authorization, ISSUER } from "../../fixtures/oidc/authorization.ts";
import { oidcApplication } from "../../fixtures/oidc/application.ts";
import { errorCodeOf, requestOf, type RequestReader, requestReader } from "../../fixtures/oidc/requests.ts";
import { ORDERS, PAYROLL } from "../../fixtures/oidc/resources.ts";

let reader: RequestReader;
before(async () => {
  reader = await requestReader(
    ISSUER,
    [
      oidcApplication(),
      oidcApplication({ id: "optional", pkceRequired: false }),
      oidcApplication({ id: "public", pkceRequired: false, authenticationMethod: "none" }),
      oidcApplication({ id: "spa", profile: "browser", authenticationMethod: "none" }),
      oidcApplication({ id: "machine", grantTypes: ["client_credentials"] }),
      oidcApplication({ id: "pushes", parRequired: true }),
      oidcApplication({ id: "narrow", scopes: ["email"], consent: "ask" }),
      oidcApplication({ id: "asks", consent: "ask" }),
      oidcApplication({ id: "opened", resources: [ORDERS.identifier] }),
    ],
    [ORDERS, PAYROLL],
  );
});

type Changes = Readonly<Record<string, string | undefined>>;

async function codeOf(changes: Changes, extra = ""): Promise<string> {
  return errorCodeOf(await reader.read(new URLSearchParams(authorization(changes)).toString() + extra));
}

async function read(changes: Changes) {
  return requestOf(await reader.read(authorization(changes)));
}

describe("repeated parameters (OA-17)", () => {
  for (const name of [
    "state",
    "scope",
    "response_type",
    "nonce",
    "code_challenge",
    "prompt",
    "claims",
    "unknown",
  ]) {
    test(`${name} twice, the same or another, is invalid_request at the client`, async () => {
      assert.equal(await codeOf({ [name]: "openid" }, `&${name}=openid`), "invalid_request");
      assert.equal(await codeOf({ [name]: "openid" }, `&${name}=`), "invalid_request");
    });
  }

  test("a repeated state is not sent back, neither the first nor the second", async () => {
    const result = await reader.read(`${new URLSearchParams(authorization()).toString()}&state=second`);
    assert.equal(result.kind === "error" && result.target.state, undefined);
  });

  test("an empty value counts as absent", async () => {
    assert.equal(await codeOf({ response_type: "" }), "invalid_request");
    assert.equal(
      await codeOf({ prompt: "", max_age: "", claims: "", request: "", code_challenge_method: "S256" }),
      "request",
    );
  });

  test("a description never repeats what came from outside", async () => {
    const result = await reader.read(
      `${new URLSearchParams(authorization()).toString()}&evil%0a=1&evil%0a=2`,
    );
    assert.equal(result.kind === "error" && result.error.message, "A parameter was sent more than once.");
  });
});

describe("response_type and response_mode", () => {
  for (const type of ["token", "id_token", "code token", "code id_token", "none", "CODE", "code "]) {
    test(`response_type ${JSON.stringify(type)} is unsupported_response_type (OA-15)`, async () => {
      assert.equal(await codeOf({ response_type: type }), "unsupported_response_type");
    });
  }

  test("an unknown response_mode is invalid_request, told in the query", async () => {
    for (const mode of ["fragment", "web_message", "jwt", "QUERY", "query.jwt"]) {
      const result = await reader.read(authorization({ response_mode: mode }));
      assert.equal(errorCodeOf(result), "invalid_request", mode);
      assert.equal(result.kind === "error" && result.target.responseMode, "query");
    }
  });

  test("fragment is for browser applications alone", async () => {
    assert.equal((await read({ client_id: "spa", response_mode: "fragment" })).wire.responseMode, "fragment");
    assert.equal((await read({ client_id: "spa" })).wire.responseMode, "query");
  });

  test("a client without the code grant is unauthorized_client", async () => {
    assert.equal(await codeOf({ client_id: "machine" }), "unauthorized_client");
  });
});

describe("PKCE at the authorization endpoint (OA-10 to OA-13)", () => {
  const none = { code_challenge: undefined, code_challenge_method: undefined };

  test("no challenge is invalid_request, by default and for a public client whatever its switch says", async () => {
    assert.equal(await codeOf(none), "invalid_request");
    assert.equal(await codeOf({ ...none, client_id: "public" }), "invalid_request");
  });

  test("a confidential client with the switch may leave it out (CF-08)", async () => {
    assert.equal(
      (await read({ ...none, client_id: "optional", nonce: undefined })).wire.codeChallenge,
      undefined,
    );
  });

  test("plain, a missing method and an unknown one are refused also where PKCE is optional", async () => {
    for (const method of ["plain", undefined, "S512"]) {
      assert.equal(await codeOf({ client_id: "optional", code_challenge_method: method }), "invalid_request");
    }
  });
});

describe("what is not supported is refused, not ignored", () => {
  test("request, request_uri and registration have their own errors (CF-33, CF-34)", async () => {
    assert.equal(await codeOf({ request: "eyJhbGciOiJub25lIn0.e30." }), "request_not_supported");
    assert.equal(
      await codeOf({ request_uri: "https://wiki.example.org/request.jwt" }),
      "request_uri_not_supported",
    );
    assert.equal(await codeOf({ request_uri: "http://169.254.169.254/" }), "request_uri_not_supported");
    assert.equal(await codeOf({ registration: "{}" }), "registration_not_supported");
  });

  test("a client that must push is refused without (OA-94)", async () => {
    assert.equal(await codeOf({ client_id: "pushes" }), "invalid_request");
  });

  test("a pushed address that we never gave out is a page", async () => {
    const request_uri = "urn:ietf:params:oauth:request_uri:never";
    assert.equal(await codeOf({ client_id: "pushes", request_uri }), "page oidc.pushed-request-unknown");
  });
});

describe("resource (RFC 8707 2)", () => {
  const declared = ORDERS.identifier;
  const opened = { client_id: "opened", resource: declared };

  test("that is declared and open to the client is taken, and stays in the request", async () => {
    assert.deepEqual((await read(opened)).wire.resources, [declared]);
  });

  test("that is declared and not open to the client is invalid_target", async () => {
    assert.equal(await codeOf({ resource: declared }), "invalid_target");
    assert.equal(await codeOf({ ...opened, resource: PAYROLL.identifier }), "invalid_target");
  });

  test("that nobody has declared is invalid_target, alone and beside a good one", async () => {
    assert.equal(await codeOf({ resource: "https://api.example.org" }), "invalid_target");
    assert.equal(await codeOf(opened, "&resource=https://b.test"), "invalid_target");
    assert.equal(
      await codeOf({ ...opened, resource: "https://b.test" }, `&resource=${declared}`),
      "invalid_target",
    );
  });
});

describe("state and nonce", () => {
  test("long ones are kept whole, too long ones refused, never cut (CF-72e)", async () => {
    const long = "s".repeat(384);
    const { wire } = await read({ state: long, nonce: long });
    assert.equal(wire.state, long);
    assert.equal(wire.nonce, long);
    assert.equal(await codeOf({ state: "s".repeat(4_097) }), "invalid_request");
    assert.equal(await codeOf({ nonce: "n".repeat(1_025) }), "invalid_request");
  });

  test("a state with control characters is refused and not sent back", async () => {
    for (const state of ["a\r\nSet-Cookie: x", "a\0b", "\u007f"]) {
      const result = await reader.read(authorization({ state }));
      assert.equal(errorCodeOf(result), "invalid_request");
      assert.equal(result.kind === "error" && result.target.state, undefined);
    }
  });

  test("without state and nonce nothing is invented (CF-72c)", async () => {
    const { wire } = await read({ state: undefined, nonce: undefined });
    assert.equal(wire.state, undefined);
    assert.equal(wire.nonce, undefined);
  });
});

describe("scope", () => {
  test("what the application may not ask for is left out; the order is kept", async () => {
    const { scopes } = await read({ client_id: "narrow", scope: "email profile admin openid email" });
    assert.deepEqual(scopes, ["email", "openid"]);
  });

  test("another syntax is invalid_scope", async () => {
    for (const scope of ['openid "x"', "openid\temail", "öpenid", "openid\\x", "x".repeat(2_001)]) {
      assert.equal(await codeOf({ scope }), "invalid_scope", scope.slice(0, 20));
    }
  });

  test("offline_access is ignored without prompt=consent where consent is asked (Core 11)", async () => {
    const scope = "openid offline_access";
    assert.deepEqual((await read({ client_id: "asks", scope })).scopes, ["openid"]);
    assert.deepEqual((await read({ client_id: "asks", scope, prompt: "consent" })).scopes, [
      "openid",
      "offline_access",
    ]);
    assert.deepEqual((await read({ scope })).scopes, ["openid", "offline_access"]);
  });

  test("claims asked for by name are put to the person under their scope, and give that scope to nobody", async () => {
    const { scopes, wire } = await read({ client_id: "asks", claims: '{"userinfo":{"name":null}}' });
    assert.deepEqual(scopes, ["openid", "profile"]);
    assert.deepEqual(wire.scopes, ["openid"]);
  });
});

describe("prompt, max_age, login_hint", () => {
  for (const prompt of ["none login", "login none", "none consent", "none other"]) {
    test(`prompt=${prompt} is invalid_request`, async () => {
      assert.equal(await codeOf({ prompt }), "invalid_request");
    });
  }

  test("each value is its own switch, and unknown ones are ignored", async () => {
    const all = await read({ prompt: "login consent select_account create strange" });
    assert.deepEqual(
      [all.silent, all.reauthenticate, all.askConsent, all.selectAccount],
      [false, true, true, true],
    );
    assert.equal((await read({ prompt: "none" })).silent, true);
  });

  test("max_age=0 asks for a new login", async () => {
    assert.equal((await read({ max_age: "0" })).reauthenticate, true);
    const { maxAgeSeconds, reauthenticate } = await read({ max_age: "10000" });
    assert.deepEqual([maxAgeSeconds, reauthenticate], [10_000, false]);
  });

  for (const maxAge of ["-1", "1.5", "1e3", " 1", "0x10", "abc", "99999999999"]) {
    test(`max_age=${maxAge} is invalid_request`, async () => {
      assert.equal(await codeOf({ max_age: maxAge }), "invalid_request");
    });
  }

  test("a login_hint that cannot be a name is dropped", async () => {
    assert.equal((await read({ login_hint: "alice@example.org" })).loginHint, "alice@example.org");
    for (const hint of ["x".repeat(255), "a\nb"])
      assert.equal((await read({ login_hint: hint })).loginHint, undefined);
  });

  test("a claims parameter of another shape is invalid_request", async () => {
    for (const claims of ["{", "[]", "x"]) assert.equal(await codeOf({ claims }), "invalid_request");
  });
});
