import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { describe, test } from "node:test";
import { CanonicalFormsBuilder } from "../../../src/saml/xml/canonical-forms.ts";
import { parseInto } from "../../../src/saml/xml/reader.ts";
import { temporaryFolder, writeDocuments } from "../../fixtures/saml/judges.ts";
import { requireOrSkip } from "../../fixtures/programs.ts";

function forms(xml: string, prefixes: readonly string[] = []) {
  const builder = new CanonicalFormsBuilder({
    id: "_1",
    messagePrefixes: prefixes,
    signedInfoPrefixes: prefixes,
  });
  parseInto(xml, builder, false);
  return builder.finish();
}

/** Whole documents without signatures, odd in the ways that canonicalisation is about. */
const DOCUMENTS: readonly string[] = [
  '<m ID="_1"/>',
  '<m ID="_1"><a/>text<b></b></m>',
  "<?xml version='1.0'?>\n<m   b = '2'\n a='1' ID='_1' />\n",
  '<m ID="_1" a="&quot;&lt;&amp;&gt;&apos;&#9;&#10;&#13;"> &lt; &gt; &amp; " \' &#13; </m>',
  '<m ID="_1" a="x\ty\nz">line\r\nend\rend</m>',
  '<p:m xmlns:p="urn:1" xmlns:q="urn:2" ID="_1"><p:a/><q:b/><q:b q:c="d"/></p:m>',
  '<m xmlns="urn:1" ID="_1"><a xmlns=""><b xmlns="urn:2"/></a><c/></m>',
  '<m xmlns="urn:1" ID="_1"><p:a xmlns:p="urn:1"><b/></p:a></m>',
  '<p:m xmlns:p="urn:1" ID="_1"><p:a xmlns:p="urn:2"><p:b xmlns:p="urn:1"/></p:a><p:c/></p:m>',
  '<m xmlns:z="urn:z" xmlns:a="urn:a" ID="_1" z:x="1" a:x="2" x="3" y="4"/>',
  '<m xmlns:a="urn:2" xmlns:b="urn:1" ID="_1" a:k="1" b:k="2"/>',
  '<m xmlns:unused="urn:1" ID="_1"><a xmlns:unused="urn:1" unused:b="c"/></m>',
  '<m xmlns:xml="http://www.w3.org/XML/1998/namespace" ID="_1"><a xml:lang="de"/></m>',
  '<m ID="_1" xml:lang="en" xml:space="preserve"><a xml:lang="de"/></m>',
  '<m xmlns="urn:1" ID="_1"><p:a xmlns:p="urn:2" c="d"><e/></p:a></m>',
  '<m ID="_1">é 𝒳 \u0085 \u2028 &#x85; &#x1F600;</m>',
  '<a:m xmlns:a="urn:1" xmlns:b="urn:1" ID="_1"><b:x/><a:y/><b:z b:w="1"/></a:m>',
  `<m ID="_1">${"<deep>".repeat(20)}${"</deep>".repeat(20)}</m>`,
  '<m ID="_1" B="1" a="2" A="3" _="4"/>',
  '<m xmlns:B="urn:1" xmlns:a="urn:2" xmlns:A="urn:3" ID="_1" a:x="1" B:x="2" A:x="3"/>',
];

describe("the canonical form of a signed element", () => {
  test("is what xmllint makes of the same documents", (t) => {
    if (!requireOrSkip(t, "xmllint")) return;
    for (const [index, path] of writeDocuments(temporaryFolder(t), DOCUMENTS).entries()) {
      const judge = spawnSync("xmllint", ["--exc-c14n", path], { encoding: "utf8" });
      assert.equal(judge.status, 0, judge.stderr);
      assert.equal(forms(DOCUMENTS[index] ?? "").message, judge.stdout, DOCUMENTS[index]);
    }
  });

  test("leaves out the Signature child, comments, and everything around the element", () => {
    const xml =
      '<e xmlns:s="http://www.w3.org/2000/09/xmldsig#" xmlns:u="urn:u"><h/><m ID="_1"><!-- c --><s:Signature><s:SignedInfo><u:x/></s:SignedInfo><s:SignatureValue>v</s:SignatureValue></s:Signature><a/></m></e>';
    const { message, signedInfo } = forms(xml);
    assert.equal(message, '<m ID="_1"><a></a></m>');
    assert.equal(
      signedInfo,
      '<s:SignedInfo xmlns:s="http://www.w3.org/2000/09/xmldsig#"><u:x xmlns:u="urn:u"></u:x></s:SignedInfo>',
    );
  });

  test("declares the prefixes of InclusiveNamespaces where they are in scope, the default one as #default", () => {
    const xml = '<e xmlns="urn:d" xmlns:u="urn:u"><p:m xmlns:p="urn:p" ID="_1"><p:a/></p:m></e>';
    assert.equal(forms(xml).message, '<p:m xmlns:p="urn:p" ID="_1"><p:a></p:a></p:m>');
    assert.equal(
      forms(xml, ["u", "#default", "nobody"]).message,
      '<p:m xmlns="urn:d" xmlns:p="urn:p" xmlns:u="urn:u" ID="_1"><p:a></p:a></p:m>',
    );
  });

  test("is empty where no element has the ID", () => {
    assert.equal(forms('<m ID="_2"/>').message, "");
  });

  test("takes no element by an ID of another namespace or spelling", () => {
    assert.equal(forms('<m xmlns:x="urn:x" x:ID="_1" Id="_1" id="_1"/>').message, "");
  });
});
