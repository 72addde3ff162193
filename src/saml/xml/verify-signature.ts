import { hash, type KeyObject } from "node:crypto";
import { DS, EXC_C14N } from "../namespaces.ts";
import { strictBase64 } from "./base64.ts";
import { CanonicalFormsBuilder, type CanonicalRequest } from "./canonical-forms.ts";
import { attribute, childNamed, everyElement, isNamed, type XmlElement } from "./element.ts";
import { MESSAGE_LIMITS, type XmlLimits } from "./gate.ts";
import { parseInto, readMessage, type XmlDocument } from "./reader.ts";
import {
  type AcceptedAlgorithms,
  anyKeyVerifies,
  type SignatureMethod,
  STRONG,
} from "./signature-algorithms.ts";
import { XmlRefused } from "./xml-refused.ts";

const ENVELOPED = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";
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
  accepted: AcceptedAlgorithms = STRONG,
  limits: XmlLimits = MESSAGE_LIMITS,
): XmlElement {
  return verified(document, { message }, keys, accepted, limits).root;
}

/** A signed message that carries another one, which may be signed for itself. */
export interface Carrier {
  readonly message: XmlElement;
  /** A child of the message. */
  readonly content?: XmlElement | undefined;
}

/**
 * As `verifyEnvelopedSignature`, for a message around another one (an ArtifactResponse, SAML Core 3.5.2): beside its own
 * Signature the document may have one that is a child of `content`, and none elsewhere. What comes back is a document of
 * its own, in which the content's signature is the only one left and can be verified in its turn.
 */
export function verifyCarrier(
  document: XmlDocument,
  carrier: Carrier,
  keys: readonly KeyObject[],
  accepted: AcceptedAlgorithms = STRONG,
): XmlDocument {
  return verified(document, carrier, keys, accepted, MESSAGE_LIMITS);
}

function verified(
  document: XmlDocument,
  carrier: Carrier,
  keys: readonly KeyObject[],
  accepted: AcceptedAlgorithms,
  limits: XmlLimits,
): XmlDocument {
  const { claim, digest, forms } = proveSignedInfo(document, carrier, keys, accepted, limits);
  if (!hash(digest.method, forms.message, "buffer").equals(digest.value)) {
    throw new XmlRefused("signature-invalid", "the message was changed after it was signed");
  }
  const signed = readMessage(Buffer.from(forms.message), limits);
  // What the digest covers must be the message that we were asked about, and nothing of the same name elsewhere.
  const { message } = carrier;
  if (
    !isNamed(signed.root, message.namespace, message.localName) ||
    attribute(signed.root, "ID") !== claim.id
  ) {
    throw new XmlRefused("signature-invalid", "the signature covers another element");
  }
  return signed;
}

/** What a signature says that was proved with a key: the digest of what it covers, and how that is canonicalised. */
export interface SignedDigest {
  readonly hash: SignatureMethod["hash"];
  readonly value: Buffer;
  readonly prefixes: readonly string[];
}

/**
 * Proves the SignedInfo of an enveloped signature, for a document whose rest is still to come: `document` is the root's
 * start tag with its Signature and nothing else. Whoever calls it makes the digest of the root and compares it, before
 * anything of the document counts. Throws `XmlRefused`.
 */
export function verifySignedInfo(document: XmlDocument, keys: readonly KeyObject[]): SignedDigest {
  const { claim, digest } = proveSignedInfo(
    document,
    { message: document.root },
    keys,
    STRONG,
    MESSAGE_LIMITS,
  );
  return { hash: digest.method, value: digest.value, prefixes: claim.messagePrefixes };
}

function proveSignedInfo(
  document: XmlDocument,
  carrier: Carrier,
  keys: readonly KeyObject[],
  accepted: AcceptedAlgorithms,
  limits: XmlLimits,
) {
  const shown = checkShape(document, carrier, accepted);
  const builder = new CanonicalFormsBuilder(shown);
  parseInto(document.text, builder, false);
  const forms = builder.finish();
  const { method, digest, messagePrefixes } = signedClaim(forms.signedInfo, shown.id, accepted, limits);
  if (!anyKeyVerifies(method, Buffer.from(forms.signedInfo), shown.value, keys)) {
    throw new XmlRefused("signature-invalid", "the signature does not fit any registered key");
  }
  return { claim: { id: shown.id, messagePrefixes }, digest, forms };
}

/** Algorithms and digest as they stand in the bytes that the signature is over, not in the document (CVE-2025-29775). */
function signedClaim(signedInfo: string, id: string, accepted: AcceptedAlgorithms, limits: XmlLimits) {
  const root = readMessage(Buffer.from(signedInfo), limits).root;
  if (!isNamed(root, DS, "SignedInfo")) throw shape("the signature covers something else than SignedInfo");
  return checkSignedInfo(root, id, accepted);
}

/** What the signature says of itself; nothing of it is proved. */
interface Claim extends CanonicalRequest {
  readonly value: Buffer;
}

/** Everything that can be told from the shape is refused before anything is computed. */
function checkShape(
  document: XmlDocument,
  { message, content }: Carrier,
  accepted: AcceptedAlgorithms,
): Claim {
  const signature = childNamed(message, DS, "Signature");
  if (signature === undefined) throw shape("the Signature is not a child of the message");
  const ofContent = content === undefined ? undefined : childNamed(content, DS, "Signature");
  const allowed = ofContent === undefined ? 1 : 2;
  let signatures = 0;
  let signedInfos = 0;
  // By local name alone: what only looks like one is refused as well, and not passed over.
  for (const element of everyElement(document.root)) {
    if (element.localName === "Signature") signatures += 1;
    if (element.localName === "SignedInfo") signedInfos += 1;
  }
  if (signatures !== allowed || signedInfos !== allowed) {
    throw shape("each message has at most one Signature, with one SignedInfo, and none stands elsewhere");
  }
  const parts = names(signature);
  if (parts !== "SignedInfo,SignatureValue" && parts !== "SignedInfo,SignatureValue,KeyInfo") {
    throw shape("a Signature holds SignedInfo, SignatureValue and perhaps KeyInfo");
  }
  const [signedInfo, signatureValue] = signature.children;
  if (signedInfo === undefined) throw shape("there is no SignedInfo");
  const value = base64Of(signatureValue, "SignatureValue");
  const id = attribute(message, "ID") ?? "";
  return { id, value, ...checkSignedInfo(signedInfo, id, accepted) };
}

function checkSignedInfo(signedInfo: XmlElement, messageId: string, accepted: AcceptedAlgorithms) {
  const [canonicalization, signatureMethod, reference] = signedInfo.children;
  if (
    names(signedInfo) !== "CanonicalizationMethod,SignatureMethod,Reference" ||
    canonicalization === undefined ||
    signatureMethod === undefined ||
    reference === undefined
  ) {
    throw shape("SignedInfo holds its two methods and one Reference");
  }
  const signedInfoPrefixes = checkCanonicalization(canonicalization);
  const method = accepted.signatures.get(attribute(signatureMethod, "Algorithm") ?? "");
  if (method === undefined || signatureMethod.children.length > 0) {
    throw algorithm("the SignatureMethod is not one of RSA or ECDSA with SHA-256, SHA-384 or SHA-512");
  }
  // "" would be the whole document, and anything else another element or another document (SA-09a).
  if (messageId === "" || attribute(reference, "URI") !== `#${messageId}`) {
    throw shape("the Reference does not name the message by its ID");
  }
  return { method, signedInfoPrefixes, ...checkReference(reference, accepted) };
}

function checkReference(reference: XmlElement, accepted: AcceptedAlgorithms) {
  const [transforms, digestMethod, digestValue] = reference.children;
  if (
    names(reference) !== "Transforms,DigestMethod,DigestValue" ||
    transforms === undefined ||
    digestMethod === undefined
  ) {
    throw shape("a Reference holds Transforms, DigestMethod and DigestValue");
  }
  const [enveloped, canonicalization] = transforms.children;
  if (
    names(transforms) !== "Transform,Transform" ||
    enveloped === undefined ||
    canonicalization === undefined ||
    attribute(enveloped, "Algorithm") !== ENVELOPED
  ) {
    throw shape(
      "the transforms are not enveloped-signature and exclusive canonicalisation (SAML Core 5.4.4)",
    );
  }
  // It has no parameters; xml-crypto as a sender writes the other transform's on it all the same, in its namespace.
  prefixList(enveloped);
  const messagePrefixes = checkCanonicalization(canonicalization);
  const method = accepted.digests.get(attribute(digestMethod, "Algorithm") ?? "");
  if (method === undefined) throw algorithm("the DigestMethod is not SHA-256, SHA-384 or SHA-512");
  return { messagePrefixes, digest: { method, value: base64Of(digestValue, "DigestValue") } };
}

/** Exclusive, without comments; its InclusiveNamespaces, if any, short. Everything else refused (SA-09e). */
function checkCanonicalization(element: XmlElement): readonly string[] {
  if (attribute(element, "Algorithm") !== EXC_C14N) {
    throw algorithm("only exclusive canonicalisation without comments is accepted");
  }
  return prefixList(element);
}

function prefixList(element: XmlElement): readonly string[] {
  const namespace = attribute(element, "Algorithm") ?? "";
  return element.children.flatMap((child) => {
    const prefixes = (attribute(child, "PrefixList") ?? "").split(/\s+/).filter((prefix) => prefix !== "");
    if (!isNamed(child, namespace, "InclusiveNamespaces") || prefixes.length > PREFIXES_AT_MOST) {
      throw shape("a canonicalisation with unknown or too many parameters");
    }
    return prefixes;
  });
}

/** The names of the children, all of which must be XML Signature's; "?" where one is not. */
function names(element: XmlElement): string {
  return element.children.map((child) => (child.namespace === DS ? child.localName : "?")).join(",");
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
