import type { Resource } from "../model/resource.ts";

/** The scopes of Gatehouse's own API. Those that end with `:all`, and `tokens:verify`, are for owners and services. */
export const OWN_SCOPES = [
  "tokens:read",
  "tokens:write",
  "tokens:read:all",
  "tokens:write:all",
  "tokens:verify",
] as const;
export type OwnScope = (typeof OWN_SCOPES)[number];

const DESCRIPTIONS: Readonly<Record<OwnScope, string>> = {
  "tokens:read": "See your API tokens and how they are used",
  "tokens:write": "Make, change and revoke your API tokens",
  "tokens:read:all": "See the API tokens of everybody",
  "tokens:write:all": "Make, change and revoke the API tokens of everybody",
  "tokens:verify": "Ask whether any API token is good",
};

/** What `resource` and `aud` carry for our own API. */
export function ownApiIdentifier(issuer: string): string {
  return `${issuer}/api`;
}

/** Our own API as a resource. It is declared here and in no database: nobody can switch it off or widen it. */
export function ownApi(issuer: string): Resource {
  return {
    id: "own-api",
    identifier: ownApiIdentifier(issuer),
    name: "Gatehouse",
    scopes: OWN_SCOPES.map((name) => ({ name, description: DESCRIPTIONS[name] })),
    enabled: true,
    introspectionClientIds: [],
    createdAtMs: 0,
    updatedAtMs: 0,
  };
}

/** Narrows a scope's name to one of our own API. */
export function isOwnScope(scope: string): scope is OwnScope {
  return (OWN_SCOPES as readonly string[]).includes(scope);
}

/** True for the scopes that a person holds only as an owner. */
export function isForOwnersAlone(scope: OwnScope): boolean {
  return scope.endsWith(":all") || scope === "tokens:verify";
}
