import assert from "node:assert/strict";
import { createHash, verify } from "node:crypto";
import { test } from "node:test";
import { Unavailable } from "../../../src/platform/unavailable.ts";
import type { SamlApplication, SamlSignatureAlgorithm } from "../../../src/model/application.ts";
import { Signers } from "../../../src/saml/signers.ts";
import { SIGNATURE_ALGORITHMS, unsigned } from "../../../src/saml/xml/sign.ts";
import { serialize, xml } from "../../../src/saml/xml/writer.ts";
import {
  account,
  keyRingOf,
  samlApplication,
  samlResponder,
  session,
  signingKey,
  signOnRequest,
} from "../../fixtures/saml/installation.ts";
import {
  canonicalised,
  judgesPresent,
  schemaErrors,
  temporaryFolder,
  writeDocuments,
  xmlCryptoAccepts,
  xmlsecFailures,
} from "../../fixtures/saml/judges.ts";
import {
  childNames,
  elements,
  only,
  parsed,
  postedXml,
  responded,
  textOf,
  textOfElement,
} from "../../fixtures/saml/reading.ts";

const RSA = signingKey("RSA-2048");
const EC = signingKey("P-256");
const RING = keyRingOf(RSA, EC);
const ALGORITHMS = ["rsa-sha256", "rsa-sha384", "rsa-sha512", "ecdsa-sha256"] as const;
const ELEMENT = { id: "_1", head: xml`<r ID="${"_1"}">`, tail: xml`<v>${"text\u0085"}</v></r>` };

async function answer(changes: Partial<SamlApplication>): Promise<string> {
  const made = await samlResponder(RING).respond({
    request: signOnRequest(),
    application: samlApplication(changes),
    account: account(),
    session: session(),
    grant: undefined,
    scopes: [],
  });
  return postedXml(responded(made).reply);
}

const SHAPES: readonly {
  name: string;
  changes: Partial<SamlApplication>;
  signed: readonly ("Assertion" | "Response")[];
}[] = [
  { name: "the assertion", changes: {}, signed: ["Assertion"] },
  { name: "the response", changes: { signAssertion: false, signResponse: true }, signed: ["Response"] },
  { name: "both", changes: { signResponse: true }, signed: ["Assertion", "Response"] },
];

for (const algorithm of ALGORITHMS) {
  for (const { name, changes, signed } of SHAPES) {
    test(`SA-38 B22 ${algorithm} over ${name}: xmlsec1, xml-crypto and the OASIS schemas accept it`, async (t) => {
      if (!judgesPresent(t)) return;
      const document = await answer({ ...changes, signatureAlgorithm: algorithm });
      const folder = temporaryFolder(t);
      const paths = writeDocuments(folder, [document]);
      assert.equal(schemaErrors(folder, paths), "");
      const root = parsed(document);
      assert.equal(elements(root, "Signature").length, signed.length);
      for (const element of signed) accepted(algorithm, element, { document, folder, paths, root });
    });
  }
}

function accepted(
  algorithm: SamlSignatureAlgorithm,
  element: "Assertion" | "Response",
  judged: { document: string; folder: string; paths: readonly string[]; root: Element },
): void {
  const { document, folder, paths, root } = judged;
  const { certificate } = algorithm === "ecdsa-sha256" ? EC : RSA;
  assert.deepEqual(xmlsecFailures(folder, paths, certificate, element), []);
  const owner = element === "Response" ? root : only(root, element);
  assert.deepEqual(childNames(owner).slice(0, 2), ["saml:Issuer", "ds:Signature"]);
  // xml-crypto knows these two of the four.
  if (algorithm !== "rsa-sha256" && algorithm !== "rsa-sha512") return;
  const signature = elements(owner, "Signature").find((one) => one.parentNode === owner);
  assert.ok(signature !== undefined);
  const id = owner.getAttribute("ID") ?? "";
  assert.ok(xmlCryptoAccepts(document, textOfElement(signature), certificate, id));
}

test("a signed response, its signature and the assertion in it are in exclusive canonical form, by xmllint", async (t) => {
  if (!judgesPresent(t)) return;
  const document = await answer({ signResponse: true });
  assert.equal(canonicalised(temporaryFolder(t), document), document);
});

test("where neither the assertion nor the response is to be signed, the assertion is all the same", async () => {
  const root = parsed(await answer({ signAssertion: false, signResponse: false }));
  assert.equal(only(root, "Signature").parentNode?.nodeName, "saml:Assertion");
});

test("changing one character of a signed value makes xmlsec1 refuse the answer", async (t) => {
  if (!judgesPresent(t)) return;
  const document = (await answer({})).replace("alice@example.org", "alicf@example.org");
  const folder = temporaryFolder(t);
  const failures = xmlsecFailures(folder, writeDocuments(folder, [document]), RSA.certificate, "Assertion");
  assert.equal(failures.length, 1);
});

for (const algorithm of ALGORITHMS) {
  test(`${algorithm} is named in SignatureMethod, and no SHA-1 anywhere`, () => {
    const document = serialize(new Signers(RING).xml({ signatureAlgorithm: algorithm }).sign(ELEMENT));
    const method = only(parsed(document), "SignatureMethod").getAttribute("Algorithm");
    assert.equal(method, SIGNATURE_ALGORITHMS[algorithm].uri);
    assert.doesNotMatch(document, /sha1/i);
  });
}

test("the digest is over the element without its signature, U+0085 raw", () => {
  const document = serialize(new Signers(RING).xml(undefined).sign(ELEMENT));
  const expected = createHash("sha256").update('<r ID="_1"><v>text\u0085</v></r>').digest("base64");
  assert.equal(textOf(parsed(document), "DigestValue"), expected);
  assert.equal(unsigned(ELEMENT).canonical, '<r ID="_1"><v>text\u0085</v></r>');
});

test("an ECDSA signature is r and s side by side, 64 octets (XML Signature 1.1, 6.4.3)", () => {
  const document = serialize(new Signers(RING).xml({ signatureAlgorithm: "ecdsa-sha256" }).sign(ELEMENT));
  assert.equal(Buffer.from(textOf(parsed(document), "SignatureValue"), "base64").length, 64);
});

test("KeyInfo holds the certificate of the key that signed", () => {
  const document = serialize(new Signers(RING).xml(undefined).sign(ELEMENT));
  assert.equal(textOf(parsed(document), "X509Certificate"), RSA.certificate);
});

test("after a rotation the new key signs at once, although the old one was prepared", () => {
  const ring = keyRingOf(RSA);
  const signers = new Signers(ring);
  signers.xml(undefined).sign(ELEMENT);
  const next = signingKey("RSA-2048");
  ring.load([next, { ...RSA, state: "retiring" }]);
  assert.equal(
    textOf(parsed(serialize(signers.xml(undefined).sign(ELEMENT))), "X509Certificate"),
    next.certificate,
  );
});

test("without an active key nothing is signed: unavailable, not unsigned", () => {
  const ring = keyRingOf({ ...RSA, state: "retiring" });
  assert.throws(() => new Signers(ring).xml(undefined), Unavailable);
  assert.throws(() => new Signers(ring).query({ signatureAlgorithm: undefined }), Unavailable);
  assert.throws(() => new Signers(keyRingOf(RSA)).xml({ signatureAlgorithm: "ecdsa-sha256" }), Unavailable);
});

test("a query is signed with RSA even for an application that has chosen ECDSA", () => {
  const signer = new Signers(RING).query({ signatureAlgorithm: "ecdsa-sha256" });
  assert.equal(signer.algorithm, SIGNATURE_ALGORITHMS["rsa-sha256"].uri);
  const signature = Buffer.from(signer.sign("SAMLRequest=a"), "base64");
  assert.ok(verify("sha256", Buffer.from("SAMLRequest=a"), RSA.publicKey, signature));
});
