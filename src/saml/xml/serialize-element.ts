import type { XmlElement } from "./element.ts";

const XML = "http://www.w3.org/XML/1998/namespace";
const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "\t": "&#x9;",
  "\n": "&#xA;",
  "\r": "&#xD;",
};

/**
 * An element as a document of its own: the same names, attributes and values; prefixes and comments are lost. For
 * keeping one entity out of a file of thousands, never for anything whose bytes are signed.
 */
export function serializeElement(element: XmlElement, outerNamespace = ""): string {
  const declaration =
    element.namespace === outerNamespace ? "" : ` xmlns="${escaped(element.namespace, /[&<"]/g)}"`;
  const attributes = element.attributes.map(({ namespace, localName, value }, index) => {
    const text = escaped(value, /[&<"\t\n\r]/g);
    if (namespace === "") return ` ${localName}="${text}"`;
    if (namespace === XML) return ` xml:${localName}="${text}"`;
    return ` xmlns:a${index}="${escaped(namespace, /[&<"]/g)}" a${index}:${localName}="${text}"`;
  });
  const contents =
    element.text === undefined
      ? element.children.map((child) => serializeElement(child, element.namespace)).join("")
      : escaped(element.text, /[&<>\r]/g);
  return `<${element.localName}${declaration}${attributes.join("")}>${contents}</${element.localName}>`;
}

function escaped(value: string, characters: RegExp): string {
  return value.replace(characters, (character) => ESCAPES[character] ?? character);
}
