import { hash, type KeyObject } from "node:crypto";
import { DOMParser } from "@xmldom/xmldom";
import { type HashAlgorithm, type SignatureAlgorithm, SignedXml } from "xml-crypto";
import { DS, EXC_C14N } from "../namespaces.ts";
import { strictBase64 } from "./base64.ts";
import { attribute, childNamed, childrenNamed, everyElement, isNamed, type XmlElement } from "./element.ts";
import { readMessage, type XmlDocument } from "./reader.ts";
import { anyKeyVerifies, DIGEST_METHODS, SIGNATURE_METHODS } from "./signature-algorithms.ts";
import { XmlRefused } from "./xml-refused.ts";

const ENVELOPED = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";
const TRANSFORMS: readonly string[] = [ENVELOPED, EXC_C14N];
const PREFIXES_AT_MOST = 20;

/**
 * True where there is a signature anywhere in the message: a claim, not yet a proof. One that is not the message's own
 * child counts as well, so that it is refused and not passed over.
 */
export function carriesSignature(message: XmlElement): boolean {
  for (const element of everyElement(message)) if (isNamed(element, DS, "Signature")) return true;
  return false;
}

/**
 * Verifies the enveloped signature of a message (SAML Core 5.4) and returns the message again as it was signed: read
 * anew from the canonical bytes that the digest was made of. Only what comes out of here may be used; the document
 * that went in is what a wrapping attack works with.
 *
 * `message` is `document.root`, or the message inside a SOAP body. Keys come from the registration; KeyInfo is not
 * looked at. Throws `XmlRefused`.
 */
export function verifyEnvelopedSignature(
  document: XmlDocument,
  message: XmlElement,
  keys: readonly KeyObject[],
): XmlElement {
  checkShape(document, message);
  const canonical = verifiedBytes(document.text, keys);
  const signed = readMessage(Buffer.from(canonical, "utf8")).root;
  // What the digest covers must be the message that we were asked about, and nothing of the same name elsewhere.
  if (
    !isNamed(signed, message.namespace, message.localName) ||
    attribute(signed, "ID") !== attribute(message, "ID")
  ) {
    throw new XmlRefused("signature-invalid", "the signature covers another element");
  }
  return signed;
}

/** Everything that can be told from the shape is refused before any canonicalisation, which is the dear part. */
function checkShape(document: XmlDocument, message: XmlElement): void {
  let signatures = 0;
  let signedInfos = 0;
  for (const element of everyElement(document.root)) {
    if (element.localName === "Signature") signatures += 1;
    if (element.localName === "SignedInfo") signedInfos += 1;
  }
  if (signatures !== 1 || signedInfos !== 1)
    throw shape("exactly one Signature and one SignedInfo are allowed");
  const signature = childNamed(message, DS, "Signature");
  if (signature === undefined) throw shape("the Signature is not a child of the message");
  const parts = names(signature, ["SignedInfo", "SignatureValue", "KeyInfo"]);
  if (parts !== "SignedInfo,SignatureValue" && parts !== "SignedInfo,SignatureValue,KeyInfo") {
    throw shape("a Signature holds SignedInfo, SignatureValue and perhaps KeyInfo");
  }
  base64Of(childNamed(signature, DS, "SignatureValue"), "SignatureValue");
  checkSignedInfo(childNamed(signature, DS, "SignedInfo"), attribute(message, "ID"));
}

function checkSignedInfo(signedInfo: XmlElement | undefined, messageId: string | undefined): void {
  if (
    signedInfo === undefined ||
    names(signedInfo, ["CanonicalizationMethod", "SignatureMethod", "Reference"]) !==
      "CanonicalizationMethod,SignatureMethod,Reference"
  ) {
    throw shape("SignedInfo holds its two methods and one Reference");
  }
  const [canonicalization, method, reference] = signedInfo.children;
  if (canonicalization === undefined || method === undefined || reference === undefined)
    throw shape("SignedInfo");
  checkCanonicalization(canonicalization);
  if (!SIGNATURE_METHODS.has(attribute(method, "Algorithm") ?? "") || method.children.length > 0) {
    throw algorithm("the SignatureMethod is not one of RSA or ECDSA with SHA-256, SHA-384 or SHA-512");
  }
  // "" would be the whole document, and anything else another element or another document (SA-09a).
  if (messageId === undefined || messageId === "" || attribute(reference, "URI") !== `#${messageId}`) {
    throw shape("the Reference does not name the message by its ID");
  }
  if (!/^[\p{L}_][\p{L}\p{N}\p{M}._·-]*$/u.test(messageId)) throw shape("the message's ID is not a name");
  checkReference(reference);
}

function checkReference(reference: XmlElement): void {
  if (
    names(reference, ["Transforms", "DigestMethod", "DigestValue"]) !== "Transforms,DigestMethod,DigestValue"
  ) {
    throw shape("a Reference holds Transforms, DigestMethod and DigestValue");
  }
  const transforms = reference.children[0]?.children ?? [];
  const [enveloped, canonicalization] = transforms;
  if (
    transforms.length !== 2 ||
    enveloped === undefined ||
    canonicalization === undefined ||
    !isNamed(enveloped, DS, "Transform") ||
    !isNamed(canonicalization, DS, "Transform") ||
    attribute(enveloped, "Algorithm") !== ENVELOPED
  ) {
    throw shape(
      "the transforms are not enveloped-signature and exclusive canonicalisation (SAML Core 5.4.4)",
    );
  }
  // It has no parameters; xml-crypto as a sender writes the other transform's on it all the same, in its namespace.
  checkParameters(enveloped);
  checkCanonicalization(canonicalization);
  const [digestMethod] = childrenNamed(reference, DS, "DigestMethod");
  if (digestMethod === undefined || !DIGEST_METHODS.has(attribute(digestMethod, "Algorithm") ?? "")) {
    throw algorithm("the DigestMethod is not SHA-256, SHA-384 or SHA-512");
  }
  base64Of(childNamed(reference, DS, "DigestValue"), "DigestValue");
}

/** Exclusive, without comments; its InclusiveNamespaces, if any, short. Everything else refused (SA-09e). */
function checkCanonicalization(element: XmlElement): void {
  if (attribute(element, "Algorithm") !== EXC_C14N) {
    throw algorithm("only exclusive canonicalisation without comments is accepted");
  }
  checkParameters(element);
}

function checkParameters(element: XmlElement): void {
  const namespace = attribute(element, "Algorithm") ?? "";
  for (const child of element.children) {
    const prefixes = attribute(child, "PrefixList")?.split(/\s+/) ?? [];
    if (!isNamed(child, namespace, "InclusiveNamespaces") || prefixes.length > PREFIXES_AT_MOST) {
      throw shape("a canonicalisation with unknown or too many parameters");
    }
  }
}

/** The canonical text that the one Reference covers. Throws where digest or signature are wrong. */
function verifiedBytes(text: string, keys: readonly KeyObject[]): string {
  // xml-crypto's parser folds these two to a line feed, as XML 1.1 would; a character reference survives.
  const safe = text.replace(/[\u0085\u2028]/g, (character) => `&#${character.charCodeAt(0)};`);
  const [anyKey] = keys;
  if (anyKey === undefined)
    throw new XmlRefused("signature-invalid", "no key is registered to check it with");
  const checker = new SignedXml({ publicCert: anyKey });
  checker.CanonicalizationAlgorithms = Object.fromEntries(
    Object.entries(checker.CanonicalizationAlgorithms).filter(([uri]) => TRANSFORMS.includes(uri)),
  );
  checker.HashAlgorithms = hashAlgorithms();
  checker.SignatureAlgorithms = signatureAlgorithms(keys);
  try {
    checker.loadSignature(signatureNode(safe));
    if (!checker.checkSignature(safe)) throw new XmlRefused("signature-invalid", "the digest does not fit");
  } catch (error) {
    if (error instanceof XmlRefused) throw error;
    // Its messages quote the document.
    throw new XmlRefused("signature-invalid", "the signature does not fit any registered key");
  }
  const [canonical, ...others] = checker.getSignedReferences();
  // An empty canonical form has a digest too (SA-09f).
  if (canonical === undefined || others.length > 0 || !canonical.startsWith("<")) {
    throw new XmlRefused("signature-invalid", "the signature covers nothing");
  }
  return canonical;
}

function signatureNode(text: string): Node {
  const refuse = () => {
    throw new XmlRefused("not-well-formed", "the parser refuses it");
  };
  const parser = new DOMParser({ errorHandler: { warning: refuse, error: refuse, fatalError: refuse } });
  const node = parser.parseFromString(text, "text/xml").getElementsByTagNameNS(DS, "Signature").item(0);
  if (node === null) throw shape("no Signature");
  return node;
}

function hashAlgorithms(): Record<string, new () => HashAlgorithm> {
  return Object.fromEntries(
    [...DIGEST_METHODS].map(([uri, name]) => [
      uri,
      class {
        getAlgorithmName = () => uri;
        getHash = (text: string) => hash(name, text, "base64");
      },
    ]),
  );
}

/** Every registered key is tried at once, so that the canonicalisation is done once whatever their number. */
function signatureAlgorithms(keys: readonly KeyObject[]): Record<string, new () => SignatureAlgorithm> {
  return Object.fromEntries(
    [...SIGNATURE_METHODS].map(([uri, method]) => [
      uri,
      class {
        getAlgorithmName = () => uri;
        verifySignature = (material: string, _key: unknown, value: string) =>
          anyKeyVerifies(method, Buffer.from(material, "utf8"), Buffer.from(value, "base64"), keys);
        getSignature = (): never => {
          throw new Error("nothing is signed here");
        };
      },
    ]),
  );
}

/** The names of the children, all of which must be XML Signature's; "?" where one is not. */
function names(element: XmlElement, known: readonly string[]): string {
  return element.children
    .map((child) => (child.namespace === DS && known.includes(child.localName) ? child.localName : "?"))
    .join(",");
}

function base64Of(element: XmlElement | undefined, name: string): Buffer {
  const value = element?.text === undefined ? undefined : strictBase64(element.text, "with-line-ends");
  if (value === undefined || value.length === 0) throw shape(`${name} is not base64`);
  return value;
}

function shape(detail: string): XmlRefused {
  return new XmlRefused("signature-shape", detail);
}

function algorithm(detail: string): XmlRefused {
  return new XmlRefused("signature-algorithm", detail);
}
