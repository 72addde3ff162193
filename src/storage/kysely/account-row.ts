import { z } from "zod";
import type { Account } from "../../model/account.ts";
import { BrokenRecord, readJson, Texts, toFlag } from "./columns.ts";
import type { AccountsTable } from "./database.ts";
import { searchText } from "./paging.ts";

const Attributes = z.record(z.string(), Texts);

/** The row that keeps an account. */
export function accountToRow(account: Account, usernameCanonical: string): AccountsTable {
  return {
    id: account.id,
    username: account.username,
    username_canonical: usernameCanonical,
    email: account.email ?? null,
    email_verified: toFlag(account.emailVerified),
    name: account.name ?? null,
    given_name: account.givenName ?? null,
    family_name: account.familyName ?? null,
    phone: account.phone ?? null,
    group_names: JSON.stringify(account.groups),
    role: account.role,
    enabled: toFlag(account.enabled),
    attributes: JSON.stringify(account.attributes),
    search_text: searchText([account.username, account.name, account.email]),
    created_at_ms: account.createdAtMs,
    updated_at_ms: account.updatedAtMs,
  };
}

/** Reads a row back. Throws BrokenRecord naming the account's id and the field. */
export function accountFromRow(row: AccountsTable): Account {
  const what = `account ${row.id}`;
  return {
    id: row.id,
    username: row.username,
    email: row.email ?? undefined,
    emailVerified: row.email_verified === 1,
    name: row.name ?? undefined,
    givenName: row.given_name ?? undefined,
    familyName: row.family_name ?? undefined,
    phone: row.phone ?? undefined,
    groups: readJson(Texts, row.group_names, `${what}: groups`),
    role: readRole(row.role, what),
    enabled: row.enabled === 1,
    attributes: readJson(Attributes, row.attributes, `${what}: attributes`),
    createdAtMs: row.created_at_ms,
    updatedAtMs: row.updated_at_ms,
  };
}

function readRole(role: string, what: string): Account["role"] {
  if (role === "person" || role === "owner") return role;
  throw new BrokenRecord(`${what}: role: not known to this version`);
}
