import assert from "node:assert/strict";
import { createDecipheriv, constants, privateDecrypt, verify } from "node:crypto";
import { test } from "node:test";
import type { SamlApplication } from "../../src/model/application.ts";
import type { Account } from "../../src/model/account.ts";
import { MessageRefused } from "../../src/saml/message-refused.ts";
import { NAME_ID, XENC, XENC11 } from "../../src/saml/namespaces.ts";
import { acceptedOf, authenticate, readXml } from "../../src/saml/received-message.ts";
import { readRedirect } from "../../src/saml/redirect-binding.ts";
import { redirectAddress } from "../../src/saml/redirect-binding-writer.ts";
import { Signers } from "../../src/saml/signers.ts";
import { STRONG } from "../../src/saml/xml/signature-algorithms.ts";
import { verifyEnvelopedSignature } from "../../src/saml/xml/verify-signature.ts";
import { serialize, xml } from "../../src/saml/xml/writer.ts";
import {
  account,
  encryptionPair,
  keyRingOf,
  samlApplication,
  samlResponder,
  session,
  signingKey,
  signOnRequest,
} from "../fixtures/saml/installation.ts";
import { elements, only, parsed, postedXml, responded, textOf } from "../fixtures/saml/reading.ts";

const ACTIVE = signingKey("RSA-2048", "active");
const RETIRING = signingKey("RSA-2048", "retiring");
const RING = keyRingOf(ACTIVE, RETIRING, signingKey("P-256"));
const RSA_SHA1 = "http://www.w3.org/2000/09/xmldsig#rsa-sha1";
const CBC = `${XENC}aes256-cbc`;

async function respond(changes: Partial<SamlApplication>, person: Partial<Account> = {}, policy?: string) {
  return await samlResponder(RING).respond({
    request: signOnRequest(
      policy === undefined ? {} : { nameIdPolicy: { format: policy, allowCreate: true } },
    ),
    application: samlApplication(changes),
    account: account(person),
    session: session(),
    grant: undefined,
    scopes: [],
  });
}

async function answer(changes: Partial<SamlApplication>, person: Partial<Account> = {}, policy?: string) {
  return parsed(postedXml(responded(await respond(changes, person, policy)).reply));
}

test("further audiences stand behind the entityID in the one restriction (SAML Core 2.5.1.4)", async () => {
  const root = await answer({ audiences: ["https://other.example.com", "urn:x"] });
  assert.equal(elements(root, "AudienceRestriction").length, 1);
  const audiences = elements(root, "Audience").map((element) => element.textContent);
  assert.deepEqual(audiences, [
    "https://app.example.com/saml/metadata",
    "https://other.example.com",
    "urn:x",
  ]);
});

test("the format of the settings stands before the formats of the metadata", async () => {
  const root = await answer({ nameIdFormat: NAME_ID.emailAddress, nameIdFormats: [NAME_ID.transient] });
  assert.equal(only(root, "NameID").getAttribute("Format"), NAME_ID.emailAddress);
});

test("a request that demands another format still gets it and nothing else (SAML Core 3.4.1.1)", async () => {
  const root = await answer({ nameIdFormat: NAME_ID.emailAddress }, {}, NAME_ID.persistent);
  assert.equal(only(root, "NameID").getAttribute("Format"), NAME_ID.persistent);
});

test("a chosen attribute is the NameID, of unspecified format where no other was chosen", async () => {
  const source = { kind: "attribute", name: "staffNumber" } as const;
  const root = await answer({ nameIdSource: source }, { attributes: { staffNumber: ["4711"] } });
  assert.equal(textOf(root, "NameID"), "4711");
  assert.equal(only(root, "NameID").getAttribute("Format"), NAME_ID.unspecified);
});

test("a chosen attribute does not replace a transient name, which must change", async () => {
  const source = { kind: "attribute", name: "staffNumber" } as const;
  const person = { attributes: { staffNumber: ["4711"] } };
  const root = await answer({ nameIdSource: source }, person, NAME_ID.transient);
  assert.notEqual(textOf(root, "NameID"), "4711");
});

for (const [name, values] of [
  ["none", []],
  ["two", ["1", "2"]],
  ["an empty one", [""]],
] as const) {
  test(`a chosen attribute with ${name} as its values names nobody: the sign-on is refused`, async () => {
    const source = { kind: "attribute", name: "staffNumber" } as const;
    const result = await respond({ nameIdSource: source }, { attributes: { staffNumber: [...values] } });
    assert.equal("refused" in result && result.refused, "subject-not-available");
  });
}

test("CBC is never used unless it is allowed: the sign-on is refused and says why", async () => {
  const { certificate } = encryptionPair().key;
  const keys = { encryptAssertion: true, encryptionKeys: [{ certificate, methods: [CBC] }] };
  const result = await respond(keys);
  assert.ok("refused" in result);
  assert.equal(result.refused, "internal-error");
  assert.match(result.detail ?? "", /AES-CBC, which its settings here do not allow/);
  const allowed = await answer({ ...keys, allowCbc: true });
  assert.ok(elements(allowed, "EncryptionMethod").some((one) => one.getAttribute("Algorithm") === CBC));
});

test("an EncryptedID holds the NameID, and the assertion around it stays readable", async () => {
  const pair = encryptionPair([`${XENC11}aes256-gcm`]);
  const root = await answer({ encryptNameId: true, encryptionKeys: [pair.key] });
  assert.equal(elements(root, "EncryptedAssertion").length, 0);
  assert.equal(elements(root, "NameID").length, 0);
  assert.equal(only(root, "EncryptedID").parentNode?.nodeName, "saml:Subject");
  const decrypted = decryptGcm(root, pair.privateKeyPem);
  assert.match(
    decrypted,
    /^<saml:NameID xmlns:saml="urn:oasis:names:tc:SAML:2\.0:assertion" Format="[^"]+persistent"/,
  );
  assert.equal(parsed(decrypted).localName, "NameID");
});

function decryptGcm(root: Element, privateKeyPem: string): string {
  const [wrapped, content] = elements(root, "CipherValue").map((one) =>
    Buffer.from(one.textContent ?? "", "base64"),
  );
  assert.ok(wrapped !== undefined && content !== undefined);
  const padding = constants.RSA_PKCS1_OAEP_PADDING;
  const key = privateDecrypt({ key: privateKeyPem, padding, oaepHash: "sha1" }, wrapped);
  const decipher = createDecipheriv("aes-256-gcm", key, content.subarray(0, 12));
  decipher.setAuthTag(content.subarray(-16));
  return Buffer.concat([decipher.update(content.subarray(12, -16)), decipher.final()]).toString();
}

test("a NameID that is to be encrypted is not sent in the clear where no key will do", async () => {
  const result = await respond({ encryptNameId: true });
  assert.equal("refused" in result && result.refused, "internal-error");
});

test("an application stays with the key that it is pinned to, in messages and in queries", () => {
  const signers = new Signers(RING);
  const pinned = { signingKeyId: RETIRING.id };
  const document = serialize(signers.xml(pinned).sign(ELEMENT));
  assert.ok(document.includes(RETIRING.certificate));
  const octets = "SAMLRequest=x&SigAlg=y";
  const signature = Buffer.from(signers.query(pinned).sign(octets), "base64");
  assert.ok(verify("sha256", Buffer.from(octets), RETIRING.publicKey, signature));
});

for (const [name, signingKeyId] of [
  ["is gone", "no-such-key"],
  ["is of another type", "P-256-active"],
] as const) {
  test(`a pinned key that ${name} gives way to the key that signs now`, () => {
    const document = serialize(new Signers(RING).xml({ signingKeyId }).sign(ELEMENT));
    assert.ok(document.includes(ACTIVE.certificate));
  });
}

const ELEMENT = {
  id: "_1",
  head: xml`<samlp:LogoutRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="_1"><saml:Issuer xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">https://app.example.com/saml/metadata</saml:Issuer>`,
  tail: xml`</samlp:LogoutRequest>`,
};

test("rsa-sha1 without its permission signs with SHA-256", () => {
  const document = serialize(new Signers(RING).xml({ signatureAlgorithm: "rsa-sha1" }).sign(ELEMENT));
  assert.doesNotMatch(document, /sha1/);
});

test("an enveloped SHA-1 signature is accepted of the application that may, and of no other", () => {
  const choice = { signatureAlgorithm: "rsa-sha1", allowSha1: true } as const;
  const document = readXml(Buffer.from(serialize(new Signers(RING).xml(choice).sign(ELEMENT))));
  const accepted = acceptedOf({ allowSha1: true });
  assert.equal(
    verifyEnvelopedSignature(document, document.root, [ACTIVE.publicKey], accepted).localName,
    "LogoutRequest",
  );
  for (const other of [STRONG, acceptedOf({}), acceptedOf({ allowSha1: false })]) {
    assert.throws(() => verifyEnvelopedSignature(document, document.root, [ACTIVE.publicKey], other), {
      reason: "signature-algorithm",
    });
  }
});

for (const allowSha1 of [true, false]) {
  test(`a query signed with SHA-1 is ${allowSha1 ? "accepted where it is switched on" : "refused"}`, () => {
    const signer = new Signers(RING).query({ signatureAlgorithm: "rsa-sha1", allowSha1: true });
    assert.equal(signer.algorithm, RSA_SHA1);
    const document = serialize(xml`${ELEMENT.head}${ELEMENT.tail}`);
    const location = "https://id.example.org/saml/slo";
    const address = redirectAddress(
      { location, parameter: "SAMLRequest", document, relayState: undefined },
      signer,
    );
    const message = readRedirect(new URL(address).search.slice(1));
    const application = samlApplication({ allowSha1, requestsMustBeSigned: true });
    const read = () =>
      authenticate(
        message,
        () => application,
        () => [ACTIVE.publicKey],
        () => true,
      );
    if (allowSha1) assert.ok(read().isSigned);
    else
      assert.throws(
        read,
        (error) => error instanceof MessageRefused && error.code === "saml.signature-algorithm",
      );
  });
}

test("a pinned key that is gone is said once in the log, by its id", async () => {
  const noted: unknown[] = [];
  const log = { info() {}, error() {}, warn: (fields: unknown) => noted.push(fields) };
  const responder = samlResponder(RING, { log });
  const application = samlApplication({ signingKeyId: "no-such-key" });
  const answers = { request: signOnRequest(), application, account: account(), session: session() };
  await responder.respond({ ...answers, grant: undefined, scopes: [] });
  await responder.respond({ ...answers, grant: undefined, scopes: [] });
  assert.deepEqual(noted, [{ application: "app-1", key: "no-such-key" }]);
});
