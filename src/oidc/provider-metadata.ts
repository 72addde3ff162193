import { PATHS } from "../flow/endpoints.ts";
import type { IdTokenAlgorithm } from "../model/application.ts";
import type { AuthenticationContext } from "../model/authentication.ts";
import type { Organisation } from "../model/organisation.ts";
import { acrOf } from "./acr.ts";
import { defaultClaimNames } from "./claims.ts";
import { STANDARD_SCOPES } from "./default-claims.ts";
import { PROMPT_VALUES } from "./prompt.ts";

export interface ProviderMetadataInput {
  readonly issuer: string;
  /** Those that have a signing key. */
  readonly algorithms: readonly IdTokenAlgorithm[];
  readonly contexts: readonly AuthenticationContext[];
  readonly organisation?: Organisation | undefined;
}

/** Claims that tokens have besides those of the scopes. */
const TOKEN_CLAIMS = ["iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "sid"];
const CLIENT_AUTHENTICATION = ["client_secret_basic", "client_secret_post", "private_key_jwt"];
/** What a client's own key may sign with at private_key_jwt. */
const CLIENT_ALGORITHMS = ["RS256", "PS256", "ES256", "ES384", "EdDSA"];

/**
 * The provider's metadata: one document for OpenID Connect Discovery 1.0 section 3 and RFC 8414 section 2, whose
 * members have the same names. What is not listed is not offered: no implicit or hybrid response type, no password
 * grant, no `plain` challenge, no request objects.
 */
export function providerMetadata(input: ProviderMetadataInput): Readonly<Record<string, unknown>> {
  const { issuer, algorithms, contexts } = input;
  return {
    issuer,
    ...endpoints(issuer),
    scopes_supported: STANDARD_SCOPES,
    response_types_supported: ["code"],
    response_modes_supported: ["query", "form_post", "fragment"],
    grant_types_supported: ["authorization_code", "refresh_token", "client_credentials"],
    subject_types_supported: ["public", "pairwise"],
    id_token_signing_alg_values_supported: algorithms,
    userinfo_signing_alg_values_supported: algorithms,
    acr_values_supported: contexts.map(acrOf),
    claim_types_supported: ["normal"],
    claims_supported: [...TOKEN_CLAIMS, ...defaultClaimNames()],
    prompt_values_supported: PROMPT_VALUES,
    display_values_supported: ["page"],
    code_challenge_methods_supported: ["S256"],
    ...clientAuthentication("token", [...CLIENT_AUTHENTICATION, "none"]),
    ...clientAuthentication("revocation", [...CLIENT_AUTHENTICATION, "none"]),
    ...clientAuthentication("introspection", CLIENT_AUTHENTICATION),
    claims_parameter_supported: true,
    request_parameter_supported: false,
    // The default of this one is true (Discovery 3).
    request_uri_parameter_supported: false,
    require_pushed_authorization_requests: false,
    authorization_response_iss_parameter_supported: true,
    backchannel_logout_supported: true,
    backchannel_logout_session_supported: true,
    frontchannel_logout_supported: true,
    frontchannel_logout_session_supported: true,
    // What is undefined is left out of the document.
    op_policy_uri: input.organisation?.privacyUrl,
    op_tos_uri: input.organisation?.termsUrl,
    service_documentation: input.organisation?.documentationUrl,
  };
}

function endpoints(issuer: string): Readonly<Record<string, string>> {
  return {
    authorization_endpoint: issuer + PATHS.oidcAuthorize,
    token_endpoint: issuer + PATHS.oidcToken,
    userinfo_endpoint: issuer + PATHS.oidcUserinfo,
    jwks_uri: issuer + PATHS.oidcJwks,
    end_session_endpoint: issuer + PATHS.oidcEndSession,
    revocation_endpoint: issuer + PATHS.oidcRevocation,
    introspection_endpoint: issuer + PATHS.oidcIntrospection,
    pushed_authorization_request_endpoint: issuer + PATHS.oidcPar,
  };
}

function clientAuthentication(endpoint: string, methods: readonly string[]) {
  return {
    [`${endpoint}_endpoint_auth_methods_supported`]: methods,
    [`${endpoint}_endpoint_auth_signing_alg_values_supported`]: CLIENT_ALGORITHMS,
  };
}
