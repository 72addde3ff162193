import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { decodeXml, MESSAGE_LIMITS, METADATA_LIMITS, passGate } from "../../../src/saml/xml/gate.ts";
import { XmlRefused } from "../../../src/saml/xml/xml-refused.ts";

describe("a raw U+2029", () => {
  const bytes = Buffer.from('<a b="\u2029">x\u2029y</a>');

  test("in a message is refused before a parser sees it", () => {
    assert.throws(
      () => decodeXml(bytes, MESSAGE_LIMITS),
      (error: unknown) => error instanceof XmlRefused && error.reason === "forbidden-character",
    );
  });

  test("in a metadata file becomes a reference and passes", () => {
    const text = decodeXml(bytes, METADATA_LIMITS);
    assert.equal(text.includes("\u2029"), false);
    assert.equal(passGate(text, METADATA_LIMITS), 1);
  });

  test("that is written as a reference passes in a message", () => {
    const text = decodeXml(Buffer.from("<a>x&#x2029;y</a>"), MESSAGE_LIMITS);
    assert.equal(passGate(text, MESSAGE_LIMITS), 1);
  });
});
