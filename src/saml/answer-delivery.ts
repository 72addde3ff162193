import type { Reply } from "../flow/reply.ts";
import type { SamlApplication } from "../model/application.ts";
import type { Artifacts } from "./artifacts.ts";
import { BINDING, ECP, NEXT_ACTOR } from "./namespaces.ts";
import type { SamlRequestWire } from "./request-wire.ts";
import type { Signers } from "./signers.ts";
import { simpleSignFields } from "./simple-sign.ts";
import { soapEnvelope } from "./soap.ts";
import { serialize, serializeBase64, type Xml, xml } from "./xml/writer.ts";

export interface AnswerDeliveryParts {
  readonly signers: Pick<Signers, "query">;
  readonly artifacts: Pick<Artifacts, "issue">;
}

/** Where a Response goes and how: the checked reply address with its binding. */
export interface AnswerDestination {
  readonly replyTo: string;
  readonly wire: SamlRequestWire;
  readonly application: SamlApplication;
}

/** Sends a finished Response by the binding of the assertion consumer service (SAML Profiles 4.1.4.3). */
export async function deliverAnswer(
  parts: AnswerDeliveryParts,
  { replyTo, wire, application }: AnswerDestination,
  message: Xml,
): Promise<Reply> {
  const { relayState } = wire;
  if (wire.acsBinding === BINDING.artifact) {
    const artifact = await parts.artifacts.issue(application, message);
    return { kind: "redirect", location: artifactAddress(replyTo, artifact, relayState) };
  }
  if (wire.acsBinding === BINDING.paos) return paosAnswer(replyTo, message);
  const form = { kind: "form-post", action: replyTo, applicationName: application.name } as const;
  if (wire.acsBinding === BINDING.simpleSign) {
    const signer = parts.signers.query(application);
    return { ...form, fields: simpleSignFields("SAMLResponse", serialize(message), relayState, signer) };
  }
  const fields = { SAMLResponse: serializeBase64(message) };
  return { ...form, fields: relayState === undefined ? fields : { ...fields, RelayState: relayState } };
}

/**
 * For a program, which carries it on to the address that stands in the header, after it has compared that with the one
 * the application named to it (SAML Profiles 4.2.4.2).
 */
function paosAnswer(replyTo: string, message: Xml): Reply {
  const header = xml`<ecp:Response xmlns:ecp="${ECP}" AssertionConsumerServiceURL="${replyTo}" soap:actor="${NEXT_ACTOR}" soap:mustUnderstand="1"></ecp:Response>`;
  const body = soapEnvelope(message, [header]);
  return { kind: "body", status: 200, contentType: "text/xml; charset=utf-8", body };
}

/** SAML Bindings 3.6.3. */
function artifactAddress(location: string, artifact: string, relayState: string | undefined): string {
  const state = relayState === undefined ? "" : `&RelayState=${encodeURIComponent(relayState)}`;
  const separator = location.includes("?") ? "&" : "?";
  return `${location}${separator}SAMLart=${encodeURIComponent(artifact)}${state}`;
}
