import type { AuditEvent } from "../model/audit-event.ts";

/** Who does an administrator's act. Only ever taken from the session or from the operating system, never from a form. */
export type Actor =
  | { readonly kind: "account"; readonly id: string; readonly name: string; readonly address: string }
  /** Someone at the server's own command line; `user` is the operating system's name for them. */
  | { readonly kind: "command"; readonly user: string };

/** The actor's part of an audit line. */
export function auditActor(actor: Actor): Pick<AuditEvent, "actorId" | "actorName" | "address"> {
  return actor.kind === "account"
    ? { actorId: actor.id, actorName: actor.name, address: actor.address }
    : { actorId: "command", actorName: actor.user };
}
