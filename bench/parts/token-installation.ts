import { declareResource } from "../../src/admin/acts/declare-resource.ts";
import { registerClient } from "../../src/admin/acts/register-client.ts";
import type { Installation } from "../../src/cli/installation.ts";
import type { BenchClient } from "./gatehouse.ts";

/** What the measures of tokens need to be registered. */
export interface TokenInstallation {
  /** The API's own client, which may ask about its tokens. */
  readonly api: BenchClient;
  /** Services that get opaque access tokens and JWTs for the API. */
  readonly opaque: BenchClient;
  readonly jwt: BenchClient;
  /** The secret of a service token for the API. */
  readonly serviceToken: string;
}

export const API = "https://api.example/";
const SCOPE = { name: "api:read", description: "Read" };
const LIFE_MS = 24 * 60 * 60_000;

export async function registerForTokens(
  { parts, acts, actor }: Installation,
  issuer: string,
): Promise<TokenInstallation> {
  const service = async (
    name: string,
    accessTokenFormat: "opaque" | "jwt",
    resources: string[],
  ): Promise<BenchClient> => {
    const made = await registerClient(acts, actor, {
      name,
      profile: "service",
      grantTypes: ["client_credentials"],
      accessTokenFormat,
      idTokenAlgorithm: "ES256",
      resources,
    });
    if (!made.ok) throw new Error(made.message);
    return { clientId: made.application.id, clientSecret: made.clientSecret ?? "" };
  };
  const api = await service("API", "opaque", []);
  const declared = await declareResource({ ...acts, issuer }, actor, {
    identifier: API,
    name: "API",
    scopes: [SCOPE],
    introspectionClientIds: [api.clientId],
    accessTokenFormat: undefined,
  });
  if (!declared.ok) throw new Error(declared.message);
  const opaque = await service("Opaque", "opaque", [API]);
  await parts.applications.reload();
  await parts.resources.reload();
  const made = await parts.tokens.apiTokens.create(
    { kind: "command", user: "bench" },
    {
      kind: "svc",
      name: "Bench",
      owner: { kind: "application", id: opaque.clientId },
      expiresAtMs: parts.clock.nowMs() + LIFE_MS,
      limits: { scopes: [SCOPE.name], resources: [API] },
    },
  );
  if (!made.ok) throw new Error(made.message);
  return { api, opaque, jwt: await service("JWT", "jwt", [API]), serviceToken: made.secret };
}
