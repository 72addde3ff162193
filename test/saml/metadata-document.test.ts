import assert from "node:assert/strict";
import { test } from "node:test";
import type { KeyRing } from "../../src/keys/key-ring.ts";
import type { Organisation } from "../../src/model/organisation.ts";
import { Unavailable } from "../../src/platform/unavailable.ts";
import { metadataDocument, type MetadataParts } from "../../src/saml/metadata-document.ts";
import { NAME_ID } from "../../src/saml/namespaces.ts";
import {
  countingRandom,
  ENTITY_ID,
  ISSUER,
  keyRingOf,
  NOW_MS,
  signingKey,
} from "../fixtures/saml/installation.ts";
import {
  canonicalised,
  judgesPresent,
  schemaErrors,
  temporaryFolder,
  writeDocuments,
  xmlsecFailures,
} from "../fixtures/saml/judges.ts";
import { childNames, elements, only, parsed, textOf } from "../fixtures/saml/reading.ts";

const ACTIVE = signingKey("RSA-2048", "active");
const NEXT = signingKey("RSA-2048", "next");
const RETIRING = signingKey("RSA-2048", "retiring");
const CURVE = signingKey("P-256", "active");
const OTHERS = [signingKey("Ed25519"), signingKey("P-384")];
/** As the key ring has them: the active ones of all types first. */
const RING = keyRingOf(...OTHERS, CURVE, ACTIVE, NEXT, RETIRING);

const ORGANISATION: Organisation = {
  language: "de-AT",
  name: "Example & Sons",
  displayName: "Example <Ltd>",
  url: "https://example.org/?a=1&b",
  serviceName: "Example login",
  description: "Where the people of Example log in",
  logo: { url: "https://example.org/logo.png", width: 80, height: 60 },
  privacyUrl: "https://example.org/privacy",
  errorUrl: "https://example.org/help?code=ERRORURL_CODE&at=ERRORURL_TS",
  scopes: ["example.org", "example.net"],
  contacts: [
    { kind: "technical", name: "Ada", email: "ada@example.org" },
    { kind: "support", email: "help@example.org" },
    { kind: "security", name: "Cert", email: "cert@example.org" },
  ],
};

const FULL: Partial<MetadataParts> = {
  organisation: ORGANISATION,
  soapLogout: true,
  artifacts: true,
  simpleSign: true,
  ecp: true,
};

function metadata(changes: Partial<MetadataParts> = {}, sign = false): string {
  const parts = { issuer: ISSUER, keyRing: RING, random: countingRandom(), clock: { nowMs: () => NOW_MS } };
  return metadataDocument({ ...parts, ...changes }, sign);
}

function certificates(document: string): readonly string[] {
  return elements(parsed(document), "KeyDescriptor").map((key) => textOf(key, "X509Certificate"));
}

for (const [name, changes] of [
  ["least", {}],
  ["all that it can", FULL],
] as const) {
  for (const sign of [false, true]) {
    test(`our ${sign ? "signed" : "unsigned"} metadata with ${name} is accepted by the OASIS schemas and canonical`, (t) => {
      if (!judgesPresent(t)) return;
      const folder = temporaryFolder(t);
      const document = metadata(changes, sign);
      const paths = writeDocuments(folder, [document]);
      assert.equal(schemaErrors(folder, paths), "");
      if (sign) assert.deepEqual(xmlsecFailures(folder, paths, ACTIVE.certificate, "EntityDescriptor"), []);
      const root = document.slice(document.indexOf("<md:"), -1);
      assert.equal(canonicalised(folder, document), root);
    });
  }
}

test("entityID and every location come from the issuer, for both bindings each", () => {
  const root = parsed(metadata());
  assert.equal(root.getAttribute("entityID"), ENTITY_ID);
  const endpoints = (name: string) =>
    elements(root, name).map((one) => [
      one.getAttribute("Binding")?.replace(/.*:/, ""),
      one.getAttribute("Location"),
    ]);
  const both = (location: string) => [
    ["HTTP-Redirect", location],
    ["HTTP-POST", location],
  ];
  assert.deepEqual(endpoints("SingleSignOnService"), both(`${ISSUER}/saml/sso`));
  assert.deepEqual(endpoints("SingleLogoutService"), both(`${ISSUER}/saml/slo`));
});

test("logout by SOAP is published only where it is answered", () => {
  const bindings = (changes: Partial<MetadataParts>) =>
    elements(parsed(metadata(changes)), "SingleLogoutService").map((one) => one.getAttribute("Binding"));
  assert.equal(bindings({}).length, 2);
  assert.equal(bindings({ soapLogout: true })[2], "urn:oasis:names:tc:SAML:2.0:bindings:SOAP");
});

test("artifact resolution, SimpleSign and ECP are published only where they are answered", () => {
  const published = parsed(metadata({ artifacts: true, simpleSign: true, ecp: true }));
  const resolution = only(published, "ArtifactResolutionService");
  assert.equal(resolution.getAttribute("Location"), `${ISSUER}/saml/artifact`);
  assert.equal(resolution.getAttribute("index"), "0");
  assert.deepEqual(
    elements(published, "SingleSignOnService").map((one) => one.getAttribute("Binding")?.split(":").at(-1)),
    ["HTTP-Redirect", "HTTP-POST", "HTTP-POST-SimpleSign", "HTTP-Artifact", "SOAP"],
  );
  assert.equal(elements(parsed(metadata()), "ArtifactResolutionService").length, 0);
  assert.equal(elements(parsed(metadata()), "SingleSignOnService").length, 2);
});

test("every published key that signs in SAML is there: RSA active, next, retiring, then the curve; no other", () => {
  const expected = [ACTIVE, NEXT, RETIRING, CURVE].map(({ certificate }) => certificate);
  assert.deepEqual(certificates(metadata()), expected);
  const uses = elements(parsed(metadata()), "KeyDescriptor").map((key) => key.getAttribute("use"));
  assert.deepEqual(uses, ["signing", "signing", "signing", "signing"]);
});

test("after a rotation the document has the new keys, the active one first", () => {
  const ring: KeyRing = keyRingOf(ACTIVE, NEXT);
  const before = certificates(metadata({ keyRing: ring }));
  const following = signingKey("RSA-2048", "next");
  ring.load([{ ...NEXT, state: "active" }, following, { ...ACTIVE, state: "retiring" }]);
  const after = certificates(metadata({ keyRing: ring }));
  assert.deepEqual(before, [ACTIVE.certificate, NEXT.certificate]);
  assert.deepEqual(after, [NEXT.certificate, following.certificate, ACTIVE.certificate]);
});

test("B28 the name formats stand under the URNs that exist: e-mail and unspecified of 1.1, no X.509", () => {
  const formats = elements(parsed(metadata()), "NameIDFormat").map((format) => format.textContent);
  assert.deepEqual(formats, [
    NAME_ID.persistent,
    NAME_ID.transient,
    NAME_ID.emailAddress,
    NAME_ID.unspecified,
  ]);
  assert.doesNotMatch(metadata(), /X509SubjectName/);
});

test("the signed document ends after seven days; the unsigned one, which may be a file somewhere, does not", () => {
  const signed = parsed(metadata({}, true));
  assert.equal(signed.getAttribute("validUntil"), new Date(NOW_MS + 7 * 86_400_000).toISOString());
  assert.equal(parsed(metadata()).hasAttribute("validUntil"), false);
  assert.equal(signed.getAttribute("cacheDuration"), "PT6H");
  assert.equal(parsed(metadata()).getAttribute("cacheDuration"), "PT6H");
});

test("the parts stand in the order of the schema (SAML Metadata 2.3.2 and 2.4.3)", () => {
  const root = parsed(metadata(FULL, true));
  assert.deepEqual(childNames(root), [
    "ds:Signature",
    "md:IDPSSODescriptor",
    "md:Organization",
    "md:ContactPerson",
    "md:ContactPerson",
    "md:ContactPerson",
  ]);
  const names = [...new Set(childNames(only(root, "IDPSSODescriptor")))];
  assert.deepEqual(names, [
    "md:Extensions",
    "md:KeyDescriptor",
    "md:ArtifactResolutionService",
    "md:SingleLogoutService",
    "md:NameIDFormat",
    "md:SingleSignOnService",
  ]);
});

test("texts of the organisation are escaped, and what XML cannot carry is marked", () => {
  const root = parsed(metadata({ ...FULL, organisation: { ...ORGANISATION, serviceName: "a\u0000<b>" } }));
  assert.equal(textOf(root, "OrganizationDisplayName"), "Example <Ltd>");
  assert.equal(textOf(root, "DisplayName"), "a\ufffd<b>");
  assert.deepEqual(
    elements(root, "EmailAddress").map((address) => address.textContent),
    ["mailto:ada@example.org", "mailto:help@example.org", "mailto:cert@example.org"],
  );
  assert.deepEqual(
    elements(root, "Scope").map((scope) => scope.textContent),
    ["example.org", "example.net"],
  );
});

test("the algorithms that we verify are published, so that nobody signs with one that is refused", () => {
  const named = (name: string) =>
    elements(parsed(metadata()), name).map((method) =>
      (method.getAttribute("Algorithm") ?? "").replace(/.*#/, ""),
    );
  assert.deepEqual(named("DigestMethod"), ["sha256", "sha384", "sha512"]);
  assert.deepEqual(named("SigningMethod"), [
    "rsa-sha256",
    "rsa-sha384",
    "rsa-sha512",
    "ecdsa-sha256",
    "ecdsa-sha384",
    "ecdsa-sha512",
  ]);
});

test("no private key, no SHA-1 and no demand for signed requests is in it", () => {
  const document = metadata(FULL, true);
  assert.doesNotMatch(document, /PRIVATE|sha1|WantAuthnRequestsSigned/i);
});

test("without an active key the signed document is unavailable, not unsigned", () => {
  assert.throws(() => metadata({ keyRing: keyRingOf(RETIRING) }, true), Unavailable);
});

test("the login is shown under its name, with description, logo and privacy statement, in the organisation's language", () => {
  const root = parsed(metadata(FULL));
  const info = only(root, "UIInfo");
  assert.deepEqual(childNames(info), [
    "mdui:DisplayName",
    "mdui:Description",
    "mdui:Logo",
    "mdui:PrivacyStatementURL",
  ]);
  assert.equal(textOf(info, "Description"), "Where the people of Example log in");
  assert.equal(only(info, "DisplayName").getAttribute("xml:lang"), "de-AT");
  const logo = only(info, "Logo");
  assert.deepEqual([logo.getAttribute("width"), logo.getAttribute("height")], ["80", "60"]);
  assert.equal(textOf(info, "PrivacyStatementURL"), "https://example.org/privacy");
});

test("without a name of its own the login is shown under the organisation's; without any name nothing is shown", () => {
  const { serviceName: _, displayName: __, ...plain } = ORGANISATION;
  assert.equal(textOf(parsed(metadata({ organisation: plain })), "DisplayName"), "Example & Sons");
  const nameless = { language: "en", scopes: [], contacts: [] };
  assert.equal(elements(parsed(metadata({ organisation: nameless })), "UIInfo").length, 0);
});

test("an organisation without its address is not written: the schema wants all three parts or none", () => {
  const { url: _, ...without } = ORGANISATION;
  const root = parsed(metadata({ organisation: without }));
  assert.equal(elements(root, "Organization").length, 0);
  assert.equal(elements(root, "ContactPerson").length, 3);
});

test("people who were not let in are sent to the error address, which stands on the role", () => {
  assert.equal(
    only(parsed(metadata(FULL)), "IDPSSODescriptor").getAttribute("errorURL"),
    ORGANISATION.errorUrl,
  );
  assert.equal(only(parsed(metadata()), "IDPSSODescriptor").hasAttribute("errorURL"), false);
});

test("the security contact is an other one with the mark of REFEDS; the rest are of the standard's kinds", () => {
  const kinds = elements(parsed(metadata(FULL)), "ContactPerson").map((person) => [
    person.getAttribute("contactType"),
    person.getAttributeNS("http://refeds.org/metadata", "contactType"),
  ]);
  assert.deepEqual(kinds, [
    ["technical", ""],
    ["support", ""],
    ["other", "http://refeds.org/metadata/contactType/security"],
  ]);
});
