import type { OidcApplication } from "../../model/application.ts";
import { ClientRefused } from "../../oidc/client-input.ts";
import { withNewSecret } from "../../oidc/register-client.ts";
import type { Actor } from "../actor.ts";
import { type ActParts, type ActResult, recorded, type Refused, refused } from "./act.ts";
import { replaceApplication } from "./replace-application.ts";

const HOUR_MS = 60 * 60_000;
/** Long enough to change the setting at the application without anybody being turned away. */
export const DEFAULT_OVERLAP_HOURS = 24;
/** A quarter of a year: an old secret that works longer than that is not being replaced. */
export const LONGEST_OVERLAP_HOURS = 90 * 24;

export interface RotatedSecret {
  readonly application: OidcApplication;
  /** Shown this once; of it only a hash and the last four characters are stored. */
  readonly clientSecret: string;
  /** When the older secrets stop working, in epoch milliseconds. */
  readonly othersExpireAtMs: number;
}

/**
 * Gives a client a new secret. The older ones go on working for `overlapHours` (0: they stop at once), unless they end
 * sooner by themselves; what has ended is dropped. Refuses an application without secrets, and one that has five
 * which still work.
 */
export async function rotateClientSecret(
  parts: ActParts,
  actor: Actor,
  clientId: string,
  { overlapHours = DEFAULT_OVERLAP_HOURS }: { readonly overlapHours?: number | undefined } = {},
): Promise<ActResult<RotatedSecret>> {
  const found = await parts.store.applications.get(clientId);
  if (found?.protocol !== "oidc") return refused("not-found", "there is no such client");
  if (!Number.isInteger(overlapHours) || overlapHours < 0 || overlapHours > LONGEST_OVERLAP_HOURS) {
    const message = `the overlap must be a whole number of hours from 0 to ${LONGEST_OVERLAP_HOURS}`;
    return refused("invalid", message, "overlapHours");
  }
  const othersExpireAtMs = parts.clock.nowMs() + overlapHours * HOUR_MS;
  const made = make(parts, found, othersExpireAtMs);
  if ("ok" in made) return made;
  const { application, clientSecret } = made;
  const entry = {
    action: "application.secret-rotated",
    targetKind: "application",
    targetId: clientId,
    targetName: found.name,
    detail: { overlapHours, secret: clientSecret.slice(-4) },
  } as const;
  return await recorded(parts, actor, entry, async () => {
    const replaced = await replaceApplication(parts, found, application);
    return replaced.ok ? { ...replaced, clientSecret, othersExpireAtMs } : replaced;
  });
}

function make(
  { random, clock }: ActParts,
  found: OidcApplication,
  othersExpireAtMs: number,
): ReturnType<typeof withNewSecret> | Refused {
  try {
    return withNewSecret(found, { random, nowMs: clock.nowMs(), othersExpireAtMs });
  } catch (error) {
    if (!(error instanceof ClientRefused)) throw error;
    return refused("invalid", error.issues.map(({ text }) => text).join(" "));
  }
}
