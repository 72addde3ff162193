import type { Application } from "../../model/application.ts";
import { type ActParts, type ActResult, refused } from "./act.ts";

/** Stores a changed application and tells every process. Not an act by itself: the acts record what they do. */
export async function replaceApplication<T extends Application>(
  parts: ActParts,
  application: T,
): Promise<ActResult<{ readonly application: T }>> {
  if (!(await parts.store.applications.update(application))) {
    return refused("not-found", "it was removed at this moment");
  }
  await parts.announce("applications");
  return { ok: true, application };
}
