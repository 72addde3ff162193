import { isUtf8 } from "node:buffer";
import {
  ATTRIBUTE,
  checkDeclaration,
  checkReferences,
  DECLARATION,
  END_TAG,
  FORBIDDEN,
  malformed,
  START_TAG,
  TAG_END,
  WHITESPACE_ONLY,
} from "./grammar.ts";
import { XmlRefused } from "./xml-refused.ts";

/** What a document may cost before a parser is asked. */
export interface XmlLimits {
  readonly bytes: number;
  readonly elements: number;
  readonly depth: number;
  readonly attributesPerElement: number;
  readonly namespaces: number;
  /** A byte order mark is dropped, and a raw U+2029 written as a reference, instead of refused. */
  readonly isLenient: boolean;
}

/** Messages come from strangers. The work of a signature check grows with the square of the elements. */
export const MESSAGE_LIMITS: XmlLimits = {
  bytes: 64 * 1024,
  elements: 500,
  depth: 32,
  attributesPerElement: 32,
  namespaces: 64,
  isLenient: false,
};

/** Metadata of one application that is signed: its keys, names and addresses are more than any message has. */
export const SIGNED_METADATA_LIMITS: XmlLimits = {
  bytes: 2 * 1024 * 1024,
  elements: 20_000,
  depth: 64,
  attributesPerElement: 64,
  namespaces: 5_000,
  isLenient: true,
};

/** A metadata file is handed over by an administrator; no signature is checked in it here. */
export const METADATA_LIMITS: XmlLimits = {
  bytes: 10 * 1024 * 1024,
  elements: 400_000,
  depth: 64,
  attributesPerElement: 64,
  namespaces: 100_000,
  isLenient: true,
};

/** Bytes to text: at most `limits.bytes`, UTF-8 and nothing else, no character that XML 1.0 does not have. */
export function decodeXml(bytes: Uint8Array, limits: XmlLimits): string {
  if (bytes.length > limits.bytes) {
    throw new XmlRefused("too-large", `${bytes.length} bytes, ${limits.bytes} are the limit`);
  }
  // Every other encoding is a way to hide a DOCTYPE from a check of the text.
  if (!isUtf8(bytes)) throw new XmlRefused("not-utf8", "the bytes are not UTF-8");
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
  if (FORBIDDEN.test(text))
    throw new XmlRefused("forbidden-character", "a character that XML does not allow");
  return withoutMark(withoutSeparators(text, limits), limits);
}

function withoutMark(text: string, limits: XmlLimits): string {
  if (!text.startsWith("\ufeff")) return text;
  if (!limits.isLenient) throw new XmlRefused("byte-order-mark", "a byte order mark at the start");
  return text.slice(1);
}

/**
 * One raw U+2029 makes the parser's line counter go over the whole text for every node: 30 KB then hold the event loop
 * for seconds. As a reference it is the same character after parsing, and after canonicalisation.
 */
function withoutSeparators(text: string, limits: XmlLimits): string {
  if (!text.includes("\u2029")) return text;
  if (!limits.isLenient) throw new XmlRefused("forbidden-character", "a raw paragraph separator");
  return text.replaceAll("\u2029", "&#x2029;");
}

/**
 * One pass over the text that counts what a parser would have to build, and refuses what no SAML document needs:
 * document types, entities, processing instructions. It is strict about well-formedness, because a parser that
 * forgives is a parser that reads something else than the next one. Returns the number of elements.
 */
export function passGate(text: string, limits: XmlLimits): number {
  return new Gate(text, limits).pass();
}

class Gate {
  readonly #text: string;
  readonly #limits: XmlLimits;
  readonly #open: string[] = [];
  // Made for each pass: a sticky pattern carries its position, which must not be shared.
  readonly #startTag = new RegExp(START_TAG, "y");
  readonly #attribute = new RegExp(ATTRIBUTE, "y");
  readonly #tagEnd = new RegExp(TAG_END, "y");
  readonly #endTag = new RegExp(END_TAG, "y");
  #position = 0;
  #elements = 0;
  #namespaces = 0;

  constructor(text: string, limits: XmlLimits) {
    this.#text = text;
    this.#limits = limits;
  }

  pass(): number {
    this.#declaration();
    for (;;) {
      const next = this.#text.indexOf("<", this.#position);
      this.#characters(next === -1 ? this.#text.length : next);
      if (next === -1) break;
      this.#markup(next);
    }
    if (this.#elements === 0) throw malformed("no element");
    if (this.#open.length > 0) throw malformed("an element is not closed");
    return this.#elements;
  }

  #declaration(): void {
    if (!/^<\?xml[ \t\r\n]/.test(this.#text)) return;
    const found = DECLARATION.exec(this.#text);
    if (found === null) throw malformed("the XML declaration is not one of XML 1.0");
    if (found[1] !== undefined && found[1].toLowerCase() !== "utf-8") {
      throw new XmlRefused("not-utf8", "the XML declaration names another encoding than UTF-8");
    }
    this.#position = found[0].length;
  }

  #characters(end: number): void {
    const text = this.#text.slice(this.#position, end);
    this.#position = end;
    if (this.#open.length === 0) {
      if (!WHITESPACE_ONLY.test(text)) throw malformed("text outside of the root element");
      return;
    }
    if (text.includes("]]>")) throw malformed("]]> in text");
    checkReferences(text);
  }

  #markup(at: number): void {
    const second = this.#text.charAt(at + 1);
    if (second === "/") this.#end();
    else if (second === "?") {
      throw new XmlRefused("processing-instruction", "a processing instruction");
    } else if (second === "!") this.#declarationLike(at);
    else this.#start();
  }

  #declarationLike(at: number): void {
    if (this.#text.startsWith("<!--", at)) {
      const end = this.#text.indexOf("--", at + 4);
      if (end === -1 || this.#text.charAt(end + 2) !== ">") throw malformed("a comment is not closed");
      this.#position = end + 3;
    } else if (this.#text.startsWith("<![CDATA[", at) && this.#open.length > 0) {
      const end = this.#text.indexOf("]]>", at + 9);
      if (end === -1) throw malformed("a CDATA section is not closed");
      this.#position = end + 3;
    } else {
      // Entities, default attributes and external files all need one; a SAML message has none (SA-20, SA-21).
      throw new XmlRefused("doctype", "a document type or another declaration");
    }
  }

  #start(): void {
    const name = this.#match(this.#startTag)[1] ?? "";
    if (this.#open.length === 0 && this.#elements > 0) throw malformed("a second root element");
    this.#elements += 1;
    if (this.#elements > this.#limits.elements) {
      throw new XmlRefused("too-many-elements", `more than ${this.#limits.elements} elements`);
    }
    this.#attributes();
    const isEmpty = this.#match(this.#tagEnd)[1] === "/";
    if (isEmpty) return;
    this.#open.push(name);
    if (this.#open.length > this.#limits.depth) {
      throw new XmlRefused("too-deep", `more than ${this.#limits.depth} levels`);
    }
  }

  #attributes(): void {
    const names: string[] = [];
    for (;;) {
      this.#attribute.lastIndex = this.#position;
      const found = this.#attribute.exec(this.#text);
      if (found === null) return;
      this.#position = this.#attribute.lastIndex;
      const name = found[1] ?? "";
      if (names.includes(name)) throw malformed("an attribute comes twice");
      names.push(name);
      if (names.length > this.#limits.attributesPerElement) {
        throw new XmlRefused(
          "too-many-attributes",
          `more than ${this.#limits.attributesPerElement} attributes`,
        );
      }
      checkReferences(found[2] ?? "");
      if (name === "xmlns" || name.startsWith("xmlns:")) this.#namespace(name, (found[2] ?? "").slice(1, -1));
    }
  }

  #namespace(name: string, value: string): void {
    this.#namespaces += 1;
    if (this.#namespaces > this.#limits.namespaces) {
      throw new XmlRefused(
        "too-many-namespaces",
        `more than ${this.#limits.namespaces} namespace declarations`,
      );
    }
    checkDeclaration(name, value);
  }

  #end(): void {
    const name = this.#match(this.#endTag)[1];
    if (this.#open.pop() !== name) throw malformed("elements overlap");
  }

  #match(pattern: RegExp): RegExpExecArray {
    pattern.lastIndex = Math.max(this.#position, 0);
    const found = pattern.exec(this.#text);
    if (found === null) throw malformed("a tag is not well-formed");
    this.#position = pattern.lastIndex;
    return found;
  }
}
