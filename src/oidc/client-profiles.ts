import type { ClientAuthenticationMethod, ClientProfile, GrantType } from "../model/application.ts";

/** What a client is by default; each of these may be said otherwise at registration, within the rules. */
export interface ProfileDefaults {
  readonly authenticationMethod: ClientAuthenticationMethod;
  readonly grantTypes: readonly GrantType[];
  readonly scopes: readonly string[];
  readonly accessTokenFormat: "opaque" | "jwt";
}

const PERSON_SCOPES = ["profile", "email", "address", "phone", "groups", "offline_access"];

const INTERACTIVE = {
  grantTypes: ["authorization_code", "refresh_token"],
  scopes: PERSON_SCOPES,
  accessTokenFormat: "opaque",
} as const;

/**
 * The safe defaults of each kind of client. web: has a server that keeps a secret. browser: a page alone, which keeps
 * none (its tokens are rotated instead). native: an application on a device (RFC 8252). service: a program without a
 * person; its tokens are JWTs, because who gets them seldom asks us.
 */
export const PROFILE_DEFAULTS: Readonly<Record<ClientProfile, ProfileDefaults>> = {
  web: { ...INTERACTIVE, authenticationMethod: "client_secret_basic" },
  browser: { ...INTERACTIVE, authenticationMethod: "none" },
  native: { ...INTERACTIVE, authenticationMethod: "none" },
  service: {
    authenticationMethod: "client_secret_basic",
    grantTypes: ["client_credentials"],
    scopes: [],
    accessTokenFormat: "jwt",
  },
};
