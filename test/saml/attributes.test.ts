import assert from "node:assert/strict";
import { test } from "node:test";
import type { Account } from "../../src/model/account.ts";
import type { ReleaseRule } from "../../src/model/release.ts";
import { AttributeForm, attributeStatement, releaseWarnings } from "../../src/saml/attributes.ts";
import {
  RELEASE_PROFILES,
  type ReleaseProfile,
  type ReleaseProfileName,
  SCOPED_ATTRIBUTES,
} from "../../src/saml/release-profiles.ts";
import {
  account,
  keyRingOf,
  samlApplication,
  samlResponder,
  session,
  signingKey,
  signOnRequest,
} from "../fixtures/saml/installation.ts";
import { attributesOf, elements, parsed, postedXml, responded, textOf } from "../fixtures/saml/reading.ts";

const BASIC = "urn:oasis:names:tc:SAML:2.0:attrname-format:basic";
const URI = "urn:oasis:names:tc:SAML:2.0:attrname-format:uri";

function sent(rules: readonly ReleaseRule[], changes: Partial<Account> = {}) {
  const { attributes, leftOut } = new AttributeForm(rules).of(account(changes));
  return {
    attributes: attributes.map(({ name, nameFormat, friendlyName, values }) => ({
      name,
      nameFormat,
      friendlyName,
      values,
    })),
    leftOut,
  };
}

function constant(name: string, values: readonly string[], more: Partial<ReleaseRule> = {}): ReleaseRule {
  return { name, source: { kind: "constant", values }, ...more };
}

test("by default an application gets the usual names as urn:oid with friendly names, and the groups", () => {
  const { attributes } = sent([]);
  assert.deepEqual(
    attributes.map(({ name, friendlyName, values }) => [name, friendlyName, ...values]),
    [
      ["urn:oid:0.9.2342.19200300.100.1.1", "uid", "alice"],
      ["urn:oid:0.9.2342.19200300.100.1.3", "mail", "alice@example.org"],
      ["urn:oid:2.16.840.1.113730.3.1.241", "displayName", "Alice Example"],
      ["urn:oid:2.5.4.3", "cn", "Alice Example"],
      ["urn:oid:2.5.4.42", "givenName", "Alice"],
      ["urn:oid:2.5.4.4", "sn", "Example"],
      ["urn:oid:1.3.6.1.4.1.5923.1.5.1.1", "isMemberOf", "staff", "wiki-editors"],
    ],
  );
  assert.ok(attributes.every((attribute) => attribute.nameFormat === URI));
});

test("what an account has no value for is left out, never sent empty", () => {
  const bare = { email: undefined, name: undefined, givenName: undefined, familyName: undefined, groups: [] };
  assert.deepEqual(
    sent([], bare).attributes.map(({ friendlyName }) => friendlyName),
    ["uid"],
  );
});

test("without any attribute there is no AttributeStatement: an empty one is against the schema", () => {
  assert.equal(attributeStatement([]), undefined);
});

test("a name format is uri for urn: names and basic for others, unless the rule says one", () => {
  const rules = [
    constant("urn:x", ["1"]),
    constant("mail", ["2"]),
    constant("y", ["3"], { nameFormat: "urn:own" }),
  ];
  assert.deepEqual(
    sent(rules).attributes.map(({ nameFormat }) => nameFormat),
    [URI, BASIC, "urn:own"],
  );
});

test("B24 two names with one friendly name are both sent, and the administrator is warned", () => {
  const rules = [
    constant("urn:oid:1", ["a"], { friendlyName: "mail" }),
    constant("urn:oid:2", ["b"], { friendlyName: "mail" }),
  ];
  assert.deepEqual(
    sent(rules).attributes.map(({ name, values }) => [name, ...values]),
    [
      ["urn:oid:1", "a"],
      ["urn:oid:2", "b"],
    ],
  );
  assert.deepEqual(releaseWarnings(rules), ["urn:oid:1 and urn:oid:2 have the same friendly name, mail."]);
});

test("two rules with one name and format make one attribute with the values of both", () => {
  const rules = [constant("role", ["a"]), constant("other", ["x"]), constant("role", ["b"])];
  assert.deepEqual(
    sent(rules).attributes.map(({ name, values }) => [name, ...values]),
    [
      ["role", "a", "b"],
      ["other", "x"],
    ],
  );
});

test("the same name in two formats stays two attributes: the pair is the identity (SAML Core 2.7.3.1)", () => {
  const rules = [
    constant("role", ["a"], { nameFormat: URI }),
    constant("role", ["b"], { nameFormat: BASIC }),
  ];
  assert.equal(sent(rules).attributes.length, 2);
});

const UNNAMEABLE: readonly (readonly [string, ReleaseRule])[] = [
  ["an empty name", constant("", ["x"])],
  ["a name that XML cannot carry", constant("a\u0000", ["x"])],
  ["a name format that is no URI", constant("a", ["x"], { nameFormat: "basic" })],
  ["a name format with markup", constant("a", ["x"], { nameFormat: 'urn:x"><y>\n' })],
];

for (const [name, rule] of UNNAMEABLE) {
  test(`a rule with ${name} is passed over with a warning, and the others are sent`, () => {
    const rules = [rule, constant("good", ["y"])];
    assert.deepEqual(
      sent(rules).attributes.map((attribute) => attribute.name),
      ["good"],
    );
    assert.equal(releaseWarnings(rules).length, 1);
  });
}

test("a friendly name that XML cannot carry is left out: it is only a label", () => {
  assert.equal(
    sent([constant("a", ["x"], { friendlyName: "\ud800" })]).attributes[0]?.friendlyName,
    undefined,
  );
});

const SCOPED: readonly (readonly [string, readonly string[]])[] = [
  ["alice@example.org", ["alice@example.org"]],
  ["alice", []],
  ["@example.org", []],
  ["alice@", []],
  ["alice@a@b", []],
  ["ali ce@example.org", []],
];

for (const [username, values] of SCOPED) {
  const outcome = values.length === 0 ? "left out" : "sent";
  test(`eduPersonPrincipalName of the user name ${JSON.stringify(username)} is ${outcome}: it is scoped`, () => {
    const eppn = sent(RELEASE_PROFILES["edu-person"].rules, { username }).attributes.find(
      ({ friendlyName }) => friendlyName === "eduPersonPrincipalName",
    );
    assert.deepEqual(eppn?.values ?? [], values);
  });
}

for (const name of SCOPED_ATTRIBUTES) {
  test(`of several values of ${name} those without a scope are left out`, () => {
    const { attributes } = sent([constant(name, ["alice", "alice@example.org"])]);
    assert.deepEqual(
      attributes.map(({ values }) => values),
      [["alice@example.org"]],
    );
  });
}

const NOBODY_NEEDS_MORE: readonly ReleaseProfileName[] = [
  "aws",
  "basic",
  "edu-person",
  "gitlab",
  "google-workspace",
  "grafana",
  "microsoft",
];

test("the ready-made profiles are these, each with names that can be sent and without warnings", () => {
  assert.deepEqual(Object.keys(RELEASE_PROFILES).toSorted(), NOBODY_NEEDS_MORE);
  const profiles: readonly ReleaseProfile[] = Object.values(RELEASE_PROFILES);
  for (const { rules, title } of profiles) {
    assert.deepEqual(releaseWarnings(rules), [], title);
    assert.ok(sent(rules).attributes.length > 0, title);
  }
});

const PROFILE_VALUES: readonly (readonly [ReleaseProfileName, string, readonly string[]])[] = [
  ["microsoft", "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress", ["alice@example.org"]],
  ["microsoft", "http://schemas.microsoft.com/ws/2008/06/identity/claims/groups", ["staff", "wiki-editors"]],
  ["basic", "firstName", ["Alice"]],
  ["aws", "https://aws.amazon.com/SAML/Attributes/Role", ["arn:role,arn:provider"]],
  ["aws", "https://aws.amazon.com/SAML/Attributes/RoleSessionName", ["alice@example.org"]],
  ["google-workspace", "email", ["alice@example.org"]],
  ["gitlab", "nickname", ["alice"]],
  ["grafana", "displayName", ["Alice Example"]],
  ["grafana", "mail", ["alice@example.org"]],
];

for (const [profile, name, values] of PROFILE_VALUES) {
  test(`the profile ${profile} sends ${name}`, () => {
    const attributes = sent(RELEASE_PROFILES[profile].rules, {
      attributes: { awsRole: ["arn:role,arn:provider"] },
    });
    assert.deepEqual(attributes.attributes.find((one) => one.name === name)?.values, values);
  });
}

const TAKEOVERS = [
  "NameID",
  "saml:NameID",
  "Issuer",
  "Audience",
  "Recipient",
  "SessionIndex",
  "__proto__",
  "constructor",
];

test("SA-74 a mapping makes attributes of these names, and touches neither subject, issuer nor audience", async () => {
  const release = TAKEOVERS.map((name) => constant(name, ["mallory"]));
  const made = await samlResponder(keyRingOf(signingKey("RSA-2048"))).respond({
    request: signOnRequest({
      nameIdPolicy: { format: "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress", allowCreate: true },
    }),
    application: samlApplication({ release }),
    account: account(),
    session: session(),
    grant: undefined,
    scopes: [],
  });
  const root = parsed(postedXml(responded(made).reply));
  assert.deepEqual([...attributesOf(root).keys()], TAKEOVERS);
  assert.equal(textOf(root, "NameID"), "alice@example.org");
  assert.equal(textOf(root, "Audience"), "https://app.example.com/saml/metadata");
  assert.deepEqual(
    elements(root, "Issuer").map((one) => one.textContent),
    ["https://id.example.org/saml/metadata", "https://id.example.org/saml/metadata"],
  );
});

test("an attribute's value that is no text, as a directory might give it, is refused and never written as markup", () => {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what is typed as text may come as anything
  const value = JSON.parse('{"canonical":"</saml:AttributeValue>"}') as string;
  const { attributes } = new AttributeForm([constant("a", [value])]).of(account());
  assert.throws(() => attributeStatement(attributes), TypeError);
});
