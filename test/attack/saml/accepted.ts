import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { deflateRawSync } from "node:zlib";
import { BINDING, NAME_ID } from "../../../src/saml/namespaces.ts";
import { NOW_MS } from "../../fixtures/saml/installation.ts";
import { type AcceptedCase, type Sent, sso, type World } from "./corpus.ts";
import {
  authnRequest,
  certificateFor,
  type Changes,
  ENVELOPED,
  postForm,
  type RedirectChoices,
  redirectQuery,
  type SigningChoices,
  signed,
} from "./service-provider.ts";

type Case = AcceptedCase;
type Expected = Pick<AcceptedCase, "expect" | "wire">;

/** A signed query of wiki. */
function query(
  name: string,
  choices: RedirectChoices,
  change = (raw: string) => raw,
  expected: Expected = {},
): Case {
  const send = ({ wiki, id }: World): Sent =>
    sso("GET", change(redirectQuery(authnRequest(wiki, id()), { key: wiki.privateKey, ...choices })));
  return { name, send, ...expected };
}

const lowerHex = (value: string) =>
  encodeURIComponent(value).replace(/%[\dA-F]{2}/g, (escape) => escape.toLowerCase());
const form = (value: string) => encodeURIComponent(value).replaceAll("%20", "+");
/** As little as possible is escaped. */
const sparse = (value: string) => value.replace(/[%&#+ ]/g, (character) => encodeURIComponent(character));
/** As much as possible is. */
const everything = (value: string) =>
  [...Buffer.from(value)].map((byte) => `%${byte.toString(16).padStart(2, "0").toUpperCase()}`).join("");
const turned = (raw: string) => raw.split("&").toReversed().join("&");

const RELAY = "/wiki/A+B C&x=%2B";

const queries: readonly Case[] = [
  query("a signed query", {}),
  query("B01 percent-encoding in small letters", { escape: lowerHex, relayState: RELAY }, undefined, {
    wire: { relayState: RELAY },
  }),
  query("B19 RelayState with plus, space, ampersand and percent", { relayState: RELAY }, undefined, {
    wire: { relayState: RELAY },
  }),
  query("spaces as plus signs", { escape: form, relayState: RELAY }, undefined, {
    wire: { relayState: RELAY },
  }),
  query("only what must be is escaped", { escape: sparse, relayState: "a/b:c" }, undefined, {
    wire: { relayState: "a/b:c" },
  }),
  query("every octet escaped", { escape: everything, relayState: "ü" }, undefined, {
    wire: { relayState: "ü" },
  }),
  query("parameters in the opposite order", { relayState: "x" }, turned, { wire: { relayState: "x" } }),
  query("a foreign parameter in front", {}, (raw) => `utm_source=mail&${raw}`),
  query("a foreign parameter behind", { relayState: "x" }, (raw) => `${raw}&lang=de`),
  query("a foreign parameter twice", {}, (raw) => `${raw}&lang=de&lang=en`),
  query("an empty pair in the query", {}, (raw) => `${raw}&`),
  query(
    "SAMLEncoding said and not signed",
    {},
    (raw) =>
      `${raw}&SAMLEncoding=${encodeURIComponent("urn:oasis:names:tc:SAML:2.0:bindings:URL-Encoding:DEFLATE")}`,
  ),
  query("an empty RelayState that was signed", { relayState: "" }, undefined, { wire: { relayState: "" } }),
  query("RelayState with markup", { relayState: '"><script>alert(1)</script>' }, undefined, {
    wire: { relayState: '"><script>alert(1)</script>' },
  }),
  query("RelayState of 4,096 bytes", { relayState: "x".repeat(4_096) }),
  query("rsa-sha384", { sigAlg: "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384", hash: "sha384" }),
  query("rsa-sha512", { sigAlg: "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512", hash: "sha512" }),
  {
    name: "an unsigned query where no signature is demanded",
    send: ({ mail, id }) => sso("GET", redirectQuery(authnRequest(mail, id()), { relayState: "x" })),
    wire: { relayState: "x" },
  },
  {
    name: "a message that was deflated without compression",
    send: ({ mail, id }) => {
      const value = deflateRawSync(authnRequest(mail, id()), { level: 0 }).toString("base64");
      return sso("GET", `SAMLRequest=${encodeURIComponent(value)}`);
    },
  },
  {
    name: "an enveloped signature in a query that has none of its own",
    send: ({ wiki, id }) => sso("GET", redirectQuery(signed(authnRequest(wiki, id()), wiki))),
  },
];

function enveloped(name: string, choices: SigningChoices, change = (xml: string) => xml): Case {
  return {
    name,
    send: ({ wiki, id }) => sso("POST", postForm(signed(change(authnRequest(wiki, id())), wiki, choices))),
  };
}

const base64Lines = (form: string, end: string) =>
  form.replace(/SAMLRequest=([^&]*)/, (_, value: string) => {
    const lines = decodeURIComponent(value).replace(/.{76}/g, `$&${end}`);
    return `SAMLRequest=${encodeURIComponent(lines)}`;
  });

const posts: readonly Case[] = [
  enveloped("an enveloped signature", {}),
  enveloped("an enveloped signature by rsa-sha512 over a SHA-512 digest", {
    signatureAlgorithm: "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512",
    digestAlgorithm: "http://www.w3.org/2001/04/xmlenc#sha512",
  }),
  enveloped("InclusiveNamespaces in the transform", { prefixes: ["xs", "saml"] }),
  enveloped("the transforms in the ordinary order", {
    transforms: [ENVELOPED, "http://www.w3.org/2001/10/xml-exc-c14n#"],
  }),
  enveloped("a namespace that nothing uses", {}, (xml) =>
    xml.replace(" ID=", ' xmlns:xs="http://www.w3.org/2001/XMLSchema" ID='),
  ),
  enveloped("signed and pretty-printed", {}, (xml) => xml.replace("<saml:Issuer>", "\n  <saml:Issuer>")),
  enveloped("a comment between elements", {}, (xml) =>
    xml.replace("<saml:Issuer>", "<!-- who --><saml:Issuer>"),
  ),
  enveloped("attributes in another order and quotes", {}, (xml) =>
    xml.replace(/ Version="2\.0"( IssueInstant="[^"]*")/, "$1 Version='2.0'"),
  ),
  {
    name: "a default namespace instead of prefixes",
    send: ({ wiki, id }) => {
      const xml = authnRequest(wiki, id()).replaceAll("samlp:", "").replaceAll("xmlns:samlp", "xmlns");
      return sso("POST", postForm(signed(xml, wiki)));
    },
  },
  {
    name: "prefixes that nobody else uses",
    send: ({ wiki, id }) => {
      const xml = authnRequest(wiki, id()).replaceAll("samlp:", "q:").replace("xmlns:samlp", "xmlns:q");
      return sso("POST", postForm(signed(xml, wiki)));
    },
  },
  {
    name: "a signature with the application's certificate in KeyInfo",
    send: ({ wiki, id }) => {
      const [certificate] = wiki.application.signingCertificates;
      const info = `<ds:KeyInfo><ds:X509Data><ds:X509Certificate>${certificate}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>`;
      const xml = signed(authnRequest(wiki, id()), wiki);
      return sso("POST", postForm(xml.replace("</ds:Signature>", `${info}</ds:Signature>`)));
    },
  },
  {
    name: "base64 in lines of 76 with CR LF",
    send: ({ wiki, id }) =>
      sso("POST", base64Lines(postForm(signed(authnRequest(wiki, id()), wiki)), "\r\n")),
  },
  {
    name: "base64 in lines with LF",
    send: ({ mail, id }) => sso("POST", base64Lines(postForm(authnRequest(mail, id())), "\n")),
  },
  {
    name: "a form whose message was deflated though it should not be",
    send: ({ mail, id }) => sso("POST", redirectQuery(authnRequest(mail, id()), { relayState: "x" })),
    wire: { relayState: "x" },
  },
  {
    name: "an XML declaration in front",
    send: ({ mail, id }) =>
      sso("POST", postForm(`<?xml version="1.0" encoding="UTF-8"?>\n${authnRequest(mail, id())}\n`)),
  },
  {
    name: "an XML declaration in small letters and single quotes",
    send: ({ mail, id }) =>
      sso("POST", postForm(`<?xml version='1.0' encoding='utf-8'?>${authnRequest(mail, id())}`)),
  },
  {
    name: "white space and a comment around the root",
    send: ({ mail, id }) => sso("POST", postForm(`\n <!-- x -->\n${authnRequest(mail, id())}\n<!-- y -->\n`)),
  },
  {
    name: "CR LF between the elements",
    send: ({ mail, id }) => sso("POST", postForm(authnRequest(mail, id()).replaceAll("><", ">\r\n<"))),
  },
  {
    name: "a character reference in the issuer",
    send: ({ mail, id }) =>
      sso("POST", postForm(authnRequest(mail, id()).replace(">https:", ">&#104;ttps&#x3a;"))),
  },
];

function request(name: string, changes: Changes, expected: Expected = {}): Case {
  return {
    name,
    send: ({ mail, id }) => sso("GET", redirectQuery(authnRequest(mail, id(), changes))),
    ...expected,
  };
}

const with1 = (name: string, value: string | undefined): Changes => ({ attributes: { [name]: value } });
const CLASSES = "urn:oasis:names:tc:SAML:2.0:ac:classes:";

function context(comparison: string | undefined, ...refs: readonly string[]): Changes {
  const attribute = comparison === undefined ? "" : ` Comparison="${comparison}"`;
  const elements = refs
    .map((ref) => `<saml:AuthnContextClassRef>${ref}</saml:AuthnContextClassRef>`)
    .join("");
  return { body: `<samlp:RequestedAuthnContext${attribute}>${elements}</samlp:RequestedAuthnContext>` };
}

const [FIRST, SECOND] = ["https://mail.example.com/acs", "https://mail.example.com/acs/second"];

const bodies: readonly Case[] = [
  ...["true", "1", " true "].map((value) =>
    request(`ForceAuthn="${value}"`, with1("ForceAuthn", value), { expect: { reauthenticate: true } }),
  ),
  ...["false", "0"].map((value) =>
    request(`ForceAuthn="${value}"`, with1("ForceAuthn", value), { expect: { reauthenticate: false } }),
  ),
  ...["true", "1"].map((value) =>
    request(`IsPassive="${value}"`, with1("IsPassive", value), { expect: { silent: true } }),
  ),
  request("neither ForceAuthn nor IsPassive", {}, { expect: { silent: false, reauthenticate: false } }),
  request("B13 no reply address at all: the default one", with1("AssertionConsumerServiceURL", undefined), {
    expect: { replyTo: FIRST },
    wire: { acsBinding: BINDING.post },
  }),
  request("the second reply address", with1("AssertionConsumerServiceURL", SECOND), {
    expect: { replyTo: SECOND },
  }),
  request(
    "a reply address by index",
    { attributes: { AssertionConsumerServiceURL: undefined, AssertionConsumerServiceIndex: "1" } },
    { expect: { replyTo: SECOND } },
  ),
  request("the binding named beside the address", with1("ProtocolBinding", BINDING.post), {
    expect: { replyTo: FIRST },
  }),
  request("no Destination on an unsigned request", with1("Destination", undefined)),
  request(
    "B15 a Destination with the default port",
    with1("Destination", "https://id.example.org:443/saml/sso"),
  ),
  request(
    "B15 a Destination with the host in capitals",
    with1("Destination", "https://ID.example.org/saml/sso"),
  ),
  request("IssueInstant without fractions", with1("IssueInstant", "2026-03-04T12:00:00Z")),
  request("IssueInstant with seven decimals", with1("IssueInstant", "2026-03-04T12:00:00.1234567Z")),
  request("IssueInstant with an offset", with1("IssueInstant", "2026-03-04T13:00:00+01:00")),
  request("IssueInstant without a zone", with1("IssueInstant", "2026-03-04T12:00:00")),
  request("a request of 7 minutes ago", with1("IssueInstant", new Date(NOW_MS - 7 * 60_000).toISOString())),
  request("a request of 2 minutes ahead", with1("IssueInstant", new Date(NOW_MS + 2 * 60_000).toISOString())),
  request("an ID of letters that are not ASCII", with1("ID", "_änderung·1")),
  request("ProviderName, Consent and AttributeConsumingServiceIndex", {
    attributes: { ProviderName: "Mail", Consent: "urn:x", AttributeConsumingServiceIndex: "1" },
  }),
  request("the Format of the Issuer said", { issuer: "https://mail.example.com/metadata" }),
  request(
    "a NameIDPolicy",
    { body: `<samlp:NameIDPolicy Format="${NAME_ID.transient}" AllowCreate="1" SPNameQualifier="x"/>` },
    { wire: { nameIdPolicy: { format: NAME_ID.transient, allowCreate: true, spNameQualifier: "x" } } },
  ),
  request(
    "an empty NameIDPolicy",
    { body: "<samlp:NameIDPolicy/>" },
    { wire: { nameIdPolicy: { allowCreate: false } } },
  ),
  request("a requested context", context(undefined, `${CLASSES}Password`), {
    expect: { requestedContext: { comparison: "exact", classes: ["password"], essential: true } },
    wire: { requestedClassRefs: [`${CLASSES}Password`], comparison: "exact" },
  }),
  ...["minimum", "better", "maximum"].map((comparison) =>
    request(
      `a requested context, ${comparison}`,
      context(comparison, `${CLASSES}PasswordProtectedTransport`),
      {
        expect: { requestedContext: { comparison, classes: ["password"], essential: true } },
      },
    ),
  ),
  request("a requested context that nobody knows", context("exact", `${CLASSES}SmartcardPKI`), {
    expect: { requestedContext: { comparison: "exact", classes: [], essential: true } },
  }),
  request(
    "a requested context by declaration",
    {
      body: "<samlp:RequestedAuthnContext><saml:AuthnContextDeclRef>urn:x</saml:AuthnContextDeclRef></samlp:RequestedAuthnContext>",
    },
    { expect: { requestedContext: { comparison: "exact", classes: [], essential: true } } },
  ),
  request("white space around a class", context(undefined, `\n  ${CLASSES}Password\n`), {
    wire: { requestedClassRefs: [`${CLASSES}Password`] },
  }),
  request("Scoping with ProxyCount 0", { body: '<samlp:Scoping ProxyCount="0"/>' }),
  request("Extensions of an unknown kind", {
    afterIssuer: '<samlp:Extensions><x:y xmlns:x="urn:x" z="1">text</x:y></samlp:Extensions>',
  }),
  request("Conditions", { body: '<saml:Conditions NotOnOrAfter="2026-03-04T12:05:00Z"/>' }),
  request(
    "a Subject whom we know by e-mail address",
    {
      body: `<saml:Subject><saml:NameID Format="${NAME_ID.emailAddress}">Alice@example.org</saml:NameID></saml:Subject>`,
    },
    { expect: { expectedAccountId: "", loginHint: "Alice@example.org" } },
  ),
  request(
    "a Subject whom we know by name",
    { body: "<saml:Subject><saml:NameID>alice</saml:NameID></saml:Subject>" },
    { expect: { expectedAccountId: "account-1", loginHint: "alice" } },
  ),
  request("500 elements, no more", { body: `<samlp:Extensions>${"<x/>".repeat(497)}</samlp:Extensions>` }),
];

/** A second certificate and an ECDSA key in the registration, as in a rollover. */
const keys: readonly Case[] = [
  {
    name: "B30 the second of two registered keys (Redirect)",
    send: (world) => withSecondKey(world, (key, xml) => sso("GET", redirectQuery(xml, { key }))),
  },
  {
    name: "B30 the second of two registered keys (POST)",
    send: (world) =>
      withSecondKey(world, (key, xml) => sso("POST", postForm(signed(xml, world.wiki, { key })))),
  },
];

function withSecondKey(world: World, send: (key: KeyObject, xml: string) => Sent): Sent {
  const key = secondKey(world);
  return send(key, authnRequest(world.wiki, world.id()));
}

/** Registers a second key for wiki, as its new metadata would. */
function secondKey({ landing, wiki }: World): KeyObject {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const [first = ""] = wiki.application.signingCertificates;
  landing.applications.set(wiki.application.id, {
    ...wiki.application,
    signingCertificates: [first, certificateFor(privateKey)],
  });
  return privateKey;
}

/** Odd, and right: what real programs send, or may send. */
export const ACCEPTED: readonly AcceptedCase[] = [...queries, ...posts, ...bodies, ...keys];
