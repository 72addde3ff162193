import type { Parameters } from "../../http/parameters.ts";
import type { OidcApplication } from "../../model/application.ts";
import { OAuthError } from "../oauth-error.ts";
import { subjectFor } from "../oidc-subject.ts";
import type { PresentedRefreshToken } from "../refresh-token.ts";
import type { TokenResponse } from "../token-response.ts";
import type { TokenBasis } from "../token-standing.ts";
import { requestedAudience } from "./requested-audience.ts";
import { requestedScopes } from "./requested-scopes.ts";
import type { PersonGrantParts, TokenGrant } from "./token-grant.ts";

const UNUSABLE = "the refresh token is unknown, expired, revoked, or another client's";

/** `grant_type=refresh_token` (RFC 6749 6, OpenID Connect Core 12). */
export class RefreshTokenGrant implements TokenGrant {
  readonly #parts: PersonGrantParts;

  constructor(parts: PersonGrantParts) {
    this.#parts = parts;
  }

  /** Everything that may be the client's slip is checked before the token is replaced, so that a slip does not cost it. */
  async answer(application: OidcApplication, parameters: Parameters): Promise<TokenResponse> {
    const text = parameters.get("refresh_token");
    if (text === undefined) throw new OAuthError("invalid_request", "refresh_token is missing");
    const presented = await this.#parts.refreshTokens.find(text);
    // A client that has another one's token neither uses it nor revokes it.
    if (presented === undefined || presented.token.applicationId !== application.id) {
      throw new OAuthError("invalid_grant", UNUSABLE);
    }
    const { token, wire } = presented;
    const scopes = requestedScopes(parameters.get("scope"), token.scopes);
    const granted = { resources: wire.resources, scopes: token.scopes };
    const audience = requestedAudience(this.#parts.audiences, application, parameters, granted);
    const basis: TokenBasis = {
      accountId: token.accountId,
      sessionId: token.sessionId,
      grantId: token.grantId,
    };
    const account = await this.#parts.standing.beforeIssue(application, basis);
    if (account === undefined) throw new OAuthError("invalid_grant", "the login or the consent has ended");
    const refreshToken = await this.#replace(application, presented);
    return await this.#parts.responses.forPerson({
      application,
      account,
      access: {
        basis,
        subject: subjectFor(application, account.id, this.#parts.subjects),
        scopes: this.#parts.audiences.scopesOfPerson(audience, scopes, account),
        audience,
        familyId: token.familyId,
      },
      scopes,
      login: { ...wire, claims: wire.claims, nonce: undefined },
      refreshToken,
    });
  }

  /** A token that was replaced long ago is a stolen one or its thief's: the whole family ends, and no other one. */
  async #replace(application: OidcApplication, presented: PresentedRefreshToken): Promise<string> {
    const replaced = await this.#parts.refreshTokens.replace(presented);
    switch (replaced.state) {
      case "next":
        return replaced.text;
      case "reused": {
        const { familyId, accountId } = presented.token;
        await this.#parts.families.revoke(familyId);
        this.#parts.audit.note({
          action: "refresh-token.reused",
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
}
