import { DEFAULT_ORGANISATION } from "../../flow/settings.ts";
import type { Organisation } from "../../model/organisation.ts";
import type { Actor } from "../actor.ts";
import { type ActParts, type ActResult, type Issue, recorded, refused } from "./act.ts";
import { fieldsOf, type OrganisationFields, readOrganisation } from "./organisation-input.ts";

const DETAIL_CHARACTERS = 1_000;

/** What is stored now. */
export async function organisationNow(parts: {
  readonly store: Pick<ActParts["store"], "settings">;
}): Promise<{ readonly organisation: Organisation; readonly updatedAtMs: number | undefined }> {
  const stored = (await parts.store.settings.all()).organisation;
  return { organisation: stored?.value ?? DEFAULT_ORGANISATION, updatedAtMs: stored?.updatedAtMs };
}

/**
 * Changes how metadata, discovery and the pages name the organisation; what is not named stays, and an empty text takes
 * a field away. Every process publishes the new documents within a second. Refused with each field that is wrong, and
 * where it was changed since `seenAtMs` (0: since nothing was set).
 */
export async function setOrganisation(
  parts: ActParts,
  actor: Actor,
  changes: Partial<OrganisationFields>,
  seenAtMs?: number,
): Promise<ActResult<{ readonly organisation: Organisation }>> {
  const { organisation: found, updatedAtMs } = await organisationNow(parts);
  const before = fieldsOf(found);
  const read = readOrganisation({ ...before, ...changes });
  if ("issues" in read) return misshapen(read.issues);
  const { organisation } = read;
  const changed = changedFields(before, fieldsOf(organisation));
  if (seenAtMs !== undefined && seenAtMs !== (updatedAtMs ?? 0)) {
    return refused("conflict", "somebody else has changed it since this page was loaded");
  }
  if (changed.length === 0) return { ok: true, organisation };
  const detail = { changed: changed.join(", ").slice(0, DETAIL_CHARACTERS) };
  const entry = {
    action: "organisation.changed",
    targetKind: "installation",
    targetName: organisation.displayName ?? organisation.name ?? "",
    detail,
  } as const;
  return await recorded(parts, actor, entry, async () => {
    const atMs = Math.max(parts.clock.nowMs(), (updatedAtMs ?? 0) + 1);
    if (!(await parts.store.settings.put("organisation", organisation, atMs, updatedAtMs))) {
      return refused("conflict", "somebody else changed it at this moment");
    }
    await parts.announce("settings");
    return { ok: true, organisation };
  });
}

function changedFields(before: OrganisationFields, after: OrganisationFields): readonly string[] {
  const old: Readonly<Record<string, string>> = { ...before };
  return Object.entries(after).flatMap(([field, text]: [string, string]) =>
    old[field] === text ? [] : [field],
  );
}

function misshapen(issues: readonly Issue[]) {
  const message = issues.map(({ field, text }) => `${field}: ${text}`).join(" ");
  return { ok: false, code: "invalid", message, issues } as const;
}
