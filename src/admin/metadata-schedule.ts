import type { Applications } from "../flow/applications.ts";
import type { Log } from "../platform/log.ts";
import type { VolatileStore } from "../volatile/volatile-store.ts";
import { type Refreshed, refreshMetadata, type RefreshParts } from "./acts/refresh-metadata.ts";
import type { Actor } from "./actor.ts";

/** Longer than a fetch can take. It is not given back: an address is asked once a minute at most, whoever wants it. */
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
  const notDue = await parts.store.metadataFetches.notDue(parts.clock.nowMs());
  for (const { id, ...application } of parts.applications.all()) {
    if (application.protocol !== "saml" || !application.enabled) continue;
    const { metadataSource: source } = application;
    // What is known of another address says nothing about this one.
    if (source === undefined || notDue.get(id) === source.url) continue;
    try {
      await refreshOne(parts, id);
    } catch (error) {
      parts.log.warn({ application: id, error: String(error) }, "saml: metadata could not be refreshed");
    }
  }
}

async function refreshOne(parts: MetadataScheduleParts, id: string): Promise<void> {
  if (!(await mayFetch(parts, id))) return;
  // As it is stored: another process may have refreshed it a moment ago.
  const found = await parts.store.applications.get(id);
  if (found?.protocol !== "saml" || found.metadataSource === undefined) return;
  const last = await parts.store.metadataFetches.get(id);
  const isDue = (last?.nextDueMs ?? 0) <= parts.clock.nowMs();
  if (last?.url === found.metadataSource.url && !isDue) return;
  const outcome = await refreshMetadata(parts, found);
  if (outcome !== "unchanged") parts.log.info({ application: id, outcome }, "saml: metadata was fetched");
}

/** Fetches at an owner's wish, and reads the file whole. Undefined: there is no such source. */
export async function refreshNow(
  parts: Omit<MetadataScheduleParts, "applications" | "log">,
  actor: Actor,
  id: string,
): Promise<Refreshed | "busy" | undefined> {
  const found = await parts.store.applications.get(id);
  if (found?.protocol !== "saml" || found.metadataSource === undefined) return undefined;
  if (!(await mayFetch(parts, id))) return "busy";
  return await refreshMetadata(parts, found, { actor, anew: true });
}

async function mayFetch({ volatile }: Pick<MetadataScheduleParts, "volatile">, id: string): Promise<boolean> {
  return await volatile.setIfAbsent(`metadata-refresh:${id}`, "1", LEASE_MS);
}
