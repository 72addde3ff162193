import { PATHS } from "../flow/endpoints.ts";
import type { KeyRing, SigningKey } from "../keys/key-ring.ts";
import type { Clock } from "../platform/clock.ts";
import type { Random } from "../platform/random.ts";
import { ARTIFACT_INDEX } from "./artifacts.ts";
import { instant } from "./assertion.ts";
import { messageId } from "./message-id.ts";
import { NAME_ID_FORMATS } from "./name-id.ts";
import { ALG, BINDING, DS, MD, MDUI, SAMLP, SHIBMD } from "./namespaces.ts";
import { Signers } from "./signers.ts";
import { SIGNATURE_ALGORITHMS } from "./xml/sign.ts";
import { DIGEST_METHODS, SIGNATURE_METHODS } from "./xml/signature-algorithms.ts";
import { concatenated, printable, serialize, type Xml, xml } from "./xml/writer.ts";

/** How long a signed document may be believed. Whoever publishes it makes it anew before half of that has passed. */
export const SIGNED_METADATA_LIFETIME_MS = 7 * 86_400_000;
/** How often service providers should look again: the pace of a key's rotation depends on it. */
const CACHE_DURATION = "PT6H";

export interface MetadataOrganization {
  readonly name: string;
  readonly displayName: string;
  readonly url: string;
}

export interface MetadataContact {
  readonly type: "technical" | "support" | "administrative";
  readonly name?: string | undefined;
  readonly email: string;
}

export interface MetadataParts {
  readonly issuer: string;
  readonly keyRing: KeyRing;
  readonly random: Random;
  readonly clock: Clock;
  readonly organization?: MetadataOrganization | undefined;
  readonly contacts?: readonly MetadataContact[] | undefined;
  /** Shibboleth scopes: the domains whose scoped attributes are ours to state. */
  readonly scopes?: readonly string[] | undefined;
  /** What a service provider's list of identity providers shows. */
  readonly displayName?: string | undefined;
  readonly logo?: { readonly url: string; readonly width: number; readonly height: number } | undefined;
  /** True where the logout endpoint answers SOAP. */
  readonly soapLogout?: boolean | undefined;
  /** True where artifacts of ours can be fetched (SAML Bindings 3.6). */
  readonly artifacts?: boolean | undefined;
  /** True where requests are taken by HTTP-POST-SimpleSign. */
  readonly simpleSign?: boolean | undefined;
  /** True where programs are taken in the place of browsers (SAML Profiles 4.2). */
  readonly ecp?: boolean | undefined;
}

/**
 * Our own metadata (SAML Metadata 2.3.2 and 2.4.3), in the order of the schema. `validUntil` stands only in the signed
 * document, where it bounds how long an old one can be passed off as new; in an unsigned one it would protect nothing
 * and would, after a week, cut off everybody who was given the file. Throws `Unavailable` without a key.
 */
export function metadataDocument(parts: MetadataParts, sign: boolean): string {
  const id = messageId(parts.random);
  const validUntil = sign
    ? xml` validUntil="${instant(parts.clock.nowMs() + SIGNED_METADATA_LIFETIME_MS)}"`
    : undefined;
  const head = xml`<md:EntityDescriptor xmlns:md="${MD}" ID="${id}" cacheDuration="${CACHE_DURATION}" entityID="${parts.issuer + PATHS.samlMetadata}"${validUntil}>`;
  const tail = xml`${descriptor(parts)}${organization(parts.organization)}${concatenated((parts.contacts ?? []).map(contact))}</md:EntityDescriptor>`;
  const document = sign
    ? new Signers(parts.keyRing).xml(undefined).sign({ id, head, tail })
    : xml`${head}${tail}`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n${serialize(document)}\n`;
}

function descriptor(parts: MetadataParts): Xml {
  const { issuer } = parts;
  const logoutBindings = [
    BINDING.redirect,
    BINDING.post,
    ...(parts.soapLogout === true ? [BINDING.soap] : []),
  ];
  const keys = samlKeys(parts.keyRing).map(keyDescriptor);
  const logout = logoutBindings.map(
    (binding) =>
      xml`<md:SingleLogoutService Binding="${binding}" Location="${issuer + PATHS.samlSlo}"></md:SingleLogoutService>`,
  );
  const artifacts =
    parts.artifacts === true
      ? [
          xml`<md:ArtifactResolutionService Binding="${BINDING.soap}" Location="${issuer + PATHS.samlArtifact}" index="${String(ARTIFACT_INDEX)}"></md:ArtifactResolutionService>`,
        ]
      : [];
  const formats = NAME_ID_FORMATS.map((format) => xml`<md:NameIDFormat>${format}</md:NameIDFormat>`);
  const signOnBindings = [
    BINDING.redirect,
    BINDING.post,
    ...(parts.simpleSign === true ? [BINDING.simpleSign] : []),
  ];
  const signOn = signOnBindings.map(
    (binding) =>
      xml`<md:SingleSignOnService Binding="${binding}" Location="${issuer + PATHS.samlSso}"></md:SingleSignOnService>`,
  );
  const ecp =
    parts.ecp === true
      ? [
          xml`<md:SingleSignOnService Binding="${BINDING.soap}" Location="${issuer + PATHS.samlEcp}"></md:SingleSignOnService>`,
        ]
      : [];
  const contents = concatenated([...keys, ...artifacts, ...logout, ...formats, ...signOn, ...ecp]);
  return xml`<md:IDPSSODescriptor protocolSupportEnumeration="${SAMLP}">${extensions(parts)}${contents}</md:IDPSSODescriptor>`;
}

/**
 * Every published key that signs in SAML. RSA first and the active one before all others, for service providers that
 * look at the first certificate only; the order within a type is the key ring's: active, next, retiring.
 */
function samlKeys(keyRing: KeyRing): readonly SigningKey[] {
  const types = [...new Set(Object.values(SIGNATURE_ALGORITHMS).map(({ keyType }) => keyType))];
  return types.flatMap((type) => keyRing.published().filter((key) => key.type === type));
}

function keyDescriptor(key: SigningKey): Xml {
  return xml`<md:KeyDescriptor use="signing"><ds:KeyInfo xmlns:ds="${DS}"><ds:X509Data><ds:X509Certificate>${key.certificate}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>`;
}

function extensions(parts: MetadataParts): Xml | undefined {
  const scopes = (parts.scopes ?? []).map(
    (scope) => xml`<shibmd:Scope xmlns:shibmd="${SHIBMD}" regexp="false">${scope}</shibmd:Scope>`,
  );
  return xml`<md:Extensions>${concatenated([...algorithms(), ...scopes, ...appearance(parts)])}</md:Extensions>`;
}

/**
 * What we verify (SAML Metadata Profile for Algorithm Support 2.3). Without this list some service providers sign with
 * SHA-1, which is refused.
 */
function algorithms(): readonly Xml[] {
  const digests = [...DIGEST_METHODS.keys()].map(
    (uri) => xml`<alg:DigestMethod xmlns:alg="${ALG}" Algorithm="${uri}"></alg:DigestMethod>`,
  );
  const signatures = [...SIGNATURE_METHODS.keys()].map(
    (uri) => xml`<alg:SigningMethod xmlns:alg="${ALG}" Algorithm="${uri}"></alg:SigningMethod>`,
  );
  return [...digests, ...signatures];
}

/** mdui:UIInfo (Metadata Extensions for Login and Discovery User Interface 2.1). */
function appearance({ displayName, logo }: MetadataParts): readonly Xml[] {
  if (displayName === undefined) return [];
  const logoElement =
    logo === undefined
      ? undefined
      : xml`<mdui:Logo height="${String(logo.height)}" width="${String(logo.width)}">${logo.url}</mdui:Logo>`;
  return [
    xml`<mdui:UIInfo xmlns:mdui="${MDUI}"><mdui:DisplayName xml:lang="en">${printable(displayName)}</mdui:DisplayName>${logoElement}</mdui:UIInfo>`,
  ];
}

function organization(parts: MetadataOrganization | undefined): Xml | undefined {
  if (parts === undefined) return undefined;
  return xml`<md:Organization><md:OrganizationName xml:lang="en">${printable(parts.name)}</md:OrganizationName><md:OrganizationDisplayName xml:lang="en">${printable(parts.displayName)}</md:OrganizationDisplayName><md:OrganizationURL xml:lang="en">${parts.url}</md:OrganizationURL></md:Organization>`;
}

function contact({ type, name, email }: MetadataContact): Xml {
  const givenName = name === undefined ? undefined : xml`<md:GivenName>${printable(name)}</md:GivenName>`;
  const address = email.startsWith("mailto:") ? email : `mailto:${email}`;
  return xml`<md:ContactPerson contactType="${type}">${givenName}<md:EmailAddress>${address}</md:EmailAddress></md:ContactPerson>`;
}
