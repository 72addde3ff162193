import type { FederationMembership } from "./federation.ts";
import type { ReleaseRule, ReleaseSource } from "./release.ts";

export type Protocol = "saml" | "oidc";

/** Who may sign on to an application: everyone who has an account, or the members of any of these groups. */
export type AccessRule =
  | { readonly kind: "everyone" }
  | { readonly kind: "groups"; readonly groups: readonly string[] };

interface ApplicationBase {
  /** Random; for OpenID Connect it is also the `client_id`. */
  readonly id: string;
  readonly name: string;
  readonly enabled: boolean;
  /** Where "my applications" sends the person, when the application has such an address. */
  readonly startUrl?: string | undefined;
  readonly access: AccessRule;
  /** `ask` shows the consent page once for each scope; `implied` is for an organisation's own applications. */
  readonly consent: "ask" | "implied";
  /** Which attributes and claims it gets, in one mapping language for both protocols. Empty: the protocol's default set. */
  readonly release: readonly ReleaseRule[];
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

export interface SamlEndpoint {
  /** Full binding URN. */
  readonly binding: string;
  readonly location: string;
  readonly responseLocation?: string | undefined;
  readonly index?: number | undefined;
  readonly isDefault?: boolean | undefined;
}

export interface SamlEncryptionKey {
  /** Base64 DER of the certificate, without white space. */
  readonly certificate: string;
  /** EncryptionMethod Algorithm URIs in the metadata's order; empty when it names none. */
  readonly methods: readonly string[];
}

/** What messages to a service provider are signed with. */
export type SamlSignatureAlgorithm =
  | "rsa-sha256"
  | "rsa-sha384"
  | "rsa-sha512"
  | "ecdsa-sha256"
  /** Broken: only for an application that has `allowSha1`. */
  | "rsa-sha1";

/** Sign-ons that begin here, without a request of the application (SAML Profiles 4.1.5). */
export interface IdpInitiated {
  /** RelayStates that may go along; one that ends with a slash allows everything below it. */
  readonly relayStates: readonly string[];
}

/** Where a service provider's metadata is fetched again. */
export interface MetadataSource {
  readonly url: string;
  /** Base64 DER: the metadata must be signed by its key. */
  readonly pinnedCertificate?: string | undefined;
  /** Metadata that an administrator must agree to first, with what would change, each as a phrase. */
  readonly waiting?: { readonly xml: string; readonly changes: readonly string[] } | undefined;
}

/** How the last fetch of an application's metadata went. Kept apart: a fetch that brings nothing new changes no application. */
export interface MetadataFetch {
  readonly applicationId: string;
  /** What was fetched: the source may have another address by now. */
  readonly url: string;
  /**
   * SHA-256 over the address, the pinned certificate and the metadata that was in force afterwards, base64url. Where one
   * of them is another one by now, what is known about the file says nothing.
   */
  readonly basis: string;
  readonly lastFetchMs: number;
  readonly lastGoodMs?: number | undefined;
  readonly nextDueMs: number;
  /** Why the last fetch changed nothing, as a sentence; absent when it went well. */
  readonly problem?: string | undefined;
  /** SHA-256 of the file's text, base64url. */
  readonly fileDigest?: string | undefined;
  /** The file's validators (RFC 9110, 8.8). */
  readonly etag?: string | undefined;
  readonly lastModified?: string | undefined;
}

/** A service provider. Everything but the switches comes from its metadata (SAML Metadata 2.4.4). */
export interface SamlApplication extends ApplicationBase {
  readonly protocol: "saml";
  readonly entityId: string;
  readonly assertionConsumerServices: readonly SamlEndpoint[];
  readonly singleLogoutServices: readonly SamlEndpoint[];
  /** Where its messages are fetched by artifact (SAML Bindings 3.6); absent in records from before they were kept. */
  readonly artifactResolutionServices?: readonly SamlEndpoint[] | undefined;
  /** Base64 DER; each is tried, so a rollover cuts nobody off. */
  readonly signingCertificates: readonly string[];
  readonly encryptionKeys: readonly SamlEncryptionKey[];
  /** NameIDFormat URNs of the metadata in its order. */
  readonly nameIdFormats: readonly string[];
  readonly requestsMustBeSigned: boolean;
  readonly signAssertion: boolean;
  readonly signResponse: boolean;
  readonly encryptAssertion: boolean;
  /** rsa-sha256 where it is absent. */
  readonly signatureAlgorithm?: SamlSignatureAlgorithm | undefined;
  /** The `kid` that it stays with while that key is published; absent: whatever key signs now. */
  readonly signingKeyId?: string | undefined;
  /** The NameID alone is encrypted (EncryptedID), not the assertion around it. */
  readonly encryptNameId?: boolean | undefined;
  /** AES-CBC where it offers nothing better. Without this nothing is encrypted with CBC, and the sign-on is refused. */
  readonly allowCbc?: boolean | undefined;
  /** SHA-1 in what it signs, and in what it is sent if `signatureAlgorithm` says so. */
  readonly allowSha1?: boolean | undefined;
  /** Full URN, instead of the formats of its metadata; a request that demands another one still gets that. */
  readonly nameIdFormat?: string | undefined;
  /** Where the NameID's value comes from, for every format but transient; absent: what the format usually has. */
  readonly nameIdSource?: ReleaseSource | undefined;
  /** Audiences beside its entityID (SAML Core 2.5.1.4). */
  readonly audiences?: readonly string[] | undefined;
  /** Absent: a sign-on to it begins at the application alone. */
  readonly idpInitiated?: IdpInitiated | undefined;
  /** Programs may sign on to it with name and password in the place of a browser (SAML Profiles 4.2); absent: no. */
  readonly ecp?: boolean | undefined;
  readonly metadataXml: string;
  /** Absent: its metadata was handed over by hand. */
  readonly metadataSource?: MetadataSource | undefined;
  /** Its metadata comes from a federation's file and follows it. */
  readonly membership?: FederationMembership | undefined;
}

export interface ClientSecret {
  /** SHA-256 of the secret, base64url. Secrets are 256 random bits, so a slow hash would add nothing. */
  readonly hash: string;
  readonly lastFour: string;
  readonly createdAtMs: number;
  readonly expiresAtMs?: number | undefined;
}

export type ClientAuthenticationMethod =
  | "client_secret_basic"
  | "client_secret_post"
  | "private_key_jwt"
  | "none";
export type ClientProfile = "web" | "browser" | "native" | "service";
export type GrantType = "authorization_code" | "refresh_token" | "client_credentials";
export type IdTokenAlgorithm = "RS256" | "RS384" | "RS512" | "PS256" | "ES256" | "ES384" | "EdDSA";

/** An OpenID Connect or OAuth 2 client; `id` is its `client_id`. */
export interface OidcApplication extends ApplicationBase {
  readonly protocol: "oidc";
  readonly profile: ClientProfile;
  readonly authenticationMethod: ClientAuthenticationMethod;
  readonly secrets: readonly ClientSecret[];
  /** Public keys of private_key_jwt, as JWK. */
  readonly jwks?: { readonly keys: readonly Readonly<Record<string, unknown>>[] } | undefined;
  readonly jwksUri?: string | undefined;
  readonly redirectUris: readonly string[];
  readonly postLogoutRedirectUris: readonly string[];
  readonly backchannelLogoutUri?: string | undefined;
  readonly frontchannelLogoutUri?: string | undefined;
  readonly grantTypes: readonly GrantType[];
  /** S256 is demanded unless this is false, which only a confidential client may have. */
  readonly pkceRequired: boolean;
  readonly parRequired: boolean;
  readonly idTokenAlgorithm: IdTokenAlgorithm;
  readonly accessTokenFormat: "opaque" | "jwt";
  readonly subjectType: "public" | "pairwise";
  readonly sectorIdentifier?: string | undefined;
  /** Scopes it may ask for besides `openid`, and besides those of its resources. */
  readonly scopes: readonly string[];
  /** Identifiers of the declared resources that it may get tokens for (RFC 8707); absent: none. */
  readonly resources?: readonly string[] | undefined;
  /** UserInfo answers are JWTs, signed like this (OpenID Connect Core 5.3.2); absent: plain JSON. */
  readonly userinfoSignedResponseAlgorithm?: IdTokenAlgorithm | undefined;
  /** Browser origins that may call the token, userinfo and revocation endpoints. */
  readonly origins: readonly string[];
}

export type Application = SamlApplication | OidcApplication;
