import { DEFAULT_ROLLOVER } from "../../flow/settings.ts";
import { holdersOf } from "../../keys/held-keys.ts";
import { safeToRetireAtMs, safeToSignAtMs } from "../../keys/rollover-steps.ts";
import type { SigningKeys } from "../../keys/signing-keys.ts";
import type { Application } from "../../model/application.ts";
import type { KeyRollover } from "../../model/settings.ts";
import type { SigningKeyRecord } from "../../model/signing-key.ts";
import type { Actor } from "../actor.ts";
import { type ActParts, type ActResult, recorded, type Refused, refused } from "./act.ts";

/** sign: the next key signs. retire: a retiring one is published no more. go-back: a retiring one signs again. */
export type KeyStep = "sign" | "retire" | "go-back";

export interface StepKeyParts extends ActParts {
  readonly signingKeys: Pick<SigningKeys, "records" | "rotate" | "retire" | "goBack">;
}

export interface KeyStepInput {
  readonly keyId: string;
  readonly step: KeyStep;
  /** Why a step that is too early is made all the same; empty or absent: it is refused. */
  readonly reason?: string | undefined;
}

const LONGEST_REASON = 300;
const NAMED_AT_MOST = 5;
const FROM = { sign: "next", retire: "retiring", "go-back": "retiring" } as const;
const ACTIONS = { sign: "key.activated", retire: "key.retired", "go-back": "key.taken-back" } as const;

/**
 * Makes one step of a rollover. Refused is a step that comes too early, unless a reason is given, which goes into the
 * trail; and, whatever the reason, to retire a key that an application was told to stay with: it would be cut off.
 */
export async function stepKey(
  parts: StepKeyParts,
  actor: Actor,
  { keyId, step, reason = "" }: KeyStepInput,
): Promise<ActResult<{ readonly keyId: string }>> {
  const key = (await parts.signingKeys.records()).find(({ id }) => id === keyId);
  if (key === undefined) return refused("not-found", "there is no such key");
  if (key.state !== FROM[step])
    return refused("conflict", `the key is ${key.state} by now, not ${FROM[step]}`);
  const holders = step === "retire" ? holdersOf(await parts.store.applications.all(), keyId) : [];
  if (holders.length > 0) return heldBack(holders);
  const isEarly = parts.clock.nowMs() < safeAtMs(key, step, await rolloverNow(parts));
  const why = reason.trim();
  if (why.length > LONGEST_REASON)
    return refused("invalid", `a reason has ${LONGEST_REASON} characters at most`, "reason");
  if (isEarly && why === "")
    return refused("invalid", "it is too early for this; say why it cannot wait", "reason");
  const entry = {
    action: ACTIONS[step],
    targetKind: "key",
    targetId: keyId,
    targetName: key.type,
    detail: { ...(isEarly ? { early: true } : {}), ...(why === "" ? {} : { reason: why }) },
  } as const;
  return await recorded(parts, actor, entry, async () => {
    if (!(await make(parts, key, step)))
      return refused("conflict", "somebody else changed the keys at this moment");
    await parts.announce("keys");
    return { ok: true, keyId };
  });
}

/** From when on the step cuts nobody off who keeps to what we publish. */
export function safeAtMs(
  key: Pick<SigningKeyRecord, "createdAtMs" | "stateSinceMs">,
  step: KeyStep,
  rollover: KeyRollover,
): number {
  switch (step) {
    case "sign":
      return safeToSignAtMs(key, rollover);
    case "retire":
      return safeToRetireAtMs(key);
    case "go-back":
      return 0;
  }
}

async function make({ signingKeys }: StepKeyParts, key: SigningKeyRecord, step: KeyStep): Promise<boolean> {
  switch (step) {
    case "sign":
      return (await signingKeys.rotate([key.type], key.id)).some(({ activated }) => activated === key.id);
    case "retire":
      return await signingKeys.retire(key.id);
    case "go-back":
      return await signingKeys.goBack(key.id);
  }
}

function heldBack(holders: readonly Application[]): Refused {
  const names = holders.slice(0, NAMED_AT_MOST).map(({ name }) => name);
  const more = holders.length > NAMED_AT_MOST ? ` and ${holders.length - NAMED_AT_MOST} more` : "";
  const which = `${names.join(", ")}${more}`;
  return refused("conflict", `it is held back by ${which}: settings there say to stay with this key`);
}

/** As it is stored now. */
async function rolloverNow(parts: Pick<ActParts, "store">): Promise<KeyRollover> {
  return (await parts.store.settings.all())["key-rollover"]?.value ?? DEFAULT_ROLLOVER;
}
