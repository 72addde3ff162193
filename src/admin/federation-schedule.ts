import type { Applications } from "../flow/applications.ts";
import type { Federation } from "../model/federation.ts";
import type { Log } from "../platform/log.ts";
import { followMembers, isOver } from "./acts/federation-members.ts";
import { type FederationParts, refreshFederation } from "./acts/refresh-federation.ts";

export interface FederationScheduleParts extends FederationParts {
  readonly applications: Pick<Applications, "all">;
  readonly log: Pick<Log, "info" | "warn">;
}

/**
 * One round: reads the federations' files that are due, one after the other, each by one process at a time; and switches
 * off what came from one whose file has run out. A failure of one is no failure of the others. Call it every minute.
 */
export async function refreshDueFederations(parts: FederationScheduleParts): Promise<void> {
  const nowMs = parts.clock.nowMs();
  for (const federation of await parts.store.federations.all()) {
    try {
      if ((federation.nextDueMs ?? Number.POSITIVE_INFINITY) <= nowMs) await refresh(parts, federation);
      else if (hasRunOut(parts, federation, nowMs)) await followMembers(parts, federation);
    } catch (error) {
      const told = { federation: federation.id, error: String(error) };
      parts.log.warn(told, "saml: a federation could not be refreshed");
    }
  }
}

async function refresh(parts: FederationScheduleParts, { id }: Federation): Promise<void> {
  const result = await refreshFederation(parts, { kind: "system" }, id);
  const told = { federation: id, outcome: result.kind };
  if (result.kind === "switched") parts.log.info(told, "saml: a federation's file was read");
  else if (result.kind === "failed") parts.log.warn(told, "saml: a federation's file could not be used");
  // What runs out while no good copy comes is switched off all the same.
  const now = await parts.store.federations.get(id);
  if (now !== undefined && hasRunOut(parts, now, parts.clock.nowMs())) await followMembers(parts, now);
}

/** True where the copy in force has ended and an application that came from it is still on. */
function hasRunOut(
  { applications }: FederationScheduleParts,
  { id, copy }: Federation,
  nowMs: number,
): boolean {
  if (copy === undefined || !isOver(copy, nowMs)) return false;
  return applications
    .all()
    .some(
      (each) =>
        each.protocol === "saml" &&
        each.membership?.federationId === id &&
        each.membership.leftAtMs === undefined,
    );
}
