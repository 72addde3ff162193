import type { Resource, ResourceScope } from "../model/resource.ts";
import type { ResourceStore } from "../storage/stores.ts";

/**
 * Every declared resource, in memory: no token is issued or checked by a look into the database. `reload` is called at
 * start and when the version in the volatile store changes, within a second of any change in any process.
 */
export class Resources {
  readonly #store: Pick<ResourceStore, "all">;
  readonly #builtIn: readonly Resource[];
  #declared: readonly Resource[] = [];
  #byId = new Map<string, Resource>();
  #byIdentifier = new Map<string, Resource>();
  #byScope = new Map<string, Resource>();
  #usableScopes: readonly string[] = [];

  /** `builtIn`: resources that are in no database; what was declared under one of their names does not count. */
  constructor(store: Pick<ResourceStore, "all">, builtIn: readonly Resource[] = []) {
    this.#store = store;
    this.#builtIn = builtIn;
  }

  async reload(): Promise<void> {
    this.#declared = await this.#store.all();
    const all = [...this.#declared, ...this.#builtIn];
    this.#byId = new Map(all.map((resource) => [resource.id, resource]));
    this.#byIdentifier = new Map(all.map((resource) => [resource.identifier, resource]));
    this.#byScope = new Map(
      all.flatMap((resource) => resource.scopes.map(({ name }) => [name, resource] as const)),
    );
    this.#usableScopes = all
      .filter(({ enabled }) => enabled)
      .flatMap(({ scopes }) => scopes.map(({ name }) => name));
  }

  /** Those that were declared. */
  all(): readonly Resource[] {
    return this.#declared;
  }

  builtIn(): readonly Resource[] {
    return this.#builtIn;
  }

  byId(id: string): Resource | undefined {
    return this.#byId.get(id);
  }

  /** By what `resource` and `aud` carry, character by character; one that is switched off is found too. */
  byIdentifier(identifier: string): Resource | undefined {
    return this.#byIdentifier.get(identifier);
  }

  /** The one resource that tokens may be issued for now. */
  usable(identifier: string): Resource | undefined {
    const resource = this.#byIdentifier.get(identifier);
    return resource?.enabled === true ? resource : undefined;
  }

  /** The resource that declares this scope; a scope's name belongs to one alone. */
  byScope(scope: string): Resource | undefined {
    return this.#byScope.get(scope);
  }

  /** What the consent page says about a scope. */
  scope(name: string): (ResourceScope & { readonly resource: Resource }) | undefined {
    const resource = this.#byScope.get(name);
    const scope = resource?.scopes.find((declared) => declared.name === name);
    return resource === undefined || scope === undefined ? undefined : { ...scope, resource };
  }

  /** The names of all scopes of resources that are switched on. */
  usableScopes(): readonly string[] {
    return this.#usableScopes;
  }
}
