import assert from "node:assert/strict";
import { test } from "node:test";
import type { Account } from "../../src/model/account.ts";
import {
  chooseNameIdFormat,
  type NameId,
  nameIdElement,
  nameIdOf,
  NameIds,
  type NoNameId,
  participantWire,
} from "../../src/saml/name-id.ts";
import { NAME_ID } from "../../src/saml/namespaces.ts";
import type { NameIdPolicy } from "../../src/saml/request-wire.ts";
import { xml } from "../../src/saml/xml/writer.ts";
import { Subjects } from "../../src/session/subject.ts";
import { account, ENTITY_ID, samlApplication } from "../fixtures/saml/installation.ts";

const APPLICATION = samlApplication();
const PERSISTENT = NAME_ID.persistent;
const TRANSIENT = NAME_ID.transient;
const EMAIL = NAME_ID.emailAddress;
const UNSPECIFIED = NAME_ID.unspecified;
const WRONG_UNSPECIFIED = "urn:oasis:names:tc:SAML:2.0:nameid-format:unspecified";

function policy(format?: string, more: Partial<NameIdPolicy> = {}): NameIdPolicy {
  return { format, allowCreate: true, ...more };
}

interface Choice {
  readonly name: string;
  readonly asked: NameIdPolicy | undefined;
  readonly metadata: readonly string[];
  readonly chosen: string;
}

const CHOICES: readonly Choice[] = [
  { name: "B13 nothing asked, nothing in the metadata", asked: undefined, metadata: [], chosen: PERSISTENT },
  {
    name: "nothing asked, transient in the metadata",
    asked: undefined,
    metadata: [TRANSIENT, EMAIL],
    chosen: TRANSIENT,
  },
  {
    name: "nothing asked, only unspecified in the metadata",
    asked: undefined,
    metadata: [UNSPECIFIED],
    chosen: UNSPECIFIED,
  },
  {
    name: "nothing asked, nothing known in the metadata",
    asked: undefined,
    metadata: [NAME_ID.x509SubjectName],
    chosen: PERSISTENT,
  },
  {
    name: "nothing asked, an unknown one before e-mail",
    asked: undefined,
    metadata: [NAME_ID.x509SubjectName, EMAIL],
    chosen: EMAIL,
  },
  { name: "a policy without a format", asked: policy(), metadata: [EMAIL], chosen: EMAIL },
  {
    name: "a policy without a format, nothing in the metadata",
    asked: policy(),
    metadata: [],
    chosen: PERSISTENT,
  },
  {
    name: "unspecified asked, persistent in the metadata",
    asked: policy(UNSPECIFIED),
    metadata: [PERSISTENT],
    chosen: PERSISTENT,
  },
  {
    name: "unspecified asked, nothing in the metadata",
    asked: policy(UNSPECIFIED),
    metadata: [],
    chosen: UNSPECIFIED,
  },
  {
    name: "unspecified under the URN that some write",
    asked: policy(WRONG_UNSPECIFIED),
    metadata: [],
    chosen: UNSPECIFIED,
  },
  {
    name: "B11 e-mail asked, persistent in the metadata",
    asked: policy(EMAIL),
    metadata: [PERSISTENT],
    chosen: EMAIL,
  },
  { name: "persistent asked", asked: policy(PERSISTENT), metadata: [EMAIL], chosen: PERSISTENT },
  { name: "transient asked", asked: policy(TRANSIENT), metadata: [], chosen: TRANSIENT },
  {
    name: "AllowCreate false with persistent, which exists by construction",
    asked: policy(PERSISTENT, { allowCreate: false }),
    metadata: [],
    chosen: PERSISTENT,
  },
  {
    name: "an SPNameQualifier that is the application's own",
    asked: policy(PERSISTENT, { spNameQualifier: APPLICATION.entityId }),
    metadata: [],
    chosen: PERSISTENT,
  },
];

for (const { name, asked, metadata, chosen } of CHOICES) {
  test(`${name}: ${chosen.replace(/.*:/, "")}`, () => {
    const application = { entityId: APPLICATION.entityId, nameIdFormats: metadata };
    assert.deepEqual(chooseNameIdFormat(asked, application), { format: chosen });
  });
}

const REFUSED: readonly (readonly [string, NameIdPolicy])[] = [
  ["B28 X509SubjectName", policy(NAME_ID.x509SubjectName)],
  [
    "B28 X509SubjectName under the 2.0 URN, which does not exist",
    policy(NAME_ID.x509SubjectName.replace("1.1", "2.0")),
  ],
  ["emailAddress under the 2.0 URN, which does not exist", policy(EMAIL.replace("1.1", "2.0"))],
  ["persistent under the 1.1 URN", policy(PERSISTENT.replace("2.0", "1.1"))],
  ["entity", policy(NAME_ID.entity)],
  ["encrypted", policy(NAME_ID.encrypted)],
  ["kerberos", policy("urn:oasis:names:tc:SAML:2.0:nameid-format:kerberos")],
  ["a format with a space behind it", policy(`${PERSISTENT} `)],
  ["a format in capitals", policy(PERSISTENT.toUpperCase())],
  ["an empty format", policy("")],
  [
    "another application's SPNameQualifier",
    policy(PERSISTENT, { spNameQualifier: "https://other.example.com" }),
  ],
  ["an empty SPNameQualifier", policy(PERSISTENT, { spNameQualifier: "" })],
];

for (const [name, asked] of REFUSED) {
  test(`${name} cannot be met: InvalidNameIDPolicy, whatever the metadata says (SAML Core 3.4.1.1)`, () => {
    const application = { entityId: APPLICATION.entityId, nameIdFormats: [PERSISTENT] };
    const chosen = chooseNameIdFormat(asked, application);
    assert.equal("refused" in chosen && chosen.refused, "name-id-policy-not-possible");
  });
}

const NAME_IDS = new NameIds({ entityId: ENTITY_ID, subjects: new Subjects("a secret") });

function made(
  asked: NameIdPolicy | undefined,
  changes: Partial<Account> = {},
  application = APPLICATION,
  sessionId = "session-1",
): NameId | NoNameId {
  return NAME_IDS.make({ account: account(changes), application, sessionId, policy: asked });
}

function value(result: NameId | NoNameId): string {
  return "refused" in result ? assert.fail(result.detail) : result.value;
}

test("persistent is qualified by both sides (SAML Core 8.3.7)", () => {
  const nameId = made(policy(PERSISTENT));
  assert.ok(!("refused" in nameId));
  assert.equal(nameId.nameQualifier, ENTITY_ID);
  assert.equal(nameId.spNameQualifier, APPLICATION.entityId);
  assert.equal(nameId.format, PERSISTENT);
});

test("SA-75 persistent: two applications get different values, and neither holds the account's id", () => {
  const other = samlApplication({ id: "app-2", entityId: "https://other.example.com" });
  const [one, two] = [value(made(policy(PERSISTENT))), value(made(policy(PERSISTENT), {}, other))];
  assert.notEqual(one, two);
  assert.doesNotMatch(one + two, /account-1|alice/);
  assert.ok(one.length <= 256);
});

test("SA-75 persistent: the same after the person was renamed and in another session", () => {
  const before = value(made(policy(PERSISTENT)));
  const renamed = { username: "alicia", email: "alicia@example.org", name: "Alicia" };
  assert.equal(value(made(policy(PERSISTENT), renamed, APPLICATION, "session-2")), before);
});

test("SA-75 persistent: another one for the next account of the same name", () => {
  assert.notEqual(value(made(policy(PERSISTENT), { id: "account-2" })), value(made(policy(PERSISTENT))));
});

test("transient: the same within a session, another in the next and at the next application (SAML Core 8.3.8)", () => {
  const other = samlApplication({ id: "app-2" });
  const first = value(made(policy(TRANSIENT)));
  assert.equal(value(made(policy(TRANSIENT))), first);
  assert.notEqual(value(made(policy(TRANSIENT), {}, APPLICATION, "session-2")), first);
  assert.notEqual(value(made(policy(TRANSIENT), {}, other)), first);
});

test("emailAddress is the account's, unspecified the user name, both without qualifiers", () => {
  const email = { format: EMAIL, value: "alice@example.org" };
  assert.deepEqual(made(policy(EMAIL)), email);
  assert.deepEqual(made(policy(UNSPECIFIED)), { format: UNSPECIFIED, value: "alice" });
});

const WITHOUT: readonly (readonly [string, Partial<Account>])[] = [
  ["no e-mail address", { email: undefined }],
  ["an empty e-mail address", { email: "" }],
  ["an e-mail address that XML cannot carry", { email: "a\u0000@example.org" }],
];

for (const [name, changes] of WITHOUT) {
  test(`B11 e-mail asked of an account with ${name}: the policy cannot be met, nothing else is sent`, () => {
    const result = made(policy(EMAIL), changes);
    assert.equal("refused" in result && result.refused, "name-id-policy-not-possible");
  });

  test(`e-mail by the metadata alone and an account with ${name}: there is no subject`, () => {
    const application = samlApplication({ nameIdFormats: [EMAIL] });
    const result = made(undefined, changes, application);
    assert.equal("refused" in result && result.refused, "subject-not-available");
  });
}

test("the detail of a refusal says nothing about the person", () => {
  const result = made(policy(EMAIL), { email: undefined });
  assert.doesNotMatch("refused" in result ? result.detail : assert.fail(), /alice|account-1/i);
});

test("what a participant keeps gives back exactly the name identifier that the application was given", () => {
  for (const format of [PERSISTENT, TRANSIENT, EMAIL, UNSPECIFIED]) {
    const nameId = made(policy(format));
    assert.ok(!("refused" in nameId));
    const again = nameIdOf({ subject: nameId.value, wire: participantWire(nameId) });
    assert.deepEqual({ ...again }, { nameQualifier: undefined, spNameQualifier: undefined, ...nameId });
  }
});

test("the element carries qualifiers only where there are some, and a declaration where it is given", () => {
  const declared = nameIdElement({ format: "urn:f", value: "<v>" }, xml` xmlns:saml="${"urn:s"}"`);
  assert.equal(declared.canonical, '<saml:NameID xmlns:saml="urn:s" Format="urn:f">&lt;v&gt;</saml:NameID>');
  const qualified = nameIdElement({ format: "urn:f", value: "v", nameQualifier: "n", spNameQualifier: "s" });
  assert.equal(
    qualified.canonical,
    '<saml:NameID Format="urn:f" NameQualifier="n" SPNameQualifier="s">v</saml:NameID>',
  );
});
