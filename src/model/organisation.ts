export type ContactKind = "technical" | "support" | "security";

export interface OrganisationContact {
  readonly kind: ContactKind;
  readonly name?: string | undefined;
  /** Without `mailto:`. */
  readonly email: string;
}

export interface OrganisationLogo {
  /** https. */
  readonly url: string;
  /** In pixels. */
  readonly width: number;
  readonly height: number;
}

/** Whoever runs this installation, as SAML metadata, OpenID Connect discovery and the pages name it. */
export interface Organisation {
  /** The language that the texts are written in (BCP 47). */
  readonly language: string;
  /** Name and address come together (SAML Metadata 2.3.2.1). */
  readonly name?: string | undefined;
  readonly displayName?: string | undefined;
  readonly url?: string | undefined;
  /** What a service provider's list of places to log in shows; absent: the organisation's display name. */
  readonly serviceName?: string | undefined;
  readonly description?: string | undefined;
  readonly logo?: OrganisationLogo | undefined;
  readonly privacyUrl?: string | undefined;
  readonly termsUrl?: string | undefined;
  readonly documentationUrl?: string | undefined;
  /** Where a service provider sends people whom it could not let in (SAML Metadata 2.4.1). */
  readonly errorUrl?: string | undefined;
  /** Domains whose scoped attributes are ours to state (shibmd:Scope). */
  readonly scopes: readonly string[];
  /** At most one of each kind. */
  readonly contacts: readonly OrganisationContact[];
}
