import type { ApiTokenFilter } from "../../storage/api-token-stores.ts";
import {
  recordedAct,
  type TokenActor,
  type TokenFacts,
  tokenRefused,
  type TokenResult,
} from "../token-act.ts";
import { ReasonInput, readInput } from "../token-input.ts";
import { factsOf, reachOf, type Reach } from "./token-access.ts";
import { invalid } from "./token-checks.ts";
import type { TokenActParts } from "./token-parts.ts";

const FIRST_PAGE = 20;
/** Above this many the trail names the condition and the number, not each token. */
const NAMED_AT_MOST = 1_000;

/** What a revocation of many would do. */
export interface RevocationPreview {
  readonly count: number;
  readonly first: readonly TokenFacts[];
}

/** How many tokens match and are not revoked yet, and the newest of them. Refuses `forbidden` and `invalid`. */
export async function previewRevocation(
  parts: TokenActParts,
  actor: TokenActor,
  filter: ApiTokenFilter,
): Promise<TokenResult<RevocationPreview>> {
  const within = narrowed(await reachOf(parts.owners, actor, "write"), filter);
  if (within === undefined) return tokenRefused("forbidden", "This needs the right to revoke tokens.");
  if (isEmpty(filter)) return unlimited();
  const page = await parts.store.list(within, { limit: FIRST_PAGE });
  return { ok: true, count: page.total, first: page.items.map(factsOf) };
}

/**
 * Revokes all that match. `expected`: the number that the preview showed; where it is another one by now, nothing
 * happens (`version`). Refuses `forbidden` and `invalid`.
 */
export async function revokeMany(
  parts: TokenActParts,
  actor: TokenActor,
  filter: ApiTokenFilter,
  { reason, expected }: { readonly reason?: string | undefined; readonly expected?: number | undefined },
): Promise<TokenResult<{ readonly count: number }>> {
  const preview = await previewRevocation(parts, actor, filter);
  if (!preview.ok) return preview;
  if (expected !== undefined && preview.count !== expected) {
    return tokenRefused(
      "version",
      `It would be ${preview.count} tokens by now, not ${expected}: look again.`,
    );
  }
  const within = narrowed(await reachOf(parts.owners, actor, "write"), filter);
  const word = readInput(ReasonInput.default("bulk"), reason);
  if (!word.ok) return invalid([{ field: "reason", text: "A reason is one lower-case word." }]);
  const why = word.value;
  const entry = {
    action: "token.revoked-many",
    targetId: undefined,
    detail: { filter: JSON.stringify(filter), count: preview.count, reason: why },
  };
  return await recordedAct(parts.audit, actor, entry, async () => {
    const ids = await parts.store.revokeWhere(within ?? filter, why, parts.clock.nowMs());
    await parts.announce(ids.map((id) => ({ what: "revoked", id })));
    for (const id of ids.slice(0, NAMED_AT_MOST)) noteOne(parts, actor, id, why);
    return { ok: true, count: ids.length };
  });
}

function noteOne({ audit }: TokenActParts, actor: TokenActor, id: string, reason: string): void {
  audit.note({
    action: "token.revoked",
    outcome: "success",
    actorId: actor.kind === "account" ? actor.id : actor.kind,
    targetKind: "token",
    targetId: id,
    detail: { reason, bulk: true },
  });
}

function narrowed(reach: Reach, filter: ApiTokenFilter): ApiTokenFilter | undefined {
  switch (reach.kind) {
    case "all":
      return { ...filter, notRevoked: true };
    case "own":
      return { ...filter, owner: reach.owner, notRevoked: true };
    case "none":
      return undefined;
  }
}

function isEmpty(filter: ApiTokenFilter): boolean {
  return Object.values(filter).every((value) => value === undefined);
}

function unlimited() {
  return invalid([{ field: "filter", text: "Say which tokens: no condition would mean every one." }]);
}
