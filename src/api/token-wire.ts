import type { TokenLimits } from "../model/api-token.ts";
import type { ApiTokenFilter } from "../storage/api-token-stores.ts";
import type { TokenFacts, TokenIssue, TokenRefused } from "../tokens/token-act.ts";
import type { ProblemError } from "../http/problem-json.ts";
import { type ApiResult, problem } from "./operation.ts";
import type { FilterJson, LimitsInput, TokenJson } from "./token-schemas.ts";

/** An instant as it is sent (RFC 3339, UTC). */
export function rfc3339(atMs: number): string {
  return new Date(atMs).toISOString();
}

/** An instant as it came, in epoch milliseconds; the schema has checked its form. */
export function epochMs(text: string): number {
  return Date.parse(text);
}

function optionalMs(text: string | undefined): number | undefined {
  return text === undefined ? undefined : epochMs(text);
}

/** A token as the API shows it. What is undefined is left out of the JSON. */
export function tokenWire(token: TokenFacts, nowMs: number): TokenJson {
  const { limits, owner, state, lastUsedAtMs } = token;
  const isOver = state !== "revoked" && token.expiresAtMs <= nowMs;
  return {
    id: token.id,
    kind: token.kind,
    name: token.name,
    last_four: token.lastFour,
    owner: { kind: owner.kind, id: owner.id },
    made_by: token.madeBy,
    limits: limitsWire(limits),
    created_at: rfc3339(token.createdAtMs),
    expires_at: rfc3339(token.expiresAtMs),
    state: isOver ? "expired" : state,
    state_since: rfc3339(token.stateSinceMs),
    state_reason: token.stateReason,
    replaces: token.replaces,
    last_used_at: lastUsedAtMs === undefined ? undefined : rfc3339(lastUsedAtMs),
    last_used_address: token.lastUsedAddress,
    version: token.version,
  };
}

function limitsWire(limits: TokenLimits): TokenJson["limits"] {
  return {
    scopes: [...limits.scopes],
    resources: [...limits.resources],
    addresses: [...limits.addresses],
    methods: [...limits.methods],
    path_prefixes: [...limits.pathPrefixes],
    per_minute: limits.perMinute,
    per_day: limits.perDay,
    binding: limits.binding,
  };
}

/** Limits as they came, in the words of the model. */
export function limitsFromWire(input: LimitsInput): TokenLimits {
  const { path_prefixes: pathPrefixes, per_minute: perMinute, per_day: perDay, ...same } = input;
  return { ...same, pathPrefixes, perMinute, perDay };
}

export function filterFromWire(input: FilterJson): ApiTokenFilter {
  const { owner_kind: kind, owner_id: id } = input;
  return {
    owner: kind === undefined || id === undefined ? undefined : { kind, id },
    kind: input.kind,
    state: input.state,
    scope: input.scope,
    resource: input.resource,
    address: input.address,
    neverUsed: input.never_used,
    unusedSinceMs: optionalMs(input.unused_since),
    createdBeforeMs: optionalMs(input.created_before),
    expiresBeforeMs: optionalMs(input.expires_before),
    scopesAtLeast: input.scopes_at_least,
  };
}

/** Half an owner is a mistake: without its other half the condition would be dropped, and more would match. */
export function halfOwner(input: FilterJson): boolean {
  return (input.owner_kind === undefined) !== (input.owner_id === undefined);
}

/** Why an act was not done, as a problem. */
export function refusalProblem({ code, message, issues = [] }: TokenRefused): ApiResult {
  const errors = issues.map(errorOf);
  const facts = { detail: message, ...(errors.length === 0 ? {} : { errors }) };
  switch (code) {
    case "not-found":
      return problem("not-found");
    case "invalid":
      return problem("invalid-value", facts);
    case "forbidden":
      return problem("not-allowed", facts);
    case "login-needed":
      return problem("fresh-login-needed", facts);
    case "version":
      return problem("stale", facts);
    case "state":
      return problem("conflict", facts);
  }
}

const WIRE_NAMES: Readonly<Record<string, string>> = {
  expiresAtMs: "expires_at",
  pathPrefixes: "path_prefixes",
  perMinute: "per_minute",
  perDay: "per_day",
  overlapSeconds: "overlap_seconds",
};

/** The field by the name that the caller knows it by. */
function errorOf({ field, text }: TokenIssue): ProblemError {
  const names = field.split(".").map((name) => (Object.hasOwn(WIRE_NAMES, name) ? WIRE_NAMES[name] : name));
  return { detail: text, pointer: field === "" ? "" : `/${names.join("/")}` };
}
