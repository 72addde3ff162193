import type { TokenBinding } from "../model/api-token.ts";
import type { GoodToken, RateState, RefusedToken, TokenUse, Verification } from "../model/token-use.ts";
import { readToken } from "./token-format.ts";
import type { VerifyRequest } from "./verify-input.ts";

/** Who asks whether a token is good. */
export type VerifyCaller =
  /** Nobody in particular: is believed nothing and told nothing but yes or no. */
  | { readonly kind: "anonymous"; readonly address: string }
  /** A client that introspects for these resources: sees tokens for them and no others, and SSO tokens if it may. */
  | { readonly kind: "client"; readonly id: string; readonly serves: readonly string[] }
  /** Holds tokens:verify. */
  | { readonly kind: "verifier" };

export interface VerifyParts {
  readonly verifier: { verify(text: string, use: TokenUse): Promise<Verification> };
  /** Checks a DPoP proof that came in the body; undefined: it proves nothing. */
  readonly provedKey: (
    proof: { readonly jwt: string; readonly url: string },
    use: { readonly method: string; readonly token: string },
  ) => Promise<string | undefined>;
  /** What a client is told about a session's own token; undefined: it is inactive to this client. */
  readonly aboutSso: (clientId: string, text: string, address?: string) => Promise<Body | undefined>;
}

type Body = Readonly<Record<string, unknown>>;

const INACTIVE: Body = { active: false };

/** The body of the answer; always with the status 200. Throws `Unavailable`. */
export async function verifyAnswer(
  parts: VerifyParts,
  caller: VerifyCaller,
  request: VerifyRequest,
): Promise<Body> {
  if (readToken(request.token)?.kind === "sso") return await ssoAnswer(parts, caller, request);
  const meant = resourceFor(caller, request);
  if (meant === undefined) return INACTIVE;
  const { resource } = meant;
  const use: TokenUse = {
    // What an unknown caller says about its client's address proves nothing: its own is taken.
    address: caller.kind === "anonymous" ? caller.address : request.address,
    method: request.method,
    path: request.path,
    resource,
    scopes: request.scopes,
    proof: await proofOf(parts, caller, request),
  };
  const found = await parts.verifier.verify(request.token, use);
  switch (caller.kind) {
    case "anonymous":
      return found.active ? whose(found) : INACTIVE;
    case "verifier":
      return found.active ? named(found) : why(found);
    case "client": {
      // A token for others alone is nothing to this caller, be it good or revoked (RFC 7662 2.2).
      const concerns = found.resources?.filter((one) => caller.serves.includes(one)) ?? [];
      if (concerns.length === 0) return INACTIVE;
      return found.active ? named({ ...found, resources: concerns }) : why(found);
    }
  }
}

/** Who asks for rights at a resource has the wrong token: this one says who is there, and opens nothing. */
async function ssoAnswer(
  { aboutSso }: VerifyParts,
  caller: VerifyCaller,
  { token, address, resource, scopes = [] }: VerifyRequest,
): Promise<Body> {
  if (caller.kind !== "client" || resource !== undefined || scopes.length > 0) return INACTIVE;
  return (await aboutSso(caller.id, token, address)) ?? INACTIVE;
}

/**
 * Which resource is asked about. A client that serves one means that one; one that serves several must say which.
 * undefined: it asks about one that it does not serve.
 */
function resourceFor(
  caller: VerifyCaller,
  { resource }: VerifyRequest,
): { readonly resource: string | undefined } | undefined {
  if (caller.kind !== "client") return { resource };
  const [first, ...more] = caller.serves;
  if (resource !== undefined) return caller.serves.includes(resource) ? { resource } : undefined;
  return first !== undefined && more.length === 0 ? { resource: first } : undefined;
}

async function proofOf(
  parts: VerifyParts,
  caller: VerifyCaller,
  { proof, method, token }: VerifyRequest,
): Promise<TokenUse["proof"]> {
  if (proof === undefined) return undefined;
  if ("jwt" in proof) {
    if (method === undefined) return undefined;
    return { dpop: await parts.provedKey(proof, { method, token }) };
  }
  return caller.kind === "anonymous" ? undefined : proof;
}

function whose(token: GoodToken): Body {
  const { kind, subject, scopes, resources, rate } = token;
  return {
    active: true,
    kind,
    sub: subject,
    scopes,
    resources,
    iat: seconds(token.issuedAtMs),
    exp: seconds(token.expiresAtMs),
    rate: rate && rateBody(rate),
  };
}

function named(token: GoodToken): Body {
  const { id, owner, username, clientId, binding, revocationIds, dependsOn } = token;
  return {
    ...whose(token),
    id,
    owner,
    username,
    client_id: clientId,
    cnf: binding && confirmation(binding),
    revocation_ids: revocationIds ?? [id],
    depends_on: dependsOn ?? [],
  };
}

/** RFC 9449 6.1, RFC 8705 3.1. */
function confirmation({ kind, thumbprint }: TokenBinding): Body {
  return kind === "dpop" ? { jkt: thumbprint } : { "x5t#S256": thumbprint };
}

function why({ refusal, id, kind, missing, rate }: RefusedToken): Body {
  return {
    active: false,
    refusal,
    id,
    kind,
    missing_scopes: missing,
    rate: rate && rateBody(rate),
  };
}

function rateBody({ limit, remaining, resetsInMs }: RateState): Body {
  return { limit, remaining, resets_in_seconds: Math.max(1, Math.ceil(resetsInMs / 1_000)) };
}

function seconds(ms: number): number {
  return Math.floor(ms / 1_000);
}
