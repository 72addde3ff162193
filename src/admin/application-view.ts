import { PATHS } from "../flow/endpoints.ts";
import type { KeyRing } from "../keys/key-ring.ts";
import type { Application, OidcApplication, SamlApplication } from "../model/application.ts";
import { pinnedKey } from "../saml/signers.ts";
import { SIGNATURE_ALGORITHMS } from "../saml/xml/sign.ts";
import { type CertificateFacts, certificateFacts } from "./certificate-facts.ts";

/** A line of "what to type there" or of "what is registered". */
export interface Labelled {
  readonly label: string;
  readonly value: string;
}

/** One certificate of the other side. */
export interface TheirKey extends Pick<CertificateFacts, "subject" | "endsAtMs" | "fingerprint"> {
  readonly use: "Checks its requests" | "Encrypts assertions";
}

const BINDINGS: readonly (readonly [suffix: string, word: string])[] = [
  [":HTTP-POST", "by POST"],
  [":HTTP-Redirect", "by Redirect"],
  [":HTTP-Artifact", "by Artifact"],
  [":SOAP", "by SOAP"],
  [":PAOS", "by PAOS"],
];

/** What has to be typed at the application, in the words of its protocol. */
export function addressesFor(application: Application, issuer: string): readonly Labelled[] {
  if (application.protocol === "saml") {
    return [
      { label: "Metadata address, which is also the entity ID", value: issuer + PATHS.samlMetadata },
      { label: "Login address", value: issuer + PATHS.samlSso },
      { label: "Logout address", value: issuer + PATHS.samlSlo },
    ];
  }
  const withPeople = application.grantTypes.includes("authorization_code");
  return [
    { label: "Issuer", value: issuer },
    { label: "Discovery address", value: `${issuer}/.well-known/openid-configuration` },
    { label: "Client ID", value: application.id },
    ...(withPeople ? [{ label: "Authorization address", value: issuer + PATHS.oidcAuthorize }] : []),
    { label: "Token address", value: issuer + PATHS.oidcToken },
  ];
}

/** What was registered, for comparing it with the other side. */
export function registeredAt(application: Application): readonly Labelled[] {
  return application.protocol === "saml" ? samlRegistered(application) : oidcRegistered(application);
}

function samlRegistered(application: SamlApplication): readonly Labelled[] {
  return [
    { label: "Entity ID", value: application.entityId },
    ...application.assertionConsumerServices.map(({ binding, location, index }) => ({
      label: `Reply address${index === undefined ? "" : ` ${index}`}, ${bindingWord(binding)}`,
      value: location,
    })),
    ...application.singleLogoutServices.map(({ binding, location }) => ({
      label: `Logout, ${bindingWord(binding)}`,
      value: location,
    })),
    ...(application.artifactResolutionServices ?? []).map(({ location, index }) => ({
      label: `Artifacts are resolved at${index === undefined ? "" : `, index ${index}`}`,
      value: location,
    })),
    ...application.nameIdFormats.map((format) => ({ label: "NameID format", value: format })),
  ];
}

function oidcRegistered(application: OidcApplication): readonly Labelled[] {
  const { backchannelLogoutUri, frontchannelLogoutUri, scopes, resources = [], origins } = application;
  return [
    { label: "How it proves who it is", value: application.authenticationMethod },
    ...application.redirectUris.map((value) => ({ label: "Redirect address", value })),
    ...application.postLogoutRedirectUris.map((value) => ({ label: "Address after logout", value })),
    ...(backchannelLogoutUri === undefined
      ? []
      : [{ label: "Told of logouts by us", value: backchannelLogoutUri }]),
    ...(frontchannelLogoutUri === undefined
      ? []
      : [{ label: "Told of logouts through the browser", value: frontchannelLogoutUri }]),
    ...(application.jwksUri === undefined
      ? []
      : [{ label: "Its keys are fetched from", value: application.jwksUri }]),
    ...origins.map((value) => ({ label: "May call us from", value })),
    { label: "Ways to a token", value: application.grantTypes.join(" ") },
    { label: "PKCE", value: application.pkceRequired ? "required" : "optional" },
    { label: "Pushed requests", value: application.parRequired ? "required" : "optional" },
    { label: "ID tokens", value: application.idTokenAlgorithm },
    { label: "UserInfo", value: application.userinfoSignedResponseAlgorithm ?? "plain JSON" },
    { label: "Access tokens", value: application.accessTokenFormat },
    { label: "Knows people by", value: `${application.subjectType} names` },
    { label: "May ask for", value: ["openid", ...scopes].join(" ") },
    ...resources.map((value) => ({ label: "Gets tokens for", value })),
  ];
}

function bindingWord(binding: string): string {
  return BINDINGS.find(([suffix]) => binding.endsWith(suffix))?.[1] ?? binding;
}

/** The certificates out of the application's metadata. */
export function theirKeys(application: Application): readonly TheirKey[] {
  if (application.protocol !== "saml") return [];
  return [
    ...application.signingCertificates.map((certificate) => ["Checks its requests", certificate] as const),
    ...application.encryptionKeys.map(({ certificate }) => ["Encrypts assertions", certificate] as const),
  ].flatMap(([use, certificate]) => {
    const facts = certificateFacts(certificate);
    if (facts === undefined) return [];
    const { subject, endsAtMs, fingerprint } = facts;
    return [{ use, subject, endsAtMs, fingerprint }];
  });
}

/** Our certificate that a service provider without metadata reading needs: of the key that it gets signatures of. */
export function ourCertificate(
  keyRing: Pick<KeyRing, "published" | "byId">,
  application: Application,
): { readonly id: string; readonly fingerprint: string; readonly endsAtMs: number } | undefined {
  if (application.protocol !== "saml") return undefined;
  const { keyType } = SIGNATURE_ALGORITHMS[application.signatureAlgorithm ?? "rsa-sha256"];
  const active = keyRing.published().find(({ type, state }) => type === keyType && state === "active");
  const key = pinnedKey(keyRing, keyType, application) ?? active;
  const facts = key === undefined ? undefined : certificateFacts(key.certificate);
  if (key === undefined || facts === undefined) return undefined;
  return { id: key.id, fingerprint: facts.fingerprint, endsAtMs: facts.endsAtMs };
}
