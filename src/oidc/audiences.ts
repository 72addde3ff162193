import type { Resources } from "../flow/resources.ts";
import type { Parameters } from "../http/parameters.ts";
import type { Account } from "../model/account.ts";
import type { OidcApplication } from "../model/application.ts";
import type { Resource } from "../model/resource.ts";
import { isOwnScope } from "../tokens/own-api.ts";
import { STANDARD_SCOPES } from "./default-claims.ts";

/** More than one token can sensibly be for; each is looked up, and each goes into `aud`. */
const MAX_RESOURCES = 10;

type Declared = Pick<Resources, "byScope" | "usable">;

/**
 * Whom access tokens are for: declared resources (RFC 8707), or ourselves, which is what UserInfo asks for. A scope
 * means something to one audience alone: a resource's scopes to that resource, all others to us (RFC 9068 3).
 */
export class Audiences {
  readonly issuer: string;
  readonly #resources: Declared;

  constructor(parts: { readonly issuer: string; readonly resources: Declared }) {
    this.issuer = parts.issuer;
    this.#resources = parts.resources;
  }

  /** Whether tokens of this client may be for it now. */
  isOpen(application: OidcApplication, audience: string): boolean {
    if (audience === this.issuer) return true;
    return this.#resources.usable(audience) !== undefined && isAllowed(application, audience);
  }

  /**
   * What `resource` names, each once; empty: nothing was named. undefined: one of them is not declared, is switched off,
   * is not open to this client, or there are too many (RFC 8707 2: invalid_target).
   */
  named(application: OidcApplication, parameters: Parameters): readonly string[] | undefined {
    const named = [...new Set(parameters.all("resource"))];
    if (named.length > MAX_RESOURCES) return undefined;
    return named.every((audience) => this.isOpen(application, audience)) ? named : undefined;
  }

  /**
   * The resources that a request means which names none, by the scopes that it asks for (RFC 9068 3). Not with `openid`:
   * there the token is for UserInfo, and would be no good there.
   */
  implied(application: OidcApplication, asked: readonly string[]): readonly string[] {
    if (asked.includes("openid")) return [];
    const owners = asked.flatMap((scope) => this.#resources.byScope(scope)?.identifier ?? []);
    const open = owners.filter((owner) => this.isOpen(application, owner));
    return [...new Set(open)].slice(0, MAX_RESOURCES);
  }

  /** Whether a client that names these resources may ask for a scope; `openid` and our own rules about it aside. */
  mayAsk(application: OidcApplication, scope: string, resources: readonly string[]): boolean {
    const owner = this.#resources.byScope(scope);
    if (owner === undefined) return application.scopes.includes(scope);
    return resources.includes(owner.identifier) && scopesAt(owner, application).includes(scope);
  }

  /** All that a client without a person may have for this audience: its own scopes for ours, a resource's for that one. */
  scopesWithoutPerson(application: OidcApplication, audience: readonly string[]): readonly string[] {
    const own = application.scopes.filter(
      (scope) => !STANDARD_SCOPES.includes(scope) && this.#resources.byScope(scope) === undefined,
    );
    return audience.flatMap((one) => {
      if (one === this.issuer) return own;
      const resource = this.#resources.usable(one);
      return resource === undefined ? [] : scopesAt(resource, application).filter(withoutGroups(resource));
    });
  }

  /** Of these scopes those that mean something to this audience; no other ones go into its token. */
  scopesFor(audience: readonly string[], scopes: readonly string[]): readonly string[] {
    return scopes.filter((scope) => {
      const owner = this.#resources.byScope(scope);
      return audience.includes(owner === undefined ? this.issuer : owner.identifier);
    });
  }

  /** The same for a person, without the scopes that only members of other groups may hold. */
  scopesOfPerson(audience: readonly string[], scopes: readonly string[], { groups }: Account) {
    return this.scopesFor(audience, scopes).filter((scope) => {
      const members = this.#resources.byScope(scope)?.scopes.find(({ name }) => name === scope)?.groups ?? [];
      return members.length === 0 || members.some((group) => groups.includes(group));
    });
  }

  /** Without the resources of which every scope that was asked for was declined: the person has said no to them. */
  allowed(
    resources: readonly string[],
    asked: readonly string[],
    released: readonly string[],
  ): readonly string[] {
    return resources.filter((resource) => {
      const own = this.scopesFor([resource], asked);
      return own.length === 0 || own.some((scope) => released.includes(scope));
    });
  }

  /** As the resources want it, where they say so and agree; else as the client does. */
  format(application: OidcApplication, audience: readonly string[]): "jwt" | "opaque" {
    const wanted = new Set(audience.map((one) => this.#resources.usable(one)?.accessTokenFormat));
    const [only] = wanted;
    return wanted.size === 1 && only !== undefined ? only : application.accessTokenFormat;
  }

  /** Of a token's audience the resources that this client may introspect for, as their server. */
  servedBy(caller: OidcApplication, audience: readonly string[]): readonly string[] {
    return audience.filter((one) => this.#resources.usable(one)?.introspectionClientIds.includes(caller.id));
  }
}

function isAllowed(application: OidcApplication, identifier: string): boolean {
  return application.resources?.includes(identifier) === true;
}

/** What only members of a group may hold is not for a program, which is in none. */
function withoutGroups({ scopes }: Resource): (scope: string) => boolean {
  const open = scopes.filter(({ groups }) => groups === undefined || groups.length === 0);
  return (scope) => open.some(({ name }) => name === scope);
}

/**
 * The resource's scopes, or those of them that the client's own list names, if it names any: least privilege by choice.
 * Of our own API it is always those alone: opening it must not hand out everybody's tokens along with it.
 */
function scopesAt(resource: Resource, application: OidcApplication): readonly string[] {
  const all = resource.scopes.map(({ name }) => name);
  const chosen = all.filter((scope) => application.scopes.includes(scope));
  return chosen.length > 0 || all.some(isOwnScope) ? chosen : all;
}
