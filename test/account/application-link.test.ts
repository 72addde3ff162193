import assert from "node:assert/strict";
import { test } from "node:test";
import { startAddress } from "../../src/account/application-link.ts";
import type { SamlApplication } from "../../src/model/application.ts";
import { testApplication } from "../login/requests.ts";

const SAML: SamlApplication = {
  protocol: "saml",
  id: "wiki",
  name: "Wiki",
  enabled: true,
  access: { kind: "everyone" },
  consent: "implied",
  release: [],
  createdAtMs: 0,
  updatedAtMs: 0,
  entityId: "urn:wiki",
  assertionConsumerServices: [
    {
      binding: "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST",
      location: "https://wiki.example.org/saml/acs",
    },
  ],
  singleLogoutServices: [],
  signingCertificates: [],
  encryptionKeys: [],
  nameIdFormats: [],
  requestsMustBeSigned: false,
  signAssertion: true,
  signResponse: true,
  encryptAssertion: false,
  metadataXml: "",
};

test("a click opens the registered start address, or else the site that the answers go to", () => {
  assert.equal(
    startAddress({ ...SAML, startUrl: "https://wiki.example.org/start" }),
    "https://wiki.example.org/start",
  );
  assert.equal(startAddress(SAML), "https://wiki.example.org/");
  const native = ["com.example.app:/cb", "http://127.0.0.1:4002/cb"];
  assert.equal(startAddress(testApplication({ redirectUris: native })), "http://127.0.0.1:4002/");
});

test("an application without a web address opens by no click", () => {
  assert.equal(startAddress(testApplication({ redirectUris: ["com.example.app:/cb"] })), undefined);
  assert.equal(startAddress({ ...SAML, assertionConsumerServices: [] }), undefined);
  assert.equal(startAddress({ ...SAML, startUrl: "javascript:alert(1)" }), undefined);
});
