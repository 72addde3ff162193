import { inflateRawSync } from "node:zlib";
import { Parameters } from "../http/parameters.ts";
import { refused } from "./message-refused.ts";
import { type QuerySignature, type ReceivedMessage, readXml, RELAY_STATE_BYTES } from "./received-message.ts";
import { strictBase64 } from "./xml/base64.ts";
import { WITH_SHA1 } from "./xml/signature-algorithms.ts";

/** Parameters of which a second one is never an accident. */
const PROTOCOL_PARAMETERS = [
  "SAMLRequest",
  "SAMLResponse",
  "SAMLart",
  "SAMLEncoding",
  "RelayState",
  "SigAlg",
  "Signature",
] as const;
const DEFLATE = "urn:oasis:names:tc:SAML:2.0:bindings:URL-Encoding:DEFLATE";
/** What a query may unfold to: more than any message may have, and little enough to do for a stranger (SA-22). */
const INFLATED_BYTES = 128 * 1024;
const SECTION = "SAML Bindings 3.4.4";

/** The parameters of one message by either binding. */
export interface MessageParameters {
  readonly name: "SAMLRequest" | "SAMLResponse";
  readonly value: string;
  readonly relayState: string | undefined;
  readonly parameters: Parameters;
}

/**
 * Reads a message of the HTTP Redirect binding (SAML Bindings 3.4) from the query exactly as it was sent. A signature
 * is not checked here: who may have made it is known only when the Issuer is (received-message.ts).
 *
 * Throws `MessageRefused`.
 */
export function readRedirect(rawQuery: string): ReceivedMessage {
  const message = messageParameters(rawQuery);
  const { name, value, relayState, parameters } = message;
  const encoding = parameters.get("SAMLEncoding");
  if (encoding !== undefined && encoding !== DEFLATE) {
    throw refused("saml.encoding", "a SAMLEncoding that is not DEFLATE", SECTION);
  }
  const packed = strictBase64(value, "without");
  if (packed === undefined) {
    const why = value.includes(" ")
      ? `a plus sign in ${name} was not percent-encoded and became a space`
      : `${name} is not base64`;
    throw refused("saml.encoding", why, `${SECTION}.1`);
  }
  const document = readXml(inflate(packed));
  return {
    binding: "redirect",
    document,
    element: document.root,
    relayState,
    querySignature: querySignature(rawQuery, name, parameters),
    warnings: [],
  };
}

/**
 * The parameters of a query or a form. A name that comes twice is how one message is verified and another one is read,
 * so it is refused, whatever the values are (SA-44). Throws `MessageRefused`.
 */
export function checkedParameters(raw: string): Parameters {
  const parameters = Parameters.read(raw);
  if (parameters === undefined) throw refused("saml.parameters", "the parameters cannot be decoded");
  const repeated = parameters.repeated(PROTOCOL_PARAMETERS);
  if (repeated.length > 0) throw refused("saml.parameters", `${repeated.join(", ")} came more than once`);
  return parameters;
}

/** RelayState, where it came; an empty one is one. Throws `MessageRefused` for a long one. */
export function relayStateOf(parameters: Parameters): string | undefined {
  const relayState = parameters.has("RelayState") ? (parameters.get("RelayState") ?? "") : undefined;
  if (relayState !== undefined && Buffer.byteLength(relayState) > RELAY_STATE_BYTES) {
    throw refused(
      "saml.relay-state",
      `RelayState has more than ${RELAY_STATE_BYTES} bytes`,
      "SAML Bindings 3.4.3",
    );
  }
  return relayState;
}

/** The one message of a query or a form. Throws `MessageRefused`. */
export function messageParameters(raw: string): MessageParameters {
  const parameters = checkedParameters(raw);
  if (parameters.has("SAMLRequest") && parameters.has("SAMLResponse")) {
    throw refused("saml.parameters", "SAMLRequest and SAMLResponse came together");
  }
  const name = parameters.has("SAMLResponse") ? "SAMLResponse" : "SAMLRequest";
  const value = parameters.get(name);
  if (value === undefined) throw refused("saml.no-message", "there is no SAMLRequest and no SAMLResponse");
  return { name, value, relayState: relayStateOf(parameters), parameters };
}

/** Raw deflate (RFC 1951), all of it and nothing behind it, cut off at 128 KiB. Throws `MessageRefused`. */
export function inflate(packed: Buffer): Buffer {
  const { buffer, bytesRead } = inflated(packed);
  if (bytesRead !== packed.length) {
    throw refused("saml.encoding", "something stands behind the deflated message", `${SECTION}.1`);
  }
  return buffer;
}

function inflated(packed: Buffer): { readonly buffer: Buffer; readonly bytesRead: number } {
  let result: unknown;
  try {
    result = inflateRawSync(packed, { maxOutputLength: INFLATED_BYTES, info: true });
  } catch (error) {
    throw cannotInflate(packed, error);
  }
  if (!hasEngine(result)) throw new TypeError("zlib gave no engine");
  return { buffer: result.buffer, bytesRead: result.engine.bytesWritten };
}

/** With `info`, Node answers with the engine beside the bytes, which knows how far it read; its types do not say so. */
function hasEngine(result: unknown): result is { buffer: Buffer; engine: { bytesWritten: number } } {
  if (typeof result !== "object" || result === null || !("buffer" in result && "engine" in result))
    return false;
  const { buffer, engine } = result;
  if (!(buffer instanceof Buffer) || typeof engine !== "object" || engine === null) return false;
  return "bytesWritten" in engine && typeof engine.bytesWritten === "number";
}

function cannotInflate(packed: Buffer, error: unknown) {
  if (error instanceof Error && "code" in error && error.code === "ERR_BUFFER_TOO_LARGE") {
    return refused("saml.too-large", `more than ${INFLATED_BYTES} bytes when inflated`);
  }
  const first = packed[0] ?? 0;
  const second = packed[1] ?? 0;
  if (first === 0x78 && (first * 256 + second) % 31 === 0) {
    return refused(
      "saml.encoding",
      "it has a zlib header; raw deflate (RFC 1951) is demanded",
      `${SECTION}.1`,
    );
  }
  const looksLikeXml = first === 0x3c;
  const why = looksLikeXml ? "the message is not deflated" : "the message cannot be inflated";
  return refused("saml.encoding", why, `${SECTION}.1`);
}

/** The signature over the octets as they were sent: re-encoding them would be guessing how the sender escapes (B01). */
function querySignature(
  rawQuery: string,
  name: "SAMLRequest" | "SAMLResponse",
  parameters: Parameters,
): QuerySignature | undefined {
  if (!parameters.has("Signature") && !parameters.has("SigAlg")) return undefined;
  const section = `${SECTION}.1`;
  // Whether this sender may use SHA-1 is known when the Issuer is (received-message.ts).
  const method = WITH_SHA1.signatures.get(parameters.get("SigAlg") ?? "");
  if (method === undefined) {
    throw refused(
      "saml.signature-algorithm",
      "SigAlg is not RSA or ECDSA with SHA-256, SHA-384 or SHA-512",
      section,
    );
  }
  const value = strictBase64(parameters.get("Signature") ?? "", "without");
  if (value === undefined || value.length === 0) {
    throw refused("saml.signature", "Signature is missing or not base64", section);
  }
  const names = parameters.has("RelayState") ? [name, "RelayState", "SigAlg"] : [name, "SigAlg"];
  const octets = names.map((each) => rawPair(rawQuery, each)).join("&");
  return { octets: Buffer.from(octets, "utf8"), method, value };
}

/** `name=value` as it stands in the query. */
function rawPair(rawQuery: string, name: string): string {
  const pair = rawQuery.split("&").find((candidate) => candidate.startsWith(`${name}=`));
  // Its name is percent-encoded, or it has no "=": no sender signs that.
  if (pair === undefined) throw refused("saml.parameters", `${name} is spelled in another way than plainly`);
  return pair;
}
