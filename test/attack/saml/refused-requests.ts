import { BINDING } from "../../../src/saml/namespaces.ts";
import type { SamlRefusalCode } from "../../../src/saml/message-refused.ts";
import { ISSUER, NOW_MS } from "../../fixtures/saml/installation.ts";
import { ALICE, type RefusedCase, sso } from "./corpus.ts";
import {
  authnRequest,
  type Changes,
  logoutRequest,
  logoutResponse,
  postForm,
  signed,
} from "./service-provider.ts";

/** An AuthnRequest of mail by POST that says something else; signed by wiki where it says so. */
function request(
  id: string,
  name: string,
  code: SamlRefusalCode,
  changes: Changes,
  says: RegExp = /./,
): RefusedCase {
  return {
    id,
    name,
    code,
    says,
    send: ({ mail, id }) => sso("POST", postForm(authnRequest(mail, id(), changes))),
  };
}

function signedRequest(id: string, name: string, code: SamlRefusalCode, changes: Changes): RefusedCase {
  return {
    id,
    name,
    code,
    send: ({ wiki, id }) => sso("POST", postForm(signed(authnRequest(wiki, id(), changes), wiki))),
  };
}

const with1 = (name: string, value: string | undefined): Changes => ({ attributes: { [name]: value } });

const ADDRESSES: readonly string[] = [
  "https://mail.example.com/acs/",
  "https://mail.example.com/ac",
  "https://mail.example.com/acs2",
  "https://mail.example.com/acs?x=1",
  "https://mail.example.com/acs#x",
  "https://mail.example.com:443/acs",
  "https://mail.example.com:8443/acs",
  "https://MAIL.example.com/acs",
  "https://mail.example.com/ACS",
  "https://mail.example.com/%61cs",
  "https://mail.example.com//acs",
  "https://mail.example.com/x/../acs",
  "https://mail.example.com/acs ",
  "https://user@mail.example.com/acs",
  "https://mail.example.com@evil.example.net/acs",
  "https://mail.example.com.evil.example.net/acs",
  "https://evil.example.net/?https://mail.example.com/acs",
  "https://wiki.example.com/acs",
  "http://mail.example.com/acs",
  "//mail.example.com/acs",
  "/acs",
  "javascript:alert(1)//https://mail.example.com/acs",
  "data:text/html,x",
  "",
];

const addresses: readonly RefusedCase[] = [
  ...ADDRESSES.map((address) =>
    request(
      /^[a-z]+:[^/]/.test(address) ? "SA-41" : "SA-40",
      `the reply address ${JSON.stringify(address)}`,
      "saml.acs-not-registered",
      with1("AssertionConsumerServiceURL", address),
    ),
  ),
  request("SA-42", "an index that is not registered", "saml.acs-not-registered", {
    attributes: { AssertionConsumerServiceURL: undefined, AssertionConsumerServiceIndex: "7" },
  }),
  request("SA-42", "URL and index both", "saml.acs-unclear", with1("AssertionConsumerServiceIndex", "0")),
  request("SA-42", "index and binding both", "saml.acs-unclear", {
    attributes: {
      AssertionConsumerServiceURL: undefined,
      AssertionConsumerServiceIndex: "0",
      ProtocolBinding: BINDING.post,
    },
  }),
  request(
    "SA-42",
    "an index that is no number",
    "saml.malformed",
    with1("AssertionConsumerServiceIndex", "-1"),
  ),
  request("SA-42", "the index of a PAOS address", "saml.answer-binding", {
    attributes: { AssertionConsumerServiceURL: undefined, AssertionConsumerServiceIndex: "3" },
  }),
  request(
    "SA-42",
    "an answer by artifact at an address for POST",
    "saml.answer-binding",
    with1("ProtocolBinding", BINDING.artifact),
  ),
  request(
    "SA-42",
    "an answer by Redirect",
    "saml.answer-binding",
    with1("ProtocolBinding", BINDING.redirect),
  ),
  request("SA-42", "an answer by PAOS", "saml.answer-binding", with1("ProtocolBinding", BINDING.paos)),
  request("SA-42", "the artifact address for an answer by POST", "saml.answer-binding", {
    attributes: {
      AssertionConsumerServiceURL: "https://mail.example.com/acs/artifact",
      ProtocolBinding: BINDING.post,
    },
  }),
  request("SA-42", "an answer by SimpleSign without an address for it", "saml.answer-binding", {
    attributes: { AssertionConsumerServiceURL: undefined, ProtocolBinding: BINDING.simpleSign },
  }),
];

const issuers: readonly RefusedCase[] = [
  request("SA-43", "an issuer that nobody knows", "saml.issuer-unknown", {
    issuer: "https://nobody.example/sp",
  }),
  request("SA-43", "a registered issuer with a slash more", "saml.issuer-unknown", {
    issuer: "https://mail.example.com/metadata/",
  }),
  request("SA-43", "a registered issuer in other letters", "saml.issuer-unknown", {
    issuer: "https://MAIL.example.com/metadata",
  }),
  request("SA-43", "white space around the issuer", "saml.malformed", {
    issuer: " https://mail.example.com/metadata",
  }),
  request("SA-43", "an empty issuer", "saml.malformed", { issuer: "" }),
  request("SA-43", "two issuers", "saml.malformed", {
    afterIssuer: "<saml:Issuer>https://wiki.example.com/metadata</saml:Issuer>",
  }),
  request("SA-20", "an XInclude instead of the issuer", "saml.malformed", {
    issuer: '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file:///etc/hostname"/>',
  }),
];

const HOUR = 3_600_000;
const at = (ms: number) => with1("IssueInstant", new Date(NOW_MS + ms).toISOString());

const headers: readonly RefusedCase[] = [
  request(
    "SA-45",
    "a Destination at another host",
    "saml.destination",
    with1("Destination", "https://evil.example.net/saml/sso"),
  ),
  request(
    "SA-45",
    "a Destination at another endpoint",
    "saml.destination",
    with1("Destination", `${ISSUER}/saml/slo`),
  ),
  request(
    "SA-45",
    "a Destination over http",
    "saml.destination",
    with1("Destination", "http://id.example.org/saml/sso"),
  ),
  request(
    "SA-45",
    "a Destination at another port",
    "saml.destination",
    with1("Destination", "https://id.example.org:8443/saml/sso"),
  ),
  request(
    "SA-45",
    "a Destination with a query",
    "saml.destination",
    with1("Destination", `${ISSUER}/saml/sso?x=1`),
  ),
  request(
    "SA-45",
    "a Destination with a user name",
    "saml.destination",
    with1("Destination", "https://x@id.example.org/saml/sso"),
  ),
  request("SA-45", "an empty Destination", "saml.destination", with1("Destination", "")),
  signedRequest(
    "SA-45",
    "no Destination on a signed request",
    "saml.destination",
    with1("Destination", undefined),
  ),
  request(
    "SA-46",
    "a request that is an hour old",
    "saml.too-old",
    at(-HOUR),
    /2026-03-04T11:00:00.000Z.*2026-03-04T12:00:00.000Z/,
  ),
  request("SA-46", "a request that is 9 minutes old", "saml.too-old", at(-9 * 60_000)),
  request("SA-46", "a request of an hour ahead", "saml.from-the-future", at(HOUR)),
  request("SA-46", "a request of 4 minutes ahead", "saml.from-the-future", at(4 * 60_000)),
  request("SA-46", "no IssueInstant", "saml.malformed", with1("IssueInstant", undefined)),
  request("SA-46", "an IssueInstant that is no time", "saml.malformed", with1("IssueInstant", "yesterday")),
  request(
    "SA-46",
    "an IssueInstant on 31 February",
    "saml.malformed",
    with1("IssueInstant", "2026-02-31T12:00:00Z"),
  ),
  request("SA-58", "Version 1.1", "saml.version", with1("Version", "1.1")),
  request("SA-58", "no Version", "saml.version", with1("Version", undefined)),
  request("SA-46", "no ID", "saml.malformed", with1("ID", undefined)),
  request("SA-46", "an ID that begins with a digit", "saml.malformed", with1("ID", "1a")),
  request("SA-46", "an ID with a space", "saml.malformed", with1("ID", "a b")),
  request("SA-46", "an ID of 300 characters", "saml.malformed", with1("ID", "a".repeat(300))),
];

const TWO_POLICIES = "<samlp:NameIDPolicy/><samlp:NameIDPolicy/>";

const bodies: readonly RefusedCase[] = [
  ...["yes", "TRUE", "2", "", "on"].map((value) =>
    request("SA-47", `ForceAuthn="${value}"`, "saml.malformed", with1("ForceAuthn", value), /ForceAuthn/),
  ),
  request("SA-47", 'IsPassive="nein"', "saml.malformed", with1("IsPassive", "nein"), /IsPassive/),
  request("SA-47", "two NameIDPolicies", "saml.malformed", { body: TWO_POLICIES }, /NameIDPolicy/),
  request("SA-47", 'AllowCreate="maybe"', "saml.malformed", {
    body: '<samlp:NameIDPolicy AllowCreate="maybe"/>',
  }),
  request("SA-47", "an unknown Comparison", "saml.malformed", {
    body: '<samlp:RequestedAuthnContext Comparison="about"><saml:AuthnContextClassRef>x</saml:AuthnContextClassRef></samlp:RequestedAuthnContext>',
  }),
  request("SA-47", "a RequestedAuthnContext that asks for nothing", "saml.malformed", {
    body: "<samlp:RequestedAuthnContext/>",
  }),
  request("SA-47", "two NameIDs in the Subject", "saml.malformed", {
    body: "<saml:Subject><saml:NameID>a</saml:NameID><saml:NameID>b</saml:NameID></saml:Subject>",
  }),
  {
    id: "SA-09j",
    name: "a LogoutRequest at the sign-on endpoint",
    code: "saml.wrong-message",
    send: ({ wiki, id }) => sso("POST", postForm(signed(logoutRequest(wiki, id(), { body: ALICE }), wiki))),
  },
  {
    id: "SA-09j",
    name: "a LogoutResponse at the sign-on endpoint",
    code: "saml.wrong-message",
    send: ({ wiki, id }) =>
      sso("POST", postForm(signed(logoutResponse(wiki, id(), {}), wiki), undefined, "SAMLResponse")),
  },
];

/** Section 3.4: AuthnRequests. */
export const REFUSED_REQUESTS: readonly RefusedCase[] = [...addresses, ...issuers, ...headers, ...bodies];
