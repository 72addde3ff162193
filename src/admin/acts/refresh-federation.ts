import type { AuditEntry } from "../../audit/audit-trail.ts";
import type { Outbound } from "../../http/outbound.ts";
import type { Federation, FederationCopy } from "../../model/federation.ts";
import { randomId, randomToken } from "../../platform/random.ts";
import { dueAfter, SHORTEST_MS } from "../../saml/fetched-metadata.ts";
import { FederationRefused } from "../../saml/federation-reader.ts";
import { day } from "../../saml/metadata-report.ts";
import { generationName } from "../../storage/federation-store.ts";
import type { VolatileStore } from "../../volatile/volatile-store.ts";
import { type Actor, auditActor } from "../actor.ts";
import { type FileReading, problemOf, readFile } from "./federation-file.ts";
import { followMembers, type MemberParts } from "./federation-members.ts";

/** Longer than a download and the reading can take; a process that dies in it leaves the work to a later round. */
const LEASE_MS = 20 * 60_000;
/** A copy that was begun so long ago and is not in force is of a process that died. */
const ABANDONED_MS = 60 * 60_000;
const ATTEMPTS = 3;
const DETAIL_CHARACTERS = 1_000;

export interface FederationParts extends MemberParts {
  readonly outbound: Pick<Outbound, "download">;
  readonly volatile: Pick<VolatileStore, "setIfAbsent" | "get" | "delete">;
}

export type FederationRefresh =
  /** Byte for byte what is in force: nothing but the time of the fetch was written. */
  | { readonly kind: "unchanged" }
  | { readonly kind: "switched"; readonly copy: FederationCopy; readonly applications: number }
  | { readonly kind: "failed"; readonly problem: string }
  /** Another process, or another request, is at it. */
  | { readonly kind: "busy" }
  | { readonly kind: "not-found" };

/**
 * Reads a federation's file anew, from its address or from `given`, and switches to it in one step when all of it has
 * been read and its signature fits. Whatever goes wrong leaves the last good copy in force. One at a time. A file that is
 * the one in force is not read again; that it has not run out is looked at all the same.
 */
export async function refreshFederation(
  parts: FederationParts,
  actor: Actor,
  id: string,
  given?: AsyncIterable<Uint8Array>,
): Promise<FederationRefresh> {
  const { volatile, random, store } = parts;
  const lease = leaseOf(id);
  if (!(await volatile.setIfAbsent(lease, randomToken(random), LEASE_MS))) return { kind: "busy" };
  try {
    const found = await store.federations.get(id);
    return found === undefined ? { kind: "not-found" } : await attempt(parts, actor, found, given);
  } finally {
    await volatile.delete([lease]);
  }
}

/** True while a federation's file is being read somewhere. */
export async function isBeingRead(
  { volatile }: Pick<FederationParts, "volatile">,
  id: string,
): Promise<boolean> {
  return (await volatile.get(leaseOf(id))) !== undefined;
}

function leaseOf(id: string): string {
  return `federation-refresh:${id}`;
}

async function attempt(
  parts: FederationParts,
  actor: Actor,
  found: Federation,
  given: AsyncIterable<Uint8Array> | undefined,
): Promise<FederationRefresh> {
  const { clock, random, store } = parts;
  const nowMs = clock.nowMs();
  await store.federations.deleteAbandoned(found.id, nowMs - ABANDONED_MS);
  const generation = generationName(nowMs, randomId(random));
  let inForce = false;
  try {
    const reading = await readFile({ ...parts, nowMs }, found, given, async (members) => {
      await store.federations.addMembers(found.id, generation, members);
    });
    if (reading.kind === "same" || reading.file.fileDigest === found.copy?.fileDigest) {
      return await unchanged(parts, found, reading);
    }
    const result = await switchTo(parts, actor, found, generation, reading);
    inForce = result.kind === "switched";
    return result;
  } catch (error) {
    return await failed(parts, actor, found.id, problemOf(error));
  } finally {
    if (!inForce) await store.federations.deleteCopy(generation);
  }
}

/** Throws `FederationRefused` where what is in force has run out, and the address has nothing newer. */
async function unchanged(
  parts: FederationParts,
  { id, copy, pinnedCertificate }: Federation,
  reading: FileReading,
): Promise<FederationRefresh> {
  const lastFetchMs = parts.clock.nowMs();
  const { validUntilMs, cacheDurationMs } = reading.kind === "read" ? reading.file : (copy ?? {});
  // It was checked with this certificate: at this reading, or at the one before.
  const checked = { checkedWith: pinnedCertificate, cacheDurationMs };
  if (validUntilMs !== undefined && validUntilMs <= lastFetchMs) {
    throw new FederationRefused(`It was valid until ${day(validUntilMs)}.`);
  }
  await change(parts, id, (now) => ({
    ...now,
    fetched: reading.fetched,
    copy: now.copy === undefined ? undefined : { ...now.copy, ...checked },
    lastFetchMs,
    nextDueMs: dueOf(now, dueAfter({ validUntilMs, cacheDurationMs }, lastFetchMs)),
    problem: undefined,
  }));
  return { kind: "unchanged" };
}

/** The line of the trail comes first, as everywhere; the old copy is deleted when nobody reads it any more. */
async function switchTo(
  parts: FederationParts,
  actor: Actor,
  { id, pinnedCertificate }: Federation,
  generation: string,
  { file, fetched }: Extract<FileReading, { kind: "read" }>,
): Promise<FederationRefresh> {
  const { store, clock, audit } = parts;
  const before = (await store.federations.get(id))?.copy;
  const difference = await store.federations.compare(before?.generation, generation);
  const { nextDueMs, ...facts } = file;
  const readAtMs = clock.nowMs();
  const copy = { ...facts, generation, checkedWith: pinnedCertificate, readAtMs, change: difference };
  const detail = { members: file.members, ...difference };
  const federation = await change(
    parts,
    id,
    (now) => ({
      ...now,
      copy,
      fetched,
      lastFetchMs: readAtMs,
      nextDueMs: dueOf(now, nextDueMs),
      problem: undefined,
    }),
    async (now) => {
      await audit.record(entryFor(now, actor, "refreshed", detail));
    },
  );
  if (federation === undefined) return { kind: "not-found" };
  const applications = await followMembers(parts, federation);
  if (before !== undefined) await store.federations.deleteCopy(before.generation);
  return { kind: "switched", copy, applications };
}

async function failed(
  parts: FederationParts,
  actor: Actor,
  id: string,
  problem: string,
): Promise<FederationRefresh> {
  const lastFetchMs = parts.clock.nowMs();
  await change(
    parts,
    id,
    (now) => ({ ...now, lastFetchMs, nextDueMs: dueOf(now, lastFetchMs + SHORTEST_MS), problem }),
    async (now) => {
      // Once for each new problem: an address that is gone would fill the trail.
      if (now.problem !== problem) await parts.audit.record(entryFor(now, actor, "failed", { problem }));
    },
  );
  return { kind: "failed", problem };
}

function dueOf({ url }: Federation, atMs: number): number | undefined {
  return url === undefined ? undefined : atMs;
}

/** Changes the record as it is now: reading takes seconds, and an owner may have changed it meanwhile. */
async function change(
  { store, clock }: FederationParts,
  id: string,
  made: (now: Federation) => Federation,
  first: (now: Federation) => Promise<void> = async () => await Promise.resolve(),
): Promise<Federation | undefined> {
  for (let count = 0; count < ATTEMPTS; count++) {
    const now = await store.federations.get(id);
    if (now === undefined) return undefined;
    if (count === 0) await first(now);
    const changed = { ...made(now), updatedAtMs: Math.max(clock.nowMs(), now.updatedAtMs + 1) };
    if (await store.federations.update(changed, now.updatedAtMs)) return changed;
  }
  throw new Error("the federation was changed again and again");
}

function entryFor(
  { id, name }: Federation,
  actor: Actor,
  what: "refreshed" | "failed",
  detail: Readonly<Record<string, string | number>>,
): AuditEntry {
  const { problem } = detail;
  return {
    ...auditActor(actor),
    action: `federation.${what}`,
    outcome: what === "failed" ? "failure" : "success",
    targetKind: "federation",
    targetId: id,
    targetName: name,
    detail: typeof problem === "string" ? { problem: problem.slice(0, DETAIL_CHARACTERS) } : detail,
  };
}
