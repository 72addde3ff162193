import { inflateRawSync } from "node:zlib";
import { BEARER, DS, SAML, SAMLP } from "../../src/saml/namespaces.ts";
import {
  attribute,
  childNamed,
  childrenNamed,
  everyElement,
  isNamed,
  type XmlElement,
} from "../../src/saml/xml/element.ts";
import { readMessage } from "../../src/saml/xml/reader.ts";

/**
 * The checks that stand around the library, which verifies signatures and looks at little else: whom a message is for,
 * what it answers, how it is signed, how big it is. A message is checked before the library sees it; what it says is
 * read from the verified bytes alone.
 */
export class Refused extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = "Refused";
  }
}

/** A clock may be this wrong. */
const SKEW_MS = 3 * 60_000;
const LARGEST_BYTES = 64 * 1024;
const SUCCESS = "urn:oasis:names:tc:SAML:2.0:status:Success";
const SIGNATURES = [
  "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
  "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384",
  "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512",
];
const DIGESTS = [
  "http://www.w3.org/2001/04/xmlenc#sha256",
  "http://www.w3.org/2001/04/xmldsig-more#sha384",
  "http://www.w3.org/2001/04/xmlenc#sha512",
];

/** Base64 to XML: size, elements, depth and document types are dealt with before a parser sees them. */
export function readPosted(base64: string): XmlElement {
  if (!/^[A-Za-z0-9+/=\s]+$/.test(base64)) throw new Refused("it is not base64");
  return readMessage(Buffer.from(base64, "base64")).root;
}

/** A response by POST, before its signature is checked. Returns the ID of the request that it answers. */
export function checkResponse(root: XmlElement, assertionConsumerService: string): string {
  demand(isNamed(root, SAMLP, "Response"), "it is no Response");
  demand(attribute(root, "Version") === "2.0", "it is not of version 2.0");
  demand(attribute(root, "Destination") === assertionConsumerService, "it is meant for another address");
  const status = childNamed(root, SAMLP, "Status");
  const code = status && childNamed(status, SAMLP, "StatusCode");
  demand(code !== undefined && attribute(code, "Value") === SUCCESS, `Gatehouse refused: ${reasonOf(code)}`);
  for (const element of everyElement(root)) checkAlgorithm(element);
  const answered = attribute(root, "InResponseTo");
  if (answered === undefined) throw new Refused("it answers no request of ours");
  return answered;
}

/** What the application learns, out of the verified bytes of an assertion. */
export interface Assertion {
  readonly id: string;
  readonly expiresAtMs: number;
  readonly nameId: string;
  readonly nameIdFormat: string;
  readonly nameQualifiers: { readonly idp?: string | undefined; readonly sp?: string | undefined };
  readonly sessionIndex: string;
  readonly loggedInAtMs: number;
  readonly attributes: readonly {
    readonly name: string;
    readonly friendlyName: string | undefined;
    readonly values: readonly string[];
  }[];
}

/** An assertion whose signature was verified: it is from whom, for whom and in answer to what we expect. */
export function readAssertion(
  verifiedXml: string,
  expected: { issuer: string; assertionConsumerService: string; requestId: string },
): Assertion {
  const { root } = readMessage(Buffer.from(verifiedXml));
  demand(isNamed(root, SAML, "Assertion"), "the signed part is no Assertion");
  demand(attribute(root, "Version") === "2.0", "the assertion is not of version 2.0");
  demand(only(root, SAML, "Issuer").text === expected.issuer, "another identity provider made it");
  const subject = only(root, SAML, "Subject");
  const nameId = only(subject, SAML, "NameID");
  const statement = only(root, SAML, "AuthnStatement");
  return {
    id: needed(attribute(root, "ID"), "its ID"),
    expiresAtMs: checkBearer(only(subject, SAML, "SubjectConfirmation"), expected),
    nameId: needed(nameId.text, "the text of its NameID"),
    nameIdFormat: attribute(nameId, "Format") ?? "",
    nameQualifiers: { idp: attribute(nameId, "NameQualifier"), sp: attribute(nameId, "SPNameQualifier") },
    sessionIndex: needed(attribute(statement, "SessionIndex"), "its SessionIndex"),
    loggedInAtMs: instant(attribute(statement, "AuthnInstant")),
    attributes: childrenNamed(root, SAML, "AttributeStatement")
      .flatMap((one) => childrenNamed(one, SAML, "Attribute"))
      .map((one) => ({
        name: attribute(one, "Name") ?? "",
        friendlyName: attribute(one, "FriendlyName"),
        values: childrenNamed(one, SAML, "AttributeValue").map((value) => value.text ?? ""),
      })),
  };
}

/** A signed message by Redirect, with the raw octets that its signature must cover and nothing else. */
export interface RedirectMessage {
  readonly root: XmlElement;
  readonly fields: Readonly<Record<string, string>>;
  readonly signedQuery: string;
}

/**
 * A LogoutRequest or LogoutResponse by Redirect, before its signature is checked. An unsigned one ends nobody's
 * session, and a repeated parameter is refused: the one that was signed need not be the one that is read.
 */
export function readRedirect(rawQuery: string): RedirectMessage {
  const raw = new Map<string, string>();
  for (const pair of rawQuery.split("&")) {
    const [name = "", value = ""] = pair.split(/=(.*)/s);
    demand(!raw.has(name), "a parameter came twice");
    raw.set(name, value);
  }
  const kind = raw.has("SAMLRequest") ? "SAMLRequest" : "SAMLResponse";
  // Also an empty Signature is none: the library takes it for a message that need not be signed.
  demand(
    [kind, "SigAlg", "Signature"].every((needs) => (raw.get(needs) ?? "") !== ""),
    "it is not signed",
  );
  const fields = Object.fromEntries([...raw].map(([name, value]) => [name, decode(value)]));
  demand(SIGNATURES.includes(fields["SigAlg"] ?? ""), "its signature is of a kind that we do not accept");
  const signed = [kind, "RelayState", "SigAlg"].filter((name) => raw.has(name));
  return {
    root: readMessage(inflate(fields[kind] ?? "")).root,
    fields,
    signedQuery: signed.map((name) => `${name}=${raw.get(name) ?? ""}`).join("&"),
  };
}

/** A logout message is for us, is fresh, and counts once (the caller remembers `id` until `expiresAtMs`). */
export function checkLogout(root: XmlElement, expected: { name: string; destination: string }) {
  demand(isNamed(root, SAMLP, expected.name), `it is no ${expected.name}`);
  demand(attribute(root, "Version") === "2.0", "it is not of version 2.0");
  demand(attribute(root, "Destination") === expected.destination, "it is meant for another address");
  const issuedAtMs = instant(attribute(root, "IssueInstant"));
  demand(Math.abs(Date.now() - issuedAtMs) <= SKEW_MS, "it is too old");
  return { id: needed(attribute(root, "ID"), "its ID"), expiresAtMs: issuedAtMs + 2 * SKEW_MS };
}

/** Exactly one bearer confirmation, for this address and this request (SAML Profiles 4.1.4.2). */
function checkBearer(
  confirmation: XmlElement,
  expected: { assertionConsumerService: string; requestId: string },
): number {
  demand(attribute(confirmation, "Method") === BEARER, "its confirmation is not for a bearer");
  const data = only(confirmation, SAML, "SubjectConfirmationData");
  const recipient = attribute(data, "Recipient");
  demand(recipient === expected.assertionConsumerService, "it is for another recipient");
  demand(attribute(data, "InResponseTo") === expected.requestId, "it answers another request");
  demand(attribute(data, "NotBefore") === undefined, "its confirmation has a NotBefore");
  const expiresAtMs = instant(attribute(data, "NotOnOrAfter")) + SKEW_MS;
  demand(expiresAtMs > Date.now(), "it has expired");
  return expiresAtMs;
}

/** The library takes any hash that Node knows, MD5 and SHA-1 among them. */
function checkAlgorithm(element: XmlElement): void {
  if (element.namespace !== DS) return;
  const algorithm = attribute(element, "Algorithm") ?? "";
  if (element.localName === "SignatureMethod")
    demand(SIGNATURES.includes(algorithm), `signed by ${algorithm}`);
  if (element.localName === "DigestMethod") demand(DIGESTS.includes(algorithm), `digested by ${algorithm}`);
}

/** The innermost status code, such as `NoPassive`. */
function reasonOf(code: XmlElement | undefined): string {
  if (code === undefined) return "without a status";
  const inner = childNamed(code, SAMLP, "StatusCode");
  return inner === undefined ? (attribute(code, "Value") ?? "").replace(/^.*:/, "") : reasonOf(inner);
}

function only(parent: XmlElement, namespace: string, name: string): XmlElement {
  const found = childrenNamed(parent, namespace, name);
  const [first] = found;
  if (first === undefined || found.length > 1) throw new Refused(`it needs exactly one ${name}`);
  return first;
}

function inflate(base64: string): Uint8Array {
  try {
    // A few kilobytes can inflate to gigabytes.
    return inflateRawSync(Buffer.from(base64, "base64"), { maxOutputLength: LARGEST_BYTES });
  } catch {
    throw new Refused("it cannot be inflated, or is too large");
  }
}

function decode(value: string): string {
  try {
    return decodeURIComponent(value.replaceAll("+", " "));
  } catch {
    throw new Refused("a parameter is not percent-encoded as it should be");
  }
}

function instant(text: string | undefined): number {
  const ms = Date.parse(text ?? "");
  if (Number.isNaN(ms)) throw new Refused("a time is missing or is none");
  return ms;
}

function needed(value: string | undefined, what: string): string {
  if (value === undefined || value === "") throw new Refused(`${what} is missing`);
  return value;
}

function demand(condition: boolean, reason: string): void {
  if (!condition) throw new Refused(reason);
}
