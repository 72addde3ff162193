import assert from "node:assert/strict";
import { generateKeyPairSync, hash, type KeyObject, sign, verify } from "node:crypto";
import { describe, test } from "node:test";
import { SignedXml } from "xml-crypto";
import { EXC_C14N } from "../../../src/saml/namespaces.ts";
import { attribute, childNamed } from "../../../src/saml/xml/element.ts";
import { readMessage } from "../../../src/saml/xml/reader.ts";
import { anyKeyVerifies, SIGNATURE_METHODS } from "../../../src/saml/xml/signature-algorithms.ts";
import { carriesSignature, verifyEnvelopedSignature } from "../../../src/saml/xml/verify-signature.ts";
import { XmlRefused } from "../../../src/saml/xml/xml-refused.ts";
import { ENVELOPED, SHA256 } from "../../attack/saml/service-provider.ts";

const MORE = "http://www.w3.org/2001/04/xmldsig-more#";
const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
const p256 = generateKeyPairSync("ec", { namedCurve: "P-256" });
const p521 = generateKeyPairSync("ec", { namedCurve: "P-521" });

/** Signs with any algorithm: xml-crypto has only some of them. */
function signedBy(key: KeyObject, algorithm: string, digest: string, xml: string): string {
  const hashName = SIGNATURE_METHODS.get(algorithm)?.hash ?? "none";
  const signer = new SignedXml({
    privateKey: "unused",
    signatureAlgorithm: algorithm,
    canonicalizationAlgorithm: EXC_C14N,
  });
  signer.SignatureAlgorithms = {
    [algorithm]: class {
      getAlgorithmName = () => algorithm;
      verifySignature = () => verify(null, Buffer.alloc(0), key, Buffer.alloc(0));
      getSignature = (text: unknown) =>
        sign(hashName, Buffer.from(String(text)), { key, dsaEncoding: "ieee-p1363" }).toString("base64");
    },
  };
  signer.HashAlgorithms = {
    [digest]: class {
      getAlgorithmName = () => digest;
      getHash = (text: string) => hash(digest.includes("384") ? "sha384" : "sha256", text, "base64");
    },
  };
  signer.addReference({ xpath: "/*", transforms: [ENVELOPED, EXC_C14N], digestAlgorithm: digest });
  signer.computeSignature(xml, { location: { reference: "/*", action: "prepend" } });
  return signer.getSignedXml();
}

function verified(xml: string, ...keys: readonly KeyObject[]) {
  const document = readMessage(Buffer.from(xml));
  return verifyEnvelopedSignature(document, document.root, keys);
}

function reasonOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    assert.ok(error instanceof XmlRefused, String(error));
    return error.reason;
  }
  assert.fail("it was accepted");
}

const XML = '<m ID="_1" a="b"><value>text</value></m>';

describe("an enveloped signature", () => {
  for (const [name, key, algorithm, digest] of [
    ["RSA with SHA-256", rsa, "rsa-sha256", SHA256],
    ["RSA with SHA-384 over a SHA-384 digest", rsa, "rsa-sha384", `${MORE}sha384`],
    ["RSA with SHA-512", rsa, "rsa-sha512", SHA256],
    ["P-256 with SHA-256", p256, "ecdsa-sha256", SHA256],
    ["P-521 with SHA-512", p521, "ecdsa-sha512", SHA256],
  ] as const) {
    test(`${name}: verified, and the message comes back without the signature`, () => {
      const root = verified(signedBy(key.privateKey, MORE + algorithm, digest, XML), key.publicKey);
      assert.deepEqual([attribute(root, "ID"), childNamed(root, "", "value")?.text], ["_1", "text"]);
      assert.ok(!carriesSignature(root));
    });
  }

  test("all registered keys are tried, of whatever kind", () => {
    const xml = signedBy(rsa.privateKey, `${MORE}rsa-sha256`, SHA256, XML);
    assert.equal(verified(xml, p256.publicKey, p521.publicKey, rsa.publicKey).localName, "m");
  });

  test("without a key, or with others only, it is refused", () => {
    const xml = signedBy(rsa.privateKey, `${MORE}rsa-sha256`, SHA256, XML);
    assert.equal(
      reasonOf(() => verified(xml)),
      "signature-invalid",
    );
    assert.equal(
      reasonOf(() => verified(xml, p256.publicKey)),
      "signature-invalid",
    );
  });

  test("characters that XML 1.1 would fold are verified as they are", () => {
    const xml = signedBy(
      rsa.privateKey,
      `${MORE}rsa-sha256`,
      SHA256,
      '<m ID="_1"><value>a&#x85;b&#x2028;c</value></m>',
    );
    const root = verified(xml.replaceAll("&#x85;", "\u0085"), rsa.publicKey);
    assert.equal(childNamed(root, "", "value")?.text, "a\u0085b\u2028c");
  });

  test("a comment that was put in after signing does not come out", () => {
    const xml = signedBy(rsa.privateKey, `${MORE}rsa-sha256`, SHA256, XML).replace(
      "<value>",
      "<!-- x --><value>",
    );
    assert.equal(childNamed(verified(xml, rsa.publicKey), "", "value")?.text, "text");
  });

  test("the refusal says nothing of what was signed", () => {
    const xml = signedBy(rsa.privateKey, `${MORE}rsa-sha256`, SHA256, XML).replace("text<", "other<");
    assert.throws(
      () => verified(xml, rsa.publicKey),
      (error) => error instanceof XmlRefused && !/other|text/.test(error.message),
    );
  });

  test("SA-24 a message of 500 elements with a bogus signature costs less than 50 ms", () => {
    const filler = "<x/>".repeat(480);
    const xml = signedBy(rsa.privateKey, `${MORE}rsa-sha256`, SHA256, `<m ID="_1">${filler}</m>`);
    const bogus = xml.replace("<x/>", "<y/>");
    const costs = Array.from({ length: 5 }, () => {
      const before = process.cpuUsage();
      assert.equal(
        reasonOf(() => verified(bogus, rsa.publicKey)),
        "signature-invalid",
      );
      return process.cpuUsage(before).user / 1000;
    });
    assert.ok(Math.min(...costs) < 50, `${Math.min(...costs)} ms`);
  });
});

describe("a signature over octets", () => {
  const octets = Buffer.from("SAMLRequest=x&SigAlg=y");
  const ecdsa = SIGNATURE_METHODS.get(`${MORE}ecdsa-sha256`);
  assert.ok(ecdsa !== undefined);

  for (const dsaEncoding of ["ieee-p1363", "der"] as const) {
    test(`ECDSA as ${dsaEncoding} is verified`, () => {
      const value = sign("sha256", octets, { key: p256.privateKey, dsaEncoding });
      assert.ok(anyKeyVerifies(ecdsa, octets, value, [p256.publicKey]));
    });
  }

  for (const [name, value] of [
    ["zeros", Buffer.alloc(64)],
    ["one byte", Buffer.alloc(1, 0x30)],
    ["nothing", Buffer.alloc(0)],
    ["too much", Buffer.alloc(4_000, 0x30)],
  ] as const) {
    test(`SA-35 ECDSA of ${name} is no signature`, () => {
      assert.ok(!anyKeyVerifies(ecdsa, octets, value, [p256.publicKey]));
    });
  }

  test("SA-35 an RSA signature with bytes behind it is none", () => {
    const method = SIGNATURE_METHODS.get(`${MORE}rsa-sha256`);
    const value = sign("sha256", octets, rsa.privateKey);
    assert.ok(method !== undefined && anyKeyVerifies(method, octets, value, [rsa.publicKey]));
    assert.ok(!anyKeyVerifies(method, octets, Buffer.concat([value, Buffer.alloc(1)]), [rsa.publicKey]));
  });
});
