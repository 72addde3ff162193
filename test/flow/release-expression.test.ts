import assert from "node:assert/strict";
import { test } from "node:test";
import { parseSource, printSource } from "../../src/flow/release-expression.ts";
import type { ReleaseSource } from "../../src/model/release.ts";

const READ: readonly (readonly [string, ReleaseSource])[] = [
  ["email", { kind: "account", field: "email" }],
  ["groups", { kind: "groups" }],
  ['groups("app-")', { kind: "groups", prefix: "app-" }],
  ['groupsWithout("app-")', { kind: "groups", prefix: "app-", stripPrefix: true }],
  ['attribute("eduPersonScopedAffiliation")', { kind: "attribute", name: "eduPersonScopedAffiliation" }],
  ['constant("a", "b \\"c\\" \\\\")', { kind: "constant", values: ["a", 'b "c" \\'] }],
  [
    'join(" ", givenName, first(familyName, attribute("sn")))',
    {
      kind: "join",
      separator: " ",
      sources: [
        { kind: "account", field: "givenName" },
        {
          kind: "first",
          sources: [
            { kind: "account", field: "familyName" },
            { kind: "attribute", name: "sn" },
          ],
        },
      ],
    },
  ],
];

for (const [text, source] of READ) {
  test(`${text} is read, and printed as it was`, () => {
    assert.deepEqual(parseSource(text), source);
    assert.equal(printSource(source), text);
  });
}

test("white space between the parts does not matter", () => {
  assert.deepEqual(parseSource(" first ( email ,username ) "), parseSource("first(email, username)"));
});

const REFUSED: readonly (readonly [string, RegExp])[] = [
  ["", /at its end/],
  ["emial", /no field “emial”/],
  ["constructor", /no field/],
  ["email username", /before “username”/],
  ["email)", /the end/],
  ["first(email", /“\)”/],
  ["first()", /the name of a field/],
  ["first(email,)", /the name of a field/],
  ["attribute(department)", /quotation marks/],
  ['attribute("\\x")', /is not a text/],
  ['attribute("open)', /quotation marks/],
  ['email("x")', /no “email\(…\)”/],
  ["eval(email)", /no “eval/],
  ["${email}", /the name of a field/],
  ["first(".repeat(10) + "email" + ")".repeat(10), /More than 5/],
  [`constant("${"x".repeat(1001)}")`, /longer than 1000/],
];

for (const [text, problem] of REFUSED) {
  test(`${JSON.stringify(text).slice(0, 40)} is refused with a reason`, () => {
    const result = parseSource(text);
    assert.ok("problem" in result);
    assert.match(result.problem, problem);
  });
}
