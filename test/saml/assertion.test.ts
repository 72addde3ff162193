import assert from "node:assert/strict";
import { test } from "node:test";
import { assertion, instant } from "../../src/saml/assertion.ts";
import { NAME_ID } from "../../src/saml/namespaces.ts";
import { unsigned } from "../../src/saml/xml/sign.ts";
import { serialize } from "../../src/saml/xml/writer.ts";
import { ACS, ENTITY_ID, NOW_MS } from "../fixtures/saml/installation.ts";
import { childNames, only, parsed } from "../fixtures/saml/reading.ts";

test("an instant is in UTC with milliseconds and a Z (SAML Core 1.3.3)", () => {
  assert.equal(instant(Date.UTC(2028, 1, 29, 23, 59, 59, 7)), "2028-02-29T23:59:59.007Z");
});

test("the parts stand in the order of the schema, and what there is no value for is absent", () => {
  const root = parsed(
    serialize(
      unsigned(
        assertion({
          id: "_1",
          nowMs: NOW_MS,
          issuer: ENTITY_ID,
          nameId: { format: NAME_ID.emailAddress, value: "alice@example.org" },
          recipient: ACS,
          inResponseTo: undefined,
          audiences: ["https://app.example.com"],
          authnInstantMs: NOW_MS,
          sessionIndex: "_s",
          sessionEndsMs: NOW_MS,
          classRef: "urn:class",
          attributes: undefined,
        }),
      ),
    ),
  );
  assert.deepEqual(childNames(root), [
    "saml:Issuer",
    "saml:Subject",
    "saml:Conditions",
    "saml:AuthnStatement",
  ]);
  const confirmation = Array.from(only(root, "SubjectConfirmationData").attributes, ({ name }) => name);
  assert.deepEqual(confirmation, ["NotOnOrAfter", "Recipient"]);
  const nameId = Array.from(only(root, "NameID").attributes, ({ name }) => name);
  assert.deepEqual(nameId, ["Format"]);
});
