import type { Applications } from "../flow/applications.ts";
import type { Settings } from "../flow/settings.ts";
import { heldKeys } from "../keys/held-keys.ts";
import type { KeyRing, SigningKey } from "../keys/key-ring.ts";
import { dueAtMs, safeToRetireAtMs } from "../keys/rollover-steps.ts";
import type { Log } from "../platform/log.ts";
import type { VolatileStore } from "../volatile/volatile-store.ts";
import { stepKey, type StepKeyParts } from "./acts/step-key.ts";
import type { Actor } from "./actor.ts";

/** Longer than a rotation takes; a process that dies in it leaves the work to the next round. */
const LEASE_MS = 60_000;
const SCHEDULE: Actor = { kind: "system" };

export interface KeyScheduleParts extends StepKeyParts {
  readonly settings: Pick<Settings, "keyRollover">;
  readonly applications: Pick<Applications, "all">;
  readonly keyRing: Pick<KeyRing, "published">;
  readonly volatile: Pick<VolatileStore, "setIfAbsent">;
  readonly log: Pick<Log, "info" | "warn">;
}

/**
 * One round: where keys are to change by themselves, the next key of each type signs when the active one has signed for
 * long enough and nobody can be new to it, and what has been retiring for a week is retired. One process at a time, and
 * of two that come together the database lets one through. Call it every minute; without a schedule it costs nothing.
 */
export async function runKeySchedule(parts: KeyScheduleParts): Promise<void> {
  const due = dueSteps(parts);
  if (due.length === 0) return;
  try {
    if (!(await parts.volatile.setIfAbsent("key-schedule", "1", LEASE_MS))) return;
    for (const step of due) {
      const result = await stepKey(parts, SCHEDULE, step);
      const fields = { key: step.keyId, step: step.step };
      if (result.ok) parts.log.info(fields, "keys: a step of the schedule was made");
      else parts.log.warn({ ...fields, why: result.message }, "keys: a step of the schedule was not made");
    }
  } catch (error) {
    parts.log.warn(
      { error: String(error) },
      "keys: the schedule could not be kept; the next minute tries again",
    );
  }
}

function dueSteps(parts: KeyScheduleParts): readonly { keyId: string; step: "sign" | "retire" }[] {
  const rollover = parts.settings.keyRollover();
  if (rollover.rotateEveryDays === undefined) return [];
  const nowMs = parts.clock.nowMs();
  const keys = parts.keyRing.published();
  const isDue = (next: SigningKey) => {
    const active = keys.find(({ type, state }) => type === next.type && state === "active");
    const atMs = active === undefined ? undefined : dueAtMs(active, next, rollover);
    return atMs !== undefined && atMs <= nowMs;
  };
  const signing = keys.filter((key) => key.state === "next" && isDue(key));
  const held = heldKeys(parts.applications.all());
  const retiring = keys.filter(
    (key) => key.state === "retiring" && safeToRetireAtMs(key) <= nowMs && !held.has(key.id),
  );
  return [
    ...retiring.map(({ id }) => ({ keyId: id, step: "retire" }) as const),
    ...signing.map(({ id }) => ({ keyId: id, step: "sign" }) as const),
  ];
}
