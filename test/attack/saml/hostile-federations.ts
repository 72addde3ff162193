import { federationText } from "../../fixtures/saml/federation-file.ts";
import { bare, group, KEY, OTHER_KEY, plain, signedByAnother } from "./odd-federations.ts";

export interface HostileFile {
  readonly name: string;
  readonly xml: string | Uint8Array;
  readonly reason: RegExp;
}

const A = "https://a.example/sp";
const MD = "urn:oasis:names:tc:SAML:2.0:metadata";
const DS = "http://www.w3.org/2000/09/xmldsig#";
const declare = (declaration: string): string => group("").replace("<md:", `${declaration}<md:`);
const attributes = (text: string): string => group(bare(A, `<md:Extensions ${text}/>`));
const utf16 = (text: string): Uint8Array => Buffer.from(`\ufeff${text}`, "utf16le");
const text = (inner: string): string => group(bare(A, `<md:Extensions>${inner}</md:Extensions>`));

/** Refused whatever certificate is pinned, or none. */
export const HOSTILE: readonly HostileFile[] = [
  { name: "nothing", xml: "", reason: /no element/ },
  { name: "a page of the web", xml: "<html><body/></html>", reason: /does not begin with an Entit/ },
  {
    name: "the right names of another namespace",
    xml: group("").replace(MD, "urn:x"),
    reason: /does not begin/,
  },
  {
    name: "an identity provider's role as the root",
    xml: `<IDPSSODescriptor xmlns="${MD}"/>`,
    reason: /does not begin/,
  },
  { name: "a document type", xml: declare("<!DOCTYPE x>"), reason: /^doctype/ },
  { name: "a document type in small letters", xml: declare("<!doctype x>"), reason: /^doctype/ },
  {
    name: "an entity that is declared and used",
    xml: `<!DOCTYPE x [<!ENTITY e "boom">]>${text("&e;")}`,
    reason: /^doctype/,
  },
  {
    name: "a document type behind a thousand comments",
    xml: declare(`${"<!-- -->".repeat(1_000)}<!DOCTYPE x>`),
    reason: /^doctype/,
  },
  { name: "a document type within the root", xml: group("<!DOCTYPE x>"), reason: /^doctype/ },
  { name: "an entity that nobody declared", xml: text("&nbsp;"), reason: /unknown entity/ },
  { name: "a bare ampersand", xml: text("a & b"), reason: /bare &/ },
  { name: "a reference to a character that is none", xml: text("&#0;"), reason: /^forbidden-character/ },
  { name: "a reference to half a character", xml: text("&#xD800;"), reason: /^forbidden-character/ },
  { name: "a control character", xml: text("\u0001"), reason: /^forbidden-character/ },
  { name: "a processing instruction", xml: group("<?x y?>"), reason: /^processing-instruction/ },
  {
    name: "a stylesheet before the root",
    xml: `<?xml-stylesheet href="x"?>${group("")}`,
    reason: /^processing-instruction/,
  },
  {
    name: "a second XML declaration",
    xml: group('<?xml version="1.0"?>'),
    reason: /^processing-instruction/,
  },
  { name: "XML 1.1", xml: `<?xml version="1.1"?>${group("")}`, reason: /not one of XML 1\.0/ },
  {
    name: "another encoding by its name",
    xml: `<?xml version="1.0" encoding="ISO-8859-1"?>${group("")}`,
    reason: /^not-utf8/,
  },
  { name: "UTF-16", xml: utf16(group("")), reason: /^not-utf8/ },
  {
    name: "bytes that are no UTF-8",
    xml: Buffer.concat([Buffer.from(group("")), Buffer.from([0xc0, 0xaf])]),
    reason: /^not-utf8/,
  },
  {
    name: "a character that is cut off at the end",
    xml: Buffer.concat([Buffer.from(group("")), Buffer.from([0xc3])]),
    reason: /^not-utf8/,
  },
  { name: "elements that overlap", xml: group("<a><b></a></b>"), reason: /overlap/ },
  { name: "an end tag too many", xml: `${group("")}</md:EntitiesDescriptor>`, reason: /overlap/ },
  {
    name: "an end tag too few",
    xml: `<md:EntitiesDescriptor xmlns:md="${MD}">${bare(A)}`,
    reason: /not closed/,
  },
  {
    name: "an end in the middle of a tag",
    xml: `<md:EntitiesDescriptor xmlns:md="${MD}"><md:Ent`,
    reason: /middle of a tag/,
  },
  {
    name: "an end in the middle of a comment",
    xml: `<md:EntitiesDescriptor xmlns:md="${MD}"><!-- `,
    reason: /middle of a tag/,
  },
  { name: "a second root", xml: group("") + group(bare(A)), reason: /second root/ },
  { name: "text behind the root", xml: `${group("")}x`, reason: /outside of the root/ },
  {
    name: "a CDATA section outside of the root",
    xml: `<![CDATA[x]]>${group("")}`,
    reason: /outside of the root/,
  },
  { name: "an attribute twice", xml: attributes('a="1" a="2"'), reason: /comes twice/ },
  {
    name: "an attribute twice under two prefixes",
    xml: attributes('xmlns:a="urn:x" xmlns:b="urn:x" a:c="1" b:c="2"'),
    reason: /comes twice under/,
  },
  { name: "an attribute without quotes", xml: attributes("a=1"), reason: /not well-formed/ },
  { name: "a tag within a value", xml: attributes('a="<b>"'), reason: /not well-formed/ },
  { name: "a prefix that is not declared", xml: group("<x:y/>"), reason: /not declared/ },
  {
    name: "a prefix that is declared beside it only",
    xml: group('<x:y xmlns:x="urn:x"/><x:z/>'),
    reason: /not declared/,
  },
  { name: "the prefix xml as something else", xml: attributes('xmlns:xml="urn:x"'), reason: /^namespace/ },
  { name: "a prefix of nothing", xml: attributes('xmlns:a=""'), reason: /^namespace/ },
  { name: "a relative namespace", xml: attributes('xmlns:a="x"'), reason: /absolute URI/ },
  { name: "]]> in text", xml: text("]]>"), reason: /\]\]> in text/ },
  { name: "-- in a comment", xml: group("<!-- a -- b -->"), reason: /comment is not closed/ },
  { name: "a thousand levels", xml: group("<a>".repeat(1_000) + "</a>".repeat(1_000)), reason: /^too-deep/ },
  { name: "a thousand groups", xml: group("<md:EntitiesDescriptor>".repeat(1_000)), reason: /^too-deep/ },
  {
    name: "a hundred attributes",
    xml: attributes(Array.from({ length: 100 }, (_, index) => `a${index}="1"`).join(" ")),
    reason: /^too-many-attributes/,
  },
  {
    name: "a thousand prefixes at one place",
    xml: group(
      Array.from(
        { length: 20 },
        (_, level) =>
          `<a ${Array.from({ length: 50 }, (_, index) => `xmlns:p${level}x${index}="urn:x"`).join(" ")}>`,
      ).join(""),
    ),
    reason: /^too-many-namespaces/,
  },
  { name: "a name that does not end", xml: `<${"a".repeat(1_100_000)}`, reason: /^too-large/ },
  { name: "a value that does not end", xml: `<a b="${"x".repeat(1_100_000)}`, reason: /^too-large/ },
  { name: "a comment that does not end", xml: group(`<!--${"x".repeat(1_100_000)}`), reason: /^too-large/ },
  {
    name: "a text that does not end",
    xml: text("x".repeat(1_200_000)),
    reason: /^too-large/,
  },
];

const signed = federationText([plain(A)], { key: KEY.privateKey });
const signature = /<ds:Signature .*<\/ds:Signature>/.exec(signed)?.[0] ?? "";
const unsigned = signed.replace(signature, "");
const evil = plain("https://evil.example/sp");
const end = "</md:EntitiesDescriptor>";

/** Refused where the certificate is pinned that the honest one of them is signed with. */
export const FORGED: readonly HostileFile[] = [
  { name: "no signature", xml: unsigned, reason: /first child is not its Signature/ },
  { name: "an empty root", xml: group(""), reason: /no Signature/ },
  {
    name: "a signature of another key",
    xml: federationText([plain(A)], { key: OTHER_KEY.privateKey }),
    reason: /does not fit any registered key/,
  },
  {
    name: "one letter changed",
    xml: signed.replace("a.example/sp/acs", "b.example/sp/acs"),
    reason: /changed after/,
  },
  { name: "one entity more", xml: signed.replace(end, evil + end), reason: /changed after/ },
  {
    name: "one entity before the signature",
    xml: signed.replace(signature, evil + signature),
    reason: /first child/,
  },
  {
    name: "one entity less",
    xml: signed.replace(/<md:EntityDescriptor.*<\/md:EntityDescriptor>/, ""),
    reason: /changed after/,
  },
  {
    name: "the signed root wrapped in another one",
    xml: group(signed.replace(/^<\?xml.*\n/, "") + evil),
    reason: /first child/,
  },
  {
    name: "the signature taken to another root",
    xml: signed.replace('ID="_federation"', 'ID="_other"'),
    reason: /does not name the message by its ID/,
  },
  {
    name: "a root without ID",
    xml: signed.replace(' ID="_federation"', ""),
    reason: /does not name the message by its ID/,
  },
  {
    name: "a second signature behind the first",
    xml: signed.replace(signature, signature + signature),
    reason: /second Signature/,
  },
  {
    name: "an entity hidden in the signature",
    xml: signed.replace("</ds:Signature>", `<ds:Object>${evil}</ds:Object></ds:Signature>`),
    reason: /^signature-shape/,
  },
  {
    name: "an entity hidden in the key's description",
    xml: signed
      .replace("</ds:Signature>", `<ds:KeyInfo>${evil}</ds:KeyInfo></ds:Signature>`)
      .replace(plain(A), ""),
    reason: /changed after/,
  },
  { name: "the digest of what was changed", xml: resealed(), reason: /does not fit any registered key/ },
  {
    name: "a comment in the digest",
    xml: signed.replace(/(<ds:DigestValue>)/, "$1<!--x-->"),
    reason: /^comment-in-text/,
  },
  {
    name: "inclusive canonicalisation",
    xml: signed.replaceAll(
      "http://www.w3.org/2001/10/xml-exc-c14n#",
      "http://www.w3.org/TR/2001/REC-xml-c14n-20010315",
    ),
    reason: /^signature-algorithm/,
  },
  {
    name: "SHA-1",
    xml: signed.replace("http://www.w3.org/2001/04/xmldsig-more#rsa-sha256", `${DS}rsa-sha1`),
    reason: /^signature-algorithm/,
  },
  {
    name: "HMAC with the public key",
    xml: signed.replace(
      "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
      "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256",
    ),
    reason: /^signature-algorithm/,
  },
  {
    name: "a digest of the whole document",
    xml: signed.replace('URI="#_federation"', 'URI=""'),
    reason: /does not name/,
  },
  {
    name: "an XPath transform",
    xml: signed.replace(`${DS}enveloped-signature`, "http://www.w3.org/TR/1999/REC-xpath-19991116"),
    reason: /transforms are not/,
  },
  {
    name: "two references",
    xml: signed.replace(/(<ds:Reference .*<\/ds:Reference>)/, "$1$1"),
    reason: /one Reference/,
  },
  {
    name: "a signature of another namespace",
    xml: signed.replace(`<ds:Signature xmlns:ds="${DS}"`, '<ds:Signature xmlns:ds="urn:x"'),
    reason: /first child/,
  },
  { name: "the end cut off", xml: signed.slice(0, -end.length), reason: /not closed/ },
  { name: "the signature alone", xml: signature, reason: /first child|no Signature|^signature-shape/ },
  {
    name: "a signature as long as a book",
    xml: signed.replace(
      "</ds:Signature>",
      `<ds:KeyInfo>${"<ds:KeyName>x</ds:KeyName>".repeat(4_000)}</ds:KeyInfo></ds:Signature>`,
    ),
    reason: /too long/,
  },
  {
    name: "text before the signature that was not signed",
    xml: signed.replace(signature, ` ${signature}`),
    reason: /changed after/,
  },
  {
    name: "the signed entity of another signature",
    xml: signedByAnother(group(bare(A), ' ID="_1"')).replace(end, bare("https://evil.example") + end),
    reason: /changed after/,
  },
];

/** The digest fits what was changed, and the signature does not fit the digest. */
function resealed(): string {
  const changed = federationText([evil], { key: OTHER_KEY.privateKey });
  const value = /<ds:SignatureValue>.*<\/ds:SignatureValue>/;
  return changed.replace(value, value.exec(signed)?.[0] ?? "");
}
