import type { Resource } from "../../model/resource.ts";
import type { Actor } from "../actor.ts";
import { type ActParts, type ActResult, recorded, refused } from "./act.ts";
import { replaceApplication } from "./replace-application.ts";

/**
 * Removes a resource for good: its tokens are worthless from this moment, what people allowed about it is forgotten, and
 * it is closed to its clients, so that the next resource of the same name is open to nobody by an old word.
 */
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
    await parts.announce("resources", resource.identifier);
    await closeToClients(parts, resource.identifier);
    return deleted ? { ok: true, resource } : refused("not-found", "it was removed at this moment");
  });
}

/** A client that somebody else changes at this moment is read again; who changes it all the time keeps the name. */
async function closeToClients(parts: ActParts, identifier: string): Promise<void> {
  for (let attempts = 0; attempts < 5; attempts++) {
    const clients = (await parts.store.applications.all()).flatMap((application) =>
      application.protocol === "oidc" && application.resources?.includes(identifier) === true
        ? [application]
        : [],
    );
    if (clients.length === 0) return;
    for (const client of clients) {
      const resources = client.resources?.filter((one) => one !== identifier);
      await replaceApplication(parts, client, { ...client, resources });
    }
  }
}
