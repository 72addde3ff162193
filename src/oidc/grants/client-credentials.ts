import type { Parameters } from "../../http/parameters.ts";
import type { OidcApplication } from "../../model/application.ts";
import { type Random, randomId } from "../../platform/random.ts";
import type { Audiences } from "../audiences.ts";
import { OAuthError } from "../oauth-error.ts";
import type { TokenResponse, TokenResponses } from "../token-response.ts";
import { requestedScopes } from "./requested-scopes.ts";
import type { TokenGrant } from "./token-grant.ts";

export interface ClientCredentialsGrantParts {
  readonly audiences: Audiences;
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
    const { audiences, responses, random } = this.#parts;
    const audience = audienceOf(audiences, application, parameters);
    const scopes = requestedScopes(
      parameters.get("scope"),
      audiences.scopesWithoutPerson(application, audience),
    );
    return await responses.forClient(application, { scopes, audience, familyId: randomId(random) });
  }
}

/** What `resource` names, or the scopes imply, or ourselves. Throws `OAuthError` (invalid_target). */
function audienceOf(
  audiences: Audiences,
  application: OidcApplication,
  parameters: Parameters,
): readonly string[] {
  const named = audiences.named(application, parameters);
  if (named === undefined) {
    throw new OAuthError("invalid_target", "a resource is not known here, or not open to this client");
  }
  const meant =
    named.length > 0 ? named : audiences.implied(application, parameters.get("scope")?.split(" ") ?? []);
  return meant.length > 0 ? meant : [audiences.issuer];
}
