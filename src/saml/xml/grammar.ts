import { XmlRefused } from "./xml-refused.ts";

/**
 * The grammar of XML as far as it is taken here, for the gate and for the reader of files that come in pieces: two
 * readers of one text that differ are a hole. The patterns of tags are sources, because a sticky pattern carries a
 * position that must not be shared.
 */

// XML 1.0, production [2]. Lone surrogates cannot come out of well-formed UTF-8.
// oxlint-disable-next-line no-control-regex -- these are the characters to find
export const FORBIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/;
const S = "[ \\t\\r\\n]";
export const DECLARATION = new RegExp(
  `^<\\?xml${S}+version${S}*=${S}*["']1\\.0["'](?:${S}+encoding${S}*=${S}*["']([A-Za-z][\\w.-]*)["'])?` +
    `(?:${S}+standalone${S}*=${S}*["'](?:yes|no)["'])?${S}*\\?>`,
);
const NC_NAME =
  "[A-Za-z_\\u00c0-\\u2027\\u2070-\\ud7ff\\uf900-\\ufffd][\\w.\\-\\u00b7-\\u2027\\u203f-\\ud7ff\\uf900-\\ufffd]*";
const QNAME = `${NC_NAME}(?::${NC_NAME})?`;
/** `<` and the name, which is the first group. */
export const START_TAG = `<(${QNAME})`;
/** One attribute: its name, and its value with the quotes. */
export const ATTRIBUTE = `${S}+(${QNAME})${S}*=${S}*("[^"<]*"|'[^'<]*')`;
/** The end of a start tag; the group is the slash of an empty element. */
export const TAG_END = `${S}*(/?)>`;
export const END_TAG = `</(${QNAME})${S}*>`;
export const WHITESPACE_ONLY = /^[ \t\r\n]*$/;

const REFERENCE = /^(?:amp|lt|gt|quot|apos|#(\d{1,7})|#x([\da-fA-F]{1,6}))$/;
const LONGEST_REFERENCE = 10;
const XML = "http://www.w3.org/XML/1998/namespace";
/** Bound to `xml` and `xmlns` for good; no other prefix may have them (Namespaces in XML 3). */
const RESERVED = [XML, "http://www.w3.org/2000/xmlns/"];

/** Refuses a namespace declaration that no document needs; `value` as it is written. */
export function checkDeclaration(name: string, value: string): void {
  // The one declaration of a reserved prefix that says what holds anyway.
  if (name === "xmlns:xml" && value === XML) return;
  if (name === "xmlns:xmlns" || name === "xmlns:xml" || (value === "" && name !== "xmlns")) {
    throw new XmlRefused("namespace", "a prefix that may not be declared like this");
  }
  if (RESERVED.includes(value)) throw new XmlRefused("namespace", "a namespace that is reserved");
  // A relative namespace makes canonicalisers disagree, down to one that gives nothing at all (SA-09f).
  if (value !== "" && !/^[A-Za-z][A-Za-z0-9+.-]*:[^\s&]+$/.test(value)) {
    throw new XmlRefused("namespace", "a namespace that is not an absolute URI");
  }
}

/** Lets only the five names pass, and numbers of characters that XML 1.0 has. */
export function checkReferences(text: string): void {
  for (let at = text.indexOf("&"); at !== -1; at = text.indexOf("&", at + 1)) {
    const end = text.slice(at, at + LONGEST_REFERENCE).indexOf(";");
    const found = end === -1 ? null : REFERENCE.exec(text.slice(at + 1, at + end));
    if (found === null) throw malformed("an unknown entity or a bare &");
    const [, decimal, hexadecimal] = found;
    if (decimal === undefined && hexadecimal === undefined) continue;
    const code = decimal === undefined ? Number.parseInt(hexadecimal ?? "", 16) : Number(decimal);
    if (!isXmlCharacter(code))
      throw new XmlRefused("forbidden-character", "a reference to a forbidden character");
  }
}

const NAMED: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

/** The text that references stand for; only for one that `checkReferences` let pass. */
export function resolveReferences(text: string): string {
  if (!text.includes("&")) return text;
  return text.replace(/&(?:#x([\da-fA-F]+)|#(\d+)|(\w+));/g, (_, hexadecimal, decimal, name) => {
    if (typeof hexadecimal === "string") return String.fromCodePoint(Number.parseInt(hexadecimal, 16));
    return typeof decimal === "string" ? String.fromCodePoint(Number(decimal)) : (NAMED[String(name)] ?? "");
  });
}

function isXmlCharacter(code: number): boolean {
  if (code < 0x20) return code === 0x9 || code === 0xa || code === 0xd;
  return code <= 0xd7ff || (code >= 0xe000 && code <= 0xfffd) || (code >= 0x10000 && code <= 0x10ffff);
}

export function malformed(detail: string): XmlRefused {
  return new XmlRefused("not-well-formed", detail);
}
