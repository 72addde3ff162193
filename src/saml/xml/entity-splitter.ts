import type { KeyObject } from "node:crypto";
import { DS, MD, SAMLP } from "../namespaces.ts";
import { xsDateTime } from "../xml-values.ts";
import { canonicalText } from "./canonical-tags.ts";
import { RunningDigest } from "./running-digest.ts";
import { SignedHead } from "./signed-head.ts";
import { type ResolvedTag, StreamCanonicalizer } from "./stream-canonical.ts";
import { type StreamLimits, type StreamTag, StreamTokens, type TokenReceiver } from "./stream-tokens.ts";
import { XmlRefused } from "./xml-refused.ts";

/** A federation's file: the largest known ones have 300 MB. */
export const FEDERATION_LIMITS: StreamLimits = {
  bytes: 512 * 1024 * 1024,
  token: 1024 * 1024,
  elements: 20_000_000,
  depth: 64,
  attributesPerElement: 64,
};
/** UTF-16 code units of one entity; a larger one is left out. */
const LARGEST_ENTITY = 1024 * 1024;

/** One EntityDescriptor, cut out. */
export interface CutEntity {
  readonly entityId: string;
  /** A document of its own: exclusive-canonical, with the declarations that it inherits. */
  readonly xml: string;
  /** The earliest of its own and those around it (SAML Metadata 2.3.1); 0 where one of them is no time. */
  readonly validUntilMs: number | undefined;
}

/** What a file of metadata says as a whole. */
export interface SplitSummary {
  /** The earliest validUntil of the root. */
  readonly validUntilMs: number | undefined;
  /** The root's cacheDuration as it is written. */
  readonly cacheDuration: string | undefined;
  /** Entities that are no SAML 2.0 service provider. */
  readonly others: number;
  /** Service providers that are too large. */
  readonly tooLarge: number;
}

interface OpenEntity {
  readonly entityId: string;
  readonly validUntilMs: number | undefined;
  readonly depth: number;
  readonly parts: string[];
  size: number;
  isServiceProvider: boolean;
}

export interface EntitySplitterOptions {
  /** With keys the root must have an enveloped signature of one of them; an empty list fits nothing. */
  readonly keys: readonly KeyObject[] | undefined;
  readonly onEntity: (entity: CutEntity) => void;
  readonly limits?: StreamLimits | undefined;
}

/**
 * Reads metadata of any length piece by piece and hands out each service provider in it, from an EntityDescriptor or an
 * EntitiesDescriptor of any depth (SAML Metadata 2.3). What is handed out is cut from the canonical form, and that is
 * what the digest of the signature is made of: nobody reads anything that was not signed. It only holds what was handed
 * out before `finish` returned: a signature over the whole cannot be known to fit before the whole has come.
 */
export class EntitySplitter implements TokenReceiver {
  readonly #keys: readonly KeyObject[] | undefined;
  readonly #onEntity: (entity: CutEntity) => void;
  readonly #tokens: StreamTokens;
  #canonical = new StreamCanonicalizer([]);
  #head: SignedHead | undefined;
  #digest: RunningDigest | undefined;
  /** validUntil of each EntitiesDescriptor that is open, with those around it; as many as levels where all are groups. */
  readonly #groups: (number | undefined)[] = [];
  #entity: OpenEntity | undefined;
  #summary = { validUntilMs: undefined, cacheDuration: undefined, others: 0, tooLarge: 0 } as {
    -readonly [K in keyof SplitSummary]: SplitSummary[K];
  };

  constructor({ keys, onEntity, limits = FEDERATION_LIMITS }: EntitySplitterOptions) {
    this.#keys = keys;
    this.#onEntity = onEntity;
    this.#tokens = new StreamTokens(this, limits);
  }

  /** As far as it has been read. */
  get summary(): SplitSummary {
    return this.#summary;
  }

  /** Throws `XmlRefused`. */
  write(piece: Uint8Array): void {
    this.#tokens.write(piece);
  }

  /** Call it behind the last piece. Throws `XmlRefused` where the document is not whole or its signature does not fit. */
  finish(): SplitSummary {
    this.#tokens.finish();
    if (this.#keys === undefined) return this.#summary;
    if (this.#digest?.fits() !== true) {
      throw new XmlRefused("signature-invalid", "the file was changed after it was signed");
    }
    return this.#summary;
  }

  start(tag: StreamTag): void {
    if (this.#head !== undefined) this.#head.start(tag);
    else if (this.#keys !== undefined && this.#digest === undefined)
      this.#head = new SignedHead(tag, this.#keys);
    else this.#open(tag);
  }

  text(value: string): void {
    if (this.#head !== undefined) this.#head.text(value);
    else this.#write(canonicalText(value));
  }

  comment(): void {
    this.#head?.comment();
  }

  end(name: string): void {
    if (this.#head !== undefined) this.#endInHead(this.#head, name);
    else this.#close(name);
  }

  /** The signature has been proved: what was held back is read now, as it says. */
  #endInHead(head: SignedHead, name: string): void {
    const signed = head.end(name);
    if (signed === undefined) return;
    this.#head = undefined;
    this.#digest = new RunningDigest(signed);
    this.#canonical = new StreamCanonicalizer(signed.prefixes);
    this.#open(head.root);
    for (const text of head.around) this.text(text);
  }

  #open(tag: StreamTag): void {
    const depth = this.#canonical.depth;
    const resolved = this.#canonical.start(tag);
    if (this.#entity !== undefined) this.#openInEntity(this.#entity, resolved, depth);
    else if (depth === this.#groups.length) this.#openInGroup(resolved, tag.name, depth);
    this.#digestOf(resolved.text);
  }

  #openInGroup(tag: ResolvedTag, name: string, depth: number): void {
    const isGroup = tag.namespace === MD && tag.localName === "EntitiesDescriptor";
    const isEntity = tag.namespace === MD && tag.localName === "EntityDescriptor";
    if (depth === 0) {
      if (!isGroup && !isEntity) {
        throw new XmlRefused("not-well-formed", "it does not begin with an EntitiesDescriptor of SAML 2.0");
      }
      this.#summary.validUntilMs = earlier(undefined, tag.attribute("validUntil"));
      this.#summary.cacheDuration = tag.attribute("cacheDuration");
    }
    // The one that is checked came first: another one would be left out of what is read, and is not of the schema.
    if (this.#digest !== undefined && depth === 1 && tag.namespace === DS && tag.localName === "Signature") {
      throw new XmlRefused("signature-shape", "the root has a second Signature");
    }
    const validUntilMs = earlier(this.#groups.at(-1), tag.attribute("validUntil"));
    if (isGroup) this.#groups.push(validUntilMs);
    if (!isEntity) return;
    const start = `<${name}${tag.inherited}${tag.text.slice(name.length + 1)}`;
    const entityId = tag.attribute("entityID") ?? "";
    this.#entity = {
      entityId,
      validUntilMs,
      depth,
      parts: [start],
      size: start.length,
      isServiceProvider: false,
    };
  }

  #openInEntity(entity: OpenEntity, tag: ResolvedTag, depth: number): void {
    const protocols = tag.attribute("protocolSupportEnumeration") ?? "";
    entity.isServiceProvider ||=
      depth === entity.depth + 1 &&
      tag.namespace === MD &&
      tag.localName === "SPSSODescriptor" &&
      protocols.split(/\s+/).includes(SAMLP);
    this.#keep(entity, tag.text);
  }

  #close(name: string): void {
    this.#canonical.end();
    const text = `</${name}>`;
    const depth = this.#canonical.depth;
    const entity = this.#entity;
    this.#write(text);
    if (entity?.depth === depth) {
      this.#entity = undefined;
      this.#handOut(entity);
    }
    if (depth < this.#groups.length) this.#groups.pop();
  }

  #handOut({ entityId, parts, size, validUntilMs, isServiceProvider }: OpenEntity): void {
    if (!isServiceProvider) this.#summary.others += 1;
    else if (size > LARGEST_ENTITY) this.#summary.tooLarge += 1;
    else this.#onEntity({ entityId, xml: parts.join(""), validUntilMs });
  }

  /** Text or an end tag, in its canonical form. */
  #write(text: string): void {
    if (this.#entity !== undefined) this.#keep(this.#entity, text);
    this.#digestOf(text);
  }

  #keep(entity: OpenEntity, text: string): void {
    entity.size += text.length;
    if (entity.size <= LARGEST_ENTITY) entity.parts.push(text);
    else entity.parts.length = 0;
  }

  #digestOf(text: string): void {
    this.#digest?.add(text);
  }
}

/** The earlier of two ends. What is no time ended long ago: nothing is believed for longer than it says. */
function earlier(outer: number | undefined, written: string | undefined): number | undefined {
  if (written === undefined) return outer;
  return Math.min(outer ?? Number.POSITIVE_INFINITY, xsDateTime(written) ?? 0);
}
