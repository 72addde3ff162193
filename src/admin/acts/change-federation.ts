import type { Federation } from "../../model/federation.ts";
import { sha256 } from "../../platform/digest.ts";
import { Conflict } from "../../storage/stores.ts";
import type { Actor } from "../actor.ts";
import { type ActResult, recorded, type Refused, refused } from "./act.ts";
import type { MemberParts } from "./federation-members.ts";
import { federationSettings, type NewFederation } from "./federations.ts";

type Result = ActResult<{ readonly federation: Federation }>;
type Settings = Pick<Federation, "name" | "url" | "pinnedCertificate" | "allowAllMembers">;

/** Names the settings that a page was made of. A fetch that goes on meanwhile does not change it. */
export function settingsVersion({ name, url, pinnedCertificate, allowAllMembers }: Settings): string {
  return sha256(JSON.stringify([name, url ?? null, pinnedCertificate ?? null, allowAllMembers]));
}

/**
 * Changes what an owner decides about a federation. `version` is that of the settings which the page showed: of two changes
 * made of the same reading the second must not undo the first. The copy in force stays so until the file has been read
 * from its new address, or checked with its new certificate, which is due at once.
 */
export async function changeFederation(
  parts: MemberParts,
  actor: Actor,
  id: string,
  input: NewFederation,
  version: string,
): Promise<Result> {
  const found = await parts.store.federations.get(id);
  if (found === undefined) return refused("not-found", "there is no such federation");
  if (settingsVersion(found) !== version) {
    return refused("conflict", "somebody else has changed it since this page was opened");
  }
  const settings = federationSettings(input);
  if ("code" in settings) return settings;
  const detail = differences(found, settings);
  if (Object.keys(detail).length === 0) return { ok: true, federation: found };
  const isOtherFile = settings.url !== found.url || settings.pinnedCertificate !== found.pinnedCertificate;
  const nowMs = parts.clock.nowMs();
  const due = settings.url === undefined ? undefined : nowMs;
  const federation = {
    ...found,
    ...settings,
    nextDueMs: isOtherFile ? due : found.nextDueMs,
    updatedAtMs: Math.max(nowMs, found.updatedAtMs + 1),
  };
  return await told(
    parts,
    actor,
    { found, federation, detail },
    async () => await store(parts, found, federation),
  );
}

interface Change {
  readonly found: Federation;
  readonly federation: Federation;
  readonly detail: Readonly<Record<string, string>>;
}

/** Who may sign on has a line of its own, so that whoever looks for it in the trail finds every change of it. */
async function told(
  parts: MemberParts,
  actor: Actor,
  { found, federation, detail }: Change,
  change: () => Promise<Result>,
): Promise<Result> {
  const { id: targetId, name: targetName } = found;
  const target = { targetKind: "federation", targetId, targetName } as const;
  const { allMembers, ...others } = detail;
  const changed = { ...target, action: "federation.changed", detail: others };
  const rest =
    Object.keys(others).length === 0 ? change : async () => await recorded(parts, actor, changed, change);
  if (allMembers === undefined) return await rest();
  const action = federation.allowAllMembers ? "federation.opened" : "federation.closed";
  return await recorded(parts, actor, { ...target, action, detail: {} }, rest);
}

async function store(parts: MemberParts, found: Federation, federation: Federation): Promise<Result> {
  try {
    const stored = await parts.store.federations.update(federation, found.updatedAtMs);
    return stored ? { ok: true, federation } : refused("conflict", "it was changed at this moment");
  } catch (error) {
    if (error instanceof Conflict) return nameTaken(federation.name);
    throw error;
  }
}

function nameTaken(name: string): Refused {
  return refused("taken", `there is a federation named ${name}`, "name");
}

/** `setting: before → after` of what is different, for the audit trail. */
function differences(before: Settings, after: Settings): Readonly<Record<string, string>> {
  const [old, now] = [described(before), described(after)];
  return Object.fromEntries(
    Object.keys(now)
      .filter((name) => old[name] !== now[name])
      .map((name) => [name, `${old[name]} → ${now[name]}`]),
  );
}

function described({ name, url, pinnedCertificate, allowAllMembers }: Settings): Record<string, string> {
  return {
    name,
    url: url ?? "none",
    pinned: pinnedCertificate === undefined ? "no" : `certificate ${sha256(pinnedCertificate).slice(0, 8)}`,
    allMembers: allowAllMembers ? "yes" : "no",
  };
}
