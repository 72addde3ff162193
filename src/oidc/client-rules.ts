import type { OidcApplication } from "../model/application.ts";
import type { ClientIssue } from "./client-input.ts";
import { readClientKey } from "./client-keys.ts";
import { checkRedirectUri } from "./redirect-uri.ts";

/**
 * Everything that is wrong with a client as it is about to be stored; empty: nothing. The same rules hold for a new
 * client and for a changed one.
 */
export function clientIssues(client: OidcApplication): readonly ClientIssue[] {
  return [
    ...addressIssues(client),
    ...grantIssues(client),
    ...authenticationIssues(client),
    ...subjectIssues(client),
    ...originIssues(client),
  ];
}

function addressIssues(client: OidcApplication): readonly ClientIssue[] {
  const { profile, backchannelLogoutUri, frontchannelLogoutUri, jwksUri, startUrl } = client;
  const issues = [
    ...each("redirectUris", client.redirectUris, (uri) => checkRedirectUri(uri, profile)),
    ...each("postLogoutRedirectUris", client.postLogoutRedirectUris, (uri) => checkRedirectUri(uri, profile)),
    // These are loaded by us or in a frame of ours: https, and http on this machine alone, whatever the profile.
    ...one("backchannelLogoutUri", backchannelLogoutUri, (uri) => checkRedirectUri(uri, "web")),
    ...one("frontchannelLogoutUri", frontchannelLogoutUri, (uri) => checkRedirectUri(uri, "web")),
    ...one("jwksUri", jwksUri, (uri) => checkRedirectUri(uri, "web")),
    ...one("startUrl", startUrl, (uri) => checkRedirectUri(uri, "web")),
  ];
  if (issues.length > 0 || frontchannelLogoutUri === undefined) return issues;
  // OpenID Connect Front-Channel Logout 2.
  const { origin } = new URL(frontchannelLogoutUri);
  const fits = client.redirectUris.some((uri) => new URL(uri).origin === origin);
  return fits ? [] : [issue("frontchannelLogoutUri", "It must be at the same host as a redirect address.")];
}

function grantIssues({
  grantTypes,
  redirectUris,
  authenticationMethod,
}: OidcApplication): readonly ClientIssue[] {
  const issues: ClientIssue[] = [];
  const code = grantTypes.includes("authorization_code");
  if (code && redirectUris.length === 0) issues.push(issue("redirectUris", "At least one is needed."));
  if (!code && redirectUris.length > 0) {
    issues.push(issue("redirectUris", "Only the grant authorization_code sends anybody back."));
  }
  if (!code && grantTypes.includes("refresh_token")) {
    issues.push(issue("grantTypes", "refresh_token comes with authorization_code only."));
  }
  if (authenticationMethod === "none" && grantTypes.includes("client_credentials")) {
    issues.push(issue("grantTypes", "client_credentials needs a client that can prove who it is."));
  }
  return issues;
}

function authenticationIssues(client: OidcApplication): readonly ClientIssue[] {
  const { authenticationMethod, jwks, jwksUri, pkceRequired, profile } = client;
  const issues: ClientIssue[] = [];
  if (profile === "service" && authenticationMethod === "none") {
    issues.push(issue("authenticationMethod", "A service must be able to prove who it is."));
  }
  if (authenticationMethod === "none" && !pkceRequired) {
    issues.push(issue("pkceRequired", "Without a secret of its own a client needs PKCE (RFC 9700 2.1.1)."));
  }
  const sources = [jwks, jwksUri].filter((source) => source !== undefined).length;
  if (authenticationMethod === "private_key_jwt" && sources !== 1) {
    issues.push(issue("jwks", "private_key_jwt needs jwks or jwksUri, and not both."));
  }
  if (authenticationMethod !== "private_key_jwt" && sources > 0) {
    issues.push(issue(jwks === undefined ? "jwksUri" : "jwks", "Keys are for private_key_jwt only."));
  }
  return [...issues, ...each("jwks.keys", jwks?.keys ?? [], keyFault)];
}

function keyFault(jwk: unknown): string | undefined {
  return readClientKey(jwk) === undefined
    ? "It is not a public signature key (RSA from 2048 bits, P-256, P-384 or Ed25519)."
    : undefined;
}

function subjectIssues(client: OidcApplication): readonly ClientIssue[] {
  const { subjectType, sectorIdentifier, redirectUris } = client;
  if (sectorIdentifier !== undefined) {
    if (subjectType !== "pairwise") return [issue("sectorIdentifier", "It is for pairwise subjects only.")];
    return isHost(sectorIdentifier) ? [] : [issue("sectorIdentifier", "It must be a host name.")];
  }
  // OpenID Connect Core 8.1: with several hosts nobody could tell which of them is the sector.
  const hosts = new Set(redirectUris.map((uri) => (URL.canParse(uri) ? new URL(uri).hostname : uri)));
  return subjectType === "pairwise" && hosts.size > 1
    ? [issue("sectorIdentifier", "Pairwise subjects need it where redirect addresses are on several hosts.")]
    : [];
}

function isHost(name: string): boolean {
  const address = `https://${name}/`;
  return URL.canParse(address) && new URL(address).href === address && new URL(address).host === name;
}

/** RFC 6454 6.2: scheme, host and port as a browser writes them into Origin; never `null`, never a wildcard. */
function originIssues({ origins }: OidcApplication): readonly ClientIssue[] {
  return each("origins", origins, (origin) => {
    if (checkRedirectUri(origin, "web") === undefined && new URL(origin).origin === origin) return undefined;
    return "It must be an origin as a browser writes it, such as https://app.example.org.";
  });
}

function each<T>(
  field: string,
  values: readonly T[],
  fault: (value: T) => string | undefined,
): readonly ClientIssue[] {
  return values.flatMap((value, index) => one(`${field}[${index}]`, value, fault));
}

function one<T>(
  field: string,
  value: T | undefined,
  fault: (value: T) => string | undefined,
): readonly ClientIssue[] {
  const text = value === undefined ? undefined : fault(value);
  return text === undefined ? [] : [issue(field, text)];
}

function issue(field: string, text: string): ClientIssue {
  return { field, text };
}
