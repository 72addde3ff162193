/**
 * XML that is written in exclusive canonical form from the start (Exclusive XML Canonicalization 1.0), so that signing
 * it is one hash over the text that is already there. Literals keep the form: an end tag for every element, double
 * quotes, namespace declarations first, attributes sorted by name, each prefix declared where it is visibly used and
 * not declared above. Values are escaped by the `xml` tag; there is no way to put a string in as markup.
 */

/** A value holds a character that XML 1.0 cannot carry (2.2, Char), not even as a reference. It is not in the message. */
export class XmlCharacterError extends Error {
  constructor() {
    super("a value holds a character that XML cannot carry");
    this.name = "XmlCharacterError";
  }
}

class Fragment {
  /** Canonical, so U+0085, U+2028 and U+2029 stand as they are: what is hashed. What is sent is `serialize`d. */
  readonly canonical: string;
  /** Then it is sent as it stands, a byte for each character. */
  readonly isAscii: boolean;

  constructor(canonical: string, isAscii: boolean) {
    this.canonical = canonical;
    this.isAscii = isAscii;
  }
}

/** Canonical XML. Only `xml`, `concatenated` and `fromStore` make one, so whatever is in it has been escaped. */
export type Xml = Fragment;

// The production Char of XML 1.0, 2.2. With the u flag a surrogate pair is one character and a lone one is refused.
const CHARACTERS = /^[\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]*$/u;
/** Nearly every value: what may stand as it is, with one test and without the surrogate pairs. */
const PLAIN_TEXT = /^[\t\n\u0020-%'-;=?-~]*$/;
const PLAIN_ATTRIBUTE = /^[\u0020!#-%'-;=-~]*$/;
const BEYOND_ASCII = /[^\0-\u007f]/;
const DOUBLE_QUOTE = 0x22;

/** True where XML can carry the value as text or as an attribute. */
export function isXmlText(value: string): boolean {
  return PLAIN_TEXT.test(value) || CHARACTERS.test(value);
}

/** The value with U+FFFD in the place of what XML cannot carry: for texts that are read by people and nothing else. */
export function printable(value: string): string {
  return isXmlText(value) ? value : Array.from(value, (one) => (isXmlText(one) ? one : "\ufffd")).join("");
}

/**
 * A template literal of canonical XML. A string is escaped: for an attribute directly after a double quote, for text
 * everywhere else; so an attribute's value must be one interpolation, quotes outside. Undefined writes nothing. Literals
 * are ASCII.
 * Throws `XmlCharacterError`.
 */
export function xml(literals: TemplateStringsArray, ...values: readonly (string | Xml | undefined)[]): Xml {
  let text = literals[0] ?? "";
  let isAscii = true;
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index];
    if (typeof value === "string") {
      const before = literals[index] ?? "";
      const isAttribute = before.charCodeAt(before.length - 1) === DOUBLE_QUOTE;
      if ((isAttribute ? PLAIN_ATTRIBUTE : PLAIN_TEXT).test(value)) text += value;
      else {
        text += isAttribute ? escapedAttribute(value) : escapedText(value);
        isAscii &&= !BEYOND_ASCII.test(value);
      }
    } else if (value instanceof Fragment) {
      // By its class, not by its shape: an attribute's value that came as JSON could have any shape.
      text += value.canonical;
      isAscii &&= value.isAscii;
    } else if (value !== undefined) throw new TypeError("neither text nor XML");
    text += literals[index + 1] ?? "";
  }
  return new Fragment(text, isAscii);
}

/**
 * Canonical XML again that a store of ours kept meanwhile: the `canonical` text of what was written here before, and
 * never a text of anybody else's.
 */
export function fromStore(canonical: string): Xml {
  return new Fragment(canonical, !BEYOND_ASCII.test(canonical));
}

export function concatenated(fragments: readonly Xml[]): Xml {
  let text = "";
  let isAscii = true;
  for (const fragment of fragments) {
    text += fragment.canonical;
    isAscii &&= fragment.isAscii;
  }
  return new Fragment(text, isAscii);
}

/**
 * The document as it is sent. U+0085 and U+2028 leave as character references: some parsers, xmldom among them, turn
 * the raw characters into a line feed as XML 1.1 would, and the signature would break at the receiver. U+2029 does
 * too: one raw is enough to make the same parser's time grow with the square of the document's length.
 * Canonicalisation turns the references back into what was hashed.
 */
export function serialize(fragment: Xml): string {
  return fragment.isAscii
    ? fragment.canonical
    : fragment.canonical.replace(/[\u0085\u2028\u2029]/g, reference);
}

/** The base64 of the document as it is sent. */
export function serializeBase64(fragment: Xml): string {
  return fragment.isAscii ? btoa(fragment.canonical) : Buffer.from(serialize(fragment)).toString("base64");
}

/** Exclusive XML Canonicalization, by Canonical XML 1.0, 2.3: `>` and CR too, which a parser would not demand. */
function escapedText(value: string): string {
  if (!CHARACTERS.test(value)) throw new XmlCharacterError();
  return value.replace(/[&<>\r]/g, reference);
}

/** White space as references: raw, a parser would normalise it to spaces. `>` stays. */
function escapedAttribute(value: string): string {
  if (!CHARACTERS.test(value)) throw new XmlCharacterError();
  return value.replace(/[&<"\t\n\r]/g, reference);
}

function reference(character: string): string {
  switch (character) {
    case "&":
      return "&amp;";
    case "<":
      return "&lt;";
    case ">":
      return "&gt;";
    case '"':
      return "&quot;";
    default:
      return `&#x${character.charCodeAt(0).toString(16).toUpperCase()};`;
  }
}
