import type { Parameters } from "../../http/parameters.ts";
import type { Account } from "../../model/account.ts";
import type { OidcApplication } from "../../model/application.ts";
import { constantTimeEqual } from "../../platform/digest.ts";
import type { AuthorizationCodePayload, AuthorizationCodes } from "../authorization-code.ts";
import { OAuthError } from "../oauth-error.ts";
import { subjectFor } from "../oidc-subject.ts";
import { checkVerifier } from "../pkce.ts";
import type { TokenResponse } from "../token-response.ts";
import type { TokenBasis } from "../token-standing.ts";
import { requestedAudience } from "./requested-audience.ts";
import type { PersonGrantParts, TokenGrant } from "./token-grant.ts";

export interface AuthorizationCodeGrantParts extends PersonGrantParts {
  readonly codes: AuthorizationCodes;
}

const UNUSABLE = "the code is unknown, expired, used, or another client's";

const ENDED = "the login or the consent has ended";

/** `grant_type=authorization_code` (RFC 6749 4.1.3, RFC 7636 4.5, OpenID Connect Core 3.1.3). */
export class AuthorizationCodeGrant implements TokenGrant {
  readonly #parts: AuthorizationCodeGrantParts;

  constructor(parts: AuthorizationCodeGrantParts) {
    this.#parts = parts;
  }

  /**
   * The code is spent first, in one atomic step, and everything else is checked behind it: so a wrong verifier or
   * address by the right client costs the code, and nobody gets to try twice.
   */
  async answer(application: OidcApplication, parameters: Parameters): Promise<TokenResponse> {
    const code = parameters.get("code");
    if (code === undefined) throw new OAuthError("invalid_request", "code is missing");
    const payload = await this.#redeem(application, code);
    checkBinding(payload, parameters);
    const audience = requestedAudience(this.#parts.audiences, application, parameters, payload);
    const { standing, families } = this.#parts;
    const { sessionId, grantId, familyId } = payload;
    const account = await standing.account(application, payload.accountId);
    if (account === undefined) throw new OAuthError("invalid_grant", ENDED);
    // What the tokens stand on is asked for while they are stored: one round trip instead of two. Where it has ended
    // they are nobody's. The session is asked for even with offline_access: whoever logged out within this minute is
    // logged out.
    const [holds, response] = await Promise.all([
      standing.holds({ sessionId, grantId }),
      this.#issue(application, account, payload, audience),
    ]);
    if (holds) return response;
    await families.revoke(familyId);
    throw new OAuthError("invalid_grant", ENDED);
  }

  /** RFC 6749 4.1.2: a second presentation takes back what the first one gave. */
  async #redeem(application: OidcApplication, code: string): Promise<AuthorizationCodePayload> {
    const redeemed = await this.#parts.codes.redeem(code, application.id);
    switch (redeemed.state) {
      case "yours":
        return redeemed.value;
      case "used": {
        const { familyId, accountId } = redeemed.value;
        await this.#parts.families.revoke(familyId);
        this.#parts.audit.note({
          action: "code.reused",
          outcome: "refused",
          actorId: accountId,
          targetKind: "application",
          targetId: application.id,
          targetName: application.name,
          detail: { family: familyId },
        });
        throw new OAuthError("invalid_grant", UNUSABLE);
      }
      case "unknown":
        throw new OAuthError("invalid_grant", UNUSABLE);
    }
  }

  async #issue(
    application: OidcApplication,
    account: Account,
    payload: AuthorizationCodePayload,
    audience: readonly string[],
  ): Promise<TokenResponse> {
    const { scopes, sessionId, authTimeMs, acr, methods, claims, nonce, grantId, familyId } = payload;
    const basis: TokenBasis = {
      accountId: account.id,
      sessionId: scopes.includes("offline_access") ? undefined : sessionId,
      grantId,
    };
    const refreshToken = application.grantTypes.includes("refresh_token")
      ? await this.#parts.refreshTokens.begin({
          ...basis,
          familyId,
          applicationId: application.id,
          scopes,
          wire: { sessionId, authTimeMs, acr, methods, claims, resources: payload.resources },
        })
      : undefined;
    return await this.#parts.responses.forPerson({
      application,
      account,
      access: {
        basis,
        subject: subjectFor(application, account.id, this.#parts.subjects),
        scopes: this.#parts.audiences.scopesOfPerson(audience, scopes, account),
        audience,
        familyId,
      },
      scopes,
      login: { sessionId, authTimeMs, acr, methods, claims, nonce },
      refreshToken,
    });
  }
}

/** What the code is bound to besides its client: the reply address (RFC 6749 4.1.3) and the PKCE challenge. */
function checkBinding(payload: AuthorizationCodePayload, parameters: Parameters): void {
  const redirectUri = parameters.get("redirect_uri");
  if (redirectUri === undefined || !constantTimeEqual(redirectUri, payload.redirectUri)) {
    throw new OAuthError("invalid_grant", "redirect_uri is not the one of the authorization request");
  }
  switch (checkVerifier(payload.codeChallenge, parameters.get("code_verifier"))) {
    case "ok":
      return;
    case "malformed":
      throw new OAuthError("invalid_request", "code_verifier must be 43 to 128 unreserved characters");
    case "missing":
      throw new OAuthError("invalid_grant", "code_verifier is missing");
    case "unexpected":
      throw new OAuthError("invalid_grant", "a code_verifier came, but the request had no code_challenge");
    case "mismatch":
      throw new OAuthError("invalid_grant", "code_verifier does not match the code_challenge");
  }
}
