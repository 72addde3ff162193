import { canonicalLoginName } from "../../account/login-name.ts";
import type { Account } from "../../model/account.ts";
import type { Actor } from "../actor.ts";
import { type ActParts, type ActResult, recorded, refused } from "./act.ts";

export interface SwitchAccountParts extends ActParts {
  /** Ends every session of the account and tells the applications on the server; how many were ended. */
  readonly endSessions: (accountId: string) => Promise<number>;
}

/**
 * Lets an account log in or not. Off: it is out everywhere at once. The switch is stored and announced first, so
 * that nothing can begin anew; then every refresh token is revoked and every session ended. Off again repeats all of
 * it, for a first time that broke off half-way. Nobody switches themselves off: the last owner would lock everybody out.
 */
export async function switchAccount(
  parts: SwitchAccountParts,
  actor: Actor,
  id: string,
  enabled: boolean,
): Promise<ActResult<{ readonly account: Account; readonly sessionsEnded: number }>> {
  const found = await parts.store.accounts.get(id);
  if (found === undefined) return refused("not-found", "there is no such account");
  if (!enabled && actor.kind === "account" && actor.id === id) {
    return refused("yourself", "nobody can switch themselves off; another owner can do it");
  }
  const account = { ...found, enabled, updatedAtMs: parts.clock.nowMs() };
  const entry = {
    action: enabled ? "account.switched-on" : "account.switched-off",
    targetKind: "account",
    targetId: id,
    targetName: found.username,
    detail: {},
  } as const;
  return await recorded(parts, actor, entry, async () => {
    const stored = await parts.store.accounts.update(account, loginNames(account));
    if (!stored) return refused("not-found", "it was removed at this moment");
    await parts.announce("accounts", id);
    if (enabled) return { ok: true, account, sessionsEnded: 0 };
    await parts.store.refreshTokens.revokeByAccount(id);
    return { ok: true, account, sessionsEnded: await parts.endSessions(id) };
  });
}

function loginNames({ username, email }: Account): { username: string; email: string | undefined } {
  return {
    username: canonicalLoginName(username),
    email: email === undefined ? undefined : canonicalLoginName(email),
  };
}
