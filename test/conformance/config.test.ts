import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { jsonOf } from "../fixtures/oidc/client.ts";
import { type OidcApp, startOidcApp } from "../fixtures/oidc-app.ts";

const ISSUER = "https://id.example.org";

describe("oidcc-discovery-endpoint-verification (CF-40, CF-S1)", () => {
  let app: OidcApp;
  let metadata: Record<string, unknown>;
  before(async () => {
    app = await startOidcApp({ issuer: ISSUER });
    const response = await fetch(`${app.origin}/.well-known/openid-configuration`);
    assert.equal(response.status, 200);
    metadata = await jsonOf(response);
  });
  after(async () => await app.close());

  function list(name: string): readonly unknown[] {
    const value = metadata[name];
    assert.ok(Array.isArray(value), name);
    return value;
  }

  test("issuer is the prefix of its address, https, without query or fragment", () => {
    assert.equal(metadata["issuer"], ISSUER);
  });

  test("every endpoint is there, https, and below the issuer", () => {
    const names = Object.keys(metadata).filter((name) => name.endsWith("_endpoint") || name === "jwks_uri");
    assert.deepEqual(names.sort(), [
      "authorization_endpoint",
      "end_session_endpoint",
      "introspection_endpoint",
      "jwks_uri",
      "pushed_authorization_request_endpoint",
      "revocation_endpoint",
      "token_endpoint",
      "userinfo_endpoint",
    ]);
    for (const name of names) assert.match(String(metadata[name]), /^https:\/\/id\.example\.org\/oauth2\//);
  });

  test("jwks_uri answers with keys", async () => {
    const path = String(metadata["jwks_uri"]).slice(ISSUER.length);
    assert.ok(Array.isArray((await jsonOf(await fetch(app.origin + path)))["keys"]));
  });

  test("what the standard demands is listed, and nothing that is weak (OA-13, OA-15)", () => {
    assert.deepEqual(list("response_types_supported"), ["code"]);
    assert.deepEqual(list("code_challenge_methods_supported"), ["S256"]);
    assert.deepEqual(list("grant_types_supported"), [
      "authorization_code",
      "refresh_token",
      "client_credentials",
    ]);
    assert.deepEqual(list("subject_types_supported"), ["public", "pairwise"]);
    assert.ok(list("id_token_signing_alg_values_supported").includes("RS256"));
    assert.ok(!list("id_token_signing_alg_values_supported").includes("none"));
    assert.ok(list("scopes_supported").includes("openid"));
    for (const scope of list("scopes_supported")) assert.match(String(scope), /^[\x21\x23-\x5b\x5d-\x7e]+$/);
    for (const claim of ["sub", "iss", "email", "groups"])
      assert.ok(list("claims_supported").includes(claim));
  });

  test("switches say what holds: iss in the response (OA-71), claims, no request objects", () => {
    assert.equal(metadata["authorization_response_iss_parameter_supported"], true);
    assert.equal(metadata["claims_parameter_supported"], true);
    assert.equal(metadata["request_parameter_supported"], false);
    assert.equal(metadata["request_uri_parameter_supported"], false);
    assert.equal(metadata["require_pushed_authorization_requests"], false);
  });

  test("logout is announced for front and back channel, with sessions (CF-50, CF-62, CF-64)", () => {
    for (const channel of ["frontchannel", "backchannel"]) {
      assert.equal(metadata[`${channel}_logout_supported`], true);
      assert.equal(metadata[`${channel}_logout_session_supported`], true);
    }
  });

  test("no member is null or an empty list", () => {
    for (const [name, value] of Object.entries(metadata)) {
      assert.notEqual(value, null, name);
      if (Array.isArray(value)) assert.ok(value.length > 0, name);
    }
  });
});
