import type { Applications } from "../flow/applications.ts";
import type { Log } from "../platform/log.ts";
import type { VolatileStore } from "../volatile/volatile-store.ts";
import { refreshMetadata, type RefreshParts } from "./acts/refresh-metadata.ts";

/** Longer than a fetch can take; a process that dies in it leaves the work to the next round. */
const LEASE_MS = 60_000;

export interface MetadataScheduleParts extends RefreshParts {
  readonly applications: Pick<Applications, "all">;
  readonly volatile: Pick<VolatileStore, "setIfAbsent">;
  readonly log: Pick<Log, "info" | "warn">;
}

/**
 * One round: fetches the metadata that is due, one after the other, each by one process at a time. A failure of one is no
 * failure of the others. Call it every minute.
 */
export async function refreshDueMetadata(parts: MetadataScheduleParts): Promise<void> {
  const nowMs = parts.clock.nowMs();
  for (const { id, ...application } of parts.applications.all()) {
    if (application.protocol !== "saml" || !application.enabled) continue;
    if ((application.metadataSource?.nextDueMs ?? Number.POSITIVE_INFINITY) > nowMs) continue;
    try {
      await refreshOne(parts, id, nowMs);
    } catch (error) {
      parts.log.warn({ application: id, error: String(error) }, "saml: metadata could not be refreshed");
    }
  }
}

async function refreshOne(parts: MetadataScheduleParts, id: string, nowMs: number): Promise<void> {
  if (!(await parts.volatile.setIfAbsent(`metadata-refresh:${id}`, "1", LEASE_MS))) return;
  // As it is stored: another process may have refreshed it a moment ago.
  const found = await parts.store.applications.get(id);
  if (found?.protocol !== "saml" || found.metadataSource === undefined) return;
  if (found.metadataSource.nextDueMs > nowMs) return;
  const outcome = await refreshMetadata(parts, found);
  if (outcome !== "unchanged") parts.log.info({ application: id, outcome }, "saml: metadata was fetched");
}
