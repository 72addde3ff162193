import { deflateRawSync } from "node:zlib";
import type { QuerySigner } from "./signers.ts";

export interface RedirectMessage {
  /** The receiver's endpoint; it may have a query of its own. */
  readonly location: string;
  readonly parameter: "SAMLRequest" | "SAMLResponse";
  /** Without an enveloped signature: in this binding the query is signed instead. */
  readonly document: string;
  readonly relayState?: string | undefined;
}

/**
 * The address that carries the message (SAML Bindings 3.4.4): deflated, base64, in a query that is signed over its own
 * octets in the order message, RelayState, SigAlg. RelayState is left out, not sent empty, where there is none.
 */
export function redirectAddress(message: RedirectMessage, signer: QuerySigner): string {
  const { location, parameter, document, relayState } = message;
  const deflated = deflateRawSync(document).toString("base64");
  const query = [
    `${parameter}=${encodeURIComponent(deflated)}`,
    ...(relayState === undefined ? [] : [`RelayState=${encodeURIComponent(relayState)}`]),
    `SigAlg=${encodeURIComponent(signer.algorithm)}`,
  ].join("&");
  const separator = location.includes("?") ? "&" : "?";
  return `${location}${separator}${query}&Signature=${encodeURIComponent(signer.sign(query))}`;
}
