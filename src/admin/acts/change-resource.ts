import type { Resource, ResourceScope } from "../../model/resource.ts";
import type { Actor } from "../actor.ts";
import { type ActResult, recorded, refused } from "./act.ts";
import { faultOf, type ResourceActParts, takenOf } from "./declare-resource.ts";

/**
 * What may be changed; what is not named stays. The identifier is not among it: tokens and resource servers know the
 * resource by it. `accessTokenFormat` null: whatever the client is set to.
 */
export interface ResourceChanges {
  readonly name?: string | undefined;
  readonly scopes?: readonly ResourceScope[] | undefined;
  readonly introspectionClientIds?: readonly string[] | undefined;
  readonly enabled?: boolean | undefined;
  readonly accessTokenFormat?: "jwt" | "opaque" | null | undefined;
}

/**
 * Changes a resource. What is switched off, and scopes that go, are gone for tokens that exist as well, in every process
 * within a second; what people allowed about those scopes is forgotten. `readAtMs`: the resource's `updatedAtMs` as a form
 * was made of it; a later one refuses as a conflict.
 */
export async function changeResource(
  parts: ResourceActParts,
  actor: Actor,
  id: string,
  changes: ResourceChanges,
  readAtMs?: number,
): Promise<ActResult<{ readonly resource: Resource }>> {
  const found = await parts.store.resources.get(id);
  if (found === undefined) return refused("not-found", "there is no such resource");
  if (readAtMs !== undefined && readAtMs !== found.updatedAtMs) {
    return refused("conflict", "somebody else has changed it since this page was loaded");
  }
  const changed = merge(found, changes, parts.clock.nowMs());
  const detail = differences(found, changed);
  if (Object.keys(detail).length === 0) return { ok: true, resource: found };
  const wrong = await faultOf(parts, changed);
  if (wrong !== undefined) return wrong;
  const entry = {
    action: "resource.changed",
    targetKind: "resource",
    targetId: id,
    targetName: changed.name,
    detail,
  } as const;
  return await recorded(parts, actor, entry, async () => {
    const update = parts.store.resources.update(changed, found.updatedAtMs);
    const taken = await takenOf(update);
    if (taken !== undefined) return taken;
    if (!(await update)) return refused("conflict", "somebody else changed or removed it at this moment");
    await parts.announce("resources", changed.identifier);
    return { ok: true, resource: changed };
  });
}

function merge(found: Resource, changes: ResourceChanges, nowMs: number): Resource {
  const { name, scopes, introspectionClientIds, enabled, accessTokenFormat } = changes;
  return {
    ...found,
    name: name?.trim() ?? found.name,
    scopes: scopes ?? found.scopes,
    introspectionClientIds:
      introspectionClientIds === undefined
        ? found.introspectionClientIds
        : [...new Set(introspectionClientIds)],
    enabled: enabled ?? found.enabled,
    ...(accessTokenFormat === undefined ? {} : { accessTokenFormat: accessTokenFormat ?? undefined }),
    // Later than the last change even within the same millisecond, so that the two can be told apart.
    updatedAtMs: Math.max(nowMs, found.updatedAtMs + 1),
  };
}

/** For the trail: what became of each setting that is another one now. */
function differences(before: Resource, after: Resource): Record<string, string | boolean> {
  const facts = ({ name, scopes, introspectionClientIds, enabled, accessTokenFormat }: Resource) => ({
    name,
    scopes: scopes.map((scope) => scope.name).join(" "),
    texts: JSON.stringify(scopes),
    introspectionClients: introspectionClientIds.join(" "),
    enabled,
    accessTokenFormat: accessTokenFormat ?? "client",
  });
  const old: Record<string, string | boolean> = facts(before);
  const changed = Object.entries(facts(after)).filter(([field, value]) => old[field] !== value);
  return Object.fromEntries(changed.map(([field, value]) => [field, field === "texts" ? true : value]));
}
