import type { ApiToken } from "../../model/api-token.ts";
import {
  recordedAct,
  type TokenActor,
  type TokenFacts,
  type TokenRefused,
  tokenRefused,
} from "../token-act.ts";
import type { TokenResult } from "../token-act.ts";
import { readInput, type TokenChange, TokenChangeInput } from "../token-input.ts";
import type { ApiTokenChange } from "../../storage/api-token-stores.ts";
import { ownerFacts } from "../token-rights.ts";
import { limitChanges, widens } from "./limit-changes.ts";
import { factsOf, isWithin, noSuchToken, reachOf, staleLogin } from "./token-access.ts";
import { ceilingIssues, expiryIssues, invalid, scopeIssues } from "./token-checks.ts";
import type { TokenActParts } from "./token-parts.ts";

/**
 * Changes name, expiry or limits. `version`: the record's, as the actor last saw it. Refuses `not-found`, `invalid`,
 * `login-needed` where the token could do more than before, `version`, and `state` for a revoked token.
 */
export async function changeToken(
  parts: TokenActParts,
  actor: TokenActor,
  id: string,
  input: unknown,
  version?: number,
): Promise<TokenResult<{ readonly token: TokenFacts }>> {
  const token = await findToWrite(parts, actor, id);
  if (token === undefined) return noSuchToken();
  const read = readInput(TokenChangeInput, input);
  if (!read.ok) return invalid(read.issues);
  const refusal = await mayNotChange(parts, actor, token, read.value);
  if (refusal !== undefined) return refusal;
  const entry = {
    action: "token.changed",
    targetId: id,
    targetName: token.name,
    detail: { changed: Object.keys(read.value).join(" ") },
  };
  return await recordedAct(parts.audit, actor, entry, async () => {
    // What it may become was judged by this version: another limit or end that came since is not known to fit.
    const seen = version ?? token.version;
    const changed = await parts.store.change(id, onlySaid(read.value), parts.clock.nowMs(), seen);
    if (changed === undefined) return await whyUnchanged(parts, id);
    await parts.announce([{ what: "changed", id }]);
    return { ok: true, token: factsOf(changed) };
  });
}

function onlySaid({ name, limits, expiresAtMs }: TokenChange): ApiTokenChange {
  return {
    ...(name === undefined ? {} : { name }),
    ...(limits === undefined ? {} : { limits }),
    ...(expiresAtMs === undefined ? {} : { expiresAtMs }),
  };
}

/** The token, where the actor may change it. */
export async function findToWrite(
  { store, owners }: TokenActParts,
  actor: TokenActor,
  id: string,
): Promise<ApiToken | undefined> {
  const [token, reach] = await Promise.all([store.get(id), reachOf(owners, actor, "write")]);
  return token !== undefined && isWithin(reach, token) ? token : undefined;
}

async function mayNotChange(
  parts: TokenActParts,
  actor: TokenActor,
  token: ApiToken,
  { limits, expiresAtMs }: TokenChange,
): Promise<TokenRefused | undefined> {
  if (token.state === "revoked") return tokenRefused("state", "A revoked token does not change any more.");
  if (limits === undefined && expiresAtMs === undefined) return undefined;
  const nowMs = parts.clock.nowMs();
  const after = { limits: limits ?? token.limits, expiresAtMs: expiresAtMs ?? token.expiresAtMs };
  // Wider limits and a longer life are as good as a new token; to take something away must be easy.
  const stale = widens(limitChanges(token, after)) ? staleLogin(parts.policy, actor, nowMs) : undefined;
  if (stale !== undefined) return stale;
  const { createdAtMs } = token;
  const life =
    expiresAtMs === undefined
      ? []
      : expiryIssues(parts.policy, token.kind, expiresAtMs, { createdAtMs, nowMs });
  const facts = await ownerFacts(parts.owners, token.owner);
  const scopes = limits === undefined ? [] : scopeIssues(parts.resources, token.kind, facts, limits);
  const ceiling = ceilingIssues(actor, after.limits, after.expiresAtMs);
  const issues = [...life, ...scopes, ...ceiling];
  return issues.length > 0 ? invalid(issues) : undefined;
}

/** Says why the store changed nothing. */
export async function whyUnchanged({ store }: TokenActParts, id: string): Promise<TokenRefused> {
  const token = await store.get(id);
  if (token === undefined) return noSuchToken();
  return token.state === "revoked"
    ? tokenRefused("state", "The token has been revoked meanwhile.")
    : tokenRefused("version", "The token was changed by somebody else meanwhile: look at it again.");
}
