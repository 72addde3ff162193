import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { acrOf, fulfilledAcr, requestedContext } from "../../src/oidc/acr.ts";
import type { ClaimsRequest } from "../../src/oidc/claims-parameter.ts";

const PASSWORD = acrOf("password");
const MFA = acrOf("multi-factor");

function claims(essential: boolean, ...values: string[]): ClaimsRequest {
  return { idToken: [{ name: "acr", essential, values }], userinfo: [] };
}

describe("requestedContext", () => {
  test("acr_values are a wish, in their order", () => {
    assert.deepEqual(requestedContext([MFA, PASSWORD], undefined), {
      comparison: "exact",
      classes: ["multi-factor", "password"],
      essential: false,
    });
  });

  test("acr_values that nobody here knows are nothing", () => {
    assert.equal(requestedContext(["urn:other", "constructor"], undefined), undefined);
    assert.equal(requestedContext([], undefined), undefined);
  });

  test("an essential acr is a demand, and it comes before acr_values", () => {
    assert.deepEqual(requestedContext([PASSWORD], claims(true, MFA)), {
      comparison: "exact",
      classes: ["multi-factor"],
      essential: true,
    });
  });

  test("an essential acr that nobody here knows cannot be met, and is not forgotten", () => {
    assert.deepEqual(requestedContext([PASSWORD], claims(true, "urn:other")), {
      comparison: "exact",
      classes: [],
      essential: true,
    });
  });

  test("essential without a value, and a voluntary unknown one, demand nothing", () => {
    assert.equal(
      requestedContext([], { idToken: [{ name: "acr", essential: true }], userinfo: [] }),
      undefined,
    );
    assert.equal(requestedContext([], claims(false, "urn:other")), undefined);
  });
});

describe("fulfilledAcr", () => {
  test("nothing asked: the login's own", () => {
    assert.equal(fulfilledAcr("multi-factor", undefined), MFA);
  });

  test("two factors given, a password asked: the one that was asked (CF-27)", () => {
    assert.equal(fulfilledAcr("multi-factor", requestedContext([PASSWORD], undefined)), PASSWORD);
  });

  test("a stronger one wished and not reached: what it was, never what was wished", () => {
    assert.equal(fulfilledAcr("password", requestedContext([MFA], undefined)), PASSWORD);
  });
});
