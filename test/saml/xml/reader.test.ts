import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { attribute, childNamed, childrenNamed, everyElement } from "../../../src/saml/xml/element.ts";
import { decodeXml, MESSAGE_LIMITS, METADATA_LIMITS, passGate } from "../../../src/saml/xml/gate.ts";
import { readMessage, readMetadataFile } from "../../../src/saml/xml/reader.ts";
import { serializeElement } from "../../../src/saml/xml/serialize-element.ts";
import { XmlRefused } from "../../../src/saml/xml/xml-refused.ts";

const message = (xml: string) => readMessage(Buffer.from(xml)).root;
const file = (xml: string) => readMetadataFile(Buffer.from(xml)).root;

function reasonOf(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    assert.ok(error instanceof XmlRefused, String(error));
    return error.reason;
  }
  assert.fail("it was read");
}

describe("a message is read as values", () => {
  test("elements are found by namespace and local name, whatever their prefix", () => {
    const root = message(
      '<a:x xmlns:a="urn:1"><b:y xmlns:b="urn:2">one</b:y><y>two</y><a:y>three</a:y></a:x>',
    );
    assert.deepEqual(
      childrenNamed(root, "urn:2", "y").map(({ text }) => text),
      ["one"],
    );
    assert.equal(childNamed(root, "", "y")?.text, "two");
    assert.equal(childNamed(root, "urn:1", "y")?.text, "three");
  });

  test("a default namespace is the element's and not the attribute's", () => {
    const root = message('<x xmlns="urn:1" y="2"/>');
    assert.equal(root.namespace, "urn:1");
    assert.equal(attribute(root, "y"), "2");
    assert.equal(attribute(root, "y", "urn:1"), undefined);
  });

  test("references and characters beyond the first plane come out whole", () => {
    const root = message('<x a="&quot;&#x1F600;&#10;">&lt;&amp;&gt;&apos;é𝒳&#233;</x>');
    assert.equal(root.text, "<&>'é𝒳é");
    assert.equal(attribute(root, "a"), '"\u{1F600}\n');
  });

  test("line ends are those of XML 1.0: U+0085 and U+2028 stay what they are", () => {
    assert.equal(message("<x>a\r\nb\rc\u0085d\u2028e</x>").text, "a\nb\nc\u0085d\u2028e");
  });

  test("an element with children has no text, and an empty one has empty text", () => {
    const root = message("<x> <y/> </x>");
    assert.equal(root.text, undefined);
    assert.equal(root.children[0]?.text, "");
  });

  test("every element is walked in document order", () => {
    const names = [...everyElement(message("<a><b><c/></b><d/></a>"))].map(({ localName }) => localName);
    assert.deepEqual(names, ["a", "b", "c", "d"]);
  });
});

describe("a metadata file is read more kindly", () => {
  test("a byte order mark, CDATA and comments between elements are read, and lines are counted", () => {
    const root = file('\ufeff<?xml version="1.0"?>\n<x>\n<!-- c -->\n<y><![CDATA[<&]]></y>\n</x>');
    assert.equal(root.children[0]?.text, "<&");
    assert.equal(root.children[0].line, 4);
  });

  test("a value with a comment in it has no text, and is not cut at it", () => {
    assert.equal(file("<x>admin<!-- -->.evil</x>").text, undefined);
  });

  test("a DOCTYPE is refused there as well", () => {
    assert.equal(
      reasonOf(() => file("<!DOCTYPE x><x/>")),
      "doctype",
    );
  });

  test("an element as a document of its own reads the same again", () => {
    const xml =
      '<a:x xmlns:a="urn:1" xmlns:q="urn:3" b="&lt;&#10;&quot;" q:c="d" xml:lang="en"><y>&lt;&amp;]]&gt;</y><a:z/></a:x>';
    const root = file(xml);
    const again = file(serializeElement(root));
    const bare = (element: typeof root) =>
      JSON.stringify(element, (key, value: unknown) => (key === "line" ? 0 : value));
    assert.equal(bare(again), bare(root));
  });
});

describe("SA-24 what a stranger's document may cost", () => {
  const bounds: readonly (readonly [string, string, string])[] = [
    ["elements", `<x>${"<y/>".repeat(499)}</x>`, `<x>${"<y/>".repeat(500)}</x>`],
    ["levels", "<x>".repeat(32) + "</x>".repeat(32), "<x>".repeat(33) + "</x>".repeat(33)],
    ["attributes", `<x ${attributes(32)}/>`, `<x ${attributes(33)}/>`],
  ];
  for (const [name, most, tooMany] of bounds) {
    test(`${name}: the last one that is allowed is read, the next one refused`, () => {
      assert.equal(message(most).localName, "x");
      assert.match(
        reasonOf(() => message(tooMany)),
        /^too-/,
      );
    });
  }

  for (const [name, hostile] of [
    ["100,000 elements", `<x>${"<y/>".repeat(100_000)}</x>`],
    ["depth 5,000", "<x>".repeat(5_000)],
    ["10,000 attributes", `<x ${attributes(10_000)}/>`],
    [
      "3,000 namespaces",
      `<x>${Array.from({ length: 3_000 }, (_, n) => `<y xmlns:a${n}="urn:x"/>`).join("")}</x>`,
    ],
    ["5 MB of text", `<x>${"y".repeat(5_000_000)}</x>`],
    ["a name of 60,000 letters", `<${"x".repeat(60_000)}`],
    ["60,000 spaces in a tag", `<x${" ".repeat(60_000)}y`],
    ["60,000 ampersands", `<x>${"&".repeat(60_000)}</x>`],
    ["30,000 comment ends", `<x><!--${"->".repeat(30_000)}</x>`],
    ["20,000 open comments", "<x>" + "<!-- -->".repeat(8_000)],
  ] as const) {
    test(`${name}: refused, and not slowly`, () => {
      const startedMs = process.cpuUsage();
      reasonOf(() => message(hostile));
      const { user, system } = process.cpuUsage(startedMs);
      // The event loop may be held for 20 ms; ten times that leaves room for a loaded machine.
      assert.ok(user + system < 200_000, `${user + system} µs`);
    });
  }

  test("the gate counts what the parser builds", () => {
    const text = decodeXml(Buffer.from("<x><y/><!-- <z/> --><y>&#60;z/></y></x>"), MESSAGE_LIMITS);
    assert.equal(passGate(text, MESSAGE_LIMITS), 3);
  });

  test("bytes are counted before they are decoded", () => {
    assert.equal(
      reasonOf(() => decodeXml(Buffer.alloc(METADATA_LIMITS.bytes + 1, 0x20), METADATA_LIMITS)),
      "too-large",
    );
  });
});

function attributes(count: number): string {
  return Array.from({ length: count }, (_, n) => `a${n}=""`).join(" ");
}

describe("the prefix xml", () => {
  const declared = (value: string) => `<x xmlns:xml="${value}"><y xml:lang="en">z</y></x>`;

  test("may be declared as what it stands for anyway", () => {
    const root = message(declared("http://www.w3.org/XML/1998/namespace"));
    const [child] = root.children;
    assert.ok(child !== undefined);
    assert.equal(attribute(child, "lang", "http://www.w3.org/XML/1998/namespace"), "en");
  });

  test("is refused as anything else, and its namespace under another prefix", () => {
    const others = ["urn:1", "", "http://www.w3.org/XML/1998/namespace/", "http://www.w3.org/2000/xmlns/"];
    for (const value of others) {
      assert.equal(
        reasonOf(() => message(declared(value))),
        "namespace",
        value,
      );
    }
    assert.equal(
      reasonOf(() => message('<x xmlns:a="http://www.w3.org/XML/1998/namespace"/>')),
      "namespace",
    );
    assert.equal(
      reasonOf(() => message('<x xmlns="http://www.w3.org/XML/1998/namespace"/>')),
      "namespace",
    );
  });
});
