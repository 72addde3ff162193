import type { TokenRefusal, TokenUse } from "../model/token-use.ts";
import type { CompiledToken, Standing } from "./compiled-token.ts";

/** What the limits say about one use; the rate is counted only for a token that is good otherwise. */
export type Judgement =
  | { readonly good: true; readonly scopes: readonly string[]; readonly resources: readonly string[] }
  | {
      readonly good: false;
      readonly refusal: TokenRefusal;
      /** Scopes that the use needs and the token lacks. */
      readonly missing?: readonly string[] | undefined;
    };

/**
 * Whether a token is good for a use. Pure. What is limited and not told is refused. The order: first what ends a token
 * for everybody, then what somebody who stole it lacks (the key, the place), and last what its owner may have got wrong,
 * so that a thief learns nothing about scopes and paths.
 */
export function judge(compiled: CompiledToken, standing: Standing, use: TokenUse, nowMs: number): Judgement {
  const { token } = compiled;
  if (token.state !== "active") return refused(token.state);
  if (token.expiresAtMs <= nowMs) return refused("expired");
  if (!standing.usable) return refused("owner");
  if (!isProved(compiled, use)) return refused("binding");
  if (compiled.addresses?.allows(use.address ?? "") === false) return refused("address");
  const { resource } = use;
  if (standing.resources.length === 0 || (resource !== undefined && !standing.resources.includes(resource))) {
    return refused("resource");
  }
  const scopes = resource === undefined ? standing.scopes : (standing.scopesByResource.get(resource) ?? []);
  const missing = missingScopes(scopes, use);
  if (missing.length > 0) return { good: false, refusal: "scope", missing };
  if (compiled.methods?.has(use.method?.toUpperCase() ?? "") === false) return refused("method");
  if (!isPathAllowed(token.limits.pathPrefixes, use.path)) return refused("path");
  return { good: true, scopes, resources: resource === undefined ? standing.resources : [resource] };
}

/** What the use needs and who holds these scopes lacks; empty: nothing. */
export function missingScopes(
  held: readonly string[],
  { scopes = [], anyScope }: Pick<TokenUse, "scopes" | "anyScope">,
): readonly string[] {
  const missing = scopes.filter((scope) => !held.includes(scope));
  if (anyScope === undefined || anyScope.scopes.some((scope) => held.includes(scope))) return missing;
  return [...missing, `${anyScope.asked}:${anyScope.scopes[0] ?? ""}`];
}

function refused(refusal: TokenRefusal): Judgement {
  return { good: false, refusal };
}

function isProved({ token }: CompiledToken, { proof, provesLater }: TokenUse): boolean {
  const { binding } = token.limits;
  return binding === undefined || provesLater === true || proof?.[binding.kind] === binding.thumbprint;
}

/** What is only ever encoded or doubled to be read in two ways: slashes, backslashes, NUL, the percent sign itself. */
const ENCODED = /%2f|%5c|%00|%25|\\|\/\//i;
/** A segment of dots, also with blanks or parameters behind them: some servers go up there. And no control character. */
const GOES_UP = /(?:^|\/)\.[.\s]*(?:[/;]|$)|\p{Cc}/u;

function isPathAllowed(prefixes: readonly string[], path: string | undefined): boolean {
  if (prefixes.length === 0) return true;
  if (path?.startsWith("/") !== true) return false;
  const end = path.search(/[?#]/);
  const bare = end === -1 ? path : path.slice(0, end);
  return !isAmbiguous(bare) && prefixes.some((prefix) => bare === prefix || bare.startsWith(`${prefix}/`));
}

/**
 * Whether two servers may read this as two paths. Within a limit on paths such a path is not allowed, whatever it would
 * become: it is looked at decoded once, and as a server would see it that takes full-width letters for plain ones.
 */
function isAmbiguous(path: string): boolean {
  if (ENCODED.test(path)) return true;
  let decoded: string;
  try {
    decoded = decodeURIComponent(path);
  } catch {
    // Not UTF-8: an overlong slash or dot is one way to write it.
    return true;
  }
  const plain = decoded.normalize("NFKC");
  return GOES_UP.test(plain) || plain.includes("\\") || plain.split("/").length !== path.split("/").length;
}
