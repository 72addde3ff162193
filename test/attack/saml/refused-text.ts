import { gzipSync } from "node:zlib";
import { ALICE, type RefusedCase, type Sent, slo, sso, type World } from "./corpus.ts";
import { authnRequest, logoutRequest, postForm, redirectQuery, signed } from "./service-provider.ts";

type Text = (xml: string) => string | Buffer;

/** An unsigned AuthnRequest of mail by POST, whose bytes are changed. */
function posted(change: Text): (world: World) => Sent {
  return ({ mail, id }) => sso("POST", postForm(change(authnRequest(mail, id()))));
}

function text(id: string, name: string, says: RegExp, change: Text): RefusedCase {
  return { id, name, code: "saml.xml", says, send: posted(change) };
}

function size(name: string, says: RegExp, change: Text): RefusedCase {
  return { id: "SA-24", name, code: "saml.too-large", says, send: posted(change) };
}

const inExtensions =
  (content: string): Text =>
  (xml) =>
    xml.replace("</saml:Issuer>", () => `</saml:Issuer><samlp:Extensions>${content}</samlp:Extensions>`);
const inIssuer =
  (change: (issuer: string) => string): Text =>
  (xml) =>
    xml.replace(/(<saml:Issuer>)([^<]*)/, (_, tag: string, issuer: string) => tag + change(issuer));
const before =
  (prolog: string): Text =>
  (xml) =>
    prolog + xml;

const ENTITIES = Array.from(
  { length: 9 },
  (_, index) => `<!ENTITY e${index + 1} "${`&e${index};`.repeat(10)}">`,
);

const parser: readonly RefusedCase[] = [
  text("SA-20", "a DOCTYPE", /document type/, before("<!DOCTYPE samlp:AuthnRequest>")),
  text(
    "B05",
    "nested entities",
    /document type/,
    before(`<!DOCTYPE x [<!ENTITY e0 "x">${ENTITIES.join("")}]>`),
  ),
  text(
    "SA-21",
    "an external entity",
    /document type/,
    before('<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]>'),
  ),
  text(
    "SA-20",
    "an external DTD",
    /document type/,
    before('<!DOCTYPE x SYSTEM "http://evil.example.net/x.dtd">'),
  ),
  text(
    "SA-20",
    "a parameter entity",
    /document type/,
    before('<!DOCTYPE x [<!ENTITY % p SYSTEM "http://x/">%p;]>'),
  ),
  text("SA-20", "an entity declaration without a DOCTYPE", /declaration/, inExtensions('<!ENTITY a "b">')),
  text("SA-20", "a style sheet", /processing instruction/, before('<?xml-stylesheet href="http://x/"?>')),
  text("SA-21", "an entity that nobody declared", /entity/, inExtensions("&xxe;")),
  text("SA-20", "UTF-16 with a byte order mark", /UTF-8/, (xml) => Buffer.from(`\ufeff${xml}`, "utf16le")),
  text("SA-20", "UTF-16 without one", /character/, (xml) => Buffer.from(xml, "utf16le")),
  text("SA-20", "UTF-16 by declaration", /encoding/, before('<?xml version="1.0" encoding="UTF-16"?>')),
  text("SA-20", "UTF-7 by declaration", /encoding/, before('<?xml version="1.0" encoding="UTF-7"?>')),
  text("SA-20", "a byte order mark of UTF-8", /byte order/, before("\ufeff")),
  text("SA-20", "bytes that are not UTF-8", /UTF-8/, (xml) =>
    Buffer.from(xml.replace("Version", "Versi\u00f3n"), "latin1"),
  ),
  text("SA-20", "XML 1.1", /XML 1\.0/, before('<?xml version="1.1"?>')),
  text(
    "SA-12",
    "NUL",
    /character/,
    inIssuer((issuer) => `${issuer}\u0000`),
  ),
  text(
    "SA-12",
    "a reference to NUL",
    /character/,
    inIssuer((issuer) => `${issuer}&#0;`),
  ),
  text(
    "SA-12",
    "a reference to half of a pair",
    /character/,
    inIssuer((issuer) => `${issuer}&#xD800;`),
  ),
  text(
    "SA-12",
    "U+FFFE",
    /character/,
    inIssuer((issuer) => `${issuer}\ufffe`),
  ),
  text(
    "SA-10",
    "a comment inside Issuer",
    /comment/,
    inIssuer((issuer) => `${issuer}<!---->.evil.test`),
  ),
  text(
    "SA-11",
    "a processing instruction inside Issuer",
    /instruction/,
    inIssuer((issuer) => `<?p x?>${issuer}`),
  ),
  text(
    "SA-12",
    "a CDATA section inside Issuer",
    /CDATA/,
    inIssuer((issuer) => `<![CDATA[${issuer}]]>`),
  ),
  text("SA-12", "a CDATA section anywhere", /CDATA/, inExtensions("<x><![CDATA[y]]></x>")),
  text("SA-12", "text beside elements", /side by side/, inExtensions("text<x/>")),
  text("SA-09d", "two elements with one ID", /same ID/, inExtensions('<x ID="twin"/><x ID="twin"/>')),
  text("SA-09d", "an Id that is another one's ID", /same ID/, inExtensions('<x ID="twin"/><x Id="twin"/>')),
  text("SA-09f", "a relative namespace", /absolute/, inExtensions('<x xmlns="relative"/>')),
  text("SA-09g", "a prefix named xmlns", /prefix/, inExtensions('<x xmlns:xmlns="urn:x"/>')),
  text("SA-09g", "a prefix that is taken back", /prefix/, inExtensions('<x xmlns:samlp=""/>')),
  text("SA-09g", "a prefix that is not declared", /./, inExtensions("<nobody:x/>")),
  text(
    "SA-09g",
    "one attribute under two prefixes",
    /two prefixes/,
    inExtensions('<x xmlns:a="urn:x" xmlns:b="urn:x" a:y="1" b:y="2"/>'),
  ),
  text("SA-13", "an attribute twice", /twice/, (xml) =>
    xml.replace(' Version="2.0"', ' Version="2.0" Version="2.0"'),
  ),
  text("SA-13", "an attribute without quotes", /well-formed/, (xml) =>
    xml.replace('Version="2.0"', "Version=2.0"),
  ),
  text("SA-13", "elements that overlap", /overlap/, inExtensions("<a><b></a></b>")),
  text("SA-13", "an element that is not closed", /closed/, (xml) => xml.replace("</samlp:AuthnRequest>", "")),
  text("SA-13", "a second root", /second root/, (xml) => xml + xml.replace(/ ID="[^"]*"/, "")),
  text("SA-13", "text behind the root", /outside/, (xml) => `${xml}text`),
  text("SA-13", "]]> in text", /\]\]>/, inExtensions("]]>")),
  text("SA-13", "-- in a comment", /comment/, inExtensions("<!-- a -- b --><x/>")),
  text("SA-13", "< in an attribute", /well-formed/, (xml) => xml.replace("Version", 'Consent="<" Version')),
  text("SA-13", "no XML at all", /well-formed/, () => "<"),
];

const identities: readonly RefusedCase[] = [
  ["SA-12", "a space behind the NameID", "alice "],
  ["SA-12", "a line feed before the NameID", "\nalice"],
  ["SA-12", "a bidirectional mark in the NameID", "alice\u202e"],
  ["SA-12", "a byte order mark in the NameID", "\ufeffalice"],
  ["SA-12", "an escaped control in the NameID", "ali&#x85;ce"],
  ["SA-12", "an empty NameID", ""],
].map(([id = "", name = "", value = ""]) => ({
  id,
  name,
  code: "saml.malformed",
  says: /NameID is not a plain value/,
  send: ({ wiki, id: next }) =>
    slo(
      "POST",
      postForm(signed(logoutRequest(wiki, next(), { body: ALICE.replace(">alice<", `>${value}<`) }), wiki)),
    ),
}));

/** A comment that is put in afterwards leaves the signature whole, because canonicalisation drops it. */
const afterSigning: readonly RefusedCase[] = [
  ["SA-10", "a comment in a signed NameID", "ali<!---->ce", /comment/],
  ["SA-11", "a processing instruction in a signed NameID", "ali<?x y?>ce", /instruction/],
  ["SA-12", "a CDATA section in a signed NameID", "ali<![CDATA[ce]]>", /CDATA/],
].map(([id, name, value, says]) => ({
  id: String(id),
  name: String(name),
  code: "saml.xml",
  says: says instanceof RegExp ? says : /^$/,
  send: ({ wiki, id: next }) => {
    const xml = signed(logoutRequest(wiki, next(), { body: ALICE }), wiki);
    return slo("POST", postForm(xml.replace(">alice<", `>${String(value)}<`)));
  },
}));

const sizes: readonly RefusedCase[] = [
  size("501 elements", /elements/, inExtensions("<x/>".repeat(500))),
  size("8,000 elements", /bytes|elements/, inExtensions("<x/>".repeat(8_000))),
  size("33 levels", /levels/, inExtensions("<x>".repeat(40) + "</x>".repeat(40))),
  size(
    "33 attributes",
    /attributes/,
    inExtensions(`<x ${Array.from({ length: 33 }, (_, n) => `a${n}=""`).join(" ")}/>`),
  ),
  size(
    "65 namespaces",
    /namespace/,
    inExtensions(Array.from({ length: 65 }, (_, n) => `<x xmlns:p${n}="urn:x"/>`).join("")),
  ),
  size("65 KB of text", /bytes/, inExtensions("x".repeat(65 * 1024))),
  {
    id: "SA-22",
    name: "a small query that unfolds to 2 MB",
    code: "saml.too-large",
    says: /inflated/,
    send: ({ mail, id }) => sso("GET", redirectQuery(`${authnRequest(mail, id())}${" ".repeat(2_000_000)}`)),
  },
  {
    id: "SA-22",
    name: "a small form that unfolds to 2 MB",
    code: "saml.too-large",
    says: /inflated/,
    send: ({ mail, id }) => {
      const query = redirectQuery(`${authnRequest(mail, id())}${" ".repeat(2_000_000)}`);
      return sso("POST", query);
    },
  },
  {
    id: "SA-22",
    name: "a message packed by gzip",
    code: "saml.encoding",
    send: ({ mail, id }) => {
      const value = encodeURIComponent(gzipSync(authnRequest(mail, id())).toString("base64"));
      return sso("GET", `SAMLRequest=${value}`);
    },
  },
];

/** Section 3.2: what a parser might read differently, or pay too much for. */
export const REFUSED_TEXT: readonly RefusedCase[] = [...parser, ...identities, ...afterSigning, ...sizes];
