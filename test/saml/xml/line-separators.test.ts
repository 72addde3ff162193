import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { decodeXml, MESSAGE_LIMITS, METADATA_LIMITS, passGate } from "../../../src/saml/xml/gate.ts";
import { XmlRefused } from "../../../src/saml/xml/xml-refused.ts";

const SEPARATORS = ["\u2028", "\u2029"];

describe("raw line and paragraph separators", () => {
  for (const separator of SEPARATORS) {
    const name = `U+${separator.charCodeAt(0).toString(16)}`;
    const bytes = Buffer.from(`<a b="${separator}">x${separator}y</a>`);

    test(`${name} in a message is refused before a parser sees it`, () => {
      assert.throws(
        () => decodeXml(bytes, MESSAGE_LIMITS),
        (error: unknown) => error instanceof XmlRefused && error.reason === "forbidden-character",
      );
    });

    test(`${name} in a metadata file becomes a reference and passes`, () => {
      const text = decodeXml(bytes, METADATA_LIMITS);
      assert.equal(text.includes(separator), false);
      assert.equal(passGate(text, METADATA_LIMITS), 1);
    });
  }

  test("a message that has them as references passes", () => {
    const text = decodeXml(Buffer.from("<a>x&#x2028;y&#x2029;</a>"), MESSAGE_LIMITS);
    assert.equal(passGate(text, MESSAGE_LIMITS), 1);
  });
});
