import type { Federation } from "../../model/federation.ts";
import { randomId } from "../../platform/random.ts";
import { Conflict } from "../../storage/stores.ts";
import type { Actor } from "../actor.ts";
import { type ActResult, recorded, type Refused, refused } from "./act.ts";
import { followMembers, type MemberParts } from "./federation-members.ts";
import { sourceOf } from "./metadata-source.ts";

const NAME_CHARACTERS = 100;

/** A federation as an administrator says it. */
export interface NewFederation {
  readonly name: string;
  /** Where its file is fetched; undefined: it is handed over by hand. */
  readonly url?: string | undefined;
  /** PEM; the file must then be signed by its key. */
  readonly pin?: string | undefined;
  readonly allowAllMembers: boolean;
}

/** Registers a federation. It has no members before its file has been read, which is due at once. */
export async function addFederation(
  parts: MemberParts,
  actor: Actor,
  input: NewFederation,
): Promise<ActResult<{ readonly federation: Federation }>> {
  const settings = federationSettings(input);
  if ("code" in settings) return settings;
  const { name, url } = settings;
  const nowMs = parts.clock.nowMs();
  const federation: Federation = {
    ...settings,
    id: randomId(parts.random),
    nextDueMs: url === undefined ? undefined : nowMs,
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
  };
  const detail = {
    url: federation.url ?? "none",
    pinned: federation.pinnedCertificate !== undefined,
    allMembers: federation.allowAllMembers,
  };
  return await recorded(parts, actor, entry(federation, "federation.added", detail), async () => {
    try {
      await parts.store.federations.insert(federation);
    } catch (error) {
      if (error instanceof Conflict) return refused("taken", `there is a federation named ${name}`, "name");
      throw error;
    }
    return { ok: true, federation };
  });
}

/** What an administrator said, checked; or what of it cannot be. */
export function federationSettings(
  input: NewFederation,
): Pick<Federation, "name" | "url" | "pinnedCertificate" | "allowAllMembers"> | Refused {
  const name = input.name.trim();
  if (name === "" || name.length > NAME_CHARACTERS || /\p{C}/u.test(name)) {
    return refused("invalid", `the name must have 1 to ${NAME_CHARACTERS} characters`, "name");
  }
  const { url, pin, allowAllMembers: allowed } = input;
  const source = sourceOf({ url: url ?? "https://none.invalid/", pin });
  if ("code" in source) return source;
  return { name, url, pinnedCertificate: source.pinnedCertificate, allowAllMembers: allowed };
}

/**
 * Removes a federation with its members. The applications that came from it are switched off, not removed: nobody keeps
 * their metadata any more.
 */
export async function removeFederation(
  parts: MemberParts,
  actor: Actor,
  id: string,
): Promise<ActResult<{ readonly federation: Federation; readonly applications: number }>> {
  const found = await parts.store.federations.get(id);
  if (found === undefined) return refused("not-found", "there is no such federation");
  return await recorded(parts, actor, entry(found, "federation.removed", {}), async () => {
    await parts.store.federations.delete(id);
    const applications = await followMembers(parts, found);
    return { ok: true, federation: found, applications };
  });
}

/** By its id or its name, which is what a command line names it by. */
export async function federationNamed(
  { store }: Pick<MemberParts, "store">,
  name: string,
): Promise<Federation | undefined> {
  const all = await store.federations.all();
  return all.find((each) => each.name === name) ?? all.find((each) => each.id === name);
}

function entry(
  { id, name }: Federation,
  action: string,
  detail: Readonly<Record<string, string | boolean>>,
): Parameters<typeof recorded<object>>[2] {
  return { action, targetKind: "federation", targetId: id, targetName: name, detail };
}
