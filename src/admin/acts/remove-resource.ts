import type { Resource } from "../../model/resource.ts";
import type { Actor } from "../actor.ts";
import { type ActParts, type ActResult, recorded, refused } from "./act.ts";

/** Removes a resource for good: its tokens are worthless from this moment, and what people allowed about it is forgotten. */
export async function removeResource(
  parts: ActParts,
  actor: Actor,
  id: string,
): Promise<ActResult<{ readonly resource: Resource }>> {
  const { resources } = parts.store;
  const resource = await resources.get(id);
  if (resource === undefined) return refused("not-found", "there is no such resource");
  const entry = {
    action: "resource.removed",
    targetKind: "resource",
    targetId: id,
    targetName: resource.name,
    detail: { identifier: resource.identifier },
  } as const;
  return await recorded(parts, actor, entry, async () => {
    const deleted = await resources.delete(id);
    await parts.announce("resources");
    return deleted ? { ok: true, resource } : refused("not-found", "it was removed at this moment");
  });
}
