import type { ContactKind, Organisation, OrganisationContact } from "../model/organisation.ts";
import { MDUI, REMD, SHIBMD } from "./namespaces.ts";
import { concatenated, printable, type Xml, xml } from "./xml/writer.ts";

/** REFEDS' security contact: SAML's own list of kinds has none, so it is "other" with this mark (Sirtfi 1.0). */
const SECURITY_CONTACT = "http://refeds.org/metadata/contactType/security";

/** shibmd:Scope: the domains whose scoped attributes are ours to state (Shibboleth Metadata Extensions). */
export function scopes(organisation: Organisation): readonly Xml[] {
  return organisation.scopes.map(
    (scope) => xml`<shibmd:Scope xmlns:shibmd="${SHIBMD}" regexp="false">${scope}</shibmd:Scope>`,
  );
}

/**
 * mdui:UIInfo: what a service provider's list of places to log in shows (Metadata Extensions for Login and Discovery User
 * Interface 2.1). Without a name there is nothing to show.
 */
export function appearance(organisation: Organisation): readonly Xml[] {
  const { displayName, name, serviceName, description, logo, privacyUrl, language } = organisation;
  const shown = serviceName ?? displayName ?? name;
  const parts = [
    shown && xml`<mdui:DisplayName xml:lang="${language}">${printable(shown)}</mdui:DisplayName>`,
    description && xml`<mdui:Description xml:lang="${language}">${printable(description)}</mdui:Description>`,
    logo &&
      xml`<mdui:Logo height="${String(logo.height)}" width="${String(logo.width)}">${logo.url}</mdui:Logo>`,
    privacyUrl &&
      xml`<mdui:PrivacyStatementURL xml:lang="${language}">${privacyUrl}</mdui:PrivacyStatementURL>`,
  ].filter((part) => part !== undefined && part !== "");
  return parts.length === 0
    ? []
    : [xml`<mdui:UIInfo xmlns:mdui="${MDUI}">${concatenated(parts)}</mdui:UIInfo>`];
}

/** md:Organization, which has all three of its parts or is not there (SAML Metadata 2.3.2.1). */
export function organization({ name, displayName, url, language }: Organisation): Xml | undefined {
  if (name === undefined || url === undefined) return undefined;
  return xml`<md:Organization><md:OrganizationName xml:lang="${language}">${printable(name)}</md:OrganizationName><md:OrganizationDisplayName xml:lang="${language}">${printable(displayName ?? name)}</md:OrganizationDisplayName><md:OrganizationURL xml:lang="${language}">${url}</md:OrganizationURL></md:Organization>`;
}

/** md:ContactPerson (SAML Metadata 2.3.2.2). */
export function contacts(organisation: Organisation): Xml {
  return concatenated(organisation.contacts.map(contact));
}

function contact({ kind, name, email }: OrganisationContact): Xml {
  const givenName = name === undefined ? undefined : xml`<md:GivenName>${printable(name)}</md:GivenName>`;
  return xml`<md:ContactPerson${attributesOf(kind)}>${givenName}<md:EmailAddress>${`mailto:${email}`}</md:EmailAddress></md:ContactPerson>`;
}

function attributesOf(kind: ContactKind): Xml {
  switch (kind) {
    case "technical":
    case "support":
      return xml` contactType="${kind}"`;
    case "security":
      return xml` xmlns:remd="${REMD}" contactType="other" remd:contactType="${SECURITY_CONTACT}"`;
  }
}
