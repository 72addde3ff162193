import type { Application } from "../../model/application.ts";
import type { Actor } from "../actor.ts";
import { type ActParts, type ActResult, recorded, refused } from "./act.ts";

/**
 * Removes an application for good, with what people had allowed it and every refresh token of it. The registration
 * goes first: with it gone no token of the application is worth anything, whatever happens to the rest.
 */
export async function removeApplication(
  parts: ActParts,
  actor: Actor,
  id: string,
): Promise<ActResult<{ readonly application: Application }>> {
  const { applications, grants, refreshTokens } = parts.store;
  const application = await applications.get(id);
  if (application === undefined) return refused("not-found", "there is no such application");
  const entry = {
    action: "application.removed",
    targetKind: "application",
    targetId: id,
    targetName: application.name,
    detail: { protocol: application.protocol, identifier: identifierOf(application) },
  } as const;
  return await recorded(parts, actor, entry, async () => {
    const deleted = await applications.delete(id);
    await parts.announce("applications", id);
    await refreshTokens.revokeByApplication(id);
    await grants.deleteByApplication(id);
    return deleted ? { ok: true, application } : refused("not-found", "it was removed at this moment");
  });
}

/** What the application calls itself on the wire: the entityID, or the `client_id`. */
export function identifierOf(application: Application): string {
  return application.protocol === "saml" ? application.entityId : application.id;
}
