import type { ApiTokenKind, TokenLimits, TokenOwner } from "../../model/api-token.ts";
import {
  type TokenActor,
  type TokenCeiling,
  type TokenIssue,
  type TokenRefused,
  tokenRefused,
} from "../token-act.ts";
import { DAY_MS, longestLifeMs, type TokenPolicy } from "../token-policy.ts";
import type { TokenActParts } from "./token-parts.ts";
import { type DeclaredResources, mayHold, type OwnerFacts } from "../token-rights.ts";

export function invalid(issues: readonly TokenIssue[]): TokenRefused {
  return { ok: false, code: "invalid", message: issues.map(({ text }) => text).join(" "), issues };
}

/** `createdAtMs`: from when the longest life counts, so that no chain of changes makes a token live for ever. */
export function expiryIssues(
  policy: TokenPolicy,
  kind: ApiTokenKind,
  expiresAtMs: number,
  { createdAtMs, nowMs }: { readonly createdAtMs: number; readonly nowMs: number },
): readonly TokenIssue[] {
  if (expiresAtMs <= nowMs) return [{ field: "expiresAtMs", text: "It would have expired already." }];
  const longestMs = longestLifeMs(policy, kind);
  if (expiresAtMs - createdAtMs <= longestMs) return [];
  const days = Math.floor(longestMs / DAY_MS);
  return [{ field: "expiresAtMs", text: `A token of this kind lives for ${days} days at most.` }];
}

/** Each resource must be declared, and each scope be one of theirs that the owner may hold. */
export function scopeIssues(
  resources: DeclaredResources,
  kind: ApiTokenKind,
  facts: OwnerFacts,
  limits: TokenLimits,
): readonly TokenIssue[] {
  const unknown = limits.resources.filter((identifier) => resources.usable(identifier) === undefined);
  const wrong = limits.scopes.filter((scope) => {
    const resource = resources.byScope(scope);
    // The same sentence whether the scope exists or not: what a person may not hold is not theirs to explore.
    return (
      resource === undefined ||
      !limits.resources.includes(resource.identifier) ||
      !mayHold(kind, facts, scope, resource)
    );
  });
  return [
    ...unknown.map((identifier) => ({
      field: "limits.resources",
      text: `${identifier} is not a resource that tokens are made for.`,
    })),
    ...wrong.map((scope) => ({
      field: "limits.scopes",
      text: `${scope} is not a scope of these resources that this token may have.`,
    })),
  ];
}

/** What makes one more token is refused (`state`) to an owner who has as many as the policy allows. */
export async function tooManyLive(
  { store, policy, clock }: Pick<TokenActParts, "store" | "policy" | "clock">,
  owner: TokenOwner,
): Promise<TokenRefused | undefined> {
  const live = { owner, notRevoked: true, expiresAfterMs: clock.nowMs() };
  const { total } = await store.list(live, { limit: 1 });
  if (total < policy.mostPerOwner) return undefined;
  return tokenRefused("state", `There are ${total} live tokens already: revoke some first.`);
}

/** A token that makes or changes tokens gives no more than it has. Nothing for other actors. */
export function ceilingIssues(
  actor: TokenActor,
  limits: TokenLimits,
  expiresAtMs: number,
): readonly TokenIssue[] {
  return actor.kind === "token" ? beyond(actor.ceiling, limits, expiresAtMs) : [];
}

function beyond(ceiling: TokenCeiling, limits: TokenLimits, expiresAtMs: number): readonly TokenIssue[] {
  const most = ceiling.limits;
  const wider: readonly (readonly [string, boolean])[] = [
    ["limits.scopes", !isSubset(limits.scopes, most.scopes)],
    ["limits.resources", !isSubset(limits.resources, most.resources)],
    ["limits.addresses", !isNarrower(limits.addresses, most.addresses, (a, b) => a === b)],
    ["limits.methods", !isNarrower(limits.methods, most.methods, (a, b) => a === b)],
    ["limits.pathPrefixes", !isNarrower(limits.pathPrefixes, most.pathPrefixes, isBelow)],
    ["limits.perMinute", isLooser(limits.perMinute, most.perMinute)],
    ["limits.perDay", isLooser(limits.perDay, most.perDay)],
    ["limits.binding", isUnbound(limits, most)],
    ["expiresAtMs", expiresAtMs > ceiling.expiresAtMs],
  ];
  return wider
    .filter(([, broken]) => broken)
    .map(([field]) => ({ field, text: "A token gives no more than it has itself." }));
}

function isSubset(some: readonly string[], all: readonly string[]): boolean {
  return some.every((entry) => all.includes(entry));
}

/** For lists of which the empty one means "no limit". */
function isNarrower(
  some: readonly string[],
  most: readonly string[],
  covers: (entry: string, by: string) => boolean,
): boolean {
  if (most.length === 0) return true;
  return some.length > 0 && some.every((entry) => most.some((by) => covers(entry, by)));
}

function isBelow(path: string, prefix: string): boolean {
  return path === prefix || path.startsWith(`${prefix}/`);
}

function isLooser(some: number | undefined, most: number | undefined): boolean {
  return most !== undefined && (some === undefined || some > most);
}

function isUnbound(limits: TokenLimits, most: TokenLimits): boolean {
  if (most.binding === undefined) return false;
  return limits.binding?.kind !== most.binding.kind || limits.binding.thumbprint !== most.binding.thumbprint;
}
