import { NOW_MS } from "../../fixtures/saml/installation.ts";
import type { SamlRefusalCode } from "../../../src/saml/message-refused.ts";
import { ALICE, type RefusedCase, slo } from "./corpus.ts";
import {
  authnRequest,
  type Changes,
  logoutRequest,
  logoutResponse,
  postForm,
  redirectQuery,
  type ServiceProvider,
  SSO,
  signed,
} from "./service-provider.ts";

/** The same fault by both bindings, signed by wiki each time. */
function both(id: string, name: string, code: SamlRefusalCode, changes: Changes): readonly RefusedCase[] {
  const asked = { body: ALICE, ...changes };
  return [
    {
      id,
      name: `${name} (POST)`,
      code,
      send: ({ wiki, id: next }) => slo("POST", postForm(signed(logoutRequest(wiki, next(), asked), wiki))),
    },
    {
      id,
      name: `${name} (Redirect)`,
      code,
      send: ({ wiki, id: next }) =>
        slo("GET", redirectQuery(logoutRequest(wiki, next(), asked), { key: wiki.privateKey })),
    },
  ];
}

const requests: readonly RefusedCase[] = [
  {
    id: "SA-60",
    name: "an unsigned LogoutRequest (Redirect)",
    code: "saml.unsigned",
    send: ({ wiki, id }) => slo("GET", redirectQuery(logoutRequest(wiki, id(), { body: ALICE }))),
  },
  {
    id: "SA-60",
    name: "an unsigned LogoutRequest (POST)",
    code: "saml.unsigned",
    send: ({ wiki, id }) => slo("POST", postForm(logoutRequest(wiki, id(), { body: ALICE }))),
  },
  {
    id: "SA-60",
    name: "an unsigned LogoutRequest of an application whose sign-on requests need no signature",
    code: "saml.unsigned",
    send: ({ mail, id }) => slo("GET", redirectQuery(logoutRequest(mail, id(), { body: ALICE }))),
  },
  {
    id: "SA-62",
    name: "a LogoutRequest in wiki's name, signed by evil (Redirect)",
    code: "saml.signature",
    send: ({ wiki, evil, id }) =>
      slo("GET", redirectQuery(logoutRequest(wiki, id(), { body: ALICE }), { key: evil.privateKey })),
  },
  {
    id: "SA-62",
    name: "a LogoutRequest in wiki's name, signed by evil (POST)",
    code: "saml.signature",
    send: ({ wiki, evil, id }) =>
      slo("POST", postForm(signed(logoutRequest(wiki, id(), { body: ALICE }), evil))),
  },
  ...both("SA-62", "NotOnOrAfter an hour ago", "saml.too-old", {
    attributes: { NotOnOrAfter: new Date(NOW_MS - 3_600_000).toISOString() },
  }),
  ...both("SA-62", "NotOnOrAfter that is no time", "saml.malformed", {
    attributes: { NotOnOrAfter: "soon" },
  }),
  ...both("SA-62", "IssueInstant an hour ago", "saml.too-old", {
    attributes: { IssueInstant: new Date(NOW_MS - 3_600_000).toISOString() },
  }),
  ...both("SA-62", "the sign-on endpoint as Destination", "saml.destination", {
    attributes: { Destination: SSO },
  }),
  ...both("SA-62", "no Destination", "saml.destination", { attributes: { Destination: undefined } }),
  ...both("SA-62", "an unknown issuer", "saml.issuer-unknown", { issuer: "https://nobody.example/sp" }),
  ...both("SA-61", "nobody named", "saml.malformed", { body: "" }),
  ...both("SA-61", "two people named", "saml.malformed", { body: ALICE + ALICE }),
  ...both("SA-61", "an identifier of a kind that nobody knows", "saml.malformed", {
    body: '<saml:BaseID NameQualifier="x"/>',
  }),
  ...both("SA-61", "an empty SessionIndex", "saml.malformed", { body: `${ALICE}<samlp:SessionIndex/>` }),
];

const answer = (sp: ServiceProvider, id: string, changes: Changes) =>
  postForm(signed(logoutResponse(sp, id, changes), sp), undefined, "SAMLResponse");

const responses: readonly RefusedCase[] = [
  {
    id: "SA-63",
    name: "a LogoutResponse to a request that we never sent",
    code: "saml.unexpected-response",
    send: ({ wiki, id }) => slo("POST", answer(wiki, id(), { attributes: { InResponseTo: "_unknown" } })),
  },
  {
    id: "SA-63",
    name: "an unsigned LogoutResponse to a request that we never sent",
    code: "saml.unexpected-response",
    send: ({ wiki, id }) => {
      const xml = logoutResponse(wiki, id(), { attributes: { InResponseTo: "_unknown" } });
      return slo("GET", redirectQuery(xml, { parameter: "SAMLResponse" }));
    },
  },
  {
    id: "SA-63",
    name: "a LogoutResponse without InResponseTo",
    code: "saml.malformed",
    send: ({ wiki, id }) => slo("POST", answer(wiki, id(), {})),
  },
  {
    id: "SA-63",
    name: "a LogoutResponse without Status",
    code: "saml.malformed",
    send: ({ wiki, id }) => slo("POST", answer(wiki, id(), { attributes: { InResponseTo: "_a" }, body: "" })),
  },
  {
    id: "SA-63",
    name: "a LogoutResponse to another address",
    code: "saml.destination",
    send: ({ wiki, id }) =>
      slo("POST", answer(wiki, id(), { attributes: { InResponseTo: "_a", Destination: SSO } })),
  },
  {
    id: "SA-63",
    name: "a LogoutResponse of an unknown issuer",
    code: "saml.issuer-unknown",
    send: ({ wiki, id }) => slo("POST", answer(wiki, id(), { issuer: "https://nobody.example/sp" })),
  },
  {
    id: "SA-09j",
    name: "an AuthnRequest at the logout endpoint",
    code: "saml.wrong-message",
    send: ({ wiki, id }) => slo("POST", postForm(signed(authnRequest(wiki, id()), wiki))),
  },
  {
    id: "SA-44",
    name: "nothing at all at the logout endpoint",
    code: "saml.no-message",
    send: () => slo("GET", ""),
  },
];

/** Section 3.6: logout. */
export const REFUSED_LOGOUTS: readonly RefusedCase[] = [...requests, ...responses];
