import type { AccountField, ReleaseRule } from "../model/release.ts";

/** What each ready-made scope brings (OpenID Connect Core 5.4), for applications without a mapping of their own. */
export const DEFAULT_CLAIMS: readonly ReleaseRule[] = [
  account("name", "name", "profile"),
  account("given_name", "givenName", "profile"),
  account("family_name", "familyName", "profile"),
  account("preferred_username", "username", "profile"),
  ...[
    "middle_name",
    "nickname",
    "profile",
    "picture",
    "website",
    "gender",
    "birthdate",
    "zoneinfo",
    "locale",
  ].map((name): ReleaseRule => ({ name, source: { kind: "attribute", name }, scope: "profile" })),
  account("email", "email", "email"),
  account("email_verified", "emailVerified", "email"),
  account("phone_number", "phone", "phone"),
  { name: "groups", source: { kind: "groups" }, scope: "groups", multiValued: true },
];

function account(name: string, field: AccountField, scope: string): ReleaseRule {
  return { name, source: { kind: "account", field }, scope };
}

/** The scopes that need no registration of their own meaning; what an application may ask for is in its registration. */
export const STANDARD_SCOPES: readonly string[] = [
  "openid",
  "profile",
  "email",
  "address",
  "phone",
  "groups",
  "offline_access",
];
