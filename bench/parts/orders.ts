import { createHash, randomBytes } from "node:crypto";
import { z } from "zod";
import { PATHS } from "../../src/flow/endpoints.ts";
import { type BenchServer, REDIRECT_URI } from "./gatehouse.ts";
import type { LoadOrder } from "./load.ts";

export type CaseName =
  | "SAML sign-on"
  | "code flow, RS256"
  | "code flow, ES256"
  | "userinfo"
  | "introspection"
  | "discovery";

const CONNECTIONS = 16;
/** More than a core can sign in the longest round. */
const PREPARED = 6_000;

/** What is measured, in the order of the table. A signed AuthnRequest by Redirect; code flows with PKCE. */
export async function cases(server: BenchServer): Promise<ReadonlyMap<CaseName, LoadOrder>> {
  const { origin, cookie, saml, rs256, es256 } = server;
  const shared = { origin, cookie, connections: CONNECTIONS, milliseconds: 0 };
  const codeFlow = {
    ...shared,
    kind: "code-flow",
    authorizePath: PATHS.oidcAuthorize,
    tokenPath: PATHS.oidcToken,
    redirectUri: REDIRECT_URI,
  } as const;
  const accessToken = await accessTokenOf(server);
  const basic = Buffer.from(`${rs256.clientId}:${rs256.clientSecret}`).toString("base64");
  return new Map<CaseName, LoadOrder>([
    [
      "SAML sign-on",
      {
        ...shared,
        ...saml,
        kind: "saml",
        path: PATHS.samlSso,
        destination: `${origin}${PATHS.samlSso}`,
        prepared: PREPARED,
      },
    ],
    ["code flow, RS256", { ...codeFlow, ...rs256 }],
    ["code flow, ES256", { ...codeFlow, ...es256 }],
    [
      "userinfo",
      { ...shared, kind: "get", path: PATHS.oidcUserinfo, authorization: `Bearer ${accessToken}` },
    ],
    [
      "introspection",
      {
        ...shared,
        kind: "post",
        path: PATHS.oidcIntrospection,
        authorization: `Basic ${basic}`,
        body: `token=${accessToken}`,
      },
    ],
    ["discovery", { ...shared, kind: "get", path: "/.well-known/openid-configuration", authorization: "" }],
  ]);
}

/** One code flow by hand. */
async function accessTokenOf({ origin, cookie, rs256 }: BenchServer): Promise<string> {
  const verifier = randomBytes(32).toString("base64url");
  const query = new URLSearchParams({
    client_id: rs256.clientId,
    response_type: "code",
    scope: "openid profile email",
    redirect_uri: REDIRECT_URI,
    state: "s",
    code_challenge: createHash("sha256").update(verifier).digest("base64url"),
    code_challenge_method: "S256",
  });
  const answer = await fetch(`${origin}${PATHS.oidcAuthorize}?${query.toString()}`, {
    headers: { cookie },
    redirect: "manual",
  });
  const location = answer.headers.get("location") ?? "";
  const code = URL.canParse(location) ? new URL(location).searchParams.get("code") : null;
  if (code === null) throw new Error(`no code came: ${answer.status} ${location}`);
  const basic = Buffer.from(`${rs256.clientId}:${rs256.clientSecret}`).toString("base64");
  const token = await fetch(`${origin}${PATHS.oidcToken}`, {
    method: "POST",
    headers: { authorization: `Basic ${basic}`, "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams({
      grant_type: "authorization_code",
      code,
      redirect_uri: REDIRECT_URI,
      code_verifier: verifier,
    }).toString(),
  });
  return z.object({ access_token: z.string() }).parse(await token.json()).access_token;
}
