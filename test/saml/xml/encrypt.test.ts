import assert from "node:assert/strict";
import { constants, generateKeyPairSync, privateDecrypt } from "node:crypto";
import { createRequire } from "node:module";
import { test } from "node:test";
import { selfSignedCertificate } from "../../../src/keys/certificate.ts";
import type { SamlApplication } from "../../../src/model/application.ts";
import { systemRandom } from "../../../src/platform/random.ts";
import { chooseRecipient, encryptedAssertion, isWeak } from "../../../src/saml/xml/encrypt.ts";
import { serialize, xml } from "../../../src/saml/xml/writer.ts";
import {
  account,
  encryptionPair,
  keyRingOf,
  NOW_MS,
  samlApplication,
  samlResponder,
  session,
  signingKey,
  signOnRequest,
} from "../../fixtures/saml/installation.ts";
import {
  judgesPresent,
  schemaErrors,
  temporaryFolder,
  writeDocuments,
  xmlCryptoAccepts,
  xmlsecDecrypt,
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

const XENC = "http://www.w3.org/2001/04/xmlenc#";
const XENC11 = "http://www.w3.org/2009/xmlenc11#";
const GCM256 = `${XENC11}aes256-gcm`;
const GCM128 = `${XENC11}aes128-gcm`;
const CBC256 = `${XENC}aes256-cbc`;
const CBC128 = `${XENC}aes128-cbc`;
const TRIPLE_DES = `${XENC}tripledes-cbc`;
const OAEP = `${XENC}rsa-oaep-mgf1p`;
const OAEP11 = `${XENC11}rsa-oaep`;
const PKCS1 = `${XENC}rsa-1_5`;

const SIGNER = signingKey("RSA-2048");
const PAIR = encryptionPair();

const CHOICES: readonly (readonly [string, readonly string[], string | undefined, string | undefined])[] = [
  ["nothing named", [], GCM256, OAEP],
  ["both GCM, the smaller first", [GCM128, GCM256], GCM256, OAEP],
  ["AES-128-GCM and CBC", [CBC256, CBC128, GCM128], GCM128, OAEP],
  ["only CBC", [CBC128, CBC256], CBC256, OAEP],
  ["only AES-128-CBC", [CBC128], CBC128, OAEP],
  ["only key transport", [OAEP], GCM256, OAEP],
  ["only the newer OAEP", [OAEP11, GCM128], GCM128, OAEP11],
  ["both OAEP", [OAEP11, OAEP], GCM256, OAEP],
  ["PKCS #1 v1.5 beside OAEP", [PKCS1, OAEP], GCM256, OAEP],
  ["only PKCS #1 v1.5", [PKCS1, GCM256], undefined, undefined],
  ["only triple DES", [TRIPLE_DES], undefined, undefined],
  ["triple DES beside CBC", [TRIPLE_DES, CBC128], CBC128, OAEP],
  ["something unknown", ["urn:example:cipher"], GCM256, OAEP],
  ["a name that only begins like GCM", [`${GCM256}x`], GCM256, OAEP],
];

for (const [name, methods, content, transport] of CHOICES) {
  const outcome = content === undefined ? "nothing can be encrypted" : content.replace(/.*#/, "");
  test(`SA-37 with ${name} in the metadata: ${outcome}`, () => {
    const recipient = chooseRecipient([{ certificate: PAIR.key.certificate, methods }], { allowCbc: true });
    assert.equal(recipient?.content.uri, content);
    assert.equal(recipient?.transport, transport);
    assert.equal(recipient !== undefined && isWeak(recipient), content?.endsWith("-cbc") ?? false);
  });
}

test("SA-37 a key that is named with GCM is taken before an earlier one that is named with CBC alone", () => {
  const { certificate } = PAIR.key;
  const keys = [
    { certificate, methods: [CBC256] },
    { certificate, methods: [GCM128] },
  ];
  assert.equal(chooseRecipient(keys, { allowCbc: true })?.content.uri, GCM128);
});

function ecCertificate(): string {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return selfSignedCertificate("P-256", privateKey, "app.example.com", NOW_MS, Buffer.alloc(15, 3));
}

const USELESS: readonly (readonly [string, string])[] = [
  ["no certificate at all", "AAAA"],
  ["an empty text", ""],
  ["an elliptic curve's certificate", ecCertificate()],
  ["an RSA key of 1024 bits", encryptionPair([], 1024).key.certificate],
];

for (const [name, certificate] of USELESS) {
  test(`SA-37 ${name} is no recipient; a good key behind it is`, () => {
    assert.equal(chooseRecipient([{ certificate, methods: [] }], { allowCbc: true }), undefined);
    assert.ok(chooseRecipient([{ certificate, methods: [] }, PAIR.key], { allowCbc: false }) !== undefined);
  });
}

async function answer(changes: Partial<SamlApplication>): Promise<string> {
  const made = await samlResponder(keyRingOf(SIGNER), { random: systemRandom }).respond({
    request: signOnRequest(),
    application: samlApplication({ encryptAssertion: true, encryptionKeys: [PAIR.key], ...changes }),
    account: account({ name: "<\u0085\u2028\r>" }),
    session: session(),
    grant: undefined,
    scopes: [],
  });
  return postedXml(responded(made).reply);
}

for (const methods of [[], [GCM128], [CBC256], [CBC128]]) {
  const name = methods.map((uri) => uri.replace(/.*#/, "")).join(", ") || "the default";
  test(`B26 with ${name}: xmlsec1 and xml-encryption decrypt it, and the assertion alone verifies`, async (t) => {
    if (!judgesPresent(t)) return;
    const folder = temporaryFolder(t);
    const { certificate } = PAIR.key;
    const document = await answer({
      signResponse: true,
      allowCbc: true,
      encryptionKeys: [{ certificate, methods }],
    });
    const paths = writeDocuments(folder, [document]);
    assert.equal(schemaErrors(folder, paths), "");
    assert.deepEqual(xmlsecFailures(folder, paths, SIGNER.certificate, "Response"), []);
    assert.doesNotMatch(document, /alice|staff/i);

    const decrypted = xmlsecDecrypt(folder, paths[0] ?? "", PAIR.privateKeyPem);
    const byXmlsec = /<saml:Assertion .*<\/saml:Assertion>/su.exec(decrypted)?.[0] ?? "";
    const byXmlEncryption = await decryptWithXmlEncryption(document);
    for (const lifted of [byXmlsec, byXmlEncryption]) {
      const alone = writeDocuments(folder, [lifted]);
      assert.equal(schemaErrors(folder, alone), "");
      assert.deepEqual(xmlsecFailures(folder, alone, SIGNER.certificate, "Assertion"), []);
    }
    const assertion = parsed(byXmlEncryption);
    const signature = textOfElement(only(assertion, "Signature"));
    const id = assertion.getAttribute("ID") ?? "";
    assert.ok(xmlCryptoAccepts(byXmlEncryption, signature, SIGNER.certificate, id));
    assert.equal(
      elements(assertion, "AttributeValue").some((one) => one.textContent === "<\u0085\u2028\r>"),
      true,
    );
  });
}

test("the newer OAEP names its digest and mask, by the schema, and its key decrypts with them", async (t) => {
  if (!judgesPresent(t)) return;
  const { certificate } = PAIR.key;
  const document = await answer({ encryptionKeys: [{ certificate, methods: [OAEP11, GCM128] }] });
  const folder = temporaryFolder(t);
  assert.equal(schemaErrors(folder, writeDocuments(folder, [document])), "");
  const root = parsed(document);
  assert.equal(only(root, "MGF").getAttribute("Algorithm"), `${XENC11}mgf1sha1`);
  const encrypted = Buffer.from(textOf(only(root, "EncryptedKey"), "CipherValue"), "base64");
  const padding = constants.RSA_PKCS1_OAEP_PADDING;
  const key = privateDecrypt({ key: PAIR.privateKeyPem, padding, oaepHash: "sha1" }, encrypted);
  assert.equal(key.length, 16);
});

/** The decrypter of node-saml; it has no types, so it is called through one of ours. */
async function decryptWithXmlEncryption(document: string): Promise<string> {
  type Decrypt = (
    xml: string,
    options: { key: string },
    callback: (error: Error | null, result: string) => void,
  ) => void;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a module without types
  const { decrypt } = createRequire(import.meta.url)("xml-encryption") as { decrypt: Decrypt };
  const encrypted = textOfElement(only(parsed(document), "EncryptedData"));
  return await new Promise<string>((resolve, reject) => {
    decrypt(encrypted, { key: PAIR.privateKeyPem }, (error, result) => {
      if (error === null) resolve(result);
      else reject(error);
    });
  });
}

test("B26 the wrapper is in the assertion namespace and holds EncryptedData of the type Element", async () => {
  const root = parsed(await answer({}));
  const wrapper = only(root, "EncryptedAssertion");
  assert.equal(wrapper.namespaceURI, "urn:oasis:names:tc:SAML:2.0:assertion");
  assert.deepEqual(childNames(wrapper), ["xenc:EncryptedData"]);
  assert.equal(only(root, "EncryptedData").getAttribute("Type"), `${XENC}Element`);
  assert.equal(only(root, "EncryptedKey").parentNode?.nodeName, "ds:KeyInfo");
  assert.equal(elements(root, "Assertion").length, 0);
});

test("each assertion has a key and an IV of its own, and GCM's whole tag", () => {
  const recipient = chooseRecipient([PAIR.key], { allowCbc: false });
  assert.ok(recipient !== undefined);
  const plain = xml`<a></a>`;
  const values = [1, 2].map(() => {
    const document = serialize(encryptedAssertion(plain, recipient, systemRandom));
    return Buffer.from(elements(parsed(document), "CipherValue").at(-1)?.textContent ?? "", "base64");
  });
  const [first, second] = values;
  assert.equal(first?.length, 12 + "<a></a>".length + 16);
  assert.notDeepEqual(first?.subarray(0, 12), second?.subarray(0, 12));
});

test("SA-37 where no key can be encrypted for, the answer is refused and nothing is sent in the clear", async () => {
  const noted: string[] = [];
  const log = { info() {}, warn() {}, error: (_: unknown, message: string) => noted.push(message) };
  const made = await samlResponder(keyRingOf(SIGNER), { log }).respond({
    request: signOnRequest(),
    application: samlApplication({
      encryptAssertion: true,
      encryptionKeys: [{ certificate: PAIR.key.certificate, methods: [PKCS1] }],
    }),
    account: account(),
    session: session(),
    grant: undefined,
    scopes: [],
  });
  assert.ok("refused" in made);
  assert.equal(made.refused, "internal-error");
  assert.equal(noted.length, 1);
});

test("SA-37 CBC is noted in the log once for each application, with its name and no key", async () => {
  const noted: unknown[] = [];
  const log = { info() {}, error() {}, warn: (fields: unknown) => noted.push(fields) };
  const responder = samlResponder(keyRingOf(SIGNER), { log });
  const application = samlApplication({
    encryptAssertion: true,
    allowCbc: true,
    encryptionKeys: [{ certificate: PAIR.key.certificate, methods: [CBC256] }],
  });
  const parts = { request: signOnRequest(), application, account: account(), session: session() };
  await responder.respond({ ...parts, grant: undefined, scopes: [] });
  await responder.respond({ ...parts, grant: undefined, scopes: [] });
  assert.deepEqual(noted, [{ application: "app-1", algorithm: CBC256 }]);
});

test("the status code of a plain answer stays readable: it is the assertion that is encrypted", async () => {
  const document = await answer({});
  assert.match(only(parsed(document), "StatusCode").getAttribute("Value") ?? "", /:Success$/);
  assert.equal(textOf(parsed(document), "Issuer"), "https://id.example.org/saml/metadata");
});
