import type { OidcApplication } from "../../model/application.ts";
import { type ClientChangesInput, ClientRefused, readClientChanges } from "../../oidc/client-input.ts";
import { clientIssues } from "../../oidc/client-rules.ts";
import { isOwnScope, ownApiIdentifier } from "../../tokens/own-api.ts";
import type { Actor } from "../actor.ts";
import { type ActParts, type ActResult, type Issue, recorded, type Refused, refused } from "./act.ts";
import { replaceApplication } from "./replace-application.ts";

/** Of one setting's value in the trail, in UTF-16 code units. */
const LONGEST_DETAIL = 500;

/** What may be changed of a client; what is not named stays, and null takes away what need not be there. */
export type ClientChanges = ClientChangesInput;

export interface ClientActParts extends ActParts {
  /** Absent: our own API is open to no client. */
  readonly issuer?: string | undefined;
}

/**
 * Changes what is registered of a client. It holds at once: a token for a resource that is closed to it is worthless
 * from then on. `readAtMs`: the client's `updatedAtMs` as a form was made of it; a later one refuses as a conflict.
 * What it is and how it proves who it is stay: that would be another client, with other secrets.
 */
export async function changeClient(
  parts: ClientActParts,
  actor: Actor,
  id: string,
  changes: ClientChanges,
  readAtMs?: number,
): Promise<ActResult<{ readonly application: OidcApplication }>> {
  const found = await parts.store.applications.get(id);
  if (found?.protocol !== "oidc") return refused("not-found", "there is no such OpenID Connect client");
  if (readAtMs !== undefined && readAtMs !== found.updatedAtMs) {
    return refused("conflict", "somebody else has changed it since this page was loaded");
  }
  const read = attempt(changes);
  if ("issues" in read) return invalid(read.issues);
  const application = merge(found, read);
  const issues = [
    ...clientIssues(application),
    ...(await resourceIssues(parts, { resources: read.resources, scopes: application.scopes })),
  ];
  if (issues.length > 0) return invalid(issues);
  const detail = differences(found, application);
  if (Object.keys(detail).length === 0) return { ok: true, application: found };
  const entry = {
    action: "application.settings-changed",
    targetKind: "application",
    targetId: id,
    targetName: application.name,
    detail,
  } as const;
  return await recorded(parts, actor, entry, async () => await replaceApplication(parts, found, application));
}

/**
 * What stands in the way of resources that a client is to get tokens for: one that is not declared, which misspelt would
 * silently open nothing, and our own API without one of its scopes, of which a client holds those alone that it names.
 */
export async function resourceIssues(
  { store, issuer }: Pick<ClientActParts, "store" | "issuer">,
  { resources = [], scopes }: Partial<Pick<OidcApplication, "resources" | "scopes">>,
): Promise<readonly Issue[]> {
  if (resources.length === 0) return [];
  const own = issuer === undefined ? undefined : ownApiIdentifier(issuer);
  const declared = new Set((await store.resources.all()).map(({ identifier }) => identifier));
  const unknown = resources
    .filter((identifier) => identifier !== own && !declared.has(identifier))
    .map((identifier) => `“${identifier.slice(0, 200)}” is not a declared resource.`);
  const unscoped =
    own !== undefined && resources.includes(own) && scopes?.some(isOwnScope) !== true
      ? ["Name the scopes of Gatehouse's own API that it may have, such as tokens:read."]
      : [];
  return [
    ...unknown.map((text) => ({ field: "resources", text })),
    ...unscoped.map((text) => ({ field: "scopes", text })),
  ];
}

function attempt(changes: ClientChanges): ClientChangesInput | { readonly issues: readonly Issue[] } {
  try {
    return readClientChanges(changes);
  } catch (error) {
    if (error instanceof ClientRefused) return { issues: error.issues };
    throw error;
  }
}

function invalid(issues: readonly Issue[]): Refused {
  return { ok: false, code: "invalid", message: issues.map(({ text }) => text).join(" "), issues };
}

function merge(found: OidcApplication, said: ClientChangesInput): OidcApplication {
  return {
    ...found,
    name: said.name ?? found.name,
    redirectUris: said.redirectUris ?? found.redirectUris,
    postLogoutRedirectUris: said.postLogoutRedirectUris ?? found.postLogoutRedirectUris,
    backchannelLogoutUri: kept(said.backchannelLogoutUri, found.backchannelLogoutUri),
    frontchannelLogoutUri: kept(said.frontchannelLogoutUri, found.frontchannelLogoutUri),
    // One source of keys takes the place of the other.
    jwks: kept(said.jwks ?? (said.jwksUri ? null : said.jwks), found.jwks),
    jwksUri: kept(said.jwksUri ?? (said.jwks ? null : said.jwksUri), found.jwksUri),
    grantTypes: eachOnce(said.grantTypes) ?? found.grantTypes,
    pkceRequired: said.pkceRequired ?? found.pkceRequired,
    parRequired: said.parRequired ?? found.parRequired,
    idTokenAlgorithm: said.idTokenAlgorithm ?? found.idTokenAlgorithm,
    userinfoSignedResponseAlgorithm: kept(
      said.userinfoSignedResponseAlgorithm,
      found.userinfoSignedResponseAlgorithm,
    ),
    accessTokenFormat: said.accessTokenFormat ?? found.accessTokenFormat,
    subjectType: said.subjectType ?? found.subjectType,
    sectorIdentifier: kept(said.sectorIdentifier, found.sectorIdentifier),
    scopes: eachOnce(said.scopes)?.filter((scope) => scope !== "openid") ?? found.scopes,
    resources: eachOnce(said.resources) ?? found.resources,
    origins: eachOnce(said.origins) ?? found.origins,
    startUrl: kept(said.startUrl, found.startUrl),
    consent: said.consent ?? found.consent,
  };
}

function kept<T>(said: T | null | undefined, before: T | undefined): T | undefined {
  return said === undefined ? before : (said ?? undefined);
}

function eachOnce<T>(values: readonly T[] | undefined): readonly T[] | undefined {
  return values === undefined ? undefined : [...new Set(values)];
}

/** For the trail: what became of each setting that is another one now. Of keys only that they are others. */
function differences(
  before: OidcApplication,
  after: OidcApplication,
): Readonly<Record<string, string | boolean>> {
  const facts = (client: OidcApplication): Readonly<Record<string, string | boolean>> => ({
    name: client.name,
    redirectUris: client.redirectUris.join(" "),
    postLogoutRedirectUris: client.postLogoutRedirectUris.join(" "),
    backchannelLogoutUri: client.backchannelLogoutUri ?? "none",
    frontchannelLogoutUri: client.frontchannelLogoutUri ?? "none",
    jwks: JSON.stringify(client.jwks ?? null),
    jwksUri: client.jwksUri ?? "none",
    grantTypes: client.grantTypes.join(" "),
    pkceRequired: client.pkceRequired,
    parRequired: client.parRequired,
    idToken: client.idTokenAlgorithm,
    userinfo: client.userinfoSignedResponseAlgorithm ?? "JSON",
    accessTokens: client.accessTokenFormat,
    subjects: client.subjectType,
    sector: client.sectorIdentifier ?? "none",
    scopes: client.scopes.join(" "),
    resources: client.resources?.join(" ") ?? "",
    origins: client.origins.join(" "),
    startUrl: client.startUrl ?? "none",
    consent: client.consent,
  });
  const old = facts(before);
  const changed = Object.entries(facts(after)).filter(([field, value]) => old[field] !== value);
  return Object.fromEntries(changed.map(([field, value]) => [field, field === "jwks" || short(value)]));
}

function short(value: string | boolean): string | boolean {
  return typeof value === "string" ? value.slice(0, LONGEST_DETAIL) : value;
}
