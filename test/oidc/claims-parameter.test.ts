import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { readClaimsParameter } from "../../src/oidc/claims-parameter.ts";

describe("OA-60 the claims parameter is refused", () => {
  for (const [why, text] of [
    ["with a member twice", '{"userinfo":{"email":null},"userinfo":{}}'],
    ["with a claim twice", '{"id_token":{"email":null,"email":{"essential":true}}}'],
    ["with a claim twice, once with an escape", '{"id_token":{"email":null,"\\u0065mail":null}}'],
    ["with a member of a claim twice", '{"id_token":{"acr":{"value":"a","value":"b"}}}'],
    ["when it is nested deeply", `{"userinfo":${'{"a":'.repeat(50)}1${"}".repeat(51)}`],
    ["when it is no JSON", "{'userinfo':{}}"],
    ["when it is a list", "[]"],
  ] as const) {
    test(why, () => {
      assert.equal(readClaimsParameter(text), undefined);
    });
  }

  test("and one name in two places is none twice", () => {
    const read = readClaimsParameter('{"userinfo":{"email":null},"id_token":{"email":{"essential":true}}}');
    assert.deepEqual(
      read?.userinfo.map(({ name }) => name),
      ["email"],
    );
    assert.deepEqual(
      read?.idToken.map(({ essential }) => essential),
      [true],
    );
  });
});
