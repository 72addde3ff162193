/** Where a released value comes from. */
export type ReleaseSource =
  | { readonly kind: "account"; readonly field: AccountField }
  | { readonly kind: "attribute"; readonly name: string }
  | { readonly kind: "constant"; readonly values: readonly string[] }
  /** The values of the sources put together in order, with `separator` between; absent ones are left out. */
  | { readonly kind: "join"; readonly sources: readonly ReleaseSource[]; readonly separator: string }
  /** The first source that has a value. */
  | { readonly kind: "first"; readonly sources: readonly ReleaseSource[] }
  /** The account's groups, by an optional prefix that may be cut off. */
  | {
      readonly kind: "groups";
      readonly prefix?: string | undefined;
      readonly stripPrefix?: boolean | undefined;
    };

export type AccountField =
  | "id"
  | "username"
  | "email"
  | "emailVerified"
  | "name"
  | "givenName"
  | "familyName"
  | "phone"
  | "role"
  | "groups";

/** One line of an application's mapping: what is sent under which name. */
export interface ReleaseRule {
  /** The claim's name, or the SAML Attribute's Name. */
  readonly name: string;
  readonly source: ReleaseSource;
  /** SAML only: NameFormat URN (default uri for `urn:` names, else basic) and FriendlyName. */
  readonly nameFormat?: string | undefined;
  readonly friendlyName?: string | undefined;
  /** OpenID Connect only: the scope that brings the claim; without it the claim is always sent. */
  readonly scope?: string | undefined;
  /** An array even for one value. */
  readonly multiValued?: boolean | undefined;
}

/** A value ready to be sent: always a list; the protocol decides how one value looks. */
export interface ReleasedAttribute {
  readonly rule: ReleaseRule;
  readonly values: readonly string[];
}
