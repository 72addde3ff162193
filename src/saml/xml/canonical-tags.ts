import type { ParsedAttributes } from "./tree-builder.ts";

/** Exclusive XML Canonicalization 1.0, tag by tag; who keeps the levels decides what is canonicalised. */

/** Prefixes and the namespaces that they stand for. */
export type Scope = ReadonlyMap<string, string>;

/** Around the root nothing is declared. */
export const NOTHING: Scope = new Map<string, string>([]);

/** The prefix that a declaration is about; "" for the default namespace, undefined for an ordinary attribute. */
function declaredPrefix(qualifiedName: string): string | undefined {
  if (qualifiedName === "xmlns") return "";
  return qualifiedName.startsWith("xmlns:") ? qualifiedName.slice(6) : undefined;
}

/** What is declared inside an element: its own declarations over those around it. */
export function declared(outer: Scope, attributes: ParsedAttributes): Scope {
  let own: Map<string, string> | undefined;
  for (let index = 0; index < attributes.length; index += 1) {
    const prefix = declaredPrefix(attributes.getQName(index));
    if (prefix === undefined) continue;
    own ??= new Map(outer);
    own.set(prefix, attributes.getValue(index));
  }
  return own ?? outer;
}

/** The prefix of a name; "" where it has none. */
export function prefixOf(qualifiedName: string): string {
  const colon = qualifiedName.indexOf(":");
  return colon === -1 ? "" : qualifiedName.slice(0, colon);
}

/**
 * The canonical start tag of an element, and what the output has declared from there on. `inclusive` are the prefixes of
 * an InclusiveNamespaces PrefixList.
 */
export function canonicalStart(
  qualifiedName: string,
  attributes: ParsedAttributes,
  inclusive: readonly string[],
  inScope: Scope,
  around: Scope,
): { readonly text: string; readonly rendered: Scope } {
  const wanted = utilized(qualifiedName, attributes, inclusive, inScope);
  const { text, rendered } = declarations(wanted, inScope, around);
  return { text: `<${qualifiedName}${text}${rest(attributes)}>`, rendered };
}

/** Character data in its canonical form. */
export function canonicalText(value: string): string {
  return escaped(value, /[&<>\r]/g);
}

/** The prefixes that the element uses itself or that the PrefixList names (Exclusive Canonicalization 3). */
function utilized(
  qualifiedName: string,
  attributes: ParsedAttributes,
  inclusive: readonly string[],
  inScope: Scope,
): ReadonlySet<string> {
  const prefixes = new Set([prefixOf(qualifiedName)]);
  for (let index = 0; index < attributes.length; index += 1) {
    const name = attributes.getQName(index);
    const prefix = prefixOf(name);
    if (declaredPrefix(name) === undefined && prefix !== "") prefixes.add(prefix);
  }
  for (const listed of inclusive) {
    const prefix = listed === "#default" ? "" : listed;
    if (inScope.has(prefix)) prefixes.add(prefix);
  }
  // Declared for good, so it is never written (Canonical XML 1.0, 2.3).
  prefixes.delete("xml");
  return prefixes;
}

/** The namespace declarations that the output does not have around it yet, sorted by prefix. */
function declarations(wanted: ReadonlySet<string>, inScope: Scope, around: Scope) {
  let text = "";
  let rendered: Map<string, string> | undefined;
  for (const prefix of [...wanted].toSorted(byText)) {
    const uri = inScope.get(prefix) ?? "";
    if (uri === (around.get(prefix) ?? "")) continue;
    rendered ??= new Map(around);
    rendered.set(prefix, uri);
    text += ` ${prefix === "" ? "xmlns" : `xmlns:${prefix}`}="${attributeText(uri)}"`;
  }
  return { text, rendered: rendered ?? around };
}

/** The other attributes, sorted by namespace and local name; those without a namespace first. */
function rest(attributes: ParsedAttributes): string {
  const found: { namespace: string; localName: string; text: string }[] = [];
  for (let index = 0; index < attributes.length; index += 1) {
    const name = attributes.getQName(index);
    if (declaredPrefix(name) !== undefined) continue;
    const namespace = name.includes(":") ? (attributes.getURI(index) ?? "") : "";
    const text = ` ${name}="${attributeText(attributes.getValue(index))}"`;
    found.push({ namespace, localName: attributes.getLocalName(index), text });
  }
  return found
    .toSorted((a, b) => byText(a.namespace, b.namespace) || byText(a.localName, b.localName))
    .map(({ text }) => text)
    .join("");
}

function byText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** The value of an attribute in its canonical form. */
export function attributeText(value: string): string {
  return escaped(value, /[&<"\t\n\r]/g);
}

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "\t": "&#x9;",
  "\n": "&#xA;",
  "\r": "&#xD;",
};

/** Canonical XML 1.0, 1.1: what is escaped, and how. */
function escaped(value: string, characters: RegExp): string {
  return value.replace(characters, (character) => ESCAPES[character] ?? character);
}
