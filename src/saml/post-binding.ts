import { refused } from "./message-refused.ts";
import { type ReceivedMessage, readXml } from "./received-message.ts";
import { inflate, messageParameters } from "./redirect-binding.ts";
import { simpleSignature } from "./simple-sign.ts";
import { strictBase64 } from "./xml/base64.ts";

/** A form of the largest message: base64, with every plus, slash and equals sign percent-encoded. */
export const POST_FORM_BYTES = 192 * 1024;

/**
 * Reads a message of the HTTP POST binding (SAML Bindings 3.5) from the form exactly as it was sent. Its signature, if
 * any, is inside the XML, or beside it in the form (HTTP-POST-SimpleSign 2.5). A message that was deflated, which belongs to the other binding, is read with a warning:
 * some service providers do it.
 *
 * Throws `MessageRefused`.
 */
export function readPost(rawForm: string): ReceivedMessage {
  const { name, value, relayState, parameters } = messageParameters(rawForm);
  const bytes = strictBase64(value, "with-line-ends");
  if (bytes === undefined || bytes.length === 0) {
    const why = value.includes(" ")
      ? `${name} is not base64: perhaps its plus signs were not percent-encoded and became spaces`
      : `${name} is not base64`;
    throw refused("saml.encoding", why, "SAML Bindings 3.5.4");
  }
  const looksLikeXml = beginsLikeXml(bytes);
  const document = readXml(looksLikeXml ? bytes : inflate(bytes));
  return {
    binding: "post",
    document,
    element: document.root,
    relayState,
    querySignature: simpleSignature(name, bytes, parameters),
    warnings: looksLikeXml
      ? []
      : ["the message came by POST and was deflated, which the POST binding does not do"],
  };
}

/** `<` after white space, or a byte order mark in any encoding: then the XML gate gives the reason. */
function beginsLikeXml(bytes: Buffer): boolean {
  const first = bytes.find((byte) => byte !== 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d);
  return first === 0x3c || first === 0xef || first === 0xfe || first === 0xff || first === 0x00;
}
