import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { release } from "../../src/flow/release.ts";
import type { ReleaseRule } from "../../src/model/release.ts";
import {
  allowedWishes,
  claimRules,
  idTokenClaims,
  scopesOfClaims,
  userinfoClaims,
} from "../../src/oidc/claims.ts";
import type { ClaimsRequest } from "../../src/oidc/claims-parameter.ts";
import { oidcApplication, person } from "../fixtures/oidc/application.ts";

const application = oidcApplication();
const account = person({
  phone: "+49 30 1234",
  attributes: {
    picture: ["https://id.example.org/alice.png"],
    street_address: ["Main St 1"],
    country: ["DE"],
  },
});

function wants(place: keyof ClaimsRequest, ...names: string[]): ClaimsRequest {
  const wishes = names.map((name) => ({ name, essential: false }));
  return { idToken: [], userinfo: [], [place]: wishes };
}

function userinfo(scopes: readonly string[], claims?: ClaimsRequest) {
  return userinfoClaims({ application, account, scopes, claims });
}

describe("UserInfo", () => {
  test("openid alone brings nothing besides the subject", () => {
    assert.deepEqual(userinfo(["openid"]), {});
  });

  test("each scope brings its claims in their JSON types (CF-09 to CF-12)", () => {
    assert.deepEqual(userinfo(["profile"]), {
      name: "Alice Example",
      given_name: "Alice",
      family_name: "Example",
      preferred_username: "alice",
      picture: "https://id.example.org/alice.png",
      updated_at: Math.floor(account.updatedAtMs / 1_000),
    });
    assert.deepEqual(userinfo(["email"]), { email: "alice@example.org", email_verified: true });
    assert.deepEqual(userinfo(["phone"]), {
      phone_number: "+49 30 1234",
      phone_number_verified: false,
    });
    assert.deepEqual(userinfo(["address"]), { address: { street_address: "Main St 1", country: "DE" } });
    assert.deepEqual(userinfo(["groups"]), { groups: ["staff", "wiki-editors"] });
  });

  test("groups are a list also where there is one", () => {
    const scopes = ["groups"];
    const one = userinfoClaims({
      application,
      account: person({ groups: ["staff"] }),
      scopes,
      claims: undefined,
    });
    assert.deepEqual(one, { groups: ["staff"] });
  });

  test("what the account does not have is left out, never empty or null", () => {
    const bare = person({ name: undefined, givenName: "", email: undefined, groups: [] });
    const scopes = ["profile", "email", "address", "phone", "groups"];
    assert.deepEqual(userinfoClaims({ application, account: bare, scopes, claims: undefined }), {
      family_name: "Example",
      preferred_username: "alice",
      updated_at: Math.floor(bare.updatedAtMs / 1_000),
    });
  });

  test("a mapping of its own says all that is sent: no instant and no telephone beside it", () => {
    const release: ReleaseRule[] = [
      { name: "name", source: { kind: "account", field: "name" }, scope: "profile" },
      { name: "address", source: { kind: "constant", values: ["at work"] }, scope: "address" },
    ];
    const mapped = oidcApplication({ release });
    const scopes = ["profile", "phone", "address"];
    assert.deepEqual(userinfoClaims({ application: mapped, account, scopes, claims: undefined }), {
      name: "Alice Example",
      address: "at work",
    });
  });

  test("updated_at asked for by name is whole seconds, and alone", () => {
    const changed = person({ updatedAtMs: 1_700_000_000_999 });
    const claims = wants("userinfo", "updated_at");
    assert.deepEqual(userinfoClaims({ application, account: changed, scopes: ["openid"], claims }), {
      updated_at: 1_700_000_000,
    });
  });

  test("an unverified e-mail address says so with the boolean false", () => {
    const scopes = ["email"];
    const claims = userinfoClaims({
      application,
      account: person({ emailVerified: false }),
      scopes,
      claims: undefined,
    });
    assert.equal(claims["email_verified"], false);
  });

  test("a claim that is asked for by name comes alone, without the rest of its scope (CF-35)", () => {
    assert.deepEqual(userinfo(["openid"], wants("userinfo", "name")), { name: "Alice Example" });
  });

  test("what is asked for the ID token does not appear here, and the other way round", () => {
    assert.deepEqual(userinfo(["openid"], wants("idToken", "name")), {});
    assert.deepEqual(
      idTokenClaims({ application, account, scopes: ["profile"], claims: wants("userinfo", "name") }),
      {},
    );
  });
});

describe("the ID token", () => {
  test("scopes bring no claims into it (CF-S10)", () => {
    const scopes = ["openid", "profile", "email", "groups"];
    assert.deepEqual(idTokenClaims({ application, account, scopes, claims: undefined }), {});
  });

  test("a mapping without a scope is always in it, for applications that read nothing else", () => {
    const release: ReleaseRule[] = [
      { name: "groups", source: { kind: "groups", prefix: "wiki-", stripPrefix: true } },
      { name: "email", source: { kind: "account", field: "email" }, scope: "email" },
    ];
    const mapped = oidcApplication({ release });
    assert.deepEqual(idTokenClaims({ application: mapped, account, scopes: ["email"], claims: undefined }), {
      groups: ["editors"],
    });
  });
});

describe("claims that no mapping may write (OA-65)", () => {
  for (const name of [
    "iss",
    "sub",
    "aud",
    "exp",
    "iat",
    "jti",
    "nonce",
    "acr",
    "amr",
    "sid",
    "scope",
    "client_id",
    "cnf",
  ]) {
    test(`${name} from a mapping is left out of both`, () => {
      const release: ReleaseRule[] = [
        { name, source: { kind: "constant", values: ["forged"] } },
        { name: "kept", source: { kind: "constant", values: ["x"] } },
      ];
      const input = {
        application: oidcApplication({ release }),
        account,
        scopes: [],
        claims: wants("idToken", name),
      };
      assert.deepEqual(idTokenClaims(input), { kept: "x" });
      assert.deepEqual(userinfoClaims(input), { kept: "x" });
    });
  }
});

describe("claimRules", () => {
  test("shows what each scope of an application brings, the address in one line", () => {
    const address = claimRules(application).filter((rule) => rule.scope === "address");
    assert.deepEqual(
      release(address, account).map(({ rule, values }) => [rule.name, values]),
      [["address", ["Main St 1, DE"]]],
    );
    const own: ReleaseRule[] = [{ name: "x", source: { kind: "constant", values: ["y"] } }];
    assert.deepEqual(claimRules(oidcApplication({ release: own })), own);
  });
});

describe("consent to claims that are asked for by name", () => {
  test("the scopes that bring them are what the person is asked", () => {
    const claims = {
      idToken: wants("idToken", "email").idToken,
      userinfo: wants("userinfo", "name", "address").userinfo,
    };
    assert.deepEqual(scopesOfClaims(application, claims), ["profile", "email", "address"]);
  });

  test("claims that are no text are asked for by their scope too", () => {
    const claims = wants("userinfo", "updated_at", "phone_number_verified");
    assert.deepEqual(scopesOfClaims(application, claims), ["profile", "phone"]);
    assert.deepEqual(
      allowedWishes(application, claims, ["phone"]),
      wants("userinfo", "phone_number_verified"),
    );
  });

  test("a scope that the application may not have is not asked for", () => {
    const narrow = oidcApplication({ scopes: ["email"] });
    assert.deepEqual(scopesOfClaims(narrow, wants("userinfo", "name", "email", "unknown")), ["email"]);
  });

  test("wishes whose scope was not allowed are dropped; unknown ones are too", () => {
    const claims = wants("userinfo", "name", "email", "sub", "unknown", "address");
    assert.deepEqual(allowedWishes(application, claims, ["openid", "email"]), wants("userinfo", "email"));
    assert.deepEqual(allowedWishes(application, claims, []), wants("userinfo"));
  });
});
