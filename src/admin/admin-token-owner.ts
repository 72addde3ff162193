import { canonicalLoginName } from "../account/login-name.ts";
import type { TokenOwner } from "../model/api-token.ts";
import type { Application } from "../model/application.ts";
import type { AccountStore } from "../storage/stores.ts";

export interface OwnerNameParts {
  readonly accounts: Pick<AccountStore, "get" | "findByLoginName">;
  readonly applications: { all(): readonly Application[]; byId(id: string): Application | undefined };
}

/** An owner as people know it, with the page that it has under /admin. */
export interface NamedOwner {
  readonly name: string;
  readonly path: string | undefined;
}

/** Names an owner; one that is gone is named by its id. */
export async function nameOwner(parts: OwnerNameParts, owner: TokenOwner): Promise<NamedOwner> {
  switch (owner.kind) {
    case "account": {
      const account = await parts.accounts.get(owner.id);
      if (account === undefined) return { name: `a removed account (${owner.id})`, path: undefined };
      return { name: account.username, path: `/admin/accounts/${account.id}` };
    }
    case "application": {
      const application = parts.applications.byId(owner.id);
      if (application === undefined) return { name: `a removed application (${owner.id})`, path: undefined };
      return { name: application.name, path: `/admin/applications/${application.id}` };
    }
    case "project":
      return { name: `${owner.id}, a project`, path: undefined };
  }
}

/** Names many, each looked up once. The keys are `kind:id`. */
export async function nameOwners(
  parts: OwnerNameParts,
  owners: readonly TokenOwner[],
): Promise<ReadonlyMap<string, NamedOwner>> {
  const different = new Map(owners.map((owner) => [ownerKey(owner), owner]));
  return new Map(
    await Promise.all(
      [...different].map(async ([key, owner]) => [key, await nameOwner(parts, owner)] as const),
    ),
  );
}

export function ownerKey({ kind, id }: TokenOwner): string {
  return `${kind}:${id}`;
}

/**
 * Whom an administrator means by a text: an account's user name or e-mail address, an application's name or client ID,
 * or else a project, which has no record of its own. undefined: nothing was typed.
 */
export async function ownerFromText(parts: OwnerNameParts, typed: string): Promise<TokenOwner | undefined> {
  const text = typed.trim();
  if (text === "") return undefined;
  const canonical = canonicalLoginName(text);
  const account = canonical === "" ? undefined : await parts.accounts.findByLoginName(canonical);
  if (account !== undefined) return { kind: "account", id: account.id };
  const lower = text.toLowerCase();
  const application = parts.applications
    .all()
    .find(({ id, name }) => id === text || name.toLowerCase() === lower);
  if (application !== undefined) return { kind: "application", id: application.id };
  return { kind: "project", id: text };
}
