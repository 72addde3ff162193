import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { attribute, isNamed, type XmlElement } from "../../../src/saml/xml/element.ts";
import { readMessage } from "../../../src/saml/xml/reader.ts";
import {
  carriesSignature,
  verifyCarrier,
  verifyEnvelopedSignature,
} from "../../../src/saml/xml/verify-signature.ts";
import { XmlRefused } from "../../../src/saml/xml/xml-refused.ts";
import { SAML, SAMLP } from "../../../src/saml/namespaces.ts";
import { authnRequest, serviceProvider, signed } from "../../attack/saml/service-provider.ts";
import { keyOfCertificate } from "../../../src/saml/verification-keys.ts";

const sp = serviceProvider("wiki");
const key = keyOfCertificate(sp.application.signingCertificates[0] ?? "");
const keys = "unusable" in key ? [] : [key];

/** A signed message around another one, which stands as it is given. */
function carrier(content: string): string {
  const xml = `<samlp:ArtifactResponse xmlns:samlp="${SAMLP}" xmlns:saml="${SAML}" ID="_carrier"><saml:Issuer>wiki</saml:Issuer>${content}</samlp:ArtifactResponse>`;
  return signed(xml, sp);
}

function contentOf(root: XmlElement): XmlElement | undefined {
  return root.children.find((child) => isNamed(child, SAMLP, "AuthnRequest"));
}

function verified(xml: string) {
  const document = readMessage(Buffer.from(xml));
  const content = contentOf(document.root);
  return verifyCarrier(document, { message: document.root, content }, keys);
}

function refusal(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    assert.ok(error instanceof XmlRefused, String(error));
    return error.reason;
  }
  assert.fail("it was accepted");
}

const INNER = authnRequest(sp, "_inner");

describe("a signed message around another one", () => {
  test("comes back as a document of its own, without its signature", () => {
    const { root } = verified(carrier(INNER));
    assert.ok(!carriesSignature(root));
    assert.equal(attribute(contentOf(root) ?? root, "ID"), "_inner");
  });

  test("keeps the signature of what it carries, which is verified in its turn", () => {
    const document = verified(carrier(signed(INNER, sp)));
    const content = contentOf(document.root);
    assert.ok(content !== undefined && carriesSignature(content));
    const inner = verifyEnvelopedSignature(document, content, keys);
    assert.equal(attribute(inner, "ID"), "_inner");
    assert.ok(!carriesSignature(inner));
  });

  test("with a signature of what it carries that does not fit, only the outer one holds", () => {
    const broken = signed(INNER, sp).replace('Version="2.0"', 'Version="2.1"');
    const document = verified(carrier(broken));
    const content = contentOf(document.root);
    assert.ok(content !== undefined);
    assert.equal(
      refusal(() => verifyEnvelopedSignature(document, content, keys)),
      "signature-invalid",
    );
  });

  for (const [name, change, reason] of [
    [
      "the content changed after the outer signature",
      (xml: string) => xml.replace('ID="_inner"', 'ID="_other"'),
      "signature-invalid",
    ],
    [
      "the content's signature taken out",
      (xml: string) =>
        xml.replace(/(<samlp:AuthnRequest[\s\S]*?)<ds:Signature[\s\S]*?<\/ds:Signature>/, "$1"),
      "signature-invalid",
    ],
    [
      "a Signature deeper in the content",
      (xml: string) => xml.replace("</samlp:AuthnRequest>", "<x><Signature/></x></samlp:AuthnRequest>"),
      "signature-shape",
    ],
    [
      "a second Signature of the carrier",
      (xml: string) => xml.replace("</samlp:ArtifactResponse>", "<Signature/></samlp:ArtifactResponse>"),
      "signature-shape",
    ],
    [
      "a second SignedInfo in KeyInfo",
      (xml: string) =>
        xml.replace("</ds:Signature>", "<ds:KeyInfo><ds:SignedInfo/></ds:KeyInfo></ds:Signature>"),
      "signature-shape",
    ],
  ] as const) {
    test(`${name}: refused`, () => {
      const xml = carrier(signed(INNER, sp));
      assert.notEqual(change(xml), xml);
      assert.equal(
        refusal(() => verified(change(xml))),
        reason,
      );
    });
  }

  test("a message that carries nothing may have no second signature: refused", () => {
    const document = readMessage(Buffer.from(carrier(signed(INNER, sp))));
    assert.equal(
      refusal(() => verifyEnvelopedSignature(document, document.root, keys)),
      "signature-shape",
    );
  });

  test("a carrier without a signature of its own is not proved by that of its content: refused", () => {
    const bare = `<a ID="_a">${signed(INNER, sp)}</a>`;
    assert.equal(
      refusal(() => verified(bare)),
      "signature-shape",
    );
  });
});
