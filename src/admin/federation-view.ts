import type { Application, SamlApplication } from "../model/application.ts";
import type { Federation } from "../model/federation.ts";
import { isOver } from "./acts/federation-members.ts";
import type { StateChip } from "./application-state.ts";
import { certificateFacts } from "./certificate-facts.ts";

/** The applications that came from each federation, by its id. */
export function followersOf(
  applications: readonly Application[],
): ReadonlyMap<string, readonly SamlApplication[]> {
  const followers = applications.filter(
    (each): each is SamlApplication => each.protocol === "saml" && each.membership !== undefined,
  );
  return Map.groupBy(followers, ({ membership }) => membership?.federationId ?? "");
}

/** Those with metadata that an owner must agree to first. */
export function waitingOf(followers: readonly SamlApplication[]): readonly SamlApplication[] {
  return followers.filter(({ membership }) => membership?.waitingDigest !== undefined);
}

/** What the list says of a federation: what keeps people out first, then what wants an owner. */
export function stateOfFederation(
  { copy, problem }: Federation,
  followers: readonly SamlApplication[],
  nowMs: number,
): StateChip {
  if (copy === undefined) {
    return problem === undefined
      ? { kind: "", text: "Not read yet" }
      : { kind: "bad", text: "Cannot be read" };
  }
  if (isOver(copy, nowMs)) return { kind: "bad", text: "Has run out" };
  if (problem !== undefined) return { kind: "warn", text: "Fetch failed" };
  const waiting = waitingOf(followers).length;
  return waiting === 0 ? { kind: "ok", text: "In force" } : { kind: "warn", text: "Waits for you" };
}

/** Who says that the file is the federation's own: what is risked is another thing each time. */
export type Voucher = "signature" | "address" | "hand";

export function voucherOf({
  url,
  pinnedCertificate,
}: Pick<Federation, "url" | "pinnedCertificate">): Voucher {
  if (pinnedCertificate !== undefined) return "signature";
  return url === undefined ? "hand" : "address";
}

/** One federation as its page shows it. */
export function federationFacts(federation: Federation, nowMs: number): object {
  const { id, name, url, pinnedCertificate, allowAllMembers, copy, lastFetchMs, nextDueMs, problem } =
    federation;
  const pinned = pinnedCertificate === undefined ? undefined : certificateFacts(pinnedCertificate);
  return {
    id,
    name,
    url,
    allowAllMembers,
    lastFetchMs,
    nextDueMs,
    problem,
    voucher: voucherOf(federation),
    pinned: pinned === undefined ? undefined : { subject: pinned.subject, fingerprint: pinned.fingerprint },
    copy,
    hasRunOut: copy !== undefined && isOver(copy, nowMs),
    // Pinned or unpinned since the file was read: what is in force was checked otherwise.
    isCheckedOtherwise: copy !== undefined && copy.checkedWith !== pinnedCertificate,
  };
}
