import type { ClientSecret, OidcApplication } from "../model/application.ts";
import { sha256 } from "../platform/digest.ts";
import { type Random, randomId, randomToken } from "../platform/random.ts";
import { type ClientInput, ClientRefused, readClientInput } from "./client-input.ts";
import { PROFILE_DEFAULTS } from "./client-profiles.ts";
import { clientIssues } from "./client-rules.ts";

const MAX_LIVE_SECRETS = 5;

export interface NewClientParts {
  readonly random: Random;
  /** Epoch milliseconds. */
  readonly nowMs: number;
}

/** A client ready to be stored. The secret is shown once: of it, only hash and last four characters are kept. */
export interface NewClient {
  readonly application: OidcApplication;
  /** For the methods that have one. 43 characters of base64url: nothing in it needs escaping anywhere. */
  readonly clientSecret?: string | undefined;
}

/**
 * Makes a client of what an administrator said: the defaults of its profile, and what was said otherwise. Throws
 * `ClientRefused` with everything that is wrong. Stores nothing.
 */
export function newClient(input: unknown, parts: NewClientParts): NewClient {
  const said = readClientInput(input);
  const application = build(said, parts);
  const issues = clientIssues(application);
  if (issues.length > 0) throw new ClientRefused(issues);
  return hasSecret(application)
    ? withNewSecret(application, { ...parts, othersExpireAtMs: undefined })
    : { application };
}

/**
 * Adds a secret beside those that the client has, so that it can change over without a gap. `othersExpireAtMs`: when
 * the older ones stop working; undefined leaves them as they are. What has expired is dropped. Throws `ClientRefused`
 * for a client without secrets, and above five.
 */
export function withNewSecret(
  application: OidcApplication,
  parts: NewClientParts & { readonly othersExpireAtMs: number | undefined },
): Required<NewClient> & { readonly clientSecret: string } {
  const { random, nowMs, othersExpireAtMs } = parts;
  if (!hasSecret(application)) {
    throw new ClientRefused([{ field: "authenticationMethod", text: "This client uses no secret." }]);
  }
  const clientSecret = randomToken(random);
  const older = application.secrets
    .filter(({ expiresAtMs }) => expiresAtMs === undefined || expiresAtMs > nowMs)
    .map((secret) => endingBy(secret, othersExpireAtMs));
  if (older.length >= MAX_LIVE_SECRETS) {
    throw new ClientRefused([{ field: "secrets", text: `It has ${MAX_LIVE_SECRETS} secrets already.` }]);
  }
  const secret = { hash: sha256(clientSecret), lastFour: clientSecret.slice(-4), createdAtMs: nowMs };
  return {
    application: { ...application, secrets: [secret, ...older], updatedAtMs: nowMs },
    clientSecret,
  };
}

function endingBy(secret: ClientSecret, atMs: number | undefined): ClientSecret {
  if (atMs === undefined) return secret;
  return { ...secret, expiresAtMs: Math.min(atMs, secret.expiresAtMs ?? atMs) };
}

function hasSecret({ authenticationMethod }: OidcApplication): boolean {
  return authenticationMethod === "client_secret_basic" || authenticationMethod === "client_secret_post";
}

function build(said: ClientInput, { random, nowMs }: NewClientParts): OidcApplication {
  const { profile = "web", redirectUris = [] } = said;
  const defaults = PROFILE_DEFAULTS[profile];
  return {
    protocol: "oidc",
    // A space of its own: no account's id, and so no person's `sub`, can look like it (RFC 9068 5).
    id: `app-${randomId(random)}`,
    name: said.name,
    enabled: true,
    startUrl: said.startUrl,
    access: said.access ?? { kind: "everyone" },
    consent: said.consent ?? "implied",
    release: [],
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
    profile,
    authenticationMethod: said.authenticationMethod ?? defaults.authenticationMethod,
    secrets: [],
    jwks: said.jwks,
    jwksUri: said.jwksUri,
    redirectUris,
    postLogoutRedirectUris: said.postLogoutRedirectUris ?? [],
    backchannelLogoutUri: said.backchannelLogoutUri,
    frontchannelLogoutUri: said.frontchannelLogoutUri,
    grantTypes: [...new Set(said.grantTypes ?? defaults.grantTypes)],
    pkceRequired: said.pkceRequired ?? true,
    parRequired: said.parRequired ?? false,
    idTokenAlgorithm: said.idTokenAlgorithm ?? "RS256",
    userinfoSignedResponseAlgorithm: said.userinfoSignedResponseAlgorithm,
    resources: said.resources === undefined ? undefined : [...new Set(said.resources)],
    accessTokenFormat: said.accessTokenFormat ?? defaults.accessTokenFormat,
    subjectType: said.subjectType ?? "public",
    sectorIdentifier: said.sectorIdentifier,
    scopes: [...new Set(said.scopes ?? defaults.scopes)].filter((scope) => scope !== "openid"),
    origins: said.origins ?? (profile === "browser" ? originsOf(redirectUris) : []),
  };
}

/** A page calls us from where it is loaded, which is where it is sent back to. */
function originsOf(redirectUris: readonly string[]): readonly string[] {
  return [...new Set(redirectUris.flatMap((uri) => (URL.canParse(uri) ? [new URL(uri).origin] : [])))];
}
