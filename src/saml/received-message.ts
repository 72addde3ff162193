import type { KeyObject } from "node:crypto";
import type { SamlApplication } from "../model/application.ts";
import { MessageRefused, refused, type SamlRefusalCode } from "./message-refused.ts";
import { SAML, SAMLP } from "./namespaces.ts";
import { attribute, childrenNamed, isNamed, type XmlElement } from "./xml/element.ts";
import { readMessage, type XmlDocument } from "./xml/reader.ts";
import {
  type AcceptedAlgorithms,
  anyKeyVerifies,
  type SignatureMethod,
  STRONG,
  WITH_SHA1,
} from "./xml/signature-algorithms.ts";
import { carriesSignature, verifyEnvelopedSignature } from "./xml/verify-signature.ts";
import { type XmlRefusal, XmlRefused } from "./xml/xml-refused.ts";

/** A signature beside the message, over the octets of the query (SAML Bindings 3.4.4.1). */
export interface QuerySignature {
  readonly octets: Buffer;
  readonly method: SignatureMethod;
  readonly value: Buffer;
}

/** A message as a binding delivered it: read, and nothing in it proved yet. */
export interface ReceivedMessage {
  readonly binding: "redirect" | "post" | "soap" | "artifact";
  readonly document: XmlDocument;
  /** The message itself: the document's root, or what a SOAP body holds. */
  readonly element: XmlElement;
  /** undefined where it did not come; an empty one is one. */
  readonly relayState: string | undefined;
  readonly querySignature: QuerySignature | undefined;
  /** The entityID of the application whose signature is around the message, proved already (artifact-answer.ts). */
  readonly vouchedBy?: string | undefined;
  /** What was forgiven, for the log. */
  readonly warnings: readonly string[];
}

/** A message whose sender is as certain as the registration demands; everything is read from here. */
export interface AuthenticatedMessage {
  readonly root: XmlElement;
  readonly application: SamlApplication;
  readonly isSigned: boolean;
}

const ISSUER_CHARACTERS = 1024;
const ENTITY_FORMAT = "urn:oasis:names:tc:SAML:2.0:nameid-format:entity";
export const RELAY_STATE_BYTES = 4096;

/** Bytes to a document. Throws `MessageRefused` with the gate's reason. */
export function readXml(bytes: Uint8Array): XmlDocument {
  try {
    return readMessage(bytes);
  } catch (error) {
    throw asMessageRefused(error);
  }
}

/** Refuses a message of another kind than this endpoint takes. */
export function expectMessage(message: ReceivedMessage, localName: string): void {
  const { element } = message;
  if (isNamed(element, SAMLP, localName)) return;
  throw refused("saml.wrong-message", `${element.localName} came, ${localName} is taken here`, "SAML Core 3");
}

/**
 * A signed message must name its receiver, because somebody in between could bring it to another one. One by artifact was
 * handed to us by its sender, and needs no Destination (SAML Bindings 3.6).
 */
export function mustNameDestination({ binding }: ReceivedMessage, isSigned: boolean): boolean {
  return isSigned && binding !== "artifact";
}

/**
 * Finds the application by the Issuer and proves the message with its registered keys. A signature that is there must
 * fit, whether one is demanded or not. Nothing is shown or stored before this.
 *
 * Throws `MessageRefused`: unknown issuer, signature missing where `mustBeSigned` says so, or not fitting.
 */
export function authenticate(
  message: ReceivedMessage,
  find: (entityId: string) => SamlApplication | undefined,
  keysOf: (application: SamlApplication) => readonly KeyObject[],
  mustBeSigned: (application: SamlApplication) => boolean,
): AuthenticatedMessage {
  const issuer = issuerOf(message.element);
  const application = find(issuer);
  if (application === undefined) {
    throw new MessageRefused("saml.issuer-unknown", [
      { label: "Issuer that came", value: issuer, section: "SAML Core 2.2.5" },
    ]);
  }
  const keys = keysOf(application);
  const accepted = acceptedOf(application);
  const isQuerySigned = message.querySignature !== undefined;
  if (message.querySignature !== undefined) {
    checkQuerySignature(message.querySignature, keys, accepted);
  }
  // Anywhere in the document: one around or beside the message proves nothing, and is refused.
  const isEnveloped = carriesSignature(message.document.root);
  const root = isEnveloped ? verified(message, keys, accepted) : message.element;
  // Read again from what was signed: the first reading only chose the keys.
  if (issuerOf(root) !== issuer) throw refused("saml.signature", "the signature covers another Issuer");
  const isSigned = isQuerySigned || isEnveloped || message.vouchedBy === application.entityId;
  if (!isSigned && mustBeSigned(application)) {
    throw refused(
      "saml.unsigned",
      "no signature came, and this application's messages must have one",
      "SAML Core 5",
    );
  }
  return { root, application, isSigned };
}

/** The one Issuer of a message (SAML Core 2.2.5): a value without white space around it, compared as it is. */
export function issuerOf(root: XmlElement): string {
  const [issuer, ...others] = childrenNamed(root, SAML, "Issuer");
  if (issuer === undefined || others.length > 0) {
    throw refused("saml.malformed", "a message has exactly one Issuer", "SAML Core 3.2.1");
  }
  const { text } = issuer;
  const format = attribute(issuer, "Format");
  if (text === undefined || text === "" || text.length > ISSUER_CHARACTERS || text.trim() !== text) {
    throw refused("saml.malformed", "the Issuer is not a plain value", "SAML Core 2.2.5");
  }
  if (format !== undefined && format !== ENTITY_FORMAT) {
    throw refused("saml.malformed", "the Issuer has another format than entity", "SAML Core 8.3.6");
  }
  return text;
}

/** The gate's reasons in this layer's words. */
const XML_CODES: Readonly<Record<XmlRefusal, SamlRefusalCode>> = {
  "too-large": "saml.too-large",
  "too-many-elements": "saml.too-large",
  "too-many-attributes": "saml.too-large",
  "too-many-namespaces": "saml.too-large",
  "too-deep": "saml.too-large",
  "not-utf8": "saml.xml",
  "byte-order-mark": "saml.xml",
  "forbidden-character": "saml.xml",
  doctype: "saml.xml",
  "processing-instruction": "saml.xml",
  "not-well-formed": "saml.xml",
  namespace: "saml.xml",
  "duplicate-id": "saml.xml",
  "comment-in-text": "saml.xml",
  cdata: "saml.xml",
  "mixed-content": "saml.xml",
  "signature-algorithm": "saml.signature-algorithm",
  "signature-shape": "saml.signature",
  "signature-invalid": "saml.signature",
};

/** What the gate and the signature check threw; anything else is a bug and goes on as it is. */
export function asMessageRefused(error: unknown): unknown {
  return error instanceof XmlRefused ? refused(XML_CODES[error.reason], error.detail) : error;
}

/** Which algorithms an application's signatures may have: SHA-1 where an administrator switched it on for it alone. */
export function acceptedOf({ allowSha1 }: Pick<SamlApplication, "allowSha1">): AcceptedAlgorithms {
  return allowSha1 === true ? WITH_SHA1 : STRONG;
}

function checkQuerySignature(
  signature: QuerySignature,
  keys: readonly KeyObject[],
  accepted: AcceptedAlgorithms,
): void {
  const isAccepted = [...accepted.signatures.values()].some(({ hash }) => hash === signature.method.hash);
  if (!isAccepted) {
    throw refused(
      "saml.signature-algorithm",
      "SigAlg is not RSA or ECDSA with SHA-256, SHA-384 or SHA-512",
      "SAML Bindings 3.4.4.1",
    );
  }
  if (keys.length === 0) throw refused("saml.signature", "no key is registered to check the signature with");
  if (!anyKeyVerifies(signature.method, signature.octets, signature.value, keys)) {
    throw refused(
      "saml.signature",
      "the signature over the query does not fit any registered key",
      "SAML Bindings 3.4.4.1",
    );
  }
}

function verified(
  { document, element }: ReceivedMessage,
  keys: readonly KeyObject[],
  accepted: AcceptedAlgorithms,
): XmlElement {
  try {
    return verifyEnvelopedSignature(document, element, keys, accepted);
  } catch (error) {
    throw asMessageRefused(error);
  }
}
