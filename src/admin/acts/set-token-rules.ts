import type { TokenRules } from "../../model/settings.ts";
import { DEFAULT_TOKEN_RULES } from "../../tokens/token-rules.ts";
import type { Actor } from "../actor.ts";
import { type ActParts, type ActResult, type Issue, recorded, refused } from "./act.ts";
import { readTokenRules, type TokenRulesFields, tokenRulesFields } from "./token-rules-input.ts";

/** What is stored now, or the defaults. */
export async function tokenRulesNow(parts: {
  readonly store: Pick<ActParts["store"], "settings">;
}): Promise<{ readonly rules: TokenRules; readonly updatedAtMs: number | undefined }> {
  const stored = (await parts.store.settings.all())["token-rules"];
  return { rules: stored?.value ?? DEFAULT_TOKEN_RULES, updatedAtMs: stored?.updatedAtMs };
}

/**
 * Changes what the watch over API tokens does and how long tokens may live; what is not named stays. Every process goes
 * by it within a second; tokens that exist keep their end. Refused with each field that is wrong, and where it was
 * changed since `seenAtMs` (0: since nothing was set).
 */
export async function setTokenRules(
  parts: ActParts,
  actor: Actor,
  changes: Partial<TokenRulesFields>,
  seenAtMs?: number,
): Promise<ActResult<{ readonly rules: TokenRules }>> {
  const { rules: found, updatedAtMs } = await tokenRulesNow(parts);
  const before = tokenRulesFields(found);
  const read = readTokenRules({ ...before, ...changes });
  if ("issues" in read) return misshapen(read.issues);
  if (seenAtMs !== undefined && seenAtMs !== (updatedAtMs ?? 0)) {
    return refused("conflict", "somebody else has changed it since this page was loaded");
  }
  const { rules } = read;
  const detail = whatChanged(before, tokenRulesFields(rules));
  if (Object.keys(detail).length === 0) return { ok: true, rules };
  const entry = { action: "token-rules.changed", targetKind: "installation", detail } as const;
  return await recorded(parts, actor, entry, async () => {
    const atMs = Math.max(parts.clock.nowMs(), (updatedAtMs ?? 0) + 1);
    if (!(await parts.store.settings.put("token-rules", rules, atMs, updatedAtMs))) {
      return refused("conflict", "somebody else changed it at this moment");
    }
    await parts.announce("settings");
    return { ok: true, rules };
  });
}

/** For the trail: `suspend → notify` for each field that is another one now. */
function whatChanged(before: TokenRulesFields, after: TokenRulesFields): Readonly<Record<string, string>> {
  const old: Readonly<Record<string, string>> = before;
  return Object.fromEntries(
    Object.entries(after).flatMap(([field, value]: [string, string]) =>
      old[field] === value ? [] : [[field, `${old[field] ?? ""} → ${value}`]],
    ),
  );
}

function misshapen(issues: readonly Issue[]) {
  const message = issues.map(({ field, text }) => `${field}: ${text}`).join(" ");
  return { ok: false, code: "invalid", message, issues } as const;
}
