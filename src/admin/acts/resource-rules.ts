import type { Application } from "../../model/application.ts";
import type { Resource, ResourceScope } from "../../model/resource.ts";
import { STANDARD_SCOPES } from "../../oidc/default-claims.ts";
import { isOwnScope } from "../../tokens/own-api.ts";
import type { Issue } from "./act.ts";

const LONGEST_IDENTIFIER = 2_048;
const LONGEST_NAME = 100;
const LONGEST_DESCRIPTION = 200;
const MOST_SCOPES = 200;
const MOST_CLIENTS = 50;
const MOST_GROUPS = 50;
/** RFC 6749 3.3, without the sign that stands between name and description where people write both. */
const SCOPE = /^[\x21\x23-\x3c\x3e-\x5b\x5d-\x7e]{1,100}$/;

/** Everything that is wrong with a resource as it is about to be stored; empty: nothing. */
export function resourceIssues(
  resource: Resource,
  { issuer, applications }: { readonly issuer: string; readonly applications: readonly Application[] },
): readonly Issue[] {
  return [
    ...identifierIssues(resource.identifier, issuer),
    ...lineIssues("name", resource.name, LONGEST_NAME),
    ...scopesIssues(resource.scopes),
    ...clientIssues(resource.introspectionClientIds, applications),
  ];
}

/** RFC 8707 2: an absolute URI without a fragment. What begins like our own address is nobody else's. */
function identifierIssues(identifier: string, issuer: string): readonly Issue[] {
  const wrong = (text: string) => [{ field: "identifier", text }];
  if (identifier.length > LONGEST_IDENTIFIER)
    return wrong(`It has ${LONGEST_IDENTIFIER} characters at most.`);
  const isUri = /^[a-z][a-z0-9+.-]*:[!-~]+$/i.test(identifier) && URL.canParse(identifier);
  if (!isUri || identifier.includes("#")) {
    return wrong("It is a whole URI without a fragment, such as https://orders.example.org/api.");
  }
  const normal = new URL(identifier).href.toLowerCase();
  const own = new URL(issuer).href.toLowerCase().replace(/\/$/, "");
  if (normal === own || normal.startsWith(`${own}/`)) {
    return wrong("It lies below the address of Gatehouse itself, which declares its own API.");
  }
  return [];
}

function scopesIssues(scopes: readonly ResourceScope[]): readonly Issue[] {
  const wrong = (text: string) => [{ field: "scopes", text }];
  // A token without a scope means nothing to whoever checks scopes, and everything to whoever does not.
  if (scopes.length === 0) return wrong("Declare at least one scope, each with what people read about it.");
  if (scopes.length > MOST_SCOPES) return wrong(`There are ${MOST_SCOPES} scopes at most.`);
  const names = scopes.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) return wrong(`“${twice}” is declared twice.`);
  return scopes.flatMap(scopeIssues).slice(0, 5);
}

function scopeIssues({ name, description, groups = [] }: ResourceScope): readonly Issue[] {
  if (!SCOPE.test(name)) {
    const text = `“${name.slice(0, 80)}” is no name for a scope: visible ASCII without quotation mark, backslash and equals sign.`;
    return [{ field: "scopes", text }];
  }
  if (STANDARD_SCOPES.includes(name) || isOwnScope(name)) {
    return [{ field: "scopes", text: `“${name}” has a meaning here already.` }];
  }
  if (groups.length > MOST_GROUPS || groups.some((group) => lineIssues("", group, 200).length > 0)) {
    return [{ field: "scopeGroups", text: `The groups of “${name}” are not names of groups.` }];
  }
  return lineIssues("scopes", description, LONGEST_DESCRIPTION).map(({ field, text }) => ({
    field,
    text: `What people read about “${name}”: ${text}`,
  }));
}

/** One line, without control characters and without marks that turn the direction of what is around them. */
function lineIssues(field: string, text: string, longest: number): readonly Issue[] {
  if (text.trim() === "") return [{ field, text: "It is missing." }];
  if (text.length > longest) return [{ field, text: `It has ${longest} characters at most.` }];
  const isPlain = text.isWellFormed() && !/[\p{Cc}\u202A-\u202E\u2066-\u2069]/u.test(text);
  return isPlain ? [] : [{ field, text: "It is one line of text, without control characters." }];
}

/** RFC 7662 4: only who proves who it is may ask. */
function clientIssues(ids: readonly string[], applications: readonly Application[]): readonly Issue[] {
  const wrong = (text: string) => [{ field: "introspectionClients", text }];
  if (ids.length > MOST_CLIENTS) return wrong(`There are ${MOST_CLIENTS} clients at most.`);
  return ids.flatMap((id) => {
    const client = applications.find((application) => application.id === id);
    if (client?.protocol !== "oidc") return wrong(`“${id.slice(0, 80)}” is no client ID here.`);
    if (client.authenticationMethod !== "none") return [];
    return wrong(`${client.name} cannot prove who it is, so it may not introspect.`);
  });
}
