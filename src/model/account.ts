/** A person (a SAML principal, an OpenID Connect end-user) or a service account. */
export interface Account {
  readonly id: string;
  /** What the person types; unique under its canonical form (account/login-name.ts). */
  readonly username: string;
  readonly email?: string | undefined;
  readonly emailVerified: boolean;
  /** The whole name as it is shown. */
  readonly name?: string | undefined;
  readonly givenName?: string | undefined;
  readonly familyName?: string | undefined;
  readonly phone?: string | undefined;
  readonly groups: readonly string[];
  readonly role: AccountRole;
  readonly enabled: boolean;
  /** Further attributes by name, each with its values, for the release mapping. */
  readonly attributes: Readonly<Record<string, readonly string[]>>;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

/** `owner` may use /admin. */
export type AccountRole = "person" | "owner";
