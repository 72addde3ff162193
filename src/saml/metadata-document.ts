import { PATHS } from "../flow/endpoints.ts";
import { DEFAULT_ORGANISATION } from "../flow/settings.ts";
import type { KeyRing, SigningKey } from "../keys/key-ring.ts";
import { METADATA_CACHE_HOURS } from "../keys/rollover-steps.ts";
import type { Organisation } from "../model/organisation.ts";
import type { Clock } from "../platform/clock.ts";
import type { Random } from "../platform/random.ts";
import { ARTIFACT_INDEX } from "./artifacts.ts";
import { instant } from "./assertion.ts";
import { messageId } from "./message-id.ts";
import { NAME_ID_FORMATS } from "./name-id.ts";
import { appearance, contacts, organization, scopes } from "./metadata-organisation.ts";
import { ALG, BINDING, DS, MD, SAMLP } from "./namespaces.ts";
import { Signers } from "./signers.ts";
import { SIGNATURE_ALGORITHMS } from "./xml/sign.ts";
import { DIGEST_METHODS, SIGNATURE_METHODS } from "./xml/signature-algorithms.ts";
import { concatenated, serialize, type Xml, xml } from "./xml/writer.ts";

/** How long a signed document may be believed. Whoever publishes it makes it anew before half of that has passed. */
export const SIGNED_METADATA_LIFETIME_MS = 7 * 86_400_000;
const CACHE_DURATION = `PT${METADATA_CACHE_HOURS}H`;

export interface MetadataParts {
  readonly issuer: string;
  readonly keyRing: KeyRing;
  readonly random: Random;
  readonly clock: Clock;
  readonly organisation?: Organisation | undefined;
  /** True where the logout endpoint answers SOAP. */
  readonly soapLogout?: boolean | undefined;
  /** True where artifacts of ours can be fetched, and those of requests are taken (SAML Bindings 3.6). */
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
  const organisation = parts.organisation ?? DEFAULT_ORGANISATION;
  const validUntil = sign
    ? xml` validUntil="${instant(parts.clock.nowMs() + SIGNED_METADATA_LIFETIME_MS)}"`
    : undefined;
  const head = xml`<md:EntityDescriptor xmlns:md="${MD}" ID="${id}" cacheDuration="${CACHE_DURATION}" entityID="${parts.issuer + PATHS.samlMetadata}"${validUntil}>`;
  const tail = xml`${descriptor(parts, organisation)}${organization(organisation)}${contacts(organisation)}</md:EntityDescriptor>`;
  const document = sign
    ? new Signers(parts.keyRing).xml(undefined).sign({ id, head, tail })
    : xml`${head}${tail}`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n${serialize(document)}\n`;
}

function descriptor(parts: MetadataParts, organisation: Organisation): Xml {
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
    ...(parts.artifacts === true ? [BINDING.artifact] : []),
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
  const { errorUrl } = organisation;
  const errorAddress = errorUrl === undefined ? undefined : xml` errorURL="${errorUrl}"`;
  return xml`<md:IDPSSODescriptor${errorAddress} protocolSupportEnumeration="${SAMLP}">${extensions(organisation)}${contents}</md:IDPSSODescriptor>`;
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

function extensions(organisation: Organisation): Xml {
  return xml`<md:Extensions>${concatenated([...algorithms(), ...scopes(organisation), ...appearance(organisation)])}</md:Extensions>`;
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
