import type { Parameters } from "../http/parameters.ts";
import { refused } from "./message-refused.ts";
import type { QuerySignature } from "./received-message.ts";
import type { QuerySigner } from "./signers.ts";
import { strictBase64 } from "./xml/base64.ts";
import { WITH_SHA1 } from "./xml/signature-algorithms.ts";

type MessageName = "SAMLRequest" | "SAMLResponse";

const SECTION = "SAML HTTP-POST-SimpleSign 2.5";

/**
 * The form fields of a message that is signed beside the XML (SAML HTTP-POST-SimpleSign 2.5): over the document itself,
 * not over its base64, and over RelayState and SigAlg as they are before the form encodes them.
 */
export function simpleSignFields(
  name: MessageName,
  document: string,
  relayState: string | undefined,
  signer: QuerySigner,
): Readonly<Record<string, string>> {
  const octets = signedOctets(name, Buffer.from(document), relayState, signer.algorithm);
  return {
    [name]: Buffer.from(document).toString("base64"),
    ...(relayState === undefined ? {} : { RelayState: relayState }),
    SigAlg: signer.algorithm,
    Signature: signer.sign(octets.toString("utf8")),
  };
}

/** The signature beside a form, or undefined where there is none; KeyInfo is not looked at. Throws `MessageRefused`. */
export function simpleSignature(
  name: MessageName,
  document: Buffer,
  parameters: Parameters,
): QuerySignature | undefined {
  if (!parameters.has("Signature") && !parameters.has("SigAlg")) return undefined;
  const algorithm = parameters.get("SigAlg") ?? "";
  // Whether this sender may use SHA-1 is known when the Issuer is (received-message.ts).
  const method = WITH_SHA1.signatures.get(algorithm);
  if (method === undefined) {
    throw refused(
      "saml.signature-algorithm",
      "SigAlg is not RSA or ECDSA with SHA-256, SHA-384 or SHA-512",
      SECTION,
    );
  }
  const value = strictBase64(parameters.get("Signature") ?? "", "with-line-ends");
  if (value === undefined || value.length === 0) {
    throw refused("saml.signature", "Signature is missing or not base64", SECTION);
  }
  const relayState = parameters.has("RelayState") ? (parameters.get("RelayState") ?? "") : undefined;
  return { octets: signedOctets(name, document, relayState, algorithm), method, value };
}

function signedOctets(
  name: MessageName,
  document: Buffer,
  relayState: string | undefined,
  algorithm: string,
): Buffer {
  const rest = relayState === undefined ? "" : `&RelayState=${relayState}`;
  return Buffer.concat([Buffer.from(`${name}=`), document, Buffer.from(`${rest}&SigAlg=${algorithm}`)]);
}
