import { DS } from "../namespaces.ts";
import { canonicalStart, canonicalText, declared, NOTHING, type Scope } from "./canonical-tags.ts";
import type { ParsedAttributes } from "./tree-builder.ts";

/** Which element is canonicalised, and with which InclusiveNamespaces. */
export interface CanonicalRequest {
  /** The `ID` of the signed element; the gate has made sure that no other element has it. */
  readonly id: string;
  readonly messagePrefixes: readonly string[];
  readonly signedInfoPrefixes: readonly string[];
}

/** The two octet streams of an enveloped signature, as text. */
export interface CanonicalForms {
  /** The element with its Signature taken out. */
  readonly message: string;
  readonly signedInfo: string;
}

interface Level {
  /** Every prefix that is declared here or around, rendered or not. */
  readonly inScope: Scope;
  readonly parts: "message" | "signature" | "signedInfo" | undefined;
  /** The signed element itself: the Signature that is taken out is its child, and no other one (XML Signature 6.6.4). */
  readonly isSigned: boolean;
  /** What the output has declared around this element. */
  readonly rendered: Scope;
}

/**
 * Exclusive XML Canonicalization 1.0 without comments, of a signed element without its Signature and of that
 * Signature's SignedInfo, in one pass over the parser's events: linear in the document, where a tree that is searched by
 * XPath is not (a hostile one of 38 KB cost 110 ms).
 *
 * It need not be trusted to be right. What is read afterwards is its output, and nothing else, and the output must have
 * the signed digest: a mistake in here can refuse a good signature, and cannot make anybody read what was not signed.
 */
export class CanonicalFormsBuilder {
  readonly #request: CanonicalRequest;
  readonly #levels: Level[] = [];
  readonly #message: string[] = [];
  readonly #signedInfo: string[] = [];
  readonly #names: string[] = [];
  /** The parser wants it. */
  locator: undefined;

  constructor(request: CanonicalRequest) {
    this.#request = request;
  }

  finish(): CanonicalForms {
    return { message: this.#message.join(""), signedInfo: this.#signedInfo.join("") };
  }

  startDocument(): void {}
  endDocument(): void {}
  startPrefixMapping(): void {}
  endPrefixMapping(): void {}
  startCDATA(): void {}
  endCDATA(): void {}
  comment(): void {}
  processingInstruction(): void {}

  startElement(
    namespace: string | null | undefined,
    localName: string,
    qualifiedName: string,
    attributes: ParsedAttributes,
  ): void {
    const outer = this.#levels.at(-1);
    const inScope = declared(outer?.inScope ?? NOTHING, attributes);
    const parts = this.#partOf(outer, namespace, localName, attributes);
    this.#names.push(qualifiedName);
    if (parts === undefined || parts === "signature") {
      this.#levels.push({ inScope, parts, isSigned: false, rendered: NOTHING });
      return;
    }
    const around = outer?.parts === parts ? outer.rendered : NOTHING;
    const prefixes = parts === "message" ? this.#request.messagePrefixes : this.#request.signedInfoPrefixes;
    const { text, rendered } = canonicalStart(qualifiedName, attributes, prefixes, inScope, around);
    this.#outputOf(parts).push(text);
    this.#levels.push({ inScope, parts, isSigned: outer?.parts === undefined, rendered });
  }

  endElement(): void {
    const parts = this.#levels.pop()?.parts;
    const name = this.#names.pop() ?? "";
    if (parts === "message" || parts === "signedInfo") this.#outputOf(parts).push("</", name, ">");
  }

  characters(source: string, start: number, length: number): void {
    const parts = this.#levels.at(-1)?.parts;
    if (parts !== "message" && parts !== "signedInfo") return;
    this.#outputOf(parts).push(canonicalText(source.substring(start, start + length)));
  }

  #outputOf(parts: "message" | "signedInfo"): string[] {
    return parts === "message" ? this.#message : this.#signedInfo;
  }

  /**
   * Inside the signed element everything is its own, the signature of a message within it included, but its child
   * Signature; inside that only SignedInfo counts.
   */
  #partOf(
    outer: Level | undefined,
    namespace: string | null | undefined,
    localName: string,
    attributes: ParsedAttributes,
  ): Level["parts"] {
    if (outer?.parts === "signature" && namespace === DS && localName === "SignedInfo") return "signedInfo";
    if (outer?.isSigned === true && namespace === DS && localName === "Signature") return "signature";
    if (outer?.parts !== undefined) return outer.parts;
    return idOf(attributes) === this.#request.id ? "message" : undefined;
  }
}

function idOf(attributes: ParsedAttributes): string | undefined {
  for (let index = 0; index < attributes.length; index += 1) {
    if (attributes.getQName(index) === "ID") return attributes.getValue(index);
  }
  return undefined;
}
