import assert from "node:assert/strict";
import { test } from "node:test";
import { acceptable } from "../../src/decision/authn-context.ts";
import type { AuthenticationContext, RequestedContext } from "../../src/model/authentication.ts";
import { classRefFor, requestedContext } from "../../src/saml/authn-context.ts";

const CLASSES = "urn:oasis:names:tc:SAML:2.0:ac:classes:";
const PPT = `${CLASSES}PasswordProtectedTransport`;
const PASSWORD = `${CLASSES}Password`;
const UNSPECIFIED = `${CLASSES}unspecified`;
const X509 = `${CLASSES}X509`;
const MFA = "https://refeds.org/profile/mfa";
const MICROSOFT_MFA = "http://schemas.microsoft.com/claims/multipleauthn";

type Comparison = RequestedContext["comparison"];

const TRANSLATIONS: readonly (readonly [string, readonly string[], readonly AuthenticationContext[]])[] = [
  ["PasswordProtectedTransport", [PPT], ["password"]],
  ["Password", [PASSWORD], ["password"]],
  ["unspecified", [UNSPECIFIED], ["password"]],
  ["REFEDS MFA", [MFA], ["multi-factor"]],
  ["Microsoft's multiple factors", [MICROSOFT_MFA], ["multi-factor"]],
  ["two in the order of preference", [MFA, PPT], ["multi-factor", "password"]],
  ["two that are one of ours", [PASSWORD, PPT], ["password"]],
  ["an unknown one beside a known one", [X509, PPT], ["password"]],
  ["only an unknown one", [X509], []],
  ["REFEDS SFA, whose rules for passwords are not ours", ["https://refeds.org/profile/sfa"], []],
  ["a known one with a space behind it", [`${PPT} `], []],
  ["a known one in capitals", [PPT.toUpperCase()], []],
  ["a name of Object.prototype", ["constructor", "__proto__"], []],
];

for (const [name, refs, classes] of TRANSLATIONS) {
  test(`RequestedAuthnContext with ${name}: ${classes.join(" then ") || "nothing that we can do"}`, () => {
    assert.deepEqual(requestedContext(refs, "exact"), { comparison: "exact", classes, essential: true });
  });
}

for (const comparison of ["exact", "minimum", "better", "maximum"] as const) {
  test(`nothing known with Comparison=${comparison} is never taken as "anything will do"`, () => {
    assert.deepEqual(acceptable(requestedContext([X509], comparison)), []);
  });
}

const ANSWERS: readonly (readonly [
  AuthenticationContext,
  readonly string[],
  Comparison | undefined,
  string,
])[] = [
  ["password", [], undefined, PPT],
  ["multi-factor", [], undefined, PPT],
  ["password", [PPT], "exact", PPT],
  ["password", [PASSWORD], "exact", PASSWORD],
  ["password", [UNSPECIFIED], "exact", UNSPECIFIED],
  ["password", [MFA, PASSWORD], "exact", PASSWORD],
  ["multi-factor", [MFA, PASSWORD], "exact", MFA],
  ["multi-factor", [PASSWORD, MFA], "exact", PASSWORD],
  ["multi-factor", [MICROSOFT_MFA], "exact", MICROSOFT_MFA],
  ["multi-factor", [PPT], "minimum", PPT],
  ["multi-factor", [MFA], "minimum", MFA],
  ["multi-factor", [PPT], "better", MFA],
  ["password", [MFA], "maximum", PPT],
  ["multi-factor", [MFA], "maximum", MFA],
  ["password", [X509, PPT], "exact", PPT],
];

for (const [context, refs, comparison, answer] of ANSWERS) {
  const asked = refs.map((ref) => ref.replace(/.*[:/]/, "")).join(", ") || "nothing";
  test(`a ${context} login, asked for ${asked} (${comparison ?? "no context"}): ${answer.replace(/.*[:/]/, "")}`, () => {
    assert.equal(classRefFor(context, { requestedClassRefs: refs, comparison }), answer);
  });
}

test("SA-76 a password login never claims a second factor, whatever is asked and in whatever comparison", () => {
  const comparisons: readonly (Comparison | undefined)[] = [
    undefined,
    "exact",
    "minimum",
    "better",
    "maximum",
  ];
  for (const comparison of comparisons) {
    for (const requestedClassRefs of [[], [MFA], [MICROSOFT_MFA], [MFA, PPT], [X509, MICROSOFT_MFA]]) {
      const answer = classRefFor("password", { requestedClassRefs, comparison });
      assert.doesNotMatch(answer, /mfa|multipleauthn|X509/);
    }
  }
});
