import type { Parameters } from "../../http/parameters.ts";
import type { OidcApplication } from "../../model/application.ts";
import { type Random, randomId } from "../../platform/random.ts";
import { STANDARD_SCOPES } from "../default-claims.ts";
import { OAuthError } from "../oauth-error.ts";
import type { TokenResponse, TokenResponses } from "../token-response.ts";
import { requestedAudience } from "./requested-audience.ts";
import { requestedScopes } from "./requested-scopes.ts";
import type { TokenGrant } from "./token-grant.ts";

export interface ClientCredentialsGrantParts {
  readonly issuer: string;
  readonly responses: TokenResponses;
  readonly random: Random;
}

/** `grant_type=client_credentials` (RFC 6749 4.4): a program gets a token of its own. */
export class ClientCredentialsGrant implements TokenGrant {
  readonly #parts: ClientCredentialsGrantParts;

  constructor(parts: ClientCredentialsGrantParts) {
    this.#parts = parts;
  }

  /** Scopes that speak of a person are not to be had: there is none. */
  async answer(application: OidcApplication, parameters: Parameters): Promise<TokenResponse> {
    // Registration refuses the pair as well; a public client's name proves nothing.
    if (application.authenticationMethod === "none") {
      throw new OAuthError("unauthorized_client", "client_credentials needs a client that proves who it is");
    }
    const own = application.scopes.filter((scope) => !STANDARD_SCOPES.includes(scope));
    const scopes = requestedScopes(parameters.get("scope"), own);
    const { issuer, responses, random } = this.#parts;
    const audience = requestedAudience(parameters, [], issuer);
    return await responses.forClient(application, { scopes, audience, familyId: randomId(random) });
  }
}
