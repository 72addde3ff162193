import type { Application, OidcApplication } from "../../model/application.ts";
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
  const { applications } = parts.store;
  // Told once, however many there are: at the command each telling waits until it is heard.
  const quietly = { ...parts, announce: async () => await Promise.resolve() };
  let found = clientsWith(await applications.all(), identifier);
  if (found.length === 0) return;
  for (let attempts = 0; attempts < 5 && found.length > 0; attempts++) {
    for (const client of found) {
      const resources = client.resources?.filter((one) => one !== identifier);
      await replaceApplication(quietly, client, { ...client, resources });
    }
    found = clientsWith(await applications.all(), identifier);
  }
  await parts.announce("applications");
}

function clientsWith(applications: readonly Application[], identifier: string): readonly OidcApplication[] {
  return applications
    .filter((application): application is OidcApplication => application.protocol === "oidc")
    .filter(({ resources }) => resources?.includes(identifier) === true);
}
