import {
  ATTRIBUTE,
  checkDeclaration,
  checkReferences,
  DECLARATION,
  END_TAG,
  FORBIDDEN,
  malformed,
  resolveReferences,
  START_TAG,
  TAG_END,
  WHITESPACE_ONLY,
} from "./grammar.ts";
import { XmlRefused } from "./xml-refused.ts";

/** What a document that comes in pieces may cost. */
export interface StreamLimits {
  readonly bytes: number;
  /** UTF-16 code units of one tag, text, comment or CDATA section, which must be held until it is whole. */
  readonly token: number;
  readonly elements: number;
  readonly depth: number;
  readonly attributesPerElement: number;
}

/** An attribute with its value as XML 1.0 normalises it (3.3.3). */
export interface StreamAttribute {
  readonly name: string;
  readonly value: string;
}

export interface StreamTag {
  readonly name: string;
  readonly attributes: readonly StreamAttribute[];
}

/** What is handed over in document order. Of a comment only that it was there; a CDATA section is text. */
export interface TokenReceiver {
  start(tag: StreamTag): void;
  end(name: string): void;
  /** Character data inside the root, with its references resolved; it may come in several pieces. */
  text(value: string): void;
  comment(): void;
}

const WHOLE_TAG = /<[^"'>]*(?:"[^"]*"[^"'>]*|'[^']*'[^"'>]*)*>/.source;
const LONGEST_DECLARATION = 200;
const OPENINGS = ["<!--", "<![CDATA["];

/**
 * Reads a document piece by piece with the gate's strictness: the same grammar, UTF-8 alone, no document type, no
 * processing instruction. It holds one token at most, so its memory does not grow with the file. Throws `XmlRefused`.
 */
export class StreamTokens {
  readonly #receiver: TokenReceiver;
  readonly #limits: StreamLimits;
  // A mark at the start is dropped below, and nowhere else.
  readonly #decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  readonly #open: string[] = [];
  readonly #wholeTag = new RegExp(WHOLE_TAG, "y");
  readonly #startTag = new RegExp(START_TAG, "y");
  readonly #attribute = new RegExp(ATTRIBUTE, "y");
  readonly #tagEnd = new RegExp(TAG_END, "y");
  readonly #endTag = new RegExp(END_TAG, "y");
  #text = "";
  #position = 0;
  #hasBegun = false;
  /** A piece ended with a carriage return: whether a line feed follows shows with the next. */
  #carriageReturn = "";
  #bytes = 0;
  #elements = 0;

  constructor(receiver: TokenReceiver, limits: StreamLimits) {
    this.#receiver = receiver;
    this.#limits = limits;
  }

  write(piece: Uint8Array): void {
    this.#bytes += piece.length;
    if (this.#bytes > this.#limits.bytes) {
      throw new XmlRefused("too-large", `more than ${this.#limits.bytes} bytes`);
    }
    this.#take(this.#decode(piece, false), false);
  }

  /** Call it when the last piece was written; throws where the document is not whole. */
  finish(): void {
    this.#take(this.#decode(new Uint8Array(), true), true);
    if (this.#open.length > 0) throw malformed("an element is not closed");
    if (this.#elements === 0) throw malformed("no element");
  }

  #decode(piece: Uint8Array, isLast: boolean): string {
    try {
      return this.#decoder.decode(piece, { stream: !isLast });
    } catch {
      throw new XmlRefused("not-utf8", "the bytes are not UTF-8");
    }
  }

  #take(decoded: string, isLast: boolean): void {
    if (FORBIDDEN.test(decoded)) {
      throw new XmlRefused("forbidden-character", "a character that XML does not allow");
    }
    this.#text = this.#text.slice(this.#position) + this.#withLineFeeds(decoded, isLast);
    this.#position = 0;
    if (!this.#begin(isLast)) return;
    while (this.#next(isLast)) {
      // Each turn takes one token.
    }
    if (this.#text.length - this.#position > this.#limits.token) {
      throw new XmlRefused("too-large", `a tag or a text of more than ${this.#limits.token} characters`);
    }
  }

  /** XML 1.0, 2.11: only these two are line ends; U+0085 and U+2028 stay what they are. */
  #withLineFeeds(decoded: string, isLast: boolean): string {
    const text = this.#carriageReturn + decoded;
    this.#carriageReturn = !isLast && text.endsWith("\r") ? "\r" : "";
    const settled = this.#carriageReturn === "" ? text : text.slice(0, -1);
    return settled.includes("\r") ? settled.replaceAll("\r\n", "\n").replaceAll("\r", "\n") : settled;
  }

  /** Byte order mark and XML declaration; false while they may not be whole. */
  #begin(isLast: boolean): boolean {
    if (this.#hasBegun) return true;
    if (!isLast && this.#text.length < LONGEST_DECLARATION && !this.#text.includes("?>")) return false;
    this.#hasBegun = true;
    if (this.#text.startsWith("\ufeff")) this.#position = 1;
    const text = this.#text.slice(this.#position);
    if (!/^<\?xml[ \t\n]/.test(text)) return true;
    const found = DECLARATION.exec(text);
    if (found === null) throw malformed("the XML declaration is not one of XML 1.0");
    if (found[1] !== undefined && found[1].toLowerCase() !== "utf-8") {
      throw new XmlRefused("not-utf8", "the XML declaration names another encoding than UTF-8");
    }
    this.#position += found[0].length;
    return true;
  }

  /** Takes the text up to the next markup, and that markup; false where it is not whole yet. */
  #next(isLast: boolean): boolean {
    const at = this.#text.indexOf("<", this.#position);
    if (at === -1) {
      if (isLast) this.#characters(this.#text.length);
      return false;
    }
    const end = this.#endOfMarkup(at);
    if (end === -1) {
      if (isLast) throw malformed("it ends in the middle of a tag");
      return false;
    }
    this.#characters(at);
    this.#markup(at, end);
    this.#position = end;
    return true;
  }

  /** Behind the markup that begins at `at`; -1 while it is not whole. */
  #endOfMarkup(at: number): number {
    const text = this.#text;
    switch (text.charAt(at + 1)) {
      case "":
        return -1;
      case "/":
        return behind(text.indexOf(">", at), 1);
      case "?":
        throw new XmlRefused("processing-instruction", "a processing instruction");
      case "!":
        return this.#endOfDeclarationLike(at);
      default:
        this.#wholeTag.lastIndex = at;
        return this.#wholeTag.test(text) ? this.#wholeTag.lastIndex : -1;
    }
  }

  #endOfDeclarationLike(at: number): number {
    const text = this.#text;
    if (text.startsWith("<!--", at)) {
      const end = text.indexOf("--", at + 4);
      return end === -1 || end + 2 >= text.length ? -1 : end + 3;
    }
    if (text.startsWith("<![CDATA[", at)) return behind(text.indexOf("]]>", at + 9), 3);
    const begun = text.slice(at, at + 9);
    if (begun.length < 9 && OPENINGS.some((opening) => opening.startsWith(begun))) return -1;
    throw new XmlRefused("doctype", "a document type or another declaration");
  }

  #characters(end: number): void {
    if (end === this.#position) return;
    const text = this.#text.slice(this.#position, end);
    this.#position = end;
    if (this.#open.length === 0) {
      if (!WHITESPACE_ONLY.test(text)) throw malformed("text outside of the root element");
      return;
    }
    if (text.includes("]]>")) throw malformed("]]> in text");
    checkReferences(text);
    this.#receiver.text(resolveReferences(text));
  }

  #markup(at: number, end: number): void {
    const second = this.#text.charAt(at + 1);
    if (second === "/") this.#end(at, end);
    else if (second !== "!") this.#start(at, end);
    else if (this.#text.startsWith("<!--", at)) {
      if (this.#text.charAt(end - 1) !== ">") throw malformed("a comment is not closed");
      this.#receiver.comment();
    } else {
      if (this.#open.length === 0) throw malformed("a CDATA section outside of the root element");
      if (end - 3 > at + 9) this.#receiver.text(this.#text.slice(at + 9, end - 3));
    }
  }

  #end(at: number, end: number): void {
    const name = this.#match(this.#endTag, at)[1] ?? "";
    if (this.#endTag.lastIndex !== end) throw malformed("a tag is not well-formed");
    if (this.#open.pop() !== name) throw malformed("elements overlap");
    this.#receiver.end(name);
  }

  #start(at: number, end: number): void {
    const name = this.#match(this.#startTag, at)[1] ?? "";
    if (this.#open.length === 0 && this.#elements > 0) throw malformed("a second root element");
    this.#elements += 1;
    if (this.#elements > this.#limits.elements) {
      throw new XmlRefused("too-many-elements", `more than ${this.#limits.elements} elements`);
    }
    const attributes = this.#attributes(this.#startTag.lastIndex);
    const isEmpty = this.#match(this.#tagEnd, this.#position)[1] === "/";
    if (this.#tagEnd.lastIndex !== end) throw malformed("a tag is not well-formed");
    if (this.#open.length >= this.#limits.depth) {
      throw new XmlRefused("too-deep", `more than ${this.#limits.depth} levels`);
    }
    this.#receiver.start({ name, attributes });
    if (isEmpty) this.#receiver.end(name);
    else this.#open.push(name);
  }

  /** Leaves the position behind the last one. */
  #attributes(from: number): readonly StreamAttribute[] {
    const found: StreamAttribute[] = [];
    this.#position = from;
    for (;;) {
      this.#attribute.lastIndex = this.#position;
      const match = this.#attribute.exec(this.#text);
      if (match === null) return found;
      this.#position = this.#attribute.lastIndex;
      const name = match[1] ?? "";
      const written = (match[2] ?? "").slice(1, -1);
      if (found.some((other) => other.name === name)) throw malformed("an attribute comes twice");
      if (found.length >= this.#limits.attributesPerElement) {
        const detail = `more than ${this.#limits.attributesPerElement} attributes`;
        throw new XmlRefused("too-many-attributes", detail);
      }
      checkReferences(written);
      if (name === "xmlns" || name.startsWith("xmlns:")) checkDeclaration(name, written);
      found.push({ name, value: resolveReferences(written.replaceAll(/[\t\n]/g, " ")) });
    }
  }

  #match(pattern: RegExp, at: number): RegExpExecArray {
    pattern.lastIndex = at;
    const found = pattern.exec(this.#text);
    if (found === null) throw malformed("a tag is not well-formed");
    return found;
  }
}

function behind(at: number, length: number): number {
  return at === -1 ? -1 : at + length;
}
