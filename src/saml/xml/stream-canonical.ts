import { canonicalStart, declared, NOTHING, prefixOf, type Scope } from "./canonical-tags.ts";
import type { StreamAttribute, StreamTag } from "./stream-tokens.ts";
import type { ParsedAttributes } from "./tree-builder.ts";
import { XmlRefused } from "./xml-refused.ts";

const XML = "http://www.w3.org/XML/1998/namespace";
const PREFIXES_IN_SCOPE = 256;

/** A start tag with its names resolved. */
export interface ResolvedTag {
  readonly namespace: string;
  readonly localName: string;
  /** Canonical, from `<` to `>`. */
  readonly text: string;
  /** The value of an attribute without namespace. */
  attribute(localName: string): string | undefined;
  /** Declarations of the output around the element that hold inside it, as attributes: with them it stands alone. */
  readonly inherited: string;
}

interface Level {
  readonly inScope: Scope;
  readonly rendered: Scope;
}

/**
 * Exclusive XML Canonicalization 1.0 without comments, tag by tag, of a document's root: it holds the open elements and
 * nothing else. Throws `XmlRefused` for names that Namespaces in XML does not allow.
 */
export class StreamCanonicalizer {
  readonly #inclusive: readonly string[];
  readonly #levels: Level[] = [];

  /** `inclusive`: the prefixes of an InclusiveNamespaces PrefixList. */
  constructor(inclusive: readonly string[]) {
    this.#inclusive = inclusive;
  }

  get depth(): number {
    return this.#levels.length;
  }

  start({ name, attributes }: StreamTag): ResolvedTag {
    const around = this.#levels.at(-1);
    const tag = new TagNames(attributes, around?.inScope ?? NOTHING);
    const namespace = tag.namespaceOf(name);
    tag.refuseDoubles();
    const outer = around?.rendered ?? NOTHING;
    const { text, rendered } = canonicalStart(name, tag, this.#inclusive, tag.inScope, outer);
    this.#levels.push({ inScope: tag.inScope, rendered });
    return {
      namespace,
      localName: localNameOf(name),
      text,
      attribute: (localName) => attributes.find((each) => each.name === localName)?.value,
      get inherited() {
        return inheritedDeclarations(outer, rendered);
      },
    };
  }

  end(): void {
    this.#levels.pop();
  }

  /** The names of a tag inside the element that is open now, without beginning it. */
  peek({ name, attributes }: StreamTag): { readonly namespace: string; readonly localName: string } {
    const tag = new TagNames(attributes, this.#levels.at(-1)?.inScope ?? NOTHING);
    return { namespace: tag.namespaceOf(name), localName: localNameOf(name) };
  }
}

/** What the output declares around an element and the element has not declared anew. */
function inheritedDeclarations(outer: Scope, rendered: Scope): string {
  let text = "";
  for (const [prefix, uri] of outer) {
    if (uri === "" || rendered.get(prefix) !== uri) continue;
    text += ` ${prefix === "" ? "xmlns" : `xmlns:${prefix}`}="${uri.replaceAll('"', "&quot;")}"`;
  }
  return text;
}

/** A tag's attributes as the canonicaliser asks for them. */
class TagNames implements ParsedAttributes {
  readonly #attributes: readonly StreamAttribute[];
  readonly inScope: Scope;
  readonly length: number;

  constructor(attributes: readonly StreamAttribute[], around: Scope) {
    this.#attributes = attributes;
    this.length = attributes.length;
    this.inScope = declared(around, this);
    if (this.inScope.size > PREFIXES_IN_SCOPE) {
      throw new XmlRefused("too-many-namespaces", `more than ${PREFIXES_IN_SCOPE} prefixes at one place`);
    }
  }

  getQName(index: number): string {
    return this.#attributes[index]?.name ?? "";
  }

  getValue(index: number): string {
    return this.#attributes[index]?.value ?? "";
  }

  getLocalName(index: number): string {
    return localNameOf(this.getQName(index));
  }

  getURI(index: number): string {
    const name = this.getQName(index);
    // A default namespace is not an attribute's (Namespaces in XML 6.2).
    return name.includes(":") ? this.namespaceOf(name) : "";
  }

  /** Throws where the prefix is not declared. */
  namespaceOf(name: string): string {
    const prefix = prefixOf(name);
    const uri = prefix === "xml" ? XML : this.inScope.get(prefix);
    if (uri === undefined && prefix !== "") {
      throw new XmlRefused("namespace", "a prefix that is not declared");
    }
    return uri ?? "";
  }

  /** Two prefixes for one namespace make one attribute of two (Namespaces in XML 6.3). */
  refuseDoubles(): void {
    const prefixed: string[] = [];
    for (const { name } of this.#attributes) {
      if (!name.includes(":") || name.startsWith("xmlns:")) continue;
      const full = `${this.namespaceOf(name)} ${localNameOf(name)}`;
      if (prefixed.includes(full)) {
        throw new XmlRefused("namespace", "an attribute comes twice under two prefixes");
      }
      prefixed.push(full);
    }
  }
}

function localNameOf(name: string): string {
  return name.slice(name.indexOf(":") + 1);
}
