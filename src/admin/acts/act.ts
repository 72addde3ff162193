import type { AuditEntry, AuditTrail } from "../../audit/audit-trail.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Random } from "../../platform/random.ts";
import type { DurableStore } from "../../storage/stores.ts";
import { type Actor, auditActor } from "../actor.ts";

/** What has changed, for the processes that hold it in memory. */
export type Changed = "applications" | "accounts" | "keys" | "settings" | "resources";

/** What every act is given. */
export interface ActParts {
  readonly store: Pick<
    DurableStore,
    "accounts" | "applications" | "grants" | "refreshTokens" | "settings" | "resources" | "metadataFetches"
  >;
  readonly audit: Pick<AuditTrail, "record">;
  /**
   * Tells every process what has changed; in a server it also refreshes this process before it returns. `touched`: whose
   * tokens may have ended by it, for the APIs that keep answers about them: the id of the account or application, the
   * identifier of the resource. Absent: nobody's.
   */
  readonly announce: (changed: Changed, touched?: string) => Promise<void>;
  readonly clock: Clock;
  readonly random: Random;
}

/** One thing that is wrong with the input; `text` is a sentence. */
export interface Issue {
  readonly field: string;
  readonly text: string;
}

/** Why an act was not done. `message` is one plain line for the page and for the command's standard error. */
export interface Refused {
  readonly ok: false;
  readonly code: "not-found" | "taken" | "invalid" | "yourself" | "conflict";
  /** The input's field that is to be corrected, where there is one. */
  readonly field?: string | undefined;
  readonly message: string;
  /** Each thing that is wrong, where there may be several. */
  readonly issues?: readonly Issue[] | undefined;
}

export type Done<T> = { readonly ok: true } & T;
export type ActResult<T> = Done<T> | Refused;

export function refused(code: Refused["code"], message: string, field?: string): Refused {
  return { ok: false, code, message, field };
}

/**
 * Writes the act into the audit trail and then does it. The line comes first, so that nothing changes that the trail
 * does not know of; a change that is refused or breaks afterwards gets a second line with the outcome `failure`.
 */
export async function recorded<T>(
  parts: ActParts,
  actor: Actor,
  entry: Omit<AuditEntry, "actorId" | "actorName" | "address" | "outcome">,
  change: () => Promise<ActResult<T>>,
): Promise<ActResult<T>> {
  const line = { ...entry, ...auditActor(actor) };
  await parts.audit.record({ ...line, outcome: "success" });
  try {
    const result = await change();
    if (!result.ok) await parts.audit.record({ ...line, outcome: "failure" });
    return result;
  } catch (error) {
    // The store that broke the change may be the one that the trail is in; what the caller must see is the cause.
    await parts.audit.record({ ...line, outcome: "failure" }).catch(() => undefined);
    throw error;
  }
}
