import { type NameId, nameIdElement } from "./name-id.ts";
import { BEARER, SAML } from "./namespaces.ts";
import type { Unsigned } from "./xml/sign.ts";
import { concatenated, type Xml, xml } from "./xml/writer.ts";

/** How long an assertion may be delivered: to both sides, so that a clock that is behind does not refuse it. */
export const ASSERTION_LIFETIME_MS = 5 * 60_000;
const NOT_BEFORE_SKEW_MS = 60_000;

/** What one assertion says. Instants in epoch milliseconds. */
export interface AssertionContent {
  /** An NCName of 128 random bits at least (SAML Core 1.3.4). */
  readonly id: string;
  readonly nowMs: number;
  /** Our entityID. */
  readonly issuer: string;
  readonly nameId: NameId;
  /** What stands in the subject instead of the NameID: its EncryptedID. */
  readonly encryptedId?: Xml | undefined;
  /** The assertion consumer service that the answer is sent to. */
  readonly recipient: string;
  /** The request's ID; undefined for a sign-on that nobody asked for. */
  readonly inResponseTo: string | undefined;
  /** The application's entityID, and whoever else may take the assertion for theirs (SAML Core 2.5.1.4). */
  readonly audiences: readonly string[];
  readonly authnInstantMs: number;
  readonly sessionIndex: string;
  readonly sessionEndsMs: number;
  readonly classRef: string;
  /** The AttributeStatement, where there is something to say. */
  readonly attributes: Xml | undefined;
}

/**
 * The bearer assertion of Web Browser SSO (SAML Profiles 4.1.4.2; SAML Core 2.3.3), ready to be signed. It declares
 * every prefix that it uses, so that it can be lifted out of the response and still verifies.
 */
export function assertion(content: AssertionContent): Unsigned {
  const { id, nowMs, issuer } = content;
  const notBefore = instant(nowMs - NOT_BEFORE_SKEW_MS);
  const notOnOrAfter = instant(nowMs + ASSERTION_LIFETIME_MS);
  return {
    id,
    head: xml`<saml:Assertion xmlns:saml="${SAML}" ID="${id}" IssueInstant="${instant(nowMs)}" Version="2.0"><saml:Issuer>${issuer}</saml:Issuer>`,
    tail: xml`${subject(content, notOnOrAfter)}<saml:Conditions NotBefore="${notBefore}" NotOnOrAfter="${notOnOrAfter}"><saml:AudienceRestriction>${concatenated(content.audiences.map((audience) => xml`<saml:Audience>${audience}</saml:Audience>`))}</saml:AudienceRestriction></saml:Conditions>${authnStatement(content)}${content.attributes}</saml:Assertion>`,
  };
}

/** Without NotBefore, which a bearer's confirmation must not have (SAML Profiles 4.1.4.2). */
function subject(content: AssertionContent, notOnOrAfter: string): Xml {
  const { nameId, recipient, inResponseTo } = content;
  return xml`<saml:Subject>${content.encryptedId ?? nameIdElement(nameId)}<saml:SubjectConfirmation Method="${BEARER}"><saml:SubjectConfirmationData${inResponseToAttribute(inResponseTo)} NotOnOrAfter="${notOnOrAfter}" Recipient="${recipient}"></saml:SubjectConfirmationData></saml:SubjectConfirmation></saml:Subject>`;
}

/** When and how the person really proved who they are, and how long that may be relied on (SAML Core 2.7.2). */
function authnStatement(content: AssertionContent): Xml {
  const { authnInstantMs, sessionIndex, sessionEndsMs, classRef } = content;
  return xml`<saml:AuthnStatement AuthnInstant="${instant(authnInstantMs)}" SessionIndex="${sessionIndex}" SessionNotOnOrAfter="${instant(sessionEndsMs)}"><saml:AuthnContext><saml:AuthnContextClassRef>${classRef}</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement>`;
}

/** `InResponseTo`, for a place between other attributes; nothing where there was no request. */
export function inResponseToAttribute(requestId: string | undefined): Xml | undefined {
  return requestId === undefined ? undefined : xml` InResponseTo="${requestId}"`;
}

/**
 * Epoch milliseconds as SAML writes instants: UTC with a Z (SAML Core 1.3.3). What `toISOString` writes, in half its
 * time: an answer holds six of them.
 */
export function instant(ms: number): string {
  const at = new Date(ms);
  const date = `${at.getUTCFullYear()}-${twoDigits(at.getUTCMonth() + 1)}-${twoDigits(at.getUTCDate())}`;
  const time = `${twoDigits(at.getUTCHours())}:${twoDigits(at.getUTCMinutes())}:${twoDigits(at.getUTCSeconds())}`;
  const millis = at.getUTCMilliseconds();
  return `${date}T${time}.${millis < 100 ? "0" : ""}${twoDigits(millis)}Z`;
}

function twoDigits(value: number): string {
  return value < 10 ? `0${value}` : `${value}`;
}
