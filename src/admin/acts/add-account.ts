import { createAccount, type NewAccount } from "../../account/create-account.ts";
import type { Account } from "../../model/account.ts";
import type { AccountStore } from "../../storage/stores.ts";
import { type Actor, auditActor } from "../actor.ts";
import { type ActParts, type ActResult, refused } from "./act.ts";

export interface AddAccountParts extends ActParts {
  readonly hasher: { hash(password: string): Promise<string> };
}

/** Adds an account. Throws `Busy` when too many passwords are being hashed. */
export async function addAccount(
  parts: AddAccountParts,
  actor: Actor,
  input: NewAccount,
): Promise<ActResult<{ readonly account: Account }>> {
  const { hasher, clock, random } = parts;
  let lineWritten = false;
  const store = insertingAfter(parts.store.accounts, async (account) => {
    await parts.audit.record({ ...lineFor(account, actor), outcome: "success" });
    lineWritten = true;
  });
  const result = await createAccount(input, { store, hasher, clock, random });
  if (result.kind === "refused") {
    // Somebody else took the name between the check and the insert.
    if (lineWritten) await parts.audit.record({ ...lineFor(input, actor), outcome: "failure" });
    return refused("invalid", result.problem, result.field);
  }
  await parts.announce("accounts");
  return { ok: true, account: result.account };
}

function lineFor(account: NewAccount & { readonly id?: string }, actor: Actor) {
  return {
    ...auditActor(actor),
    action: "account.added",
    targetKind: "account",
    targetId: account.id,
    targetName: account.username,
    detail: { role: account.role ?? "person", groups: (account.groups ?? []).join(", ") },
  } as const;
}

/** The store, with `before` done first where an account is inserted: all checks are over then, and nothing is stored. */
function insertingAfter(store: AccountStore, before: (account: Account) => Promise<void>): AccountStore {
  return {
    get: async (id) => await store.get(id),
    findByLoginName: async (canonical) => await store.findByLoginName(canonical),
    insert: async (account, canonical) => {
      await before(account);
      await store.insert(account, canonical);
    },
    update: async (account, canonical) => await store.update(account, canonical),
    list: async (options) => await store.list(options),
    passwordHash: async (accountId) => await store.passwordHash(accountId),
    setPasswordHash: async (accountId, hash, atMs) => await store.setPasswordHash(accountId, hash, atMs),
  };
}
