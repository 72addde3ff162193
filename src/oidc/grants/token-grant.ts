import type { Parameters } from "../../http/parameters.ts";
import type { OidcApplication } from "../../model/application.ts";
import type { TokenResponse } from "../token-response.ts";

/** One way to get tokens (`grant_type`). The client has proved who it is, and may use this way. */
export interface TokenGrant {
  /** Throws `OAuthError` for whatever stands in the way, `Unavailable` when a store is away. */
  answer(application: OidcApplication, parameters: Parameters): Promise<TokenResponse>;
}
