import assert from "node:assert/strict";
import { test } from "node:test";
import {
  concatenated,
  fromStore,
  isXmlText,
  printable,
  serialize,
  serializeBase64,
  XmlCharacterError,
  xml,
} from "../../../src/saml/xml/writer.ts";
import { canonicalised, judgesPresent, temporaryFolder } from "../../fixtures/saml/judges.ts";
import { parsed } from "../../fixtures/saml/reading.ts";

const FORBIDDEN: readonly (readonly [string, string])[] = [
  ["NUL", "a\u0000b"],
  ["a control character", "\u0001"],
  ["a vertical tab", "\u000b"],
  ["a form feed", "\u000c"],
  ["an escape sequence", "\u001b[31m"],
  ["a lone high surrogate", "\ud800"],
  ["a lone high surrogate at the end", "alice\udbff"],
  ["a lone low surrogate", "x\udc00"],
  ["a reversed surrogate pair", "\udc00\ud800"],
  ["U+FFFE", "\ufffe"],
  ["U+FFFF", "\uffff"],
];

for (const [name, value] of FORBIDDEN) {
  test(`SA-73 ${name} is refused in text and in attributes before anything is written`, () => {
    assert.equal(isXmlText(value), false);
    assert.throws(() => xml`<a>${value}</a>`, XmlCharacterError);
    assert.throws(() => xml`<a b="${value}"></a>`, XmlCharacterError);
  });
}

test("the error for a forbidden character does not quote the value, which may be a person's", () => {
  assert.throws(
    () => xml`<a>${"secret\u0000"}</a>`,
    (error) => error instanceof XmlCharacterError && !error.message.includes("secret"),
  );
});

const TEXTS: readonly (readonly [string, string, string])[] = [
  ["markup", "</a><b>", "&lt;/a&gt;&lt;b&gt;"],
  ["an entity", "&amp;", "&amp;amp;"],
  ["the end of a CDATA section", "]]>", "]]&gt;"],
  ["quotes, which text may hold", `"'`, `"'`],
  ["a carriage return", "a\r\nb", "a&#xD;\nb"],
  ["a tab and a line feed, which text keeps", "\t\n", "\t\n"],
];

for (const [name, value, written] of TEXTS) {
  test(`text is written canonical: ${name}`, () => {
    assert.equal(xml`<a>${value}</a>`.canonical, `<a>${written}</a>`);
  });
}

const ATTRIBUTES: readonly (readonly [string, string, string])[] = [
  ["the closing quote", `" c="1`, "&quot; c=&quot;1"],
  ["markup; > may stand", "<b>&", "&lt;b>&amp;"],
  ["white space that a parser would turn into spaces", "\t\n\r", "&#x9;&#xA;&#xD;"],
  ["an apostrophe", "'", "'"],
];

for (const [name, value, written] of ATTRIBUTES) {
  test(`an attribute's value is written canonical: ${name}`, () => {
    assert.equal(xml`<a b="${value}"></a>`.canonical, `<a b="${written}"></a>`);
  });
}

test("SA-73 each of the 65,536 UTF-16 units is written as the standard says, or refused as XML 1.0, 2.2 says", () => {
  const text = new Map([
    ["&", "&amp;"],
    ["<", "&lt;"],
    [">", "&gt;"],
    ["\r", "&#xD;"],
  ]);
  const attribute = new Map([
    ["&", "&amp;"],
    ["<", "&lt;"],
    ['"', "&quot;"],
    ["\t", "&#x9;"],
    ["\n", "&#xA;"],
    ["\r", "&#xD;"],
  ]);
  let refused = 0;
  for (let code = 0; code <= 0xffff; code += 1) {
    const unit = String.fromCharCode(code);
    if ((code < 0x20 && !"\t\n\r".includes(unit)) || (code >= 0xd800 && code <= 0xdfff) || code >= 0xfffe) {
      assert.throws(() => xml`<a>${unit}</a>`, XmlCharacterError);
      refused += 1;
      continue;
    }
    assert.equal(xml`<a>${unit}</a>`.canonical, `<a>${text.get(unit) ?? unit}</a>`);
    assert.equal(xml`<a b="${unit}"></a>`.canonical, `<a b="${attribute.get(unit) ?? unit}"></a>`);
  }
  assert.equal(refused, 29 + 2048 + 2);
});

test("a fragment is put in as it is, undefined writes nothing, and fragments can be joined", () => {
  const inner = concatenated([xml`<b>${"<"}</b>`, xml`<c></c>`]);
  assert.equal(xml`<a>${inner}${undefined}</a>`.canonical, "<a><b>&lt;</b><c></c></a>");
});

test("an object that only looks like a fragment is no markup: strings have no way around the escaping", () => {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what is typed as text may come as anything
  const looksLike = JSON.parse('{"canonical":"<b></b>"}') as string;
  assert.throws(() => xml`<a>${looksLike}</a>`, TypeError);
});

test("U+0085, U+2028 and U+2029 are hashed raw and sent as references", () => {
  const fragment = xml`<a b="${"\u0085"}">${"x\u2028y\u2029"}</a>`;
  assert.equal(fragment.canonical, '<a b="\u0085">x\u2028y\u2029</a>');
  assert.equal(serialize(fragment), '<a b="&#x85;">x&#x2028;y&#x2029;</a>');
});

test("a message is sent in the base64 of its UTF-8, wherever a character beyond ASCII stands in it", () => {
  const wide = xml`<n>${"Zoë 漢😀"}</n>`;
  const fragments = [
    xml`<a b="${"plain"}">${"text & more"}</a>`,
    xml`<a b="${"é"}">${undefined}</a>`,
    xml`<a>${""}</a>`,
    xml`<a>${wide}<b></b></a>`,
    concatenated([xml`<a></a>`, wide]),
    fromStore(wide.canonical),
    fromStore("<a></a>"),
  ];
  for (const fragment of fragments) {
    const sent = Buffer.from(serializeBase64(fragment), "base64").toString("utf8");
    assert.equal(sent, serialize(fragment));
    assert.doesNotMatch(sent, /[\u0085\u2028]/);
  }
});

test("what is sent has the written text as its exclusive canonical form, by xmllint", (t) => {
  if (!judgesPresent(t)) return;
  const value = "&<>\"'\r\n\t]]>\u0085\u2028\u2029\u00a0é漢😀\u007f\u009f\ufeff";
  const fragment = xml`<a:r xmlns:a="urn:a" B="${value}" c="${value}"><a:t>${value}</a:t><b:u xmlns:b="urn:b"></b:u></a:r>`;
  assert.equal(canonicalised(temporaryFolder(t), serialize(fragment)), fragment.canonical);
  assert.equal(parsed(serialize(fragment)).getAttribute("c"), value);
});

test("printable puts a mark in the place of each character that XML cannot carry", () => {
  assert.equal(printable("a\u0000b\ud800c😀"), "a\ufffdb\ufffdc😀");
  assert.equal(printable("<ok>"), "<ok>");
});
