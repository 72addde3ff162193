import { type MessageRefused, refused, type SamlRefusalCode } from "./message-refused.ts";
import { SOAP } from "./namespaces.ts";
import { type ReceivedMessage, readXml } from "./received-message.ts";
import { childrenNamed, isNamed, type XmlElement } from "./xml/element.ts";
import { concatenated, printable, serialize, type Xml, xml } from "./xml/writer.ts";

/** SOAP 1.1 is text/xml (SAML Bindings 3.2.3); pysaml2 calls the same envelope by the type of SOAP 1.2. */
export const SOAP_CONTENT_TYPE = /^(?:text\/xml|application\/soap\+xml)[ \t]*(;|$)/i;
/** An envelope around the largest message. */
export const SOAP_BYTES = 128 * 1024;
const SECTION = "SAML Bindings 3.2.2";
const TEXT_CHARACTERS = 300;

/**
 * Reads the one message of a SOAP 1.1 envelope (SAML Bindings 3.2.2). A header block that must be understood is
 * refused, because none is; others are passed over.
 *
 * Throws `MessageRefused`.
 */
export function readSoap(text: string): ReceivedMessage {
  const document = readXml(Buffer.from(text, "utf8"));
  const element = messageIn(document.root);
  if (element === undefined) {
    throw refused("saml.malformed", "it is no SOAP 1.1 envelope with one message in its body", SECTION);
  }
  return {
    binding: "soap",
    document,
    element,
    relayState: undefined,
    querySignature: undefined,
    warnings: [],
  };
}

/** The one child of the Body; undefined for everything else. */
export function messageIn(root: XmlElement): XmlElement | undefined {
  if (!isNamed(root, SOAP, "Envelope")) return undefined;
  const headers = childrenNamed(root, SOAP, "Header");
  const [body, ...bodies] = childrenNamed(root, SOAP, "Body");
  const [message, ...more] = body?.children ?? [];
  const isOne = bodies.length === 0 && more.length === 0 && headers.length <= 1;
  const isAll = root.children.length === headers.length + 1;
  if (!isOne || !isAll || headers.some((header) => header.children.some(mustBeUnderstood))) return undefined;
  return message;
}

/** SOAP 1.1, 4.2.3: who does not know such a block must not go on. */
function mustBeUnderstood({ attributes }: XmlElement): boolean {
  return attributes.some(
    ({ namespace, localName, value }) =>
      namespace === SOAP && localName === "mustUnderstand" && value.trim() !== "0",
  );
}

/** The envelope with this message, and with header blocks where there are some. */
export function soapEnvelope(message: Xml, headers: readonly Xml[] = []): string {
  const header = headers.length === 0 ? undefined : xml`<soap:Header>${concatenated(headers)}</soap:Header>`;
  return serialize(
    xml`<soap:Envelope xmlns:soap="${SOAP}">${header}<soap:Body>${message}</soap:Body></soap:Envelope>`,
  );
}

/** The message could not be read at all: SOAP 1.1, 6.2, wants 500 for that. */
const UNREADABLE: readonly SamlRefusalCode[] = ["saml.xml", "saml.malformed", "saml.wrong-message"];

/**
 * What a program is told whose message is not acted on: a fault, with 403 where the message was read and its sender has
 * no right to an answer (SAML Bindings 3.2.3.3).
 */
export function soapFault(refusal: MessageRefused): { readonly status: number; readonly body: string } {
  const reason = refusal.facts.map(({ value }) => value).join(", ");
  const text = printable(`${refusal.code}: ${reason}`.slice(0, TEXT_CHARACTERS));
  const fault = xml`<soap:Fault><faultcode>soap:Client</faultcode><faultstring>${text}</faultstring></soap:Fault>`;
  return { status: faultStatus(refusal.code), body: soapEnvelope(fault) };
}

function faultStatus(code: SamlRefusalCode): number {
  if (code === "saml.too-large") return 413;
  return UNREADABLE.includes(code) ? 500 : 403;
}
