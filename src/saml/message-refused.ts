/** Why a SAML message was refused; stable, for the page, the log, the audit trail and the tests. */
export type SamlRefusalCode =
  | "saml.no-message"
  | "saml.parameters"
  | "saml.encoding"
  | "saml.too-large"
  | "saml.xml"
  | "saml.wrong-message"
  | "saml.malformed"
  | "saml.version"
  | "saml.issuer-unknown"
  | "saml.unsigned"
  | "saml.signature"
  | "saml.signature-algorithm"
  | "saml.too-old"
  | "saml.from-the-future"
  | "saml.destination"
  | "saml.replayed"
  | "saml.artifact"
  | "saml.artifact-source"
  | "saml.artifact-service"
  | "saml.artifact-unresolved"
  | "saml.relay-state"
  | "saml.acs-not-registered"
  | "saml.acs-unclear"
  | "saml.acs-missing"
  | "saml.answer-binding"
  | "saml.unexpected-response"
  | "saml.not-started-here"
  | "saml.ecp";

/** An exact fact for whoever looks after the application, with the part of the standard that it hangs on. */
export interface RefusalFact {
  readonly label: string;
  readonly value: string;
  readonly section?: string | undefined;
}

/**
 * A message that is not acted on. It has no checked reply address, or nothing in it can be trusted to have one, so the
 * person gets a page (saml-problems.ts). Facts may quote the message; the page shows them as text, cut short.
 */
export class MessageRefused extends Error {
  readonly code: SamlRefusalCode;
  readonly facts: readonly RefusalFact[];
  /** The entityID of the application that it was about, where that is known though no message is. */
  readonly entityId: string | undefined;

  constructor(code: SamlRefusalCode, facts: readonly RefusalFact[], entityId?: string) {
    super(code);
    this.name = "MessageRefused";
    this.code = code;
    this.facts = facts;
    this.entityId = entityId;
  }

  /** The same refusal, about this application. */
  of(entityId: string | undefined): MessageRefused {
    return new MessageRefused(this.code, this.facts, entityId);
  }
}

/** One reason, said in one line. */
export function refused(code: SamlRefusalCode, reason: string, section?: string): MessageRefused {
  return new MessageRefused(code, [{ label: "Reason", value: reason, section }]);
}
