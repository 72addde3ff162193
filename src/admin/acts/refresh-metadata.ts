import type { AuditEntry } from "../../audit/audit-trail.ts";
import { type Outbound, OutboundFailed } from "../../http/outbound.ts";
import type { MetadataSource, SamlApplication } from "../../model/application.ts";
import {
  checkFetchedMetadata,
  type FetchedMetadata,
  SHORTEST_MS,
  type UnusableMetadata,
} from "../../saml/fetched-metadata.ts";
import { readServiceProvider } from "../../saml/register-service-provider.ts";
import { metadataChanges } from "../metadata-changes.ts";
import type { ActParts } from "./act.ts";
import { faults, replacement } from "./register-service-provider.ts";
import { replaceApplication } from "./replace-application.ts";

const LARGEST_BYTES = 2 * 1_048_576;
const DETAIL_CHARACTERS = 1_000;

export interface RefreshParts extends ActParts {
  readonly outbound: Pick<Outbound, "fetch">;
}

export type Refreshed = "unchanged" | "applied" | "waiting" | "failed";

/** Fetches metadata through the guarded way out, without redirects, and checks it. It never throws for the other side. */
export async function fetchMetadata(
  { outbound }: Pick<RefreshParts, "outbound">,
  { url, pinnedCertificate }: Pick<MetadataSource, "url" | "pinnedCertificate">,
  nowMs: number,
): Promise<FetchedMetadata | UnusableMetadata> {
  try {
    const accept = "application/samlmetadata+xml, application/xml, text/xml";
    const answer = await outbound.fetch({ url, accept, limitBytes: LARGEST_BYTES });
    if (answer.status !== 200) return { problem: `The address answered with status ${answer.status}.` };
    return checkFetchedMetadata(answer.body, pinnedCertificate, nowMs);
  } catch (error) {
    if (error instanceof OutboundFailed) return { problem: "The address could not be fetched." };
    throw error;
  }
}

/**
 * Fetches one application's metadata again. What went wrong leaves the last good copy in force, and is tried again in a
 * quarter of an hour. A change that could let a stranger in waits for an administrator unless a pinned certificate
 * vouches for it (SA-77). The settings of this side are never touched, and the entityID must be the same.
 */
export async function refreshMetadata(parts: RefreshParts, found: SamlApplication): Promise<Refreshed> {
  const { metadataSource: source } = found;
  if (source === undefined) return "unchanged";
  const nowMs = parts.clock.nowMs();
  const fetched = await fetchMetadata(parts, source, nowMs);
  const read = "problem" in fetched ? fetched : readAgain(found, fetched.xml, nowMs);
  if ("problem" in read || "problem" in fetched) {
    return await failed(parts, found, source, "problem" in read ? read.problem : "");
  }
  const { changes, isRisky } = metadataChanges(found, read.application);
  const good = {
    ...source,
    lastFetchMs: nowMs,
    lastGoodMs: nowMs,
    nextDueMs: fetched.nextDueMs,
    problem: undefined,
  };
  const mustWait = isRisky && source.pinnedCertificate === undefined;
  const metadataSource = { ...good, waiting: mustWait ? { xml: fetched.xml, changes } : undefined };
  const isKnown = mustWait && source.waiting?.xml === fetched.xml;
  if (changes.length > 0 && !isKnown) {
    await parts.audit.record(entryFor(found, mustWait ? "waiting" : "refreshed", changes.join("; ")));
  }
  const changed = mustWait ? { ...found, metadataSource } : { ...read.application, metadataSource };
  const stored = await replaceApplication(parts, found, changed);
  // Somebody changed it meanwhile: the next round looks again.
  if (!stored.ok) return "failed";
  return mustWait ? "waiting" : changes.length > 0 ? "applied" : "unchanged";
}

/** The registration as this metadata makes it, with everything that was decided on this side. */
export function readAgain(
  known: SamlApplication,
  xml: string,
  nowMs: number,
): { readonly application: SamlApplication } | UnusableMetadata {
  const { entityId, name, requestsMustBeSigned, encryptAssertion, signResponse } = known;
  const options = { nowMs, entityId, name, requestsMustBeSigned, encryptAssertion, signResponse };
  const reading = readServiceProvider(xml, options);
  if (!reading.ok) return { problem: faults(reading.report) };
  return { application: replacement(known, reading.application, { xml }) };
}

async function failed(
  parts: RefreshParts,
  found: SamlApplication,
  source: MetadataSource,
  problem: string,
): Promise<"failed"> {
  const nowMs = parts.clock.nowMs();
  // Once for each new problem: an address that is gone would fill the trail.
  if (source.problem !== problem) await parts.audit.record(entryFor(found, "failed", problem));
  const metadataSource = { ...source, lastFetchMs: nowMs, nextDueMs: nowMs + SHORTEST_MS, problem };
  await replaceApplication(parts, found, { ...found, metadataSource });
  return "failed";
}

function entryFor(
  { id, name }: SamlApplication,
  what: "refreshed" | "waiting" | "failed",
  detail: string,
): AuditEntry {
  return {
    action: `application.metadata-${what}`,
    outcome: what === "failed" ? "failure" : "success",
    actorId: "system",
    targetKind: "application",
    targetId: id,
    targetName: name,
    detail: { [what === "failed" ? "problem" : "changes"]: detail.slice(0, DETAIL_CHARACTERS) },
  };
}
