import type { Federation } from "../model/federation.ts";

/** A federation as the command prints it: names as they stand on the pages, instants as ISO 8601. */
export function federationSummary(federation: Federation): Readonly<Record<string, unknown>> {
  const { id, name, url, pinnedCertificate, allowAllMembers, copy, problem, lastFetchMs, nextDueMs } =
    federation;
  return {
    id,
    name,
    url,
    signatureChecked: pinnedCertificate !== undefined,
    allMembersMaySignOn: allowAllMembers,
    members: copy?.members ?? 0,
    leftOut: copy?.leftOut ?? 0,
    validUntil: isoOf(copy?.validUntilMs),
    read: isoOf(copy?.readAtMs),
    lastChange: copy?.change,
    lastFetch: isoOf(lastFetchMs),
    nextFetch: isoOf(nextDueMs),
    problem,
  };
}

function isoOf(atMs: number | undefined): string | undefined {
  return atMs === undefined ? undefined : new Date(atMs).toISOString();
}
