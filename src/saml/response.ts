import { inResponseToAttribute, instant } from "./assertion.ts";
import { SAML, SAMLP } from "./namespaces.ts";
import { type Status, statusElement } from "./status.ts";
import type { Unsigned } from "./xml/sign.ts";
import { type Xml, xml } from "./xml/writer.ts";

/** What one response says. Instants in epoch milliseconds. */
export interface ResponseContent {
  /** An NCName of 128 random bits at least (SAML Core 1.3.4). */
  readonly id: string;
  readonly nowMs: number;
  /** Our entityID. */
  readonly issuer: string;
  /** Where it is sent to; a receiver refuses a response that was meant for somebody else (SAML Bindings 3.5.5.2). */
  readonly destination: string;
  readonly inResponseTo: string | undefined;
  readonly status: Status;
  /** Assertion or EncryptedAssertion; undefined in an answer that refuses. */
  readonly assertion: Xml | undefined;
}

/** samlp:Response (SAML Core 3.3.3), ready to be signed. */
export function response(content: ResponseContent): Unsigned {
  const { id, nowMs, issuer, destination, inResponseTo } = content;
  return {
    id,
    head: xml`<samlp:Response xmlns:samlp="${SAMLP}" Destination="${destination}" ID="${id}"${inResponseToAttribute(inResponseTo)} IssueInstant="${instant(nowMs)}" Version="2.0"><saml:Issuer xmlns:saml="${SAML}">${issuer}</saml:Issuer>`,
    tail: xml`${statusElement(content.status)}${content.assertion}</samlp:Response>`,
  };
}
