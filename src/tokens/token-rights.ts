import type { Account } from "../model/account.ts";
import type { ApiTokenKind, TokenOwner } from "../model/api-token.ts";
import type { Application } from "../model/application.ts";
import type { Resource, ResourceScope } from "../model/resource.ts";
import { isForOwnersAlone, isOwnScope } from "./own-api.ts";

/** Whose rights a token has, with what is known of them at this moment. `undefined`: they are gone. */
export type OwnerFacts =
  | { readonly kind: "account"; readonly account: Account | undefined }
  | { readonly kind: "application"; readonly application: Application | undefined }
  | { readonly kind: "project" };

/** Reads resources out of memory; flow/resources.ts does. */
export interface DeclaredResources {
  all(): readonly Resource[];
  builtIn(): readonly Resource[];
  usable(identifier: string): Resource | undefined;
  byScope(scope: string): Resource | undefined;
}

/** Looks an owner up; accounts are cached and applications are in memory. */
export interface Owners {
  account(id: string): Promise<Account | undefined>;
  application(id: string): Application | undefined;
}

export async function ownerFacts(owners: Owners, owner: TokenOwner): Promise<OwnerFacts> {
  switch (owner.kind) {
    case "account":
      return { kind: "account", account: await owners.account(owner.id) };
    case "application":
      return { kind: "application", application: owners.application(owner.id) };
    case "project":
      return { kind: "project" };
  }
}

/** False when the account or application is gone or switched off: its tokens then open nothing. A project is only a name. */
export function isOwnerUsable(facts: OwnerFacts): boolean {
  switch (facts.kind) {
    case "account":
      return facts.account?.enabled === true;
    case "application":
      return facts.application?.enabled === true;
    case "project":
      return true;
  }
}

/** Whether a token of this kind and owner may hold a scope now. A scope that nobody declares any more is nobody's. */
export function mayHold(
  kind: ApiTokenKind,
  facts: OwnerFacts,
  scope: string,
  resource: Resource | undefined,
): boolean {
  const declared = resource?.scopes.find(({ name }) => name === scope);
  if (resource?.enabled !== true || declared === undefined) return false;
  if (isOwnScope(scope)) {
    // A key speaks for nobody: it has no tokens of its own and may not look after those of others.
    if (kind === "key") return false;
    return kind === "svc" || isOwner(facts) || !isForOwnersAlone(scope);
  }
  return isMember(facts, declared) && maySvc(kind, facts, scope, resource);
}

function isOwner(facts: OwnerFacts): boolean {
  return facts.kind === "account" && facts.account?.role === "owner";
}

function isMember(facts: OwnerFacts, { groups = [] }: ResourceScope): boolean {
  if (groups.length === 0) return true;
  // Programs are in no group.
  return facts.kind === "account" && groups.some((group) => facts.account?.groups.includes(group) === true);
}

/**
 * A service has what its client may have by any other way to a token: the resources that are open to it, and of their
 * scopes those that its own list names, or all where it names none of them.
 */
function maySvc(kind: ApiTokenKind, facts: OwnerFacts, scope: string, resource: Resource): boolean {
  if (kind !== "svc") return true;
  if (facts.kind !== "application" || facts.application?.protocol !== "oidc") return false;
  const { resources, scopes } = facts.application;
  if (resources?.includes(resource.identifier) !== true) return false;
  return scopes.includes(scope) || !resource.scopes.some(({ name }) => scopes.includes(name));
}
