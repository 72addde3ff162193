import { generateKeyPairSync } from "node:crypto";
import { SignedXml } from "xml-crypto";
import { selfSignedCertificate } from "../../../src/keys/certificate.ts";
import { federationText, identityProvider, member } from "../../fixtures/saml/federation-file.ts";
import { NOW_MS } from "../../fixtures/saml/installation.ts";

export const KEY = generateKeyPairSync("rsa", { modulusLength: 2048 });
export const OTHER_KEY = generateKeyPairSync("rsa", { modulusLength: 2048 });
export const CERTIFICATE = selfSignedCertificate(
  "RSA-2048",
  KEY.privateKey,
  "federation.example",
  NOW_MS,
  Buffer.alloc(15, 7),
);
const MD = "urn:oasis:names:tc:SAML:2.0:metadata";
const SAMLP = "urn:oasis:names:tc:SAML:2.0:protocol";
const C14N = "http://www.w3.org/2001/10/xml-exc-c14n#";
const A = "https://a.example/sp";
const B = "https://b.example/sp";

export const plain = (entityId: string, more = ""): string =>
  member({ entityId, certificate: CERTIFICATE, more });
/** A service provider in its fewest words, for the tests of what stands around it. */
export const bare = (entityId: string, inner = ""): string =>
  `<md:EntityDescriptor entityID="${entityId}">${inner}<md:SPSSODescriptor protocolSupportEnumeration="${SAMLP}"/></md:EntityDescriptor>`;
export const group = (inner: string, attributes = ""): string =>
  `<md:EntitiesDescriptor xmlns:md="${MD}"${attributes}>${inner}</md:EntitiesDescriptor>`;

/** Signed by a program that nobody here wrote, whose canonicalisation is not ours. */
export function signedByAnother(xml: string, prefixes: readonly string[] = []): string {
  const signer = new SignedXml({
    privateKey: KEY.privateKey.export({ type: "pkcs8", format: "pem" }),
    canonicalizationAlgorithm: C14N,
    signatureAlgorithm: "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
  });
  signer.addReference({
    xpath: "/*",
    transforms: ["http://www.w3.org/2000/09/xmldsig#enveloped-signature", C14N],
    digestAlgorithm: "http://www.w3.org/2001/04/xmlenc#sha256",
    ...(prefixes.length === 0 ? {} : { inclusiveNamespacesPrefixList: [...prefixes] }),
  });
  signer.computeSignature(xml, { location: { reference: "/*", action: "prepend" } });
  return signer.getSignedXml();
}

export interface OddFile {
  readonly name: string;
  readonly xml: string | Uint8Array;
  readonly entityIds: readonly string[];
  /** What one of the cut-out documents must say. */
  readonly says?: RegExp;
  readonly validUntilMs?: number;
}

const nested = (levels: number): string =>
  `${"<md:EntitiesDescriptor>".repeat(levels)}${bare(A)}${"</md:EntitiesDescriptor>".repeat(levels)}`;
const comment = `<!-- <md:EntityDescriptor entityID="https://no.example"> -->`;
const cdata = `<md:Extensions><x xmlns="urn:x"><![CDATA[<md:EntityDescriptor entityID="https://no.example">]]></x></md:Extensions>`;

/** Odd, and as good as any other. */
export const ODD: readonly OddFile[] = [
  { name: "one entity that is the root", xml: bare(A).replace(" ", ` xmlns:md="${MD}" `), entityIds: [A] },
  { name: "two entities in canonical form", xml: group(plain(A) + plain(B)), entityIds: [A, B] },
  { name: "no entity at all", xml: group(""), entityIds: [] },
  { name: "a root that is an empty element", xml: `<EntitiesDescriptor xmlns="${MD}"/>`, entityIds: [] },
  {
    name: "another prefix, declared at the root",
    xml: `<q:EntitiesDescriptor xmlns:q="${MD}">${bare(A).replaceAll("md:", "q:")}</q:EntitiesDescriptor>`,
    entityIds: [A],
    says: /^<q:EntityDescriptor xmlns:q=/,
  },
  {
    name: "no prefix, and the namespace declared at the root",
    xml: `<EntitiesDescriptor xmlns="${MD}">${bare(A).replaceAll("md:", "")}</EntitiesDescriptor>`,
    entityIds: [A],
    says: /^<EntityDescriptor xmlns="urn:oasis/,
  },
  {
    name: "the same prefix for something else inside",
    xml: group(bare(A, '<md:Extensions><md:x xmlns:md="urn:other"/></md:Extensions>')),
    entityIds: [A],
    says: /<md:x xmlns:md="urn:other">/,
  },
  {
    name: "a prefix that is used within a group and declared outside of it",
    xml: `<md:EntitiesDescriptor xmlns:md="${MD}" xmlns:u="urn:u"><md:EntitiesDescriptor>${bare(A, '<md:Extensions><u:v u:w="1"/></md:Extensions>')}</md:EntitiesDescriptor></md:EntitiesDescriptor>`,
    entityIds: [A],
    says: /<u:v xmlns:u="urn:u" u:w="1">/,
  },
  {
    name: "a default namespace that is taken back",
    xml: group(
      bare(A, '<md:Extensions><x xmlns="urn:x"><y xmlns=""><z xmlns="urn:x"/></y></x></md:Extensions>'),
    ),
    entityIds: [A],
    says: /<x xmlns="urn:x"><y xmlns=""><z xmlns="urn:x">/,
  },
  {
    name: "a byte order mark, an XML declaration and white space around the root",
    xml: `\ufeff<?xml version='1.0' encoding='utf-8' standalone="yes" ?>\r\n\r\n${group(bare(A))}\r\n \t\n`,
    entityIds: [A],
  },
  {
    name: "comments that hold tags, before, between and behind",
    xml: `${comment}${group(comment + bare(A, comment) + comment)}${comment}`,
    entityIds: [A],
  },
  {
    name: "a CDATA section that holds a tag",
    xml: group(bare(A, cdata)),
    entityIds: [A],
    says: /&lt;md:EntityDescriptor/,
  },
  { name: "groups within groups", xml: group(nested(20) + bare(B)), entityIds: [A, B] },
  { name: "groups that are empty", xml: group(`<md:EntitiesDescriptor/>${bare(B)}`), entityIds: [B] },
  {
    name: "identity providers and service providers of SAML 1.1 between them",
    xml: group(
      identityProvider("https://idp.example", CERTIFICATE) +
        bare(A) +
        bare(B).replace(SAMLP, "urn:oasis:names:tc:SAML:1.1:protocol"),
    ),
    entityIds: [A],
  },
  {
    name: "both roles in one entity, and two protocols in one role",
    xml: group(
      bare(
        A,
        `<md:IDPSSODescriptor protocolSupportEnumeration="${SAMLP}"/><md:SPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:1.1:protocol\n${SAMLP}"/>`,
      ),
    ),
    entityIds: [A],
  },
  {
    name: "an EntityDescriptor in the extensions, which is none of the federation",
    xml: group(
      `<md:Extensions><x xmlns="urn:x">${bare("https://no.example")}</x></md:Extensions>${bare(A, `<md:Extensions>${bare("https://no.example")}</md:Extensions>`)}`,
    ),
    entityIds: [A],
  },
  {
    name: "attributes in any order, quotes of both kinds, and > in a value",
    xml: group(
      `<md:EntityDescriptor  z='"' a = ">" entityID='${A}'\n><md:SPSSODescriptor\tprotocolSupportEnumeration="${SAMLP}" /></md:EntityDescriptor >`,
    ),
    entityIds: [A],
    says: /a=">" entityID=/,
  },
  {
    name: "references and characters of every length, and line ends of all kinds",
    xml: group(
      bare(
        A,
        '<md:Extensions><x xmlns="urn:x" y="&#9;&quot;&#x1F600;\ttab">é𝒳&#233;&lt;&amp;&gt;\r\nline\rend&#13;\u0085\u2028\u2029</x></md:Extensions>',
      ),
    ),
    entityIds: [A],
    says: /y="&#x9;&quot;😀 tab">é𝒳é&lt;&amp;&gt;\nline\nend&#xD;/,
  },
  {
    name: "xml:lang and xmlns:xml",
    xml: group(
      bare(
        A,
        '<md:Extensions><x xmlns="urn:x" xmlns:xml="http://www.w3.org/XML/1998/namespace" xml:lang="en"/></md:Extensions>',
      ),
    ),
    entityIds: [A],
    says: /<x xmlns="urn:x" xml:lang="en">/,
  },
  {
    name: "the earliest end of all around",
    xml: group(
      `<md:EntitiesDescriptor validUntil="2026-04-01T00:00:00Z">${bare(A).replace(" ", ' validUntil="2026-06-01T00:00:00Z" ')}</md:EntitiesDescriptor>`,
      ' validUntil="2026-05-01T00:00:00Z"',
    ),
    entityIds: [A],
    validUntilMs: Date.parse("2026-04-01T00:00:00Z"),
  },
  {
    name: "an end that is no time is over",
    xml: group(bare(A).replace(" ", ' validUntil="soon" ')),
    entityIds: [A],
    validUntilMs: 0,
  },
  {
    name: "an entity that is too large is left out, and its neighbours are not",
    xml: group(
      bare(A) +
        bare(
          "https://large.example",
          `<md:Extensions>${"<x>".repeat(50)}${"</x>".repeat(50)}</md:Extensions>`.repeat(3_500),
        ) +
        bare(B),
    ),
    entityIds: [A, B],
  },
  {
    name: "a signature that nobody asked for",
    xml: federationText([plain(A)], { key: KEY.privateKey }),
    entityIds: [A],
  },
  {
    name: "a signature of the entity's own",
    xml: group(bare(A, '<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:x/></ds:Signature>')),
    entityIds: [A],
    says: /<ds:Signature/,
  },
];
