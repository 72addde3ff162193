import type { SamlApplication } from "../../model/application.ts";
import type { Federation } from "../../model/federation.ts";
import type { Actor } from "../actor.ts";
import { metadataChanges } from "../metadata-changes.ts";
import { type ActResult, recorded, refused } from "./act.ts";
import type { MemberParts } from "./federation-members.ts";
import { readAgain } from "./refresh-metadata.ts";
import { replaceApplication } from "./replace-application.ts";

const DETAIL_CHARACTERS = 1_000;

/** What a federation says anew about an application that follows it, and that an owner must agree to first. */
export interface WaitingMember {
  readonly federation: Pick<Federation, "id" | "name">;
  /** Names what waits, as the form does. */
  readonly digest: string;
  /** Each as a phrase; empty where it cannot be used. */
  readonly changes: readonly string[];
  /** Why it cannot be used, as a sentence: it can only be thrown away. */
  readonly problem?: string | undefined;
  readonly taken: SamlApplication | undefined;
}

/** What waits for an owner; undefined: nothing, or it is not in the federation's file any more. */
export async function waitingMember(
  { store, clock }: Pick<MemberParts, "store" | "clock">,
  found: SamlApplication,
): Promise<WaitingMember | undefined> {
  const { membership } = found;
  if (membership?.waitingDigest === undefined) return undefined;
  const federation = await store.federations.get(membership.federationId);
  const member = await store.federations.member(membership.federationId, found.entityId);
  if (federation === undefined || member?.digest !== membership.waitingDigest) return undefined;
  const { digest } = member;
  const read = readAgain(found, member.xml, clock.nowMs());
  if ("problem" in read) return { federation, digest, changes: [], problem: read.problem, taken: undefined };
  const { changes } = metadataChanges(found, read.application);
  const taken = { ...read.application, membership: { federationId: federation.id, digest } };
  return { federation, digest, changes, taken };
}

/**
 * Agrees to what a federation says anew about an application, or throws it away: it comes back only when the federation
 * says something else. `digest` is of what was shown: what came in between is not agreed to unseen.
 */
export async function settleWaitingMember(
  parts: MemberParts,
  actor: Actor,
  id: string,
  { digest, agreed }: { readonly digest: string; readonly agreed: boolean },
): Promise<ActResult<{ readonly application: SamlApplication }>> {
  const found = await parts.store.applications.get(id);
  const waiting = found?.protocol === "saml" ? await waitingMember(parts, found) : undefined;
  if (found?.protocol !== "saml" || found.membership === undefined || waiting?.digest !== digest) {
    return refused("conflict", "what waited is not there any more, or something newer waits");
  }
  if (agreed && waiting.taken === undefined)
    return refused("invalid", waiting.problem ?? "it cannot be used");
  const { federationId, digest: inForce } = found.membership;
  const dismissed = { ...found, membership: { federationId, digest: inForce, dismissedDigest: digest } };
  const changed = agreed ? (waiting.taken ?? dismissed) : dismissed;
  const entry = {
    action: agreed ? "application.metadata-agreed" : "application.metadata-dismissed",
    targetKind: "application",
    targetId: id,
    targetName: found.name,
    detail: {
      federation: waiting.federation.name,
      changes: (waiting.problem ?? waiting.changes.join("; ")).slice(0, DETAIL_CHARACTERS),
    },
  } as const;
  return await recorded(parts, actor, entry, async () => await replaceApplication(parts, found, changed));
}
