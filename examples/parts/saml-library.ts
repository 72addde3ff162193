import {
  type CacheProvider,
  generateServiceProviderMetadata,
  SAML,
  ValidateInResponseTo,
} from "@node-saml/node-saml";
import { BINDING, NAME_ID } from "../../src/saml/namespaces.ts";
import type { IdentityProvider } from "./identity-provider.ts";
import type { Assertion } from "./saml-gate.ts";

export interface SamlApplicationSettings {
  readonly baseUrl: string;
  readonly gatehouse: string;
  readonly otherUrl: string;
  /** PEM: the key that signs its requests, and the certificate that its metadata shows. */
  readonly privateKey: string;
  readonly certificate: string;
}

/** IDs of the requests that this browser has sent and that were not answered yet, with the time of each. */
export type Requests = Map<string, string>;

/** A login that takes longer begins anew. */
export const LOGIN_MS = 15 * 60_000;
const MOST_REQUESTS = 20;

/** The metadata that is handed to Gatehouse once (SAML Metadata 2.4.4). */
export function samlApplicationMetadata(settings: SamlApplicationSettings): string {
  const metadata = generateServiceProviderMetadata({
    issuer: `${settings.baseUrl}/saml/metadata`,
    callbackUrl: `${settings.baseUrl}/saml/acs`,
    logoutCallbackUrl: `${settings.baseUrl}/saml/slo`,
    identifierFormat: NAME_ID.persistent,
    wantAssertionsSigned: true,
    // Always the same, so that the same settings make the same metadata.
    generateUniqueId: () => "_wiki",
    privateKey: settings.privateKey,
    publicCerts: settings.certificate,
  });
  // The library writes POST for the logout service, whose element stands before the other one of that binding.
  return metadata.replace(BINDING.post, BINDING.redirect);
}

/** The library with the requests of one browser: an answer is accepted only where its request was made. */
export function librarySeenFrom(
  settings: SamlApplicationSettings,
  provider: IdentityProvider,
  requests: Requests,
): SAML {
  return new SAML({
    issuer: `${settings.baseUrl}/saml/metadata`,
    audience: `${settings.baseUrl}/saml/metadata`,
    callbackUrl: `${settings.baseUrl}/saml/acs`,
    entryPoint: provider.signOnUrl,
    logoutUrl: provider.logoutUrl,
    idpIssuer: provider.entityId,
    idpCert: [...provider.certificates],
    privateKey: settings.privateKey,
    signatureAlgorithm: "sha256",
    identifierFormat: NAME_ID.persistent,
    wantAssertionsSigned: true,
    wantAuthnResponseSigned: false,
    disableRequestedAuthnContext: true,
    acceptedClockSkewMs: 3 * 60_000,
    validateInResponseTo: ValidateInResponseTo.always,
    requestIdExpirationPeriodMs: LOGIN_MS,
    cacheProvider: cacheOver(requests),
  });
}

function cacheOver(requests: Requests): CacheProvider {
  return {
    saveAsync: async (id, value) => {
      if (requests.size >= MOST_REQUESTS) requests.delete(requests.keys().next().value ?? "");
      requests.set(id, value);
      return await Promise.resolve({ value, createdAt: Date.now() });
    },
    getAsync: async (id) => await Promise.resolve(requests.get(id) ?? null),
    removeAsync: async (id) => await Promise.resolve(id !== null && requests.delete(id) ? id : null),
  };
}

/** The subject in a LogoutRequest must be the one of the assertion, with its qualifiers (SAML Core 3.7.1). */
export function subjectOf(assertion: Assertion) {
  return {
    issuer: "",
    nameID: assertion.nameId,
    nameIDFormat: assertion.nameIdFormat,
    sessionIndex: assertion.sessionIndex,
    ...(assertion.nameQualifiers.idp === undefined ? {} : { nameQualifier: assertion.nameQualifiers.idp }),
    ...(assertion.nameQualifiers.sp === undefined ? {} : { spNameQualifier: assertion.nameQualifiers.sp }),
  };
}
