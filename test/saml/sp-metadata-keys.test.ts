import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { describe, test } from "node:test";
import { BINDING } from "../../src/saml/namespaces.ts";
import { NOW_MS } from "../fixtures/saml/installation.ts";
import {
  ACS,
  CERTIFICATE,
  certificateOf,
  complaints,
  entityDescriptor,
  EXPIRED,
  keyDescriptor,
  read,
  registered,
  slo,
} from "./sp-metadata-file.ts";

const LOGOUT = slo(BINDING.redirect, "https://pay.example.org/slo");

describe("keys", () => {
  const weak = certificateOf(generateKeyPairSync("rsa", { modulusLength: 1024 }).privateKey, NOW_MS);

  test("B30 both certificates of a rollover are kept, the same one twice is kept once", () => {
    const second = certificateOf(generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey, NOW_MS);
    const keys = [CERTIFICATE, second, CERTIFICATE].map((each) => keyDescriptor(each, "signing")).join("");
    assert.deepEqual(registered(entityDescriptor({ keys })).signingCertificates, [CERTIFICATE, second]);
  });

  test("B38 an expired certificate is used, and warned about", () => {
    const reading = read(
      entityDescriptor({ keys: keyDescriptor(EXPIRED, "signing"), services: LOGOUT + ACS }),
    );
    assert.ok(reading.ok);
    assert.deepEqual(reading.application.signingCertificates, [EXPIRED]);
    assert.match(
      complaints(reading).join(),
      /^warning 3 KeyDescriptor use="signing": Its certificate ended on 3 March 2026/,
    );
  });

  test("a key that does not say what it is for is used for both", () => {
    const application = registered(entityDescriptor({ keys: keyDescriptor(CERTIFICATE) }));
    assert.deepEqual([application.signingCertificates.length, application.encryptionKeys.length], [1, 1]);
  });

  test("SA-34 a key for encryption checks no signature", () => {
    const application = registered(entityDescriptor({ keys: keyDescriptor(CERTIFICATE, "encryption") }));
    assert.deepEqual([application.signingCertificates.length, application.encryptAssertion], [0, true]);
  });

  test("B34 encryption methods are kept in their order, unknown children of them ignored", () => {
    const gcm = "http://www.w3.org/2009/xmlenc11#aes128-gcm";
    const oaep = "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p";
    const methods = `<md:EncryptionMethod Algorithm="${gcm}"><x:MGF xmlns:x="urn:x"/></md:EncryptionMethod><md:EncryptionMethod Algorithm="${oaep}"><ds:DigestMethod xmlns:ds="http://www.w3.org/2000/09/xmldsig#" Algorithm="urn:d"/></md:EncryptionMethod>`;
    const application = registered(
      entityDescriptor({ keys: keyDescriptor(CERTIFICATE, "encryption", methods) }),
    );
    assert.deepEqual(application.encryptionKeys[0]?.methods, [gcm, oaep]);
  });

  test("base64 in lines and with PEM lines around it is the same certificate", () => {
    const lines = `\n${CERTIFICATE.replace(/.{64}/g, "$&\r\n")}\n`;
    const pem = `\n-----BEGIN CERTIFICATE-----${lines}-----END CERTIFICATE-----\n`;
    for (const written of [lines, pem]) {
      const application = registered(entityDescriptor({ keys: keyDescriptor(written, "signing") }));
      assert.deepEqual(application.signingCertificates, [CERTIFICATE]);
    }
  });

  for (const [name, keys, says] of [
    ["SA-30 an RSA key of 1,024 bits", keyDescriptor(weak, "signing"), /1024 bits/],
    ["a certificate that is no base64", keyDescriptor("***", "signing"), /not base64/],
    ["a certificate that is none", keyDescriptor("AAAA", "signing"), /not an X.509 certificate/],
    ["a key without a certificate", "<md:KeyDescriptor/>", /no X.509 certificate/],
    [
      "a use that nobody knows",
      keyDescriptor(CERTIFICATE).replace("KeyDescriptor>", 'KeyDescriptor use="x">'),
      /neither signing nor encryption/,
    ],
    [
      "SA-36 a key that offers broken encryption alone",
      keyDescriptor(
        CERTIFICATE,
        "encryption",
        '<md:EncryptionMethod Algorithm="http://www.w3.org/2001/04/xmlenc#tripledes-cbc"/>',
      ),
      /Nothing can be encrypted for it safely/,
    ],
  ] as const) {
    test(`${name} is refused, and the application is registered without it`, () => {
      const reading = read(entityDescriptor({ keys, services: LOGOUT + ACS }));
      assert.ok(reading.ok);
      const { signingCertificates, encryptionKeys } = reading.application;
      assert.deepEqual([...signingCertificates, ...encryptionKeys], []);
      assert.match(complaints(reading).join("\n"), says);
      assert.match(complaints(reading).join("\n"), /^refused 3 /);
    });
  }

  test("signed requests without a key to check them fail the file, unless the administrator waives them", () => {
    const file = entityDescriptor({ descriptor: ' AuthnRequestsSigned="1"' });
    assert.match(complaints(read(file)).join("\n"), /no key that the signatures could be checked with/);
    assert.ok(!read(file).ok);
    assert.ok(read(file, { requestsMustBeSigned: false }).ok);
  });

  test("encryption that the administrator wants without a key fails", () => {
    assert.ok(!read(entityDescriptor(), { encryptAssertion: true }).ok);
  });

  test("AuthnRequestsSigned that is neither true nor false is taken for true", () => {
    const file = entityDescriptor({
      descriptor: ' AuthnRequestsSigned="maybe"',
      keys: keyDescriptor(CERTIFICATE),
    });
    assert.equal(registered(file).requestsMustBeSigned, true);
  });
});
