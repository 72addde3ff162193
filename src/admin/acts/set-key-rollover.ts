import { DEFAULT_ROLLOVER } from "../../flow/settings.ts";
import { METADATA_CACHE_HOURS } from "../../keys/rollover-steps.ts";
import type { KeyRollover } from "../../model/settings.ts";
import type { Actor } from "../actor.ts";
import { type ActParts, type ActResult, recorded, type Refused, refused } from "./act.ts";

export interface KeyRolloverChanges {
  /** null: nobody but an administrator lets a key sign. */
  readonly rotateEveryDays?: number | null | undefined;
  readonly slowestReaderHours?: number | undefined;
}

/** A retiring key is published for a week: with a shorter life, more and more of them would be. */
export const FEWEST_DAYS = 7;
export const MOST_DAYS = 3_650;
export const MOST_HOURS = 720;

/**
 * Says how long the slowest application may go on with old keys, and whether keys change by themselves, and how often.
 * `readAtMs`: when what the change was made of was stored, 0 for never; refused where another one was stored since.
 */
export async function setKeyRollover(
  parts: ActParts,
  actor: Actor,
  changes: KeyRolloverChanges,
  readAtMs?: number,
): Promise<ActResult<{ readonly rollover: KeyRollover }>> {
  const stored = (await parts.store.settings.all())["key-rollover"];
  if (readAtMs !== undefined && readAtMs !== (stored?.updatedAtMs ?? 0)) {
    return refused("conflict", "somebody else has changed it since the page was opened");
  }
  const found = stored?.value ?? DEFAULT_ROLLOVER;
  const rollover = merge(found, changes);
  const fault = faultOf(rollover);
  if (fault !== undefined) return fault;
  if (JSON.stringify(rollover) === JSON.stringify(merge(found, {}))) return { ok: true, rollover };
  const entry = {
    action: "keys.schedule-changed",
    targetKind: "key",
    detail: { every: everyOf(rollover), slowestReaderHours: rollover.slowestReaderHours },
  } as const;
  return await recorded(parts, actor, entry, async () => {
    const atMs = Math.max(parts.clock.nowMs(), (stored?.updatedAtMs ?? 0) + 1);
    if (!(await parts.store.settings.put("key-rollover", rollover, atMs, stored?.updatedAtMs))) {
      return refused("conflict", "somebody else changed it at this moment");
    }
    await parts.announce("settings");
    return { ok: true, rollover };
  });
}

function merge(found: KeyRollover, { rotateEveryDays, slowestReaderHours }: KeyRolloverChanges): KeyRollover {
  const days = rotateEveryDays === undefined ? found.rotateEveryDays : (rotateEveryDays ?? undefined);
  return {
    ...(days === undefined ? {} : { rotateEveryDays: days }),
    slowestReaderHours: slowestReaderHours ?? found.slowestReaderHours,
  };
}

function faultOf({ rotateEveryDays: days, slowestReaderHours: hours }: KeyRollover): Refused | undefined {
  if (!Number.isInteger(hours) || hours < METADATA_CACHE_HOURS || hours > MOST_HOURS) {
    return refused(
      "invalid",
      `give whole hours from ${METADATA_CACHE_HOURS}, which our metadata asks for, to ${MOST_HOURS}`,
      "slowestReaderHours",
    );
  }
  if (days === undefined) return undefined;
  if (!Number.isInteger(days) || days < FEWEST_DAYS || days > MOST_DAYS) {
    return refused("invalid", `give whole days from ${FEWEST_DAYS} to ${MOST_DAYS}`, "rotateEveryDays");
  }
  if (days * 24 <= hours) {
    return refused(
      "invalid",
      "a key must sign for longer than the slowest application takes",
      "rotateEveryDays",
    );
  }
  return undefined;
}

function everyOf({ rotateEveryDays }: KeyRollover): string {
  return rotateEveryDays === undefined ? "never" : `${rotateEveryDays} days`;
}
