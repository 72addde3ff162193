import type { Parameters } from "../http/parameters.ts";
import type { OidcApplication } from "../model/application.ts";
import type { Audiences } from "./audiences.ts";
import { AuthorizationError } from "./authorization-error.ts";
import { type ClaimsRequest, readClaimsParameter } from "./claims-parameter.ts";
import { readChallenge } from "./pkce.ts";
import { type Prompt, readPrompt } from "./prompt.ts";
import type { ResponseMode } from "./request-wire.ts";
import { permittedScopes, readAskedScopes } from "./scopes.ts";

/** Every parameter of an authorization request that we know. Unknown ones are ignored (RFC 6749 3.1). */
export const AUTHORIZATION_PARAMETERS: readonly string[] = (
  "client_id redirect_uri response_type response_mode scope state nonce code_challenge code_challenge_method prompt " +
  "max_age acr_values claims login_hint id_token_hint ui_locales claims_locales display request request_uri " +
  "registration resource"
).split(" ");

const MAX_STATE_CHARACTERS = 4_096;
const MAX_NONCE_CHARACTERS = 1_024;
const MAX_HINT_CHARACTERS = 254;

/** An authorization request behind its client and reply address, read once. */
export interface AuthorizationParameters {
  readonly scopes: readonly string[];
  readonly nonce: string | undefined;
  readonly codeChallenge: string | undefined;
  readonly prompt: Prompt;
  readonly maxAgeSeconds: number | undefined;
  readonly acrValues: readonly string[];
  readonly claims: ClaimsRequest | undefined;
  readonly loginHint: string | undefined;
  readonly idTokenHint: string | undefined;
  readonly resources: readonly string[];
}

/**
 * Reads and checks everything that an error response can be sent for. Throws `AuthorizationError` for the first thing
 * that is wrong (RFC 6749 4.1.1, OpenID Connect Core 3.1.2.1 and 3.1.2.2).
 */
export function readAuthorizationParameters(
  application: OidcApplication,
  parameters: Parameters,
  audiences: Audiences,
): AuthorizationParameters {
  refuseRepeated(parameters);
  refuseUnsupported(parameters);
  readResponseType(application, parameters);
  readResponseMode(application, parameters);
  readState(parameters);
  const prompt = readPrompt(parameters.get("prompt"));
  const asked = readAskedScopes(parameters.get("scope"));
  const resources = readResources(application, parameters, asked, audiences);
  return {
    scopes: permittedScopes(application, asked, prompt, (scope) =>
      audiences.mayAsk(application, scope, resources),
    ),
    nonce: limited(parameters, "nonce", MAX_NONCE_CHARACTERS),
    codeChallenge: readCodeChallenge(application, parameters),
    prompt,
    maxAgeSeconds: readMaxAge(parameters.get("max_age")),
    acrValues: words(parameters.get("acr_values")),
    claims: readClaims(parameters.get("claims")),
    loginHint: readLoginHint(parameters.get("login_hint")),
    idTokenHint: parameters.get("id_token_hint"),
    resources,
  };
}

/** RFC 6749 3.1: a parameter comes once. `resource` alone may come again (RFC 8707 2). */
function refuseRepeated(parameters: Parameters): void {
  const repeated = parameters.repeated(parameters.names()).filter((name) => name !== "resource");
  if (repeated.length === 0) return;
  const known = repeated.find((name) => AUTHORIZATION_PARAMETERS.includes(name));
  throw new AuthorizationError("invalid_request", `${known ?? "A parameter"} was sent more than once.`);
}

/** Request objects are refused, not ignored: what they carry would silently be missing (OpenID Connect Core 6.1, 3.1.2.6). */
function refuseUnsupported(parameters: Parameters): void {
  if (parameters.get("request") !== undefined) {
    throw new AuthorizationError("request_not_supported", "Request objects are not supported.");
  }
  if (parameters.get("request_uri") !== undefined) {
    throw new AuthorizationError(
      "request_uri_not_supported",
      "Only pushed requests have a request_uri here.",
    );
  }
  if (parameters.get("registration") !== undefined) {
    throw new AuthorizationError(
      "registration_not_supported",
      "The registration parameter is not supported.",
    );
  }
}

/** Only `code`: every other type puts tokens into a URL (RFC 9700 2.1.2). */
function readResponseType(application: OidcApplication, parameters: Parameters): void {
  const responseType = parameters.get("response_type");
  if (responseType === undefined) {
    throw new AuthorizationError("invalid_request", "response_type is missing.");
  }
  if (responseType !== "code") {
    throw new AuthorizationError("unsupported_response_type", "response_type must be code.");
  }
  if (!application.grantTypes.includes("authorization_code")) {
    throw new AuthorizationError(
      "unauthorized_client",
      "The client is not registered for authorization codes.",
    );
  }
}

/**
 * `fragment` is for browser applications alone: their script reads the code from there. It is no default for anybody
 * (OAuth 2.0 Multiple Response Type Encoding Practices 2.1).
 */
export function readResponseMode(application: OidcApplication, parameters: Parameters): ResponseMode {
  const mode = parameters.get("response_mode") ?? "query";
  if (mode === "query" || mode === "form_post") return mode;
  if (mode === "fragment" && application.profile === "browser") return mode;
  throw new AuthorizationError("invalid_request", "This response_mode is not supported for this client.");
}

/**
 * `state` comes back byte for byte, or the request is refused; it is never cut. Control characters are outside its
 * grammar (RFC 6749 A.5), and a form would change line ends on the way.
 */
export function readState(parameters: Parameters): string | undefined {
  const state = limited(parameters, "state", MAX_STATE_CHARACTERS);
  if (state !== undefined && hasControls(state)) {
    throw new AuthorizationError("invalid_request", "state has control characters.");
  }
  return state;
}

function limited(parameters: Parameters, name: string, maxCharacters: number): string | undefined {
  const value = parameters.get(name);
  if (value !== undefined && value.length > maxCharacters) {
    throw new AuthorizationError("invalid_request", `${name} is longer than ${maxCharacters} characters.`);
  }
  return value;
}

/** A client without a secret must use PKCE whatever its switch says (RFC 9700 2.1.1). */
function readCodeChallenge(application: OidcApplication, parameters: Parameters): string | undefined {
  const read = readChallenge(parameters.get("code_challenge"), parameters.get("code_challenge_method"));
  switch (read.kind) {
    case "challenge":
      return read.challenge;
    case "refused":
      throw new AuthorizationError("invalid_request", `${read.why}.`);
    case "none":
      if (application.pkceRequired || application.authenticationMethod === "none") {
        throw new AuthorizationError("invalid_request", "code_challenge is required, with S256.");
      }
      return undefined;
  }
}

function readMaxAge(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,9}$/.test(text)) {
    throw new AuthorizationError("invalid_request", "max_age must be a whole number of seconds.");
  }
  return Number(text);
}

function readClaims(text: string | undefined): ClaimsRequest | undefined {
  if (text === undefined) return undefined;
  const claims = readClaimsParameter(text);
  if (claims === undefined)
    throw new AuthorizationError("invalid_request", "claims is not a claims request.");
  return claims;
}

/** A hint that cannot be a name is no hint; it is no reason to keep somebody out. */
function readLoginHint(text: string | undefined): string | undefined {
  return text === undefined || text.length > MAX_HINT_CHARACTERS || hasControls(text) ? undefined : text;
}

/**
 * RFC 8707 2: whom the tokens are to be for. One answer for a resource that does not exist and for one that is not this
 * client's, so that nobody finds out by asking which there are.
 */
function readResources(
  application: OidcApplication,
  parameters: Parameters,
  asked: readonly string[],
  audiences: Audiences,
): readonly string[] {
  const named = audiences.named(application, parameters);
  if (named === undefined) {
    throw new AuthorizationError(
      "invalid_target",
      "A resource is not known here, or not open to this client.",
    );
  }
  return named.length > 0 ? named : audiences.implied(application, asked);
}

function words(text: string | undefined): readonly string[] {
  return text?.split(" ").filter((word) => word !== "") ?? [];
}

function hasControls(text: string): boolean {
  return /\p{Cc}/u.test(text);
}
