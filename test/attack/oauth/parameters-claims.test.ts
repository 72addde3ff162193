import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { readClaimsParameter } from "../../../src/oidc/claims-parameter.ts";

describe("the claims parameter", () => {
  test("the example of OpenID Connect Core 5.5 is read whole", () => {
    const text = JSON.stringify({
      userinfo: {
        given_name: { essential: true },
        nickname: null,
        "http://example.info/claims/groups": null,
      },
      id_token: { auth_time: { essential: true }, acr: { values: ["urn:mace:incommon:iap:silver"] } },
    });
    assert.deepEqual(readClaimsParameter(text), {
      idToken: [
        { name: "auth_time", essential: true },
        { name: "acr", essential: false, values: ["urn:mace:incommon:iap:silver"] },
      ],
      userinfo: [
        { name: "given_name", essential: true },
        { name: "nickname", essential: false },
        { name: "http://example.info/claims/groups", essential: false },
      ],
    });
  });

  test("one value is a list of one; unknown members are ignored", () => {
    const read = readClaimsParameter('{"id_token":{"sub":{"value":"x","purpose":"y"}},"verified_claims":{}}');
    assert.deepEqual(read, { idToken: [{ name: "sub", essential: false, values: ["x"] }], userinfo: [] });
  });

  for (const [what, text] of Object.entries({
    "not JSON": "{",
    "a list": "[]",
    "a text": '"id_token"',
    null: "null",
    "a place that is a list": '{"id_token":["email"]}',
    "a wish that is a text": '{"id_token":{"email":"yes"}}',
    "essential that is a text": '{"id_token":{"email":{"essential":"true"}}}',
    "values that are objects": '{"id_token":{"email":{"values":[{}]}}}',
    "values that are no list": '{"id_token":{"acr":{"values":"x"}}}',
    "an empty name": '{"id_token":{"":null}}',
    "more than 8 192 characters": `{"id_token":{"${"x".repeat(100)}":null}}${" ".repeat(8_100)}`,
    "four thousand brackets": `${"[".repeat(4000)}${"]".repeat(4000)}`,
    "four thousand brackets in an ignored member": `{"x":${"[".repeat(4000)}${"]".repeat(4000)}}`,
    "an unterminated text of escaped quotes": `{"${'\\"'.repeat(4000)}`,
    "101 claims": JSON.stringify({
      userinfo: Object.fromEntries(Array.from({ length: 101 }, (_, index) => [`c${index}`, null])),
    }),
  })) {
    test(`${what} is refused`, () => {
      assert.equal(readClaimsParameter(text), undefined);
    });
  }

  test("a claim named __proto__ changes no prototype", () => {
    const read = readClaimsParameter('{"userinfo":{"__proto__":{"essential":true},"email":null}}');
    assert.equal(read?.userinfo.find((wish) => wish.name === "email")?.essential, false);
    assert.equal(({} as Record<string, unknown>)["essential"], undefined);
  });
});
