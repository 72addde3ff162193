/**
 * An element as the readers see it: a plain value without parents, comments or processing instructions, so that no
 * reader can wander to a part of the document that it was not given.
 */
export interface XmlElement {
  /** Namespace URI; empty for none. */
  readonly namespace: string;
  readonly localName: string;
  readonly attributes: readonly XmlAttribute[];
  readonly children: readonly XmlElement[];
  /** The whole text of an element that holds nothing but text; undefined where anything else stands in it. */
  readonly text: string | undefined;
  /** Line in the file, from 1; 0 where lines were not counted. */
  readonly line: number;
}

export interface XmlAttribute {
  readonly namespace: string;
  readonly localName: string;
  readonly value: string;
}

/** Names are compared by namespace and local name, never by prefix. */
export function isNamed(element: XmlElement, namespace: string, localName: string): boolean {
  return element.localName === localName && element.namespace === namespace;
}

export function childrenNamed(
  parent: XmlElement,
  namespace: string,
  localName: string,
): readonly XmlElement[] {
  return parent.children.filter((child) => isNamed(child, namespace, localName));
}

/** The first child of this name, or undefined. Where a second one would be an attack, use `onlyChild`. */
export function childNamed(parent: XmlElement, namespace: string, localName: string): XmlElement | undefined {
  return parent.children.find((child) => isNamed(child, namespace, localName));
}

/** An attribute without namespace, which is what all of SAML's own are; undefined where it is absent. */
export function attribute(element: XmlElement, localName: string, namespace = ""): string | undefined {
  return element.attributes.find(
    (candidate) => candidate.localName === localName && candidate.namespace === namespace,
  )?.value;
}

/** Every element below and including this one, in document order. */
export function* everyElement(element: XmlElement): Generator<XmlElement> {
  yield element;
  for (const child of element.children) yield* everyElement(child);
}
