import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { strictBase64 } from "../../src/saml/xml/base64.ts";
import { isSameEndpoint } from "../../src/saml/message-header.ts";
import { isIdentity } from "../../src/saml/name-identifier.ts";
import { isWebAddress } from "../../src/saml/reply-address.ts";
import { xsBoolean, xsDateTime, xsId, xsUnsignedShort } from "../../src/saml/xml-values.ts";

describe("the simple types of XML Schema", () => {
  for (const [text, expected] of [
    ["true", true],
    ["1", true],
    ["false", false],
    ["0", false],
    ["\n true\t", true],
    ["TRUE", undefined],
    ["True", undefined],
    ["yes", undefined],
    ["", undefined],
    ["01", undefined],
    ["\u00a0true", undefined],
  ] as const) {
    test(`the boolean ${JSON.stringify(text)} is ${expected}`, () => {
      assert.equal(xsBoolean(text), expected);
    });
  }

  for (const [text, expected] of [
    ["2026-03-04T12:00:00Z", "2026-03-04T12:00:00.000Z"],
    ["2026-03-04T12:00:00", "2026-03-04T12:00:00.000Z"],
    ["2026-03-04T12:00:00.5Z", "2026-03-04T12:00:00.500Z"],
    ["2026-03-04T12:00:00.123456789Z", "2026-03-04T12:00:00.123Z"],
    ["2026-03-04T12:00:00-05:30", "2026-03-04T17:30:00.000Z"],
    ["2024-02-29T00:00:00Z", "2024-02-29T00:00:00.000Z"],
    ["2025-02-29T00:00:00Z", undefined],
    ["2026-13-01T00:00:00Z", undefined],
    ["2026-03-04T25:00:00Z", undefined],
    ["2026-03-04 12:00:00Z", undefined],
    ["2026-03-04", undefined],
    ["12026-03-04T12:00:00Z", undefined],
    ["2026-03-04T12:00:00z", undefined],
    ["2026-03-04T12:00:00+99:99", undefined],
  ] as const) {
    test(`the time ${text} is ${expected}`, () => {
      const ms = xsDateTime(text);
      assert.equal(ms === undefined ? undefined : new Date(ms).toISOString(), expected);
    });
  }

  for (const [text, expected] of [
    ["0", 0],
    ["65535", 65_535],
    ["65536", undefined],
    ["+7", 7],
    ["-1", undefined],
    ["1.0", undefined],
    ["1e3", undefined],
    ["", undefined],
  ] as const) {
    test(`the index ${JSON.stringify(text)} is ${expected}`, () => {
      assert.equal(xsUnsignedShort(text), expected);
    });
  }

  for (const [text, isName] of [
    ["_a", true],
    ["a-b.c_1", true],
    ["Ünïcode", true],
    ["1a", false],
    ["a:b", false],
    ["a b", false],
    ["", false],
    ["'a'", false],
    ["a".repeat(257), false],
  ] as const) {
    test(`${JSON.stringify(text.slice(0, 10))} of ${text.length} ${isName ? "is" : "is not"} an ID`, () => {
      assert.equal(xsId(text) !== undefined, isName);
    });
  }
});

describe("SA-23 one strict base64", () => {
  for (const [text, strict, withLineEnds] of [
    ["QUJD", "ABC", "ABC"],
    ["QUI=", "AB", "AB"],
    ["QQ==", "A", "A"],
    ["", "", ""],
    ["QU\r\nJD", undefined, "ABC"],
    [" QU JD\t", undefined, "ABC"],
    ["QUI", undefined, undefined],
    ["QQ=", undefined, undefined],
    ["QR==", undefined, undefined],
    ["Q===", undefined, undefined],
    ["=QUI", undefined, undefined],
    ["QU-_", undefined, undefined],
    ["QU=JQUJD", undefined, undefined],
    ["QUJD\u00a0", undefined, undefined],
    ["QUJD\u0000", undefined, undefined],
  ] as const) {
    test(`${JSON.stringify(text)} is ${strict ?? "refused"}, with line ends ${withLineEnds ?? "refused"}`, () => {
      assert.equal(strictBase64(text, "without")?.toString(), strict);
      assert.equal(strictBase64(text, "with-line-ends")?.toString(), withLineEnds);
    });
  }
});

describe("B15 one endpoint under several spellings", () => {
  for (const [destination, endpoint, isSame] of [
    ["https://idp.example/saml/sso", "https://idp.example/saml/sso", true],
    ["https://idp.example:443/saml/sso", "https://idp.example/saml/sso", true],
    ["HTTPS://IDP.example/saml/sso", "https://idp.example/saml/sso", true],
    ["http://localhost:4000/saml/sso", "http://localhost:4000/saml/sso", true],
    ["http://idp.example:443/saml/sso", "https://idp.example/saml/sso", false],
    ["https://idp.example:80/saml/sso", "https://idp.example/saml/sso", false],
    ["https://idp.example/saml/sso/", "https://idp.example/saml/sso", false],
    ["https://idp.example/SAML/sso", "https://idp.example/saml/sso", false],
    ["https://idp.example/saml/sso?", "https://idp.example/saml/sso", false],
    ["https://idp.example/saml/sso#", "https://idp.example/saml/sso", false],
    ["https://idp.example\\saml\\sso", "https://idp.example/saml/sso", false],
    [" https://idp.example/saml/sso", "https://idp.example/saml/sso", false],
    ["https://idp.example.evil.test/saml/sso", "https://idp.example/saml/sso", false],
    ["https://x@idp.example/saml/sso", "https://idp.example/saml/sso", false],
  ] as const) {
    test(`${destination} ${isSame ? "is" : "is not"} ${endpoint}`, () => {
      assert.equal(isSameEndpoint(destination, endpoint), isSame);
    });
  }
});

describe("addresses and identities", () => {
  test("a web address is absolute, http or https, without user name, fragment or white space", () => {
    for (const good of ["https://a.example/", "http://localhost:1/x?y=z", "https://[::1]/x"])
      assert.ok(isWebAddress(good));
    for (const bad of [
      "javascript:1",
      "https://a b/",
      "https://u@a.example/",
      "https://a.example/#",
      "https:a.example",
      "https://",
    ]) {
      assert.ok(!isWebAddress(bad), bad);
    }
  });

  test("SA-12 an identity is whole and visible", () => {
    for (const good of ["alice", "alice@example.org", "Ålice Ex", "_a1"]) assert.ok(isIdentity(good));
    for (const bad of [
      "",
      " a",
      "a ",
      "a\n",
      "a\u0000",
      "a\u202eb",
      "\ufeffa",
      "a\u200bb",
      "a\u2028b",
      "a".repeat(1025),
    ]) {
      assert.ok(!isIdentity(bad), JSON.stringify(bad));
    }
  });
});
