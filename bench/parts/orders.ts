import { createHash, randomBytes } from "node:crypto";
import { z } from "zod";
import { PATHS } from "../../src/flow/endpoints.ts";
import { type BenchClient, type BenchServer, REDIRECT_URI } from "./gatehouse.ts";
import type { LoadOrder } from "./load.ts";
import type { Peer } from "./peers.ts";

export type CaseName =
  | "SAML sign-on"
  | "code flow, RS256"
  | "code flow, ES256"
  | "userinfo"
  | "introspection"
  | "discovery"
  | "JWKS";

export type Cases = ReadonlyMap<CaseName, LoadOrder>;

/** An OpenID provider to load, Gatehouse or the peer: where it is and what its addresses are. */
interface OidcTarget {
  readonly origin: string;
  readonly cookie: string;
  readonly rs256: BenchClient;
  readonly es256: BenchClient;
  readonly authorizePath: string;
  readonly tokenPath: string;
  readonly userinfoPath: string;
  readonly introspectionPath: string;
  readonly jwksPath: string;
}

const CONNECTIONS = 16;
/** More than a core can answer: what it can sign, with room for a faster core than any today; and what samlp can. */
const MOST_PER_SECOND = { gatehouse: 1_500, samlp: 600 };

/** What is measured of Gatehouse, in the order of the table. */
export async function gatehouseCases(server: BenchServer): Promise<Cases> {
  const target: OidcTarget = {
    ...server,
    authorizePath: PATHS.oidcAuthorize,
    tokenPath: PATHS.oidcToken,
    userinfoPath: PATHS.oidcUserinfo,
    introspectionPath: PATHS.oidcIntrospection,
    jwksPath: PATHS.oidcJwks,
  };
  return new Map([
    ["SAML sign-on", samlOrder(server, server.saml, MOST_PER_SECOND.gatehouse)],
    ...(await oidcOrders(target)),
  ]);
}

export function samlpCases(peer: Peer, provider: BenchServer["saml"]): Cases {
  return new Map([["SAML sign-on", samlOrder(peer, provider, MOST_PER_SECOND.samlp)]]);
}

/** `clientSecret` is both clients'. */
export async function oidcProviderCases(peer: Peer, clientSecret: string): Promise<Cases> {
  return new Map(
    await oidcOrders({
      ...peer,
      rs256: { clientId: "RS256", clientSecret },
      es256: { clientId: "ES256", clientSecret },
      authorizePath: "/auth",
      tokenPath: "/token",
      userinfoPath: "/me",
      introspectionPath: "/token/introspection",
      jwksPath: "/jwks",
    }),
  );
}

/** Signed AuthnRequests by Redirect, no two the same. */
function samlOrder(
  { origin, cookie }: { readonly origin: string; readonly cookie: string },
  provider: BenchServer["saml"],
  mostPerSecond: number,
): LoadOrder {
  const path = PATHS.samlSso;
  const shared = { origin, cookie, connections: CONNECTIONS, milliseconds: 0 };
  return { ...shared, ...provider, kind: "saml", path, destination: `${origin}${path}`, mostPerSecond };
}

/** SAML sign-ons at a rate that leaves the server mostly at rest: what another work does to them is seen in their latency. */
export function quietSamlOrder(server: BenchServer, ratePerSecond: number, milliseconds: number): LoadOrder {
  return { ...samlOrder(server, server.saml, 0), ratePerSecond, milliseconds };
}

/** Code flows with PKCE, and what is asked with and about the access token of one of them. */
async function oidcOrders(target: OidcTarget): Promise<readonly [CaseName, LoadOrder][]> {
  const { origin, cookie, authorizePath, tokenPath, rs256, es256 } = target;
  const shared = { origin, cookie, connections: CONNECTIONS, milliseconds: 0 };
  const flow = { ...shared, kind: "code-flow", authorizePath, tokenPath, redirectUri: REDIRECT_URI } as const;
  const accessToken = await accessTokenOf(target);
  const get = (path: string, authorization = ""): LoadOrder => ({
    ...shared,
    kind: "get",
    path,
    authorization,
  });
  const introspection: LoadOrder = {
    ...shared,
    kind: "post",
    path: target.introspectionPath,
    authorization: basic(rs256),
    body: `token=${accessToken}`,
  };
  return [
    ["code flow, RS256", { ...flow, ...rs256 }],
    ["code flow, ES256", { ...flow, ...es256 }],
    ["userinfo", get(target.userinfoPath, `Bearer ${accessToken}`)],
    ["introspection", introspection],
    ["discovery", get("/.well-known/openid-configuration")],
    ["JWKS", get(target.jwksPath)],
  ];
}

/** One code flow by hand. */
async function accessTokenOf(target: OidcTarget): Promise<string> {
  const verifier = randomBytes(32).toString("base64url");
  const query = new URLSearchParams({
    client_id: target.rs256.clientId,
    response_type: "code",
    scope: "openid profile email",
    redirect_uri: REDIRECT_URI,
    state: "s",
    code_challenge: createHash("sha256").update(verifier).digest("base64url"),
    code_challenge_method: "S256",
  });
  const answer = await fetch(`${target.origin}${target.authorizePath}?${query.toString()}`, {
    headers: { cookie: target.cookie },
    redirect: "manual",
  });
  const location = answer.headers.get("location") ?? "";
  const code = URL.canParse(location) ? new URL(location).searchParams.get("code") : null;
  if (code === null) throw new Error(`no code came: ${answer.status} ${location}`);
  const token = await fetch(`${target.origin}${target.tokenPath}`, {
    method: "POST",
    headers: { authorization: basic(target.rs256), "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams({
      grant_type: "authorization_code",
      code,
      redirect_uri: REDIRECT_URI,
      code_verifier: verifier,
    }).toString(),
  });
  return z.object({ access_token: z.string() }).parse(await token.json()).access_token;
}

function basic({ clientId, clientSecret }: BenchClient): string {
  return `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString("base64")}`;
}
