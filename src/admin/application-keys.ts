import { DEFAULT_ROLLOVER } from "../flow/settings.ts";
import type { Application } from "../model/application.ts";
import { type KeysNow, standingOf } from "./key-standing.ts";
import { keyChoice, type StandingView, standingView } from "./key-view.ts";
import type { AdminParts } from "./owner-endpoint.ts";

/** More than that are history, which the audit trail has. */
export const RETIRED_SHOWN = 5;

/** What an application's page says of our keys. */
export interface ApplicationKeysView {
  readonly standing: StandingView;
  /** The keys that it may be told to stay with; empty where its protocol finds the key by itself. */
  readonly choices: readonly { readonly id: string; readonly text: string }[];
  /** The id of the key that it stays with; empty: whatever key signs. */
  readonly chosen: string;
}

/**
 * The keys and their rollover as they are stored: another process may have made a step a moment ago. `version`: when the
 * rollover was stored, 0 for never. Throws `Unavailable`.
 */
export async function keysNow({
  signingKeys,
  acts,
}: Pick<AdminParts, "signingKeys" | "acts">): Promise<KeysNow & { readonly version: number }> {
  const stored = (await acts.store.settings.all())["key-rollover"];
  return {
    keys: await signingKeys.records(),
    rollover: stored?.value ?? DEFAULT_ROLLOVER,
    nowMs: acts.clock.nowMs(),
    version: stored?.updatedAtMs ?? 0,
  };
}

/** Which of our keys signs for the application, which it was seen to accept, and what it may be told. Throws `Unavailable`. */
export async function applicationKeys(
  parts: Pick<AdminParts, "signingKeys" | "acts" | "keyUses">,
  application: Application,
): Promise<ApplicationKeysView> {
  const now = await keysNow(parts);
  const retired = await parts.signingKeys.retired(RETIRED_SHOWN);
  const standing = standingOf(application, await parts.keyUses.get(application.id), now);
  const ofType = now.keys.filter(({ type }) => type === standing.keyType);
  return {
    standing: standingView(standing, [...now.keys, ...retired]),
    choices: application.protocol === "saml" ? ofType.map(keyChoice) : [],
    chosen: standing.isHeld ? (standing.key?.id ?? "") : "",
  };
}
