import type { AccountField, ReleaseRule, ReleaseSource } from "../model/release.ts";
import { NAME_FORMAT, NAME_ID } from "./namespaces.ts";

/** A ready-made mapping that an administrator picks for an application. */
export interface ReleaseProfile {
  readonly title: string;
  /** The NameID format that the product expects; undefined: any. */
  readonly nameIdFormat?: string | undefined;
  readonly rules: readonly ReleaseRule[];
}

const EPPN = "urn:oid:1.3.6.1.4.1.5923.1.1.1.6";

/** Attributes whose values are scoped by definition: a value without a scope is not sent under these names. */
export const SCOPED_ATTRIBUTES: readonly string[] = [
  EPPN,
  "urn:oid:1.3.6.1.4.1.5923.1.1.1.9",
  "urn:oasis:names:tc:SAML:attribute:subject-id",
  "urn:oasis:names:tc:SAML:attribute:pairwise-id",
];

const UID = oid("0.9.2342.19200300.100.1.1", "uid", field("username"));
const MAIL = oid("0.9.2342.19200300.100.1.3", "mail", field("email"));
const DISPLAY_NAME = oid("2.16.840.1.113730.3.1.241", "displayName", field("name"));
const COMMON_NAME = oid("2.5.4.3", "cn", field("name"));
const GIVEN_NAME = oid("2.5.4.42", "givenName", field("givenName"));
const SURNAME = oid("2.5.4.4", "sn", field("familyName"));
const IS_MEMBER_OF = oid("1.3.6.1.4.1.5923.1.5.1.1", "isMemberOf", { kind: "groups" });

/**
 * What an application gets for which nothing else was chosen (MACE-Dir SAML attribute profile). Without
 * eduPersonPrincipalName: a user name that happens to look scoped would claim somebody's scope.
 */
export const DEFAULT_RELEASE: readonly ReleaseRule[] = [
  UID,
  MAIL,
  DISPLAY_NAME,
  COMMON_NAME,
  GIVEN_NAME,
  SURNAME,
  IS_MEMBER_OF,
];

const WS = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/";
const MS = "http://schemas.microsoft.com/";
const AWS = "https://aws.amazon.com/SAML/Attributes/";

/** By the name under which an application's settings keep it. */
export const RELEASE_PROFILES = {
  "edu-person": {
    title: "eduPerson (universities, Shibboleth)",
    rules: [
      ...DEFAULT_RELEASE,
      oid(EPPN.slice("urn:oid:".length), "eduPersonPrincipalName", {
        kind: "first",
        sources: [{ kind: "attribute", name: "eduPersonPrincipalName" }, field("username")],
      }),
      fromAttribute("1.3.6.1.4.1.5923.1.1.1.9", "eduPersonScopedAffiliation"),
      fromAttribute("1.3.6.1.4.1.5923.1.1.1.1", "eduPersonAffiliation"),
      fromAttribute("1.3.6.1.4.1.5923.1.1.1.7", "eduPersonEntitlement"),
    ],
  },
  microsoft: {
    title: "Microsoft claims",
    rules: [
      uri(`${WS}emailaddress`, field("email")),
      uri(`${WS}name`, field("username")),
      uri(`${WS}upn`, { kind: "first", sources: [field("email"), field("username")] }),
      uri(`${WS}givenname`, field("givenName")),
      uri(`${WS}surname`, field("familyName")),
      uri(`${MS}identity/claims/displayname`, field("name")),
      uri(`${MS}ws/2008/06/identity/claims/groups`, { kind: "groups" }),
    ],
  },
  basic: {
    title: "Plain names",
    rules: [
      basic("username", field("username")),
      basic("email", field("email")),
      basic("name", field("name")),
      basic("firstName", field("givenName")),
      basic("lastName", field("familyName")),
      basic("groups", { kind: "groups" }),
    ],
  },
  aws: {
    title: "Amazon Web Services",
    nameIdFormat: NAME_ID.persistent,
    rules: [
      // Each value is a role's ARN and the provider's ARN, with a comma between.
      uri(`${AWS}Role`, { kind: "attribute", name: "awsRole" }),
      uri(`${AWS}RoleSessionName`, { kind: "first", sources: [field("email"), field("username")] }),
    ],
  },
  "google-workspace": {
    title: "Google Workspace",
    nameIdFormat: NAME_ID.emailAddress,
    rules: [
      basic("email", field("email")),
      basic("firstName", field("givenName")),
      basic("lastName", field("familyName")),
    ],
  },
  gitlab: {
    title: "GitLab",
    nameIdFormat: NAME_ID.persistent,
    rules: [
      basic("email", field("email")),
      basic("nickname", field("username")),
      basic("name", field("name")),
      basic("first_name", field("givenName")),
      basic("last_name", field("familyName")),
      basic("groups", { kind: "groups" }),
    ],
  },
  grafana: {
    title: "Grafana",
    rules: [
      basic("displayName", field("name")),
      basic("login", field("username")),
      basic("mail", field("email")),
      basic("groups", { kind: "groups" }),
      basic("role", { kind: "attribute", name: "grafanaRole" }),
    ],
  },
} as const satisfies Readonly<Record<string, ReleaseProfile>>;

export type ReleaseProfileName = keyof typeof RELEASE_PROFILES;

function field(name: AccountField): ReleaseSource {
  return { kind: "account", field: name };
}

/** By object identifier, with the name that people know as a label (SAML Profiles 8.2). */
function oid(number: string, friendlyName: string, source: ReleaseSource): ReleaseRule {
  return { name: `urn:oid:${number}`, friendlyName, source, nameFormat: NAME_FORMAT.uri };
}

function fromAttribute(number: string, name: string): ReleaseRule {
  return oid(number, name, { kind: "attribute", name });
}

function uri(name: string, source: ReleaseSource): ReleaseRule {
  return { name, source, nameFormat: NAME_FORMAT.uri };
}

function basic(name: string, source: ReleaseSource): ReleaseRule {
  return { name, source, nameFormat: NAME_FORMAT.basic };
}
