import assert from "node:assert/strict";
import { test } from "node:test";
import { startAddress } from "../../src/account/application-link.ts";
import type { SamlApplication } from "../../src/model/application.ts";
import { testApplication } from "../login/requests.ts";

const ISSUER = "https://id.example.org";

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
    startAddress({ ...SAML, startUrl: "https://wiki.example.org/start" }, ISSUER),
    "https://wiki.example.org/start",
  );
  assert.equal(startAddress(SAML, ISSUER), "https://wiki.example.org/");
  const native = ["com.example.app:/cb", "http://127.0.0.1:4002/cb"];
  assert.equal(startAddress(testApplication({ redirectUris: native }), ISSUER), "http://127.0.0.1:4002/");
});

test("where a sign-on may begin here a click opens our own address, unless it has a start address", () => {
  const idpInitiated = { relayStates: [] };
  assert.equal(
    startAddress({ ...SAML, idpInitiated }, ISSUER),
    "https://id.example.org/saml/sso/start?app=wiki",
  );
  const startUrl = "https://wiki.example.org/start";
  assert.equal(startAddress({ ...SAML, idpInitiated, startUrl }, ISSUER), startUrl);
});

test("an application without a web address opens by no click", () => {
  assert.equal(startAddress(testApplication({ redirectUris: ["com.example.app:/cb"] }), ISSUER), undefined);
  assert.equal(startAddress({ ...SAML, assertionConsumerServices: [] }, ISSUER), undefined);
  assert.equal(startAddress({ ...SAML, startUrl: "javascript:alert(1)" }, ISSUER), undefined);
});
