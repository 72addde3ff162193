import type { Application, OidcApplication } from "../model/application.ts";
import type { Resource } from "../model/resource.ts";
import { ownApi } from "../tokens/own-api.ts";
import type { AdminParts } from "./owner-endpoint.ts";

/** A client, as a row and as a link. */
export interface ClientLine {
  readonly id: string;
  readonly name: string;
  /** Of the resource's scopes those that its own list names; empty: all of them. */
  readonly scopes: readonly string[];
}

/** Declared ones and our own API, from the store: another process may have declared one a moment ago. */
export async function allResources({ acts, issuer }: AdminParts): Promise<readonly Resource[]> {
  return [...(await acts.store.resources.all()), ownApi(issuer)];
}

/** One of them; undefined: there is none of this id. */
export async function oneResource(parts: AdminParts, id: string): Promise<Resource | undefined> {
  const own = ownApi(parts.issuer);
  return id === own.id ? own : await parts.acts.store.resources.get(id);
}

/** Our own API is declared in no database: it can be looked at, and neither changed nor removed. */
export function isBuiltIn({ issuer }: AdminParts, { id }: Resource): boolean {
  return id === ownApi(issuer).id;
}

/** The clients that may get tokens for it, by name. */
export function clientsOf(resource: Resource, applications: readonly Application[]): readonly ClientLine[] {
  return applications
    .filter((application): application is OidcApplication => application.protocol === "oidc")
    .filter(({ resources }) => resources?.includes(resource.identifier) === true)
    .map(({ id, name, scopes }) => ({
      id,
      name,
      scopes: resource.scopes.map((scope) => scope.name).filter((scope) => scopes.includes(scope)),
    }))
    .toSorted((a, b) => a.name.localeCompare(b.name, "en") || a.id.localeCompare(b.id));
}

/** The clients that may introspect tokens for it; one that is gone by now keeps its id as its name. */
export function introspectorsOf(
  { introspectionClientIds }: Resource,
  applications: readonly Application[],
): readonly Pick<ClientLine, "id" | "name">[] {
  return introspectionClientIds.map((id) => ({
    id,
    name: applications.find((application) => application.id === id)?.name ?? id,
  }));
}
