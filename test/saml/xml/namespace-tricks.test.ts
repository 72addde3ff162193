import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { readMessage, readMetadataFile } from "../../../src/saml/xml/reader.ts";
import { XmlRefused } from "../../../src/saml/xml/xml-refused.ts";

const XML = "http://www.w3.org/XML/1998/namespace";
const XMLNS = "http://www.w3.org/2000/xmlns/";

/** The parser looks prefixes up in an object of JavaScript, where some names are there without being declared. */
const REFUSED: readonly (readonly [string, string])[] = [
  ["an undeclared prefix with the name of a member of every object", "<constructor:b/>"],
  ["the same on an attribute", '<a toString:c="1"/>'],
  ["a declared prefix that no object keeps", '<a xmlns:__proto__="urn:1" __proto__:b="1"/>'],
  ["the same on an element", '<__proto__:a xmlns:__proto__="urn:1"/>'],
  ["a second prefix for xml's own namespace", `<a xmlns:x="${XML}" x:id="_1"/>`],
  ["xml's own namespace as the default one", `<a xmlns="${XML}"/>`],
  ["a prefix for the namespace of declarations", `<p:a xmlns:p="${XMLNS}"/>`],
];

describe("SA-09g Namespaces in XML 3 and 5", () => {
  for (const [name, xml] of REFUSED) {
    test(`${name}: refused in a message and in metadata`, () => {
      for (const read of [readMessage, readMetadataFile]) {
        assert.throws(
          () => read(Buffer.from(xml)),
          (error) => error instanceof XmlRefused && error.reason === "namespace",
          xml,
        );
      }
    });
  }

  test("a declared prefix with such a name is read as any other", () => {
    const { root } = readMessage(Buffer.from('<constructor:a xmlns:constructor="urn:1"/>'));
    assert.equal(root.namespace, "urn:1");
  });
});
