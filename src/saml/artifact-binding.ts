import { Parameters } from "../http/parameters.ts";
import { checkedParameters, relayStateOf } from "./redirect-binding.ts";
import { refused } from "./message-refused.ts";

/** What the HTTP Artifact binding carries through the browser (SAML Bindings 3.6.3): a reference, and no message. */
export interface ArrivedArtifact {
  /** SAMLart, as it came. */
  readonly text: string;
  readonly relayState: string | undefined;
}

const SECTION = "SAML Bindings 3.6.3";

/**
 * The artifact of a query or a form, as it was sent; undefined where none came, which leaves the text to the readers of
 * the other bindings. A message beside the artifact is refused: nobody could say which of the two was meant (SA-44).
 *
 * Throws `MessageRefused`.
 */
export function readArtifactBinding(raw: string): ArrivedArtifact | undefined {
  if (!raw.includes("SAMLart") || Parameters.read(raw)?.has("SAMLart") !== true) return undefined;
  const parameters = checkedParameters(raw);
  if (parameters.has("SAMLRequest") || parameters.has("SAMLResponse")) {
    throw refused("saml.parameters", "SAMLart came together with a message", SECTION);
  }
  const text = parameters.get("SAMLart");
  if (text === undefined) throw refused("saml.no-message", "SAMLart is empty", SECTION);
  return { text, relayState: relayStateOf(parameters) };
}
