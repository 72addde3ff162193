import type { AuditEvent } from "../model/audit-event.ts";

/** Who does an administrator's act. Only ever taken from the session or from the operating system, never from a form. */
export type Actor =
  | { readonly kind: "account"; readonly id: string; readonly name: string; readonly address: string }
  /** Someone at the server's own command line; `user` is the operating system's name for them. */
  | { readonly kind: "command"; readonly user: string }
  /** Nobody: a schedule that an administrator has set. */
  | { readonly kind: "system" };

/** The actor's part of an audit line. */
export function auditActor(actor: Actor): Pick<AuditEvent, "actorId" | "actorName" | "address"> {
  switch (actor.kind) {
    case "account":
      return { actorId: actor.id, actorName: actor.name, address: actor.address };
    case "command":
      return { actorId: "command", actorName: actor.user };
    case "system":
      return { actorId: "system" };
  }
}
