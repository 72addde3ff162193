import { sha256 } from "../../platform/digest.ts";
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
  /** Stands for exactly these tokens: SHA-256 over their ids, base64url. */
  readonly fingerprint: string;
}

/** What the preview showed; each that is given must still hold when it is done. */
export interface ExpectedRevocation {
  readonly count?: number | undefined;
  readonly fingerprint?: string | undefined;
}

/** Which tokens match and are not revoked yet, and the newest of them. Refuses `forbidden` and `invalid`. */
export async function previewRevocation(
  parts: TokenActParts,
  actor: TokenActor,
  filter: ApiTokenFilter,
): Promise<TokenResult<RevocationPreview>> {
  const within = narrowed(await reachOf(parts.owners, actor, "write"), filter);
  if (within === undefined) return tokenRefused("forbidden", "This needs the right to revoke tokens.");
  if (isEmpty(filter)) return unlimited();
  const ids = await parts.store.ids(within);
  // Those that the fingerprint stands for, and no others: a list of its own could show what came a moment later.
  const first = await Promise.all(ids.slice(0, FIRST_PAGE).map(async (id) => await parts.store.get(id)));
  return {
    ok: true,
    count: ids.length,
    first: first.filter((token) => token !== undefined).map(factsOf),
    fingerprint: fingerprintOf(ids),
  };
}

/** The order in which a store names them is no part of which ones they are. */
function fingerprintOf(ids: readonly string[]): string {
  return sha256(ids.toSorted().join(" "));
}

/**
 * Revokes all that match. `expected`: what the preview showed; where it would be other tokens by now, be it as many, none
 * is revoked (`version`). Refuses `forbidden` and `invalid`.
 */
export async function revokeMany(
  parts: TokenActParts,
  actor: TokenActor,
  filter: ApiTokenFilter,
  options: { readonly reason?: string | undefined; readonly expected?: ExpectedRevocation | undefined },
): Promise<TokenResult<{ readonly count: number }>> {
  const within = narrowed(await reachOf(parts.owners, actor, "write"), filter);
  if (within === undefined) return tokenRefused("forbidden", "This needs the right to revoke tokens.");
  if (isEmpty(filter)) return unlimited();
  const word = readInput(ReasonInput.default("bulk"), options.reason);
  if (!word.ok) return invalid([{ field: "reason", text: "A reason is one lower-case word." }]);
  const why = word.value;
  const entry = {
    action: "token.revoked-many",
    targetId: undefined,
    detail: { filter: JSON.stringify(filter), reason: why },
  };
  return await recordedAct(parts.audit, actor, entry, async () => {
    const agreed = (ids: readonly string[]) => isExpected(options.expected, ids);
    const ids = await parts.store.revokeWhere(within, why, parts.clock.nowMs(), agreed);
    if (ids === undefined) {
      return tokenRefused("version", "It would be other tokens by now than the preview showed: look again.");
    }
    await parts.announce(ids.map((id) => ({ what: "revoked", id })));
    for (const id of ids.slice(0, NAMED_AT_MOST)) noteOne(parts, actor, id, why);
    return { ok: true, count: ids.length };
  });
}

function isExpected(expected: ExpectedRevocation | undefined, ids: readonly string[]): boolean {
  const { count = ids.length, fingerprint } = expected ?? {};
  return count === ids.length && (fingerprint === undefined || fingerprint === fingerprintOf(ids));
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
