import assert from "node:assert/strict";
import type { SamlRefusalCode } from "../../../src/saml/message-refused.ts";

const DS = "http://www.w3.org/2000/09/xmldsig#";
const SAMLP = "urn:oasis:names:tc:SAML:2.0:protocol";

/** A mutation of one genuine signed message: everything is in it that was signed, and something else is to be read. */
export interface Wrapping {
  readonly id: string;
  readonly name: string;
  /** "saml.signature" where it is absent: what is before the signature check sees some of them first. */
  readonly code?: SamlRefusalCode;
  readonly wrap: (genuine: string, forged: string) => string;
}

/** The enveloped signature of a message. */
export function signatureOf(xml: string): string {
  const found = /<ds:Signature[ >][\s\S]*<\/ds:Signature>/.exec(xml)?.[0];
  assert.ok(found !== undefined, "the message is not signed");
  return found;
}

export function withoutSignature(xml: string): string {
  return xml.replace(signatureOf(xml), "");
}

/** Puts text right behind the Issuer. */
export function afterIssuer(xml: string, inserted: string): string {
  return xml.replace("</saml:Issuer>", () => `</saml:Issuer>${inserted}`);
}

/** Puts text before the end tag of the root. */
export function atEnd(xml: string, inserted: string): string {
  const cut = xml.lastIndexOf("</");
  return xml.slice(0, cut) + inserted + xml.slice(cut);
}

function intoSignature(signature: string, inserted: string): string {
  return signature.replace("</ds:Signature>", () => `${inserted}</ds:Signature>`);
}

function object(content: string): string {
  return `<ds:Object xmlns:ds="${DS}">${content}</ds:Object>`;
}

function extensions(content: string): string {
  return `<samlp:Extensions xmlns:samlp="${SAMLP}">${content}</samlp:Extensions>`;
}

function keyInfo(content: string): string {
  return `<ds:KeyInfo xmlns:ds="${DS}">${content}</ds:KeyInfo>`;
}

/**
 * The eight shapes of signature wrapping, turned to messages whose root is what is signed, and their neighbours.
 * `forged` is an unsigned message with another ID.
 */
export const WRAPPINGS: readonly Wrapping[] = [
  {
    id: "SA-01",
    name: "forged root, the genuine message inside its Signature (XSW1)",
    wrap: (genuine, forged) =>
      afterIssuer(forged, intoSignature(signatureOf(genuine), object(withoutSignature(genuine)))),
  },
  {
    id: "SA-02",
    name: "forged root, Signature and genuine message detached beside it (XSW2)",
    wrap: (genuine, forged) => atEnd(afterIssuer(forged, signatureOf(genuine)), withoutSignature(genuine)),
  },
  {
    id: "SA-03a",
    name: "forged root, the whole genuine message as its first child (XSW3)",
    wrap: (genuine, forged) => forged.replace("<saml:Issuer>", () => `${genuine}<saml:Issuer>`),
  },
  {
    id: "SA-03b",
    name: "forged root, the whole genuine message as its last child (XSW3)",
    wrap: (genuine, forged) => atEnd(forged, genuine),
  },
  {
    id: "SA-04",
    name: "genuine root with the forged message as a child (XSW4)",
    wrap: (genuine, forged) => atEnd(genuine, forged),
  },
  {
    id: "SA-05",
    name: "the forged message carries the Signature, the genuine one without it is appended (XSW5)",
    wrap: (genuine, forged) =>
      atEnd(afterIssuer(forged, signatureOf(genuine)), extensions(withoutSignature(genuine))),
  },
  {
    id: "SA-06",
    name: "the forged message carries the Signature, the genuine one is inside its KeyInfo (XSW6)",
    wrap: (genuine, forged) =>
      afterIssuer(forged, intoSignature(signatureOf(genuine), keyInfo(withoutSignature(genuine)))),
  },
  {
    id: "SA-07",
    name: "the genuine signed message in Extensions of the forged one (XSW7)",
    wrap: (genuine, forged) => afterIssuer(forged, extensions(genuine)),
  },
  {
    id: "SA-08",
    name: "the genuine signed message in ds:Object of a second Signature (XSW8)",
    wrap: (genuine, forged) => afterIssuer(forged, intoSignature(signatureOf(genuine), object(genuine))),
  },
  {
    id: "SA-09d",
    name: "forged root with the genuine message's ID, the genuine one beside it",
    code: "saml.xml",
    wrap: (genuine, forged) => {
      const id = /ID="([^"]+)"/.exec(genuine)?.[1] ?? "";
      const twin = forged.replace(/ID="[^"]+"/, `ID="${id}"`);
      return atEnd(afterIssuer(twin, signatureOf(genuine)), withoutSignature(genuine));
    },
  },
  {
    id: "SA-09b",
    name: "two Signatures, one genuine and one a copy",
    wrap: (genuine) => afterIssuer(genuine, signatureOf(genuine)),
  },
  {
    id: "SA-09b",
    name: "a second SignedInfo in the Signature (CVE-2025-29774)",
    wrap: (genuine) => {
      const info = /<ds:SignedInfo[\s\S]*?<\/ds:SignedInfo>/.exec(genuine)?.[0] ?? "";
      return genuine.replace(info, () => info + info);
    },
  },
  {
    id: "SA-09b",
    name: "a second Reference",
    wrap: (genuine) => {
      const reference = /<ds:Reference[\s\S]*?<\/ds:Reference>/.exec(genuine)?.[0] ?? "";
      return genuine.replace(reference, () => reference + reference);
    },
  },
  {
    id: "SA-09a",
    name: "the Reference removed",
    wrap: (genuine) => genuine.replace(/<ds:Reference[\s\S]*?<\/ds:Reference>/, ""),
  },
  {
    id: "SA-09a",
    name: "the Signature emptied",
    wrap: (genuine) => genuine.replace(signatureOf(genuine), `<ds:Signature xmlns:ds="${DS}"/>`),
  },
  {
    id: "SA-09a",
    name: "SignatureValue emptied",
    wrap: (genuine) => genuine.replace(/(<ds:SignatureValue>)[^<]*/, "$1"),
  },
  ...["", "#other", "#xpointer(/)", "https://evil.example.net/signed.xml"].map((uri) => ({
    id: "SA-09a",
    name: `the Reference points to "${uri}"`,
    wrap: (genuine: string) => genuine.replace(/(<ds:Reference URI=")[^"]*/, `$1${uri}`),
  })),
  {
    id: "SA-09a",
    name: "the Signature moved into Extensions",
    wrap: (genuine) => afterIssuer(withoutSignature(genuine), extensions(signatureOf(genuine))),
  },
  {
    id: "SA-09c",
    name: "the digest in a comment (CVE-2025-29775)",
    code: "saml.xml",
    wrap: (genuine) => genuine.replace(/<ds:DigestValue>([^<]*)/, "<ds:DigestValue><!--$1-->AAAA"),
  },
  {
    id: "SA-09k",
    name: "an attribute of the root changed after signing",
    wrap: (genuine) => genuine.replace('Version="2.0"', 'Version="2.0" Consent="urn:changed"'),
  },
];
