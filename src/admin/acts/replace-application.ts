import type { Application } from "../../model/application.ts";
import { type ActParts, type ActResult, refused } from "./act.ts";

/**
 * Stores a changed application and tells every process. Not an act by itself: the acts record what they do. `found` is
 * what `changed` was made of; where it is not what is stored any more, nothing is changed: somebody who is giving a group
 * access must not switch on again what another owner switches off at the same moment.
 */
export async function replaceApplication<T extends Application>(
  parts: ActParts,
  found: Application,
  changed: T,
): Promise<ActResult<{ readonly application: T }>> {
  // Later than the last change even within the same millisecond, so that the two can be told apart.
  const updatedAtMs = Math.max(parts.clock.nowMs(), found.updatedAtMs + 1);
  const application = { ...changed, updatedAtMs };
  if (!(await parts.store.applications.update(application, found.updatedAtMs))) {
    return refused("conflict", "somebody else changed or removed it at this moment");
  }
  await parts.announce("applications", application.id);
  return { ok: true, application };
}
