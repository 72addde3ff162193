import type { IdTokenAlgorithm, OidcApplication } from "../../model/application.ts";
import { clientIssues } from "../../oidc/client-rules.ts";
import type { Actor } from "../actor.ts";
import { type ActParts, type ActResult, type Issue, recorded, refused } from "./act.ts";
import { replaceApplication } from "./replace-application.ts";

/** What may be changed of a client's tokens; what is not named stays. */
export interface ClientChanges {
  /** Identifiers of declared resources. */
  readonly resources?: readonly string[] | undefined;
  readonly scopes?: readonly string[] | undefined;
  /** null: UserInfo answers are plain JSON. */
  readonly userinfoSignedResponseAlgorithm?: IdTokenAlgorithm | null | undefined;
}

const MOST_SCOPES = 100;
/** RFC 6749 3.3. */
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]{1,100}$/;

/**
 * Changes for what a client gets tokens, and how UserInfo answers it. It holds at once: a token for a resource that is
 * closed to it is worthless from then on.
 */
export async function changeClient(
  parts: ActParts,
  actor: Actor,
  id: string,
  changes: ClientChanges,
): Promise<ActResult<{ readonly application: OidcApplication }>> {
  const found = await parts.store.applications.get(id);
  if (found?.protocol !== "oidc") return refused("not-found", "there is no such OpenID Connect client");
  const application = merge(found, changes);
  const issues = [
    ...clientIssues(application),
    ...scopeIssues(changes.scopes ?? []),
    ...(await undeclared(parts, changes.resources ?? [])),
  ];
  if (issues.length > 0) {
    return { ok: false, code: "invalid", message: issues.map(({ text }) => text).join(" "), issues };
  }
  const entry = {
    action: "application.settings-changed",
    targetKind: "application",
    targetId: id,
    targetName: found.name,
    detail: {
      resources: application.resources?.join(" ") ?? "",
      scopes: application.scopes.join(" "),
      userinfo: application.userinfoSignedResponseAlgorithm ?? "JSON",
    },
  } as const;
  return await recorded(parts, actor, entry, async () => await replaceApplication(parts, found, application));
}

/** An issue for each that is not declared: a misspelt one would silently open nothing. */
export async function undeclared(
  { store }: Pick<ActParts, "store">,
  resources: readonly string[],
): Promise<readonly Issue[]> {
  if (resources.length === 0) return [];
  const declared = new Set((await store.resources.all()).map(({ identifier }) => identifier));
  return resources
    .filter((identifier) => !declared.has(identifier))
    .map((identifier) => ({
      field: "resources",
      text: `“${identifier.slice(0, 200)}” is not a declared resource.`,
    }));
}

function merge(found: OidcApplication, changes: ClientChanges): OidcApplication {
  const { resources, scopes, userinfoSignedResponseAlgorithm: algorithm } = changes;
  return {
    ...found,
    resources: resources === undefined ? found.resources : [...new Set(resources)],
    scopes: scopes === undefined ? found.scopes : [...new Set(scopes)],
    ...(algorithm === undefined ? {} : { userinfoSignedResponseAlgorithm: algorithm ?? undefined }),
  };
}

function scopeIssues(scopes: readonly string[]): readonly Issue[] {
  if (scopes.length > MOST_SCOPES)
    return [{ field: "scopes", text: `There are ${MOST_SCOPES} scopes at most.` }];
  return scopes
    .filter((scope) => !SCOPE.test(scope))
    .map((scope) => ({ field: "scopes", text: `“${scope.slice(0, 100)}” is no name for a scope.` }));
}
