import { PATHS } from "../flow/endpoints.ts";
import type { DirectEndpoint } from "../http/direct-endpoint.ts";
import type { GrantType } from "../model/application.ts";
import type { ClientAuthentication, PresentedClient } from "./client-authentication.ts";
import type { Cors } from "./cors.ts";
import type { TokenGrant } from "./grants/token-grant.ts";
import { okAnswer } from "./json-answer.ts";
import { OAuthError } from "./oauth-error.ts";
import { type ProgramAnswer, programEndpoint } from "./program-endpoint.ts";

export interface TokenEndpointParts {
  readonly authentication: ClientAuthentication;
  readonly grants: Readonly<Record<GrantType, TokenGrant>>;
  readonly cors: Cors;
}

/** The token endpoint (RFC 6749 3.2): POST alone, and nothing is read from the address. */
export function tokenEndpoint(parts: TokenEndpointParts): DirectEndpoint {
  return programEndpoint(
    PATHS.oidcToken,
    parts.cors,
    async (presented) => await tokenAnswer(parts, presented),
  );
}

/** Who calls, by which grant, and whether that client may use it. Throws `OAuthError`. */
export async function tokenAnswer(
  { authentication, grants }: Pick<TokenEndpointParts, "authentication" | "grants">,
  presented: PresentedClient,
): Promise<ProgramAnswer> {
  const { parameters } = presented;
  const application = await authentication.authenticate(presented);
  const grantType = parameters.get("grant_type");
  if (grantType === undefined) throw new OAuthError("invalid_request", "grant_type is missing");
  if (!isGrantType(grantType)) {
    throw new OAuthError("unsupported_grant_type", "this grant_type does not exist here");
  }
  if (!application.grantTypes.includes(grantType)) {
    throw new OAuthError("unauthorized_client", `this client is not registered for ${grantType}`);
  }
  const response = await grants[grantType].answer(application, parameters);
  return { answer: okAnswer({ ...response }), application };
}

function isGrantType(text: string): text is GrantType {
  return text === "authorization_code" || text === "refresh_token" || text === "client_credentials";
}
