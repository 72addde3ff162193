import type { KeyObject } from "node:crypto";
import { DS } from "../namespaces.ts";
import { attributeText, canonicalText } from "./canonical-tags.ts";
import { MESSAGE_LIMITS } from "./gate.ts";
import { readMessage } from "./reader.ts";
import type { StreamTag } from "./stream-tokens.ts";
import { StreamCanonicalizer } from "./stream-canonical.ts";
import { type SignedDigest, verifySignedInfo } from "./verify-signature.ts";
import { XmlRefused } from "./xml-refused.ts";

/**
 * The beginning of a signed document that comes in pieces: the root's start tag and its Signature, which must be the
 * first child (SAML Metadata 2.3.1), because what the signature says about canonicalisation is needed from the first
 * byte on. It is written anew as a small document of its own, and its SignedInfo is proved there.
 */
export class SignedHead {
  readonly #keys: readonly KeyObject[];
  readonly #names = new StreamCanonicalizer([]);
  readonly #written: string[] = [];
  readonly #root: StreamTag;
  /** Text between the root's start tag and the signature, which the signature covers. */
  readonly #around: string[] = [];
  #size = 0;

  constructor(root: StreamTag, keys: readonly KeyObject[]) {
    this.#keys = keys;
    this.#root = root;
    this.#names.start(root);
    this.#write(startTag(root));
  }

  get root(): StreamTag {
    return this.#root;
  }

  get around(): readonly string[] {
    return this.#around;
  }

  start(tag: StreamTag): void {
    const { namespace, localName } = this.#names.start(tag);
    if (this.#names.depth === 2 && (namespace !== DS || localName !== "Signature")) {
      throw shape("the root's first child is not its Signature");
    }
    this.#write(startTag(tag));
  }

  text(value: string): void {
    if (this.#names.depth > 1) this.#write(canonicalText(value));
    else this.#hold(value);
  }

  /** Canonicalisation drops it, and a value that is read with and without it is two values (CVE-2025-29775). */
  comment(): void {
    if (this.#names.depth > 1) throw new XmlRefused("comment-in-text", "a comment inside a signature");
  }

  /** The digest that the signature names, as soon as the signature is whole. Throws `XmlRefused`. */
  end(name: string): SignedDigest | undefined {
    // The root was closed: it has no child at all.
    if (this.#names.depth === 1) throw shape("the root has no Signature");
    this.#names.end();
    this.#write(`</${name}>`);
    if (this.#names.depth > 1) return undefined;
    this.#write(`</${this.#root.name}>`);
    return verifySignedInfo(readMessage(Buffer.from(this.#written.join(""))), this.#keys);
  }

  #write(text: string): void {
    this.#count(text);
    this.#written.push(text);
  }

  #hold(text: string): void {
    this.#count(text);
    this.#around.push(text);
  }

  #count(text: string): void {
    this.#size += text.length;
    if (this.#size > MESSAGE_LIMITS.bytes)
      throw shape("what stands before the end of the signature is too long");
  }
}

/** The tag as it came, with every declaration of its own: what is declared and not used may be named by a PrefixList. */
function startTag({ name, attributes }: StreamTag): string {
  const written = attributes.map((each) => ` ${each.name}="${attributeText(each.value)}"`).join("");
  return `<${name}${written}>`;
}

function shape(detail: string): XmlRefused {
  return new XmlRefused("signature-shape", detail);
}
