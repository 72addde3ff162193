import type { Account } from "../model/account.ts";
import type { OidcApplication } from "../model/application.ts";
import type { AuthenticationMethod } from "../model/authentication.ts";
import type { AccessTokenGrant, AccessTokens } from "./access-token.ts";
import type { ClaimsRequest } from "./claims-parameter.ts";
import type { IdTokens } from "./id-token.ts";
import { ACCESS_TOKEN_LIFETIME_MS } from "./token-lifetimes.ts";

/** RFC 6749 5.1 with OpenID Connect Core 3.1.3.3; members that are undefined are left out. */
export interface TokenResponse {
  readonly access_token: string;
  readonly token_type: "Bearer";
  /** Seconds. */
  readonly expires_in: number;
  /** What was granted in the end, which may be less than what was asked for (RFC 6749 5.1). */
  readonly scope: string | undefined;
  readonly id_token?: string | undefined;
  readonly refresh_token?: string | undefined;
}

/** The login that tokens of a person tell about. */
export interface LoginFacts {
  /** For `sid`: the session of the login, also where the tokens outlive it. */
  readonly sessionId: string;
  readonly authTimeMs: number;
  readonly acr: string;
  readonly methods: readonly AuthenticationMethod[];
  readonly claims: ClaimsRequest | undefined;
  readonly nonce: string | undefined;
}

export interface PersonTokens {
  readonly application: OidcApplication;
  readonly account: Account;
  readonly access: Omit<AccessTokenGrant, "clientId" | "authTimeMs" | "acr" | "userinfoWishes">;
  /** All that was granted; the access token has those of them that its audience knows. */
  readonly scopes: readonly string[];
  readonly login: LoginFacts;
  readonly refreshToken: string | undefined;
}

/** Puts together what the token endpoint answers. */
export class TokenResponses {
  readonly #accessTokens: AccessTokens;
  readonly #idTokens: IdTokens;

  constructor(parts: { accessTokens: AccessTokens; idTokens: IdTokens }) {
    this.#accessTokens = parts.accessTokens;
    this.#idTokens = parts.idTokens;
  }

  /** Tokens about a person; the ID token comes with `openid`. Throws `Unavailable`: nothing is answered that is not stored. */
  async forPerson({
    application,
    account,
    access,
    scopes,
    login,
    refreshToken,
  }: PersonTokens): Promise<TokenResponse> {
    const made = this.#accessTokens.make(application, {
      ...access,
      clientId: application.id,
      authTimeMs: login.authTimeMs,
      acr: login.acr,
      userinfoWishes: login.claims?.userinfo ?? [],
    });
    const idToken = scopes.includes("openid")
      ? this.#idTokens.issue({ ...login, application, account, scopes, accessToken: made.text })
      : undefined;
    await this.#accessTokens.store(made);
    return { ...bearer(made.text, access.scopes), id_token: idToken, refresh_token: refreshToken };
  }

  /** A client's own token: no person, no ID token, no refresh token (RFC 6749 4.4.3). */
  async forClient(
    application: OidcApplication,
    access: Pick<AccessTokenGrant, "scopes" | "audience" | "familyId">,
  ): Promise<TokenResponse> {
    const made = this.#accessTokens.make(application, {
      ...access,
      clientId: application.id,
      subject: application.id,
      basis: undefined,
      userinfoWishes: [],
    });
    await this.#accessTokens.store(made);
    return bearer(made.text, access.scopes);
  }
}

function bearer(text: string, scopes: readonly string[]): TokenResponse {
  return {
    access_token: text,
    token_type: "Bearer",
    expires_in: ACCESS_TOKEN_LIFETIME_MS / 1000,
    scope: scopes.length === 0 ? undefined : scopes.join(" "),
  };
}
