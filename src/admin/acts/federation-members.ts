import type { SamlApplication } from "../../model/application.ts";
import type { Federation, FederationMember } from "../../model/federation.ts";
import { readServiceProvider } from "../../saml/register-service-provider.ts";
import type { DurableStore } from "../../storage/stores.ts";
import type { Actor } from "../actor.ts";
import { metadataChanges } from "../metadata-changes.ts";
import { type ActParts, recorded, refused } from "./act.ts";
import { readAgain } from "./refresh-metadata.ts";
import { registerServiceProvider, type RegisterServiceProviderResult } from "./register-service-provider.ts";
import { replaceApplication } from "./replace-application.ts";

const DETAIL_CHARACTERS = 1_000;
const SYSTEM: Actor = { kind: "system" };

/** What the acts about members are given. */
export interface MemberParts extends ActParts {
  readonly store: ActParts["store"] & Pick<DurableStore, "federations">;
}

/**
 * Registers a member of a federation as an application, as its metadata there says. With `replace` one that is
 * registered already takes the metadata of the federation.
 */
export async function registerMember(
  parts: MemberParts,
  actor: Actor,
  { id, name }: Pick<Federation, "id" | "name">,
  entityId: string,
  { replace = false }: { readonly replace?: boolean } = {},
): Promise<RegisterServiceProviderResult> {
  const member = await parts.store.federations.member(id, entityId);
  if (member === undefined) {
    return { ...refused("not-found", `${name} has no such member`), report: [], entityIds: [] };
  }
  if (isOver(member, parts.clock.nowMs())) {
    const message = `what ${name} says about it has run out`;
    return { ...refused("invalid", message), report: [], entityIds: [] };
  }
  const membership = { federationId: id, digest: member.digest };
  const input = { xml: member.xml, entityId, replace, federation: { name, membership } };
  return await registerServiceProvider(parts, actor, input);
}

/** What its own validUntil, or one around it, says. */
export function isOver({ validUntilMs }: Pick<FederationMember, "validUntilMs">, nowMs: number): boolean {
  return validUntilMs !== undefined && validUntilMs <= nowMs;
}

/**
 * A member as an application that is not registered yet, of a federation whose members may all sign on: the request's
 * signature and reply address are checked against it before anything is stored. undefined: nobody's member, or one
 * whose metadata cannot be registered.
 */
export async function findCandidate(
  { store, clock }: MemberParts,
  entityId: string,
): Promise<SamlApplication | undefined> {
  const nowMs = clock.nowMs();
  const found = await store.federations.memberForSignOn(entityId, nowMs);
  if (found === undefined) return undefined;
  const reading = readServiceProvider(found.member.xml, { nowMs, entityId });
  return reading.ok ? { ...reading.application, id: "", createdAtMs: nowMs, updatedAtMs: nowMs } : undefined;
}

/** Registers a member at its first sign-on; undefined where it is registered by now, or is no member any more. */
export async function admitMember(
  parts: MemberParts,
  entityId: string,
): Promise<SamlApplication | undefined> {
  const found = await parts.store.federations.memberForSignOn(entityId, parts.clock.nowMs());
  if (found === undefined) return undefined;
  const result = await registerMember(parts, SYSTEM, found.federation, entityId);
  return result.ok ? result.application : undefined;
}

/**
 * Brings the applications that came from a federation up to what it says now: changed metadata is taken, one that left
 * is switched off, and one that comes back is switched on again. Where the file is fetched and not signed, a change that
 * could let a stranger in is not taken but noted, for an owner to take (SA-77). Returns how many were changed.
 */
export async function followMembers(parts: MemberParts, federation: Federation): Promise<number> {
  const all = await parts.store.applications.all();
  // All together are announced once.
  const quiet = { ...parts, announce: async () => await Promise.resolve() };
  let changed = 0;
  for (const application of all) {
    if (application.protocol !== "saml" || application.membership?.federationId !== federation.id) continue;
    const member = await parts.store.federations.member(federation.id, application.entityId);
    if (await follow(quiet, federation, application, member)) changed += 1;
  }
  if (changed > 0) await parts.announce("applications");
  return changed;
}

async function follow(
  parts: MemberParts,
  federation: Federation,
  found: SamlApplication,
  member: FederationMember | undefined,
): Promise<boolean> {
  const nowMs = parts.clock.nowMs();
  const { membership } = found;
  if (membership === undefined) return false;
  if (member === undefined || isOver(member, nowMs)) {
    if (membership.leftAtMs !== undefined) return false;
    return await leave(parts, federation, found, nowMs);
  }
  const isBack = membership.leftAtMs !== undefined;
  const application = isBack ? await comeBack(parts, federation, found) : found;
  if (application === undefined) return false;
  const { digest, waitingDigest, dismissedDigest } = membership;
  const isKnown = [digest, waitingDigest, dismissedDigest].includes(member.digest);
  if (member.digest === digest && waitingDigest !== undefined) {
    // What waited was taken back over there.
    const nothingWaits = { ...application, membership: { federationId: federation.id, digest } };
    return (await replaceApplication(parts, application, nothingWaits)).ok;
  }
  return isKnown ? isBack : (await takeChange(parts, federation, application, member)) || isBack;
}

async function leave(
  parts: MemberParts,
  federation: Federation,
  found: SamlApplication,
  nowMs: number,
): Promise<boolean> {
  const membership = { federationId: federation.id, digest: found.membership?.digest ?? "", leftAtMs: nowMs };
  return await change(
    parts,
    found,
    "application.left-federation",
    { federation: federation.name },
    {
      ...found,
      enabled: false,
      membership,
    },
  );
}

async function comeBack(
  parts: MemberParts,
  federation: Federation,
  found: SamlApplication,
): Promise<SamlApplication | undefined> {
  const membership = { federationId: federation.id, digest: found.membership?.digest ?? "" };
  const action = "application.back-in-federation";
  const back = { ...found, enabled: true, membership };
  if (!(await change(parts, found, action, { federation: federation.name }, back))) return undefined;
  const stored = await parts.store.applications.get(found.id);
  return stored?.protocol === "saml" ? stored : undefined;
}

async function takeChange(
  parts: MemberParts,
  federation: Federation,
  found: SamlApplication,
  member: FederationMember,
): Promise<boolean> {
  const read = readAgain(found, member.xml, parts.clock.nowMs());
  const membership = { federationId: federation.id, digest: found.membership?.digest ?? "" };
  const waiting = { ...found, membership: { ...membership, waitingDigest: member.digest } };
  const detail = (text: string) => ({
    federation: federation.name,
    changes: text.slice(0, DETAIL_CHARACTERS),
  });
  if ("problem" in read) {
    return await change(parts, found, "application.metadata-failed", detail(read.problem), waiting);
  }
  const { changes, isRisky } = metadataChanges(found, read.application);
  const text = changes.join("; ");
  const isVouchedFor = federation.url === undefined || federation.pinnedCertificate !== undefined;
  if (isRisky && !isVouchedFor) {
    return await change(parts, found, "application.metadata-waiting", detail(text), waiting);
  }
  const taken = { ...read.application, membership: { ...membership, digest: member.digest } };
  return await change(parts, found, "application.metadata-refreshed", detail(text), taken);
}

async function change(
  parts: MemberParts,
  found: SamlApplication,
  action: string,
  detail: Readonly<Record<string, string>>,
  changed: SamlApplication,
): Promise<boolean> {
  const entry = {
    action,
    targetKind: "application",
    targetId: found.id,
    targetName: found.name,
    detail,
  } as const;
  const result = await recorded(
    parts,
    SYSTEM,
    entry,
    async () => await replaceApplication(parts, found, changed),
  );
  return result.ok;
}
