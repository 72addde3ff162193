import { PATHS } from "../flow/endpoints.ts";
import type { DirectEndpoint } from "../http/direct-endpoint.ts";
import type { TokenBinding } from "../model/api-token.ts";
import type { OidcApplication } from "../model/application.ts";
import type { TokenUse, Verification } from "../model/token-use.ts";
import { readToken } from "../tokens/token-format.ts";
import type { AccessTokens, ActiveAccessToken } from "./access-token.ts";
import type { Audiences } from "./audiences.ts";
import type { ClientAuthentication, PresentedClient } from "./client-authentication.ts";
import { okAnswer } from "./json-answer.ts";
import { OAuthError } from "./oauth-error.ts";
import { type ProgramAnswer, programEndpoint } from "./program-endpoint.ts";
import type { PresentedRefreshToken, RefreshTokens } from "./refresh-token.ts";
import type { SsoChecks } from "./sso-checks.ts";
import type { TokenStanding } from "./token-standing.ts";

export interface IntrospectionParts {
  readonly issuer: string;
  readonly audiences: Audiences;
  readonly authentication: ClientAuthentication;
  readonly accessTokens: AccessTokens;
  readonly refreshTokens: RefreshTokens;
  readonly standing: TokenStanding;
  /** Checks API tokens; absent: they are nothing here. */
  readonly apiTokens?: { verify(text: string, use: TokenUse): Promise<Verification> } | undefined;
  /** Sessions' own tokens (docs/decisions/0007); absent: there are none. */
  readonly sso?: Pick<SsoChecks, "about"> | undefined;
}

const INACTIVE = { active: false };

/** Token introspection (RFC 7662): POST, for clients that prove who they are; no page of a browser is one of them. */
export function introspectionEndpoint(parts: IntrospectionParts): DirectEndpoint {
  return programEndpoint(
    PATHS.oidcIntrospection,
    undefined,
    async (presented) => await introspectionAnswer(parts, presented),
  );
}

/**
 * Says whether a token is good at this moment. Whatever the caller may not know about is `{"active":false}` and nothing
 * more, so that nobody learns by it that a token exists (2.2, 4). `token_type_hint` is not needed: the token says
 * itself what it is.
 */
export async function introspectionAnswer(
  parts: IntrospectionParts,
  presented: PresentedClient,
): Promise<ProgramAnswer> {
  const application = await parts.authentication.authenticate(presented);
  if (application.authenticationMethod === "none") {
    throw new OAuthError("invalid_client", "introspection is for clients that prove who they are");
  }
  const text = presented.parameters.get("token");
  if (text === undefined) throw new OAuthError("invalid_request", "token is missing");
  const body =
    (await aboutAccessToken(parts, application, text)) ??
    (await aboutRefreshToken(parts, application, text)) ??
    (await aboutApiToken(parts, application, text)) ??
    (await parts.sso?.about(application.id, text)) ??
    INACTIVE;
  return { answer: okAnswer({ ...body }), application };
}

async function aboutAccessToken(parts: IntrospectionParts, caller: OidcApplication, text: string) {
  const active = await parts.accessTokens.active(text);
  const view = active && viewOf(parts.audiences, caller, active);
  if (active === undefined || view === undefined) return undefined;
  const { token } = active;
  return {
    active: true,
    iss: parts.issuer,
    client_id: token.clientId,
    sub: token.subject,
    username: view.username,
    aud: view.audience.length === 1 ? view.audience[0] : view.audience,
    scope: view.scopes.length === 0 ? undefined : view.scopes.join(" "),
    token_type: "Bearer",
    iat: seconds(token.issuedAtMs),
    exp: seconds(token.expiresAtMs),
    auth_time: token.authTimeMs === undefined ? undefined : seconds(token.authTimeMs),
    acr: token.acr,
  };
}

/** What a caller is shown of a token. */
interface TokenView {
  readonly audience: readonly string[];
  readonly scopes: readonly string[];
  readonly username: string | undefined;
}

/**
 * The client that got the token sees all of it. The server of a resource that it is for sees what concerns that resource:
 * where the token is good besides, and for what, is not for it to know (RFC 7662 2.2, 5). A pairwise subject would be
 * none if the name stood beside it. undefined: the token is none of the caller's business.
 */
function viewOf(
  audiences: Audiences,
  caller: OidcApplication,
  { token, account, application }: ActiveAccessToken,
): TokenView | undefined {
  const username = account?.username;
  if (token.clientId === caller.id) return { audience: token.audience, scopes: token.scopes, username };
  const audience = audiences
    .servedBy(caller, token.audience)
    .filter((one) => audiences.isOpen(application, one));
  if (audience.length === 0) return undefined;
  return {
    audience,
    scopes: audiences.scopesFor(audience, token.scopes),
    username: application.subjectType === "public" ? username : undefined,
  };
}

/**
 * An API token concerns the servers of its resources, each as far as the token is for it. A key or certificate that it is
 * bound to is told, and the server checks it (RFC 9449 6.2, RFC 8705 3.2). There is no way to say here where the token
 * came from: one that is limited to addresses, methods or paths is good at /tokens/verify alone.
 */
async function aboutApiToken(parts: IntrospectionParts, caller: OidcApplication, text: string) {
  const kind = readToken(text)?.kind;
  if (kind !== "pat" && kind !== "key" && kind !== "svc") return undefined;
  const found = await parts.apiTokens?.verify(text, { provesLater: true });
  if (found?.active !== true) return undefined;
  const audience = parts.audiences.servedBy(caller, found.resources);
  if (audience.length === 0) return undefined;
  const scopes = parts.audiences.scopesFor(audience, found.scopes);
  return {
    active: true,
    iss: parts.issuer,
    client_id: found.clientId,
    sub: found.subject,
    username: found.username,
    aud: audience.length === 1 ? audience[0] : audience,
    scope: scopes.length === 0 ? undefined : scopes.join(" "),
    token_type: found.binding?.kind === "dpop" ? "DPoP" : "Bearer",
    iat: seconds(found.issuedAtMs),
    exp: seconds(found.expiresAtMs),
    cnf: found.binding && confirmation(found.binding),
  };
}

function confirmation({ kind, thumbprint }: TokenBinding): Readonly<Record<string, string>> {
  return kind === "dpop" ? { jkt: thumbprint } : { "x5t#S256": thumbprint };
}

/** A refresh token concerns its client alone. A used one is dead, even where a lost answer could be asked for again. */
async function aboutRefreshToken(parts: IntrospectionParts, caller: OidcApplication, text: string) {
  const presented: PresentedRefreshToken | undefined = await parts.refreshTokens.find(text);
  if (presented === undefined || presented.used || presented.token.applicationId !== caller.id)
    return undefined;
  const { token } = presented;
  const { accountId, sessionId, grantId } = token;
  const account = await parts.standing.beforeIssue(caller, { accountId, sessionId, grantId });
  if (account === undefined) return undefined;
  return {
    active: true,
    iss: parts.issuer,
    client_id: token.applicationId,
    username: account.username,
    scope: token.scopes.join(" "),
    iat: seconds(token.issuedAtMs),
    exp: seconds(token.expiresAtMs),
  };
}

function seconds(ms: number): number {
  return Math.floor(ms / 1000);
}
