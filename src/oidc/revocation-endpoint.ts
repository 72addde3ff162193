import { PATHS } from "../flow/endpoints.ts";
import type { DirectEndpoint } from "../http/direct-endpoint.ts";
import type { AccessTokens } from "./access-token.ts";
import type { ClientAuthentication, PresentedClient } from "./client-authentication.ts";
import type { Cors } from "./cors.ts";
import { okAnswer } from "./json-answer.ts";
import { OAuthError } from "./oauth-error.ts";
import { type ProgramAnswer, programEndpoint } from "./program-endpoint.ts";
import type { RefreshTokens } from "./refresh-token.ts";
import type { TokenFamilies } from "./token-families.ts";
import { familyOf } from "./token-source.ts";

export interface RevocationParts {
  readonly authentication: ClientAuthentication;
  readonly accessTokens: AccessTokens;
  readonly refreshTokens: RefreshTokens;
  readonly families: TokenFamilies;
  readonly cors: Cors;
  /** Revokes an API token where it is this client's own; any other is as good as unknown. Absent: none is. */
  readonly revokeApiToken?: ((text: string, clientId: string) => Promise<void>) | undefined;
}

/** Token revocation (RFC 7009), for public clients too. */
export function revocationEndpoint(parts: RevocationParts): DirectEndpoint {
  return programEndpoint(
    PATHS.oidcRevocation,
    parts.cors,
    async (presented) => await revocationAnswer(parts, presented),
  );
}

/**
 * Revokes the token and its whole family: who says that it is done with one of them is done (2.1). An unknown token is
 * as good as revoked: 200 (2.2). Another client's is left alone and the request refused. `token_type_hint` is not
 * needed, so a wrong one does no harm.
 */
export async function revocationAnswer(
  parts: RevocationParts,
  presented: PresentedClient,
): Promise<ProgramAnswer> {
  const application = await parts.authentication.authenticate(presented);
  const text = presented.parameters.get("token");
  if (text === undefined) throw new OAuthError("invalid_request", "token is missing");
  const found = await familyOf(parts, text);
  if (found !== undefined && found.clientId !== application.id) {
    throw new OAuthError("invalid_grant", "the token was issued to another client");
  }
  if (found !== undefined) await parts.families.revoke(found.familyId);
  // A public client's name proves nothing, and a person's own token is nobody else's to revoke.
  else if (application.authenticationMethod !== "none") await parts.revokeApiToken?.(text, application.id);
  return { answer: okAnswer(undefined), application };
}
