import type { KeyObject } from "node:crypto";
import type { SamlApplication } from "../model/application.ts";
import type { SignOnPolicy } from "../model/policy.ts";
import type { Clock } from "../platform/clock.ts";
import { inResponseTo } from "./logout-response.ts";
import { readHeader } from "./message-header.ts";
import { type MessageRefused, refused } from "./message-refused.ts";
import { DS, SAML, SAMLP } from "./namespaces.ts";
import { acceptedOf, asMessageRefused, issuerOf, type ReceivedMessage, readXml } from "./received-message.ts";
import { messageIn } from "./soap.ts";
import { SUCCESS_CODE } from "./status.ts";
import { attribute, childNamed, childrenNamed, isNamed, type XmlElement } from "./xml/element.ts";
import type { XmlDocument } from "./xml/reader.ts";
import { verifyCarrier } from "./xml/verify-signature.ts";

export interface ArtifactAnswerParts {
  readonly issuer: string;
  readonly keys: { of(application: SamlApplication): readonly KeyObject[] };
  readonly policy: SignOnPolicy;
  readonly clock: Clock;
}

/** What an answer must fit to. */
export interface AskedFor {
  /** Whose artifact it was. */
  readonly application: SamlApplication;
  /** The ID of our ArtifactResolve. */
  readonly requestId: string;
  /** Where the artifact came to. */
  readonly path: string;
}

const SECTION = "SAML Core 3.5.2";

/**
 * Reads an ArtifactResponse in its SOAP envelope (SAML Core 3.5.2): to our question, from the application that was
 * asked, and with one message of that application in it. A signature of the answer must fit, and then vouches for what
 * it carries; the message's own signature is left to be checked as in every other binding. The connection alone vouches
 * for nothing: a message without any signature counts as unsigned.
 *
 * Throws `MessageRefused`.
 */
export function readArtifactAnswer(
  body: string,
  asked: AskedFor,
  parts: ArtifactAnswerParts,
): Pick<ReceivedMessage, "document" | "element" | "vouchedBy"> {
  const { application, requestId, path } = asked;
  const received = readXml(Buffer.from(body, "utf8"));
  const carried = messageIn(received.root);
  if (carried === undefined || !isNamed(carried, SAMLP, "ArtifactResponse")) {
    throw unusable("its answer is no SOAP 1.1 envelope with one ArtifactResponse");
  }
  const isSigned = childNamed(carried, DS, "Signature") !== undefined;
  const document = isSigned ? proven(received, carried, application, parts) : received;
  const response = isSigned ? document.root : carried;
  const { policy, clock } = parts;
  const header = { isSigned: false, nowMs: clock.nowMs(), skewMs: policy.clockSkewMs };
  readHeader(response, { endpoint: parts.issuer + path, ...header });
  if (inResponseTo(response) !== requestId) throw unusable("its answer is not to our question");
  if (issuerOf(response) !== application.entityId) throw unusable("somebody else answered in its place");
  checkStatus(response);
  const element = contentOf(response);
  if (element === undefined) {
    throw unusable("it knows no message of this artifact: it was fetched before, or too late");
  }
  // Its artifact is no way to bring in somebody else's message, however that is signed.
  if (issuerOf(element) !== application.entityId) {
    throw unusable("the message is another application's than the artifact");
  }
  return { document, element, vouchedBy: isSigned ? application.entityId : undefined };
}

/** The answer as its signature covers it, as a document of its own: nothing around it plays a part any more. */
function proven(
  document: XmlDocument,
  message: XmlElement,
  application: SamlApplication,
  parts: ArtifactAnswerParts,
): XmlDocument {
  try {
    const carrier = { message, content: contentOf(message) };
    return verifyCarrier(document, carrier, parts.keys.of(application), acceptedOf(application));
  } catch (error) {
    throw asMessageRefused(error);
  }
}

function checkStatus(response: XmlElement): void {
  const status = childNamed(response, SAMLP, "Status");
  const [code, ...others] = status === undefined ? [] : childrenNamed(status, SAMLP, "StatusCode");
  const value = code === undefined ? undefined : attribute(code, "Value");
  if (value === undefined || others.length > 0) {
    throw refused(
      "saml.malformed",
      "a response has exactly one Status with one StatusCode",
      "SAML Core 3.2.2",
    );
  }
  if (value !== SUCCESS_CODE) throw unusable(`it answered with the status ${value}`);
}

/**
 * The message that an ArtifactResponse carries: the one element after Status. In front of that nothing may stand but
 * what the schema has there, each once, so that no message is passed over for another one (SA-09j). Throws
 * `MessageRefused`; undefined where it carries none, which is how an artifact that is not known is answered.
 */
function contentOf({ children }: XmlElement): XmlElement | undefined {
  const at = children.findIndex((child) => isNamed(child, SAMLP, "Status"));
  const before = children.slice(0, Math.max(at, 0));
  const [content, ...more] = children.slice(at + 1);
  const isInOrder =
    at >= 0 && before.every((child, index) => before.findIndex(likeOf(child)) === index && isHead(child));
  if (!isInOrder || more.length > 0) {
    throw refused("saml.malformed", "an ArtifactResponse holds Issuer, Status and one message", SECTION);
  }
  return content;
}

function likeOf({ namespace, localName }: XmlElement): (other: XmlElement) => boolean {
  return (other) => isNamed(other, namespace, localName);
}

function isHead(child: XmlElement): boolean {
  return (
    isNamed(child, SAML, "Issuer") || isNamed(child, DS, "Signature") || isNamed(child, SAMLP, "Extensions")
  );
}

function unusable(reason: string): MessageRefused {
  return refused("saml.artifact-unresolved", reason, SECTION);
}
