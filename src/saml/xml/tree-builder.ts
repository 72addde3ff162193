import type { XmlAttribute, XmlElement } from "./element.ts";
import { XmlRefused } from "./xml-refused.ts";

/** What the parser hands over of a start tag. */
export interface ParsedAttributes {
  readonly length: number;
  getURI(index: number): string | null | undefined;
  getQName(index: number): string;
  getLocalName(index: number): string;
  getValue(index: number): string;
}

interface OpenElement {
  readonly namespace: string;
  readonly localName: string;
  readonly attributes: readonly XmlAttribute[];
  readonly children: XmlElement[];
  readonly line: number;
  text: string;
  hasComment: boolean;
}

/**
 * Receives the parser's events and builds our own tree from them; no DOM is made. In a message it is stricter than
 * XML: text comes in one piece, and no two elements share an ID.
 */
export class TreeBuilder {
  readonly #isMessage: boolean;
  readonly #open: OpenElement[] = [];
  readonly #ids = new Set<string>();
  #root: XmlElement | undefined;
  #elements = 0;
  /** The parser swallows what its receiver throws, so the first refusal waits here. */
  refused: XmlRefused | undefined;
  /** Set by the parser where lines are counted. */
  locator: { lineNumber?: number } | undefined;

  constructor(isMessage: boolean) {
    this.#isMessage = isMessage;
  }

  /** The tree. Throws what was refused, and where the number of elements is not what the gate counted (SA-13). */
  finish(counted: number): XmlElement {
    if (this.refused !== undefined) throw this.refused;
    if (this.#root === undefined || this.#open.length > 0 || this.#elements !== counted) {
      throw new XmlRefused("not-well-formed", "two readers of the same text disagree");
    }
    return this.#root;
  }

  setDocumentLocator(locator: { lineNumber?: number }): void {
    this.locator = locator;
    this.locator.lineNumber = 0;
  }

  startDocument(): void {}
  endDocument(): void {}
  startPrefixMapping(): void {}
  endPrefixMapping(): void {}
  endCDATA(): void {}

  startElement(
    namespace: string | null | undefined,
    localName: string,
    qualifiedName: string,
    attributes: ParsedAttributes,
  ): void {
    this.#elements += 1;
    const uri = uriOf(namespace);
    if (uri === "" && qualifiedName.includes(":")) this.#refuse("namespace", "a prefix that is not declared");
    this.#open.push({
      namespace: uri,
      localName,
      attributes: this.#attributes(attributes),
      children: [],
      line: this.locator?.lineNumber ?? 0,
      text: "",
      hasComment: false,
    });
  }

  endElement(): void {
    const done = this.#open.pop();
    if (done === undefined) return;
    if (this.#isMessage) this.#refuseMixture(done);
    const { namespace, localName, attributes, children, line, text, hasComment } = done;
    const isPlain = children.length === 0 && !hasComment;
    const element = { namespace, localName, attributes, children, line, text: isPlain ? text : undefined };
    const parent = this.#open.at(-1);
    if (parent === undefined) this.#root = element;
    else parent.children.push(element);
  }

  characters(source: string, start: number, length: number): void {
    const parent = this.#open.at(-1);
    if (parent !== undefined) parent.text += source.substring(start, start + length);
  }

  comment(): void {
    const parent = this.#open.at(-1);
    if (parent !== undefined) parent.hasComment = true;
  }

  startCDATA(): void {
    if (this.#isMessage) this.#refuse("cdata", "a CDATA section in a message");
  }

  processingInstruction(): void {
    if (this.#open.length > 0) this.#refuse("processing-instruction", "a processing instruction");
  }

  startDTD(): void {
    this.#refuse("doctype", "a document type");
  }

  endDTD(): void {}

  #attributes(parsed: ParsedAttributes): readonly XmlAttribute[] {
    const found: XmlAttribute[] = [];
    for (let index = 0; index < parsed.length; index += 1) {
      const qualifiedName = parsed.getQName(index);
      if (qualifiedName === "xmlns" || qualifiedName.startsWith("xmlns:")) continue;
      const isPrefixed = qualifiedName.includes(":");
      // A default namespace is not an attribute's (Namespaces in XML 6.2).
      const namespace = isPrefixed ? uriOf(parsed.getURI(index)) : "";
      const localName = parsed.getLocalName(index);
      const value = parsed.getValue(index);
      if (isPrefixed && namespace === "") this.#refuse("namespace", "a prefix that is not declared");
      // Two prefixes for one namespace make one attribute of two (Namespaces in XML 6.3).
      if (found.some((other) => other.localName === localName && other.namespace === namespace)) {
        this.#refuse("namespace", "an attribute comes twice under two prefixes");
      }
      if (this.#isMessage && localName.toLowerCase() === "id") this.#spendId(value);
      found.push({ namespace, localName, value });
    }
    return found;
  }

  /** A signature names what it covers by ID: two elements with one ID are how another one is read (SA-09d). */
  #spendId(value: string): void {
    if (this.#ids.has(value)) this.#refuse("duplicate-id", "two elements have the same ID");
    this.#ids.add(value);
  }

  /**
   * `admin@example.org<!---->.evil.test` is one value to one reader and another to the next, and canonicalisation
   * drops the comment (SA-10). Between elements a comment is harmless.
   */
  #refuseMixture({ text, children, hasComment }: OpenElement): void {
    const hasText = /[^ \t\r\n]/.test(text);
    if (hasComment && (hasText || children.length === 0)) {
      this.#refuse("comment-in-text", "a comment inside a value");
    }
    if (hasText && children.length > 0) this.#refuse("mixed-content", "text and elements side by side");
  }

  #refuse(reason: XmlRefused["reason"], detail: string): void {
    this.refused ??= new XmlRefused(reason, detail);
  }
}

/** The parser finds prefixes such as `constructor` in every object, and hands over what is no text. */
function uriOf(namespace: string | null | undefined): string {
  return typeof namespace === "string" ? namespace : "";
}
