import type { Application } from "../../model/application.ts";
import type { Actor } from "../actor.ts";
import { type ActParts, type ActResult, recorded, refused } from "./act.ts";
import { replaceApplication } from "./replace-application.ts";

/**
 * Opens or closes an application for everybody. Closed: from the next second on no process answers its sign-on
 * requests or its token requests. Sessions that people have inside the application are its own and go on.
 */
export async function switchApplication(
  parts: ActParts,
  actor: Actor,
  id: string,
  enabled: boolean,
): Promise<ActResult<{ readonly application: Application }>> {
  const found = await parts.store.applications.get(id);
  if (found === undefined) return refused("not-found", "there is no such application");
  const application = { ...found, enabled };
  const entry = {
    action: enabled ? "application.switched-on" : "application.switched-off",
    targetKind: "application",
    targetId: id,
    targetName: found.name,
    detail: { protocol: found.protocol },
  } as const;
  return await recorded(parts, actor, entry, async () => await replaceApplication(parts, found, application));
}
