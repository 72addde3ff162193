import type { RotationReport, SigningKeys } from "../../keys/signing-keys.ts";
import { type Actor, auditActor } from "../actor.ts";
import { type ActParts, type ActResult, recorded } from "./act.ts";

export interface RotateKeysParts extends ActParts {
  readonly signingKeys: Pick<SigningKeys, "rotate">;
}

const LONGEST_REASON = 300;

/** Lets the next signing keys sign, however new they are to anybody. A type that another process rotated at the same moment is left out of `rotated`. */
export async function rotateKeys(
  parts: RotateKeysParts,
  actor: Actor,
  reason = "",
): Promise<ActResult<{ readonly rotated: readonly RotationReport[] }>> {
  const detail: Readonly<Record<string, string>> =
    reason.trim() === "" ? {} : { reason: reason.slice(0, LONGEST_REASON) };
  const entry = { action: "keys.rotated", targetKind: "key", detail } as const;
  return await recorded(parts, actor, entry, async () => {
    const rotated = await parts.signingKeys.rotate();
    await parts.announce("keys");
    // Which keys they are is only known now.
    for (const { type, activated, retiring } of rotated) {
      await parts.audit.record({
        ...auditActor(actor),
        action: "key.activated",
        outcome: "success",
        targetKind: "key",
        targetId: activated,
        targetName: type,
        detail: retiring === undefined ? {} : { retiring },
      });
    }
    return { ok: true, rotated };
  });
}
