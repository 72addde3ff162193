import type { Accounts } from "../account/accounts.ts";
import type { TokenOwner } from "../model/api-token.ts";
import type { TokenFacts } from "../tokens/token-act.ts";
import { RefusedInput, UsageError } from "./command.ts";

/** Whose token is meant; undefined where no owner was named. Throws `RefusedInput` for an account that is not there. */
export async function ownerOf(
  accounts: Pick<Accounts, "findByLoginName">,
  values: {
    readonly account?: string | undefined;
    readonly application?: string | undefined;
    readonly project?: string | undefined;
  },
): Promise<TokenOwner | undefined> {
  const { account, application, project } = values;
  if ([account, application, project].filter((value) => value !== undefined).length > 1) {
    throw new UsageError("a token has one owner: --account, --application or --project");
  }
  if (application !== undefined) return { kind: "application", id: application };
  if (project !== undefined) return { kind: "project", id: project };
  if (account === undefined) return undefined;
  const found = await accounts.findByLoginName(account);
  if (found === undefined) throw new RefusedInput("there is no such account");
  return { kind: "account", id: found.id };
}

/** A token as the command prints it: times in RFC 3339, and of the secret the last four characters. */
export function tokenShown({
  createdAtMs,
  expiresAtMs,
  stateSinceMs,
  lastUsedAtMs,
  lastFour,
  ...token
}: TokenFacts) {
  return {
    ...token,
    ends_with: lastFour,
    created_at: new Date(createdAtMs).toISOString(),
    expires_at: new Date(expiresAtMs).toISOString(),
    state_since: new Date(stateSinceMs).toISOString(),
    ...(lastUsedAtMs === undefined ? {} : { last_used_at: new Date(lastUsedAtMs).toISOString() }),
  };
}
