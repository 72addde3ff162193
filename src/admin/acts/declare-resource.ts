import type { Resource } from "../../model/resource.ts";
import { randomId } from "../../platform/random.ts";
import { Conflict } from "../../storage/stores.ts";
import type { Actor } from "../actor.ts";
import { type ActParts, type ActResult, type Issue, recorded, type Refused, refused } from "./act.ts";
import { resourceIssues } from "./resource-rules.ts";

/** What is said about a resource. */
export type ResourceInput = Pick<
  Resource,
  "identifier" | "name" | "scopes" | "introspectionClientIds" | "accessTokenFormat"
>;

export interface ResourceActParts extends ActParts {
  readonly issuer: string;
}

/** Declares a resource: from now on clients that it is opened to can get tokens for it. */
export async function declareResource(
  parts: ResourceActParts,
  actor: Actor,
  input: ResourceInput,
): Promise<ActResult<{ readonly resource: Resource }>> {
  const nowMs = parts.clock.nowMs();
  const { identifier, name, scopes, introspectionClientIds, accessTokenFormat } = input;
  const resource: Resource = {
    id: `res-${randomId(parts.random)}`,
    identifier,
    name: name.trim(),
    scopes,
    enabled: true,
    introspectionClientIds: [...new Set(introspectionClientIds)],
    accessTokenFormat,
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
  };
  const wrong = await faultOf(parts, resource);
  if (wrong !== undefined) return wrong;
  const entry = {
    action: "resource.declared",
    targetKind: "resource",
    targetId: resource.id,
    targetName: resource.name,
    detail: { identifier, scopes: scopes.map((scope) => scope.name).join(" ") },
  } as const;
  return await recorded(parts, actor, entry, async () => {
    const taken = await takenOf(parts.store.resources.insert(resource));
    if (taken !== undefined) return taken;
    await parts.announce("resources");
    return { ok: true, resource };
  });
}

/** What stands in the way of a resource as it is about to be stored. */
export async function faultOf(parts: ResourceActParts, resource: Resource): Promise<Refused | undefined> {
  const { issuer, store } = parts;
  const issues = resourceIssues(resource, { issuer, applications: await store.applications.all() });
  if (issues.length === 0) return undefined;
  return { ok: false, code: "invalid", message: issues.map(sentenceOf).join(" "), issues };
}

/** Waits for a change of the store, and turns what is taken already into a refusal. */
export async function takenOf(change: Promise<unknown>): Promise<Refused | undefined> {
  try {
    await change;
    return undefined;
  } catch (error) {
    if (!(error instanceof Conflict)) throw error;
    return error.field === "identifier"
      ? refused("taken", "this identifier is declared already", "identifier")
      : refused("taken", "another resource declares a scope of the same name", "scopes");
  }
}

function sentenceOf({ field, text }: Issue): string {
  return `${field}: ${text}`;
}
