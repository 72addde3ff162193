import type { Account } from "../model/account.ts";

/** What the layouts `inside` and `admin` show of the person in their header. */
export function personOf(account: Account): { id: string; name: string; owner: boolean } {
  return { id: account.id, name: account.username, owner: account.role === "owner" };
}
