import type { AccessRule, Application } from "../../model/application.ts";
import type { Actor } from "../actor.ts";
import { type ActParts, type ActResult, recorded, refused } from "./act.ts";
import { replaceApplication } from "./replace-application.ts";

/** Says who may enter an application. It holds from the next sign-on; who is in it already stays. */
export async function setAccess(
  parts: ActParts,
  actor: Actor,
  id: string,
  access: AccessRule,
): Promise<ActResult<{ readonly application: Application }>> {
  const found = await parts.store.applications.get(id);
  if (found === undefined) return refused("not-found", "there is no such application");
  if (access.kind === "groups" && access.groups.length === 0) {
    return refused("invalid", "name at least one group, or open it to everybody", "groups");
  }
  const application = { ...found, access };
  const entry = {
    action: "application.access-changed",
    targetKind: "application",
    targetId: id,
    targetName: found.name,
    detail: { before: describeAccess(found.access), after: describeAccess(access) },
  } as const;
  return await recorded(parts, actor, entry, async () => await replaceApplication(parts, found, application));
}

/** "everybody", or the names of the groups. */
export function describeAccess(access: AccessRule): string {
  return access.kind === "everyone" ? "everybody" : access.groups.join(", ");
}
