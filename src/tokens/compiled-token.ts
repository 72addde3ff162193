import type { ApiToken } from "../model/api-token.ts";
import { AddressList } from "./address-list.ts";
import { type DeclaredResources, isOwnerUsable, mayHold, type OwnerFacts } from "./token-rights.ts";

/** A token as the checks need it: everything that can be worked out beforehand is, so that a check works out nothing. */
export interface CompiledToken {
  readonly token: ApiToken;
  /** undefined: from everywhere. */
  readonly addresses: AddressList | undefined;
  readonly methods: ReadonlySet<string> | undefined;
}

/** Throws `AddressListError` for a stored list that cannot be read: such a token is good for nothing. */
export function compileToken(token: ApiToken): CompiledToken {
  const { addresses, methods } = token.limits;
  return {
    token,
    addresses: addresses.length === 0 ? undefined : AddressList.read(addresses),
    methods: methods.length === 0 ? undefined : new Set(methods),
  };
}

/** What a token's owner and its resources allow at this moment. */
export interface Standing {
  readonly usable: boolean;
  /** Those of the token's resources that are switched on. */
  readonly resources: readonly string[];
  /** Those of the token's scopes that its owner still holds. */
  readonly scopes: readonly string[];
  readonly scopesByResource: ReadonlyMap<string, readonly string[]>;
}

/** Works out what stands behind a token now. */
export function standingOf(token: ApiToken, facts: OwnerFacts, declared: DeclaredResources): Standing {
  const { limits, kind } = token;
  const resources = limits.resources.filter((identifier) => declared.usable(identifier) !== undefined);
  const scopesByResource = new Map(resources.map((identifier) => [identifier, [] as string[]]));
  const scopes = limits.scopes.filter((scope) => {
    const resource = declared.byScope(scope);
    const its = resource && scopesByResource.get(resource.identifier);
    const held = its !== undefined && mayHold(kind, facts, scope, resource);
    if (held) its.push(scope);
    return held;
  });
  return { usable: isOwnerUsable(facts), resources, scopes, scopesByResource };
}
