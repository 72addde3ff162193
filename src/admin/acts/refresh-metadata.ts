import { isDeepStrictEqual } from "node:util";
import type { AuditEntry } from "../../audit/audit-trail.ts";
import type { Outbound } from "../../http/outbound.ts";
import type { MetadataFetch, MetadataSource, SamlApplication } from "../../model/application.ts";
import { sha256 } from "../../platform/digest.ts";
import { nextFetchMs, SHORTEST_MS, type UnusableMetadata } from "../../saml/fetched-metadata.ts";
import { readServiceProvider } from "../../saml/register-service-provider.ts";
import { type Actor, auditActor } from "../actor.ts";
import { metadataChanges } from "../metadata-changes.ts";
import type { ActParts } from "./act.ts";
import { type FetchedFile, fetchMetadata, type KnownFile } from "./fetch-metadata.ts";
import { faults, replacement } from "./register-service-provider.ts";
import { replaceApplication } from "./replace-application.ts";

const DETAIL_CHARACTERS = 1_000;

export interface RefreshParts extends ActParts {
  readonly outbound: Pick<Outbound, "fetch">;
}

export type Refreshed =
  /** Nothing but the time of the fetch was written. */
  | "unchanged"
  | "applied"
  /** It waits for an owner. */
  | "waiting"
  | "failed"
  /** Somebody changed the application meanwhile. */
  | "conflict";

export interface RefreshOptions {
  readonly actor: Actor;
  /** The file is read whole, even where it is the one that was read before: it may have been thrown away by mistake. */
  readonly anew?: boolean;
}

/** Good metadata: the file that it came in, and when to ask again. */
interface Found {
  readonly xml: string;
  readonly file: KnownFile | FetchedFile;
  readonly nextDueMs: number;
}

/**
 * Fetches one application's metadata again. What went wrong leaves the last good copy in force, and is tried again in a
 * quarter of an hour. A change that could let a stranger in waits for an administrator unless a pinned certificate
 * vouches for it (SA-77). The settings of this side are never touched, and the entityID must be the same. Where nothing
 * is new, the application is not written and nobody is told; that it has not run out is looked at all the same.
 */
export async function refreshMetadata(
  parts: RefreshParts,
  found: SamlApplication,
  { actor, anew = false }: RefreshOptions = { actor: { kind: "system" } },
): Promise<Refreshed> {
  const { metadataSource: source } = found;
  if (source === undefined) return "unchanged";
  const nowMs = parts.clock.nowMs();
  const before = await parts.store.metadataFetches.get(found.id);
  const known = before !== undefined && before.basis === basisOf(found, source) ? before : undefined;
  const fetched = await fetchMetadata(parts, source, nowMs, anew ? {} : known);
  if (fetched.kind === "unusable")
    return await failed(parts, { found, source, before, actor }, fetched.problem);
  const good = fetched.kind === "same" ? sameAgain(found, source, known ?? {}, nowMs) : fetched;
  const read = readAgain(found, good.xml, nowMs);
  if ("problem" in read) return await failed(parts, { found, source, before, actor }, read.problem);
  return await take(parts, actor, { found, source, good, read: read.application });
}

/** What the known file said: what waits, or what is in force. */
function sameAgain(found: SamlApplication, source: MetadataSource, file: KnownFile, nowMs: number): Found {
  const xml = source.waiting?.xml ?? found.metadataXml;
  return { xml, file, nextDueMs: nextFetchMs(xml, nowMs) };
}

interface Taken {
  readonly found: SamlApplication;
  readonly source: MetadataSource;
  readonly good: Found;
  readonly read: SamlApplication;
}

async function take(parts: RefreshParts, actor: Actor, taken: Taken): Promise<Refreshed> {
  const { found, source, good, read } = taken;
  const { changes, isRisky } = metadataChanges(found, read);
  const mustWait = isRisky && source.pinnedCertificate === undefined;
  const { url, pinnedCertificate } = source;
  const changed: SamlApplication = mustWait
    ? { ...found, metadataSource: { ...source, waiting: { xml: good.xml, changes } } }
    : { ...read, metadataSource: { url, pinnedCertificate } };
  if (!isSame(found, changed)) {
    if (changes.length > 0) {
      const what = mustWait ? "waiting" : "refreshed";
      await parts.audit.record(entryFor(found, actor, what, changes.join("; ")));
    }
    if (!(await replaceApplication(parts, found, changed)).ok) return "conflict";
  }
  await noteGood(parts, changed, source, good);
  if (mustWait) return "waiting";
  return changes.length > 0 ? "applied" : "unchanged";
}

/** As both would be stored: what is absent and what is undefined are one. */
function isSame(one: SamlApplication, other: SamlApplication): boolean {
  const [a, b]: readonly unknown[] = [one, other].map((each): unknown => JSON.parse(JSON.stringify(each)));
  return isDeepStrictEqual(a, b);
}

async function noteGood(
  { store, clock }: Pick<ActParts, "store" | "clock">,
  inForce: SamlApplication,
  source: Pick<MetadataSource, "url" | "pinnedCertificate">,
  { file, nextDueMs }: Pick<Found, "file" | "nextDueMs">,
): Promise<void> {
  const { etag, lastModified, fileDigest } = file;
  const nowMs = clock.nowMs();
  await store.metadataFetches.put({
    applicationId: inForce.id,
    url: source.url,
    basis: basisOf(inForce, source),
    lastFetchMs: nowMs,
    lastGoodMs: nowMs,
    nextDueMs,
    etag,
    lastModified,
    fileDigest,
  });
}

/** Notes the fetch that an application was registered by. */
export async function noteFirstFetch(
  parts: Pick<ActParts, "store" | "clock">,
  application: SamlApplication,
  fetched: Pick<Found, "file" | "nextDueMs">,
): Promise<void> {
  const { metadataSource: source } = application;
  if (source !== undefined) await noteGood(parts, application, source, fetched);
}

/** `MetadataFetch.basis`. */
function basisOf(
  { metadataXml }: Pick<SamlApplication, "metadataXml">,
  { url, pinnedCertificate = "" }: Pick<MetadataSource, "url" | "pinnedCertificate">,
): string {
  return sha256(JSON.stringify([url, pinnedCertificate, sha256(metadataXml)]));
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

interface Failed {
  readonly found: SamlApplication;
  readonly source: MetadataSource;
  readonly before: MetadataFetch | undefined;
  readonly actor: Actor;
}

async function failed(
  { audit, store, clock }: RefreshParts,
  { found, source, before, actor }: Failed,
  problem: string,
): Promise<"failed"> {
  const nowMs = clock.nowMs();
  const ofSource = before?.url === source.url ? before : undefined;
  // Once for each new problem: an address that is gone would fill the trail.
  if (ofSource?.problem !== problem) await audit.record(entryFor(found, actor, "failed", problem));
  await store.metadataFetches.put({
    ...(ofSource ?? { applicationId: found.id, url: source.url, basis: "" }),
    lastFetchMs: nowMs,
    nextDueMs: nowMs + SHORTEST_MS,
    problem,
  });
  return "failed";
}

function entryFor(
  { id, name }: SamlApplication,
  actor: Actor,
  what: "refreshed" | "waiting" | "failed",
  detail: string,
): AuditEntry {
  return {
    ...auditActor(actor),
    action: `application.metadata-${what}`,
    outcome: what === "failed" ? "failure" : "success",
    targetKind: "application",
    targetId: id,
    targetName: name,
    detail: { [what === "failed" ? "problem" : "changes"]: detail.slice(0, DETAIL_CHARACTERS) },
  };
}
