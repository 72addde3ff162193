import type { AuditTrail } from "../../audit/audit-trail.ts";
import type { Parameters } from "../../http/parameters.ts";
import type { OidcApplication } from "../../model/application.ts";
import type { Subjects } from "../../session/subject.ts";
import type { Audiences } from "../audiences.ts";
import type { RefreshTokens } from "../refresh-token.ts";
import type { TokenFamilies } from "../token-families.ts";
import type { TokenResponse, TokenResponses } from "../token-response.ts";
import type { TokenStanding } from "../token-standing.ts";

/** One way to get tokens (`grant_type`). The client has proved who it is, and may use this way. */
export interface TokenGrant {
  /** Throws `OAuthError` for whatever stands in the way, `Unavailable` when a store is away. */
  answer(application: OidcApplication, parameters: Parameters): Promise<TokenResponse>;
}

/** What both grants about a person stand on: the code, and the refresh token that came of it. */
export interface PersonGrantParts {
  readonly audiences: Audiences;
  readonly families: TokenFamilies;
  readonly standing: TokenStanding;
  readonly refreshTokens: RefreshTokens;
  readonly responses: TokenResponses;
  readonly subjects: Subjects;
  readonly audit: Pick<AuditTrail, "note">;
}
