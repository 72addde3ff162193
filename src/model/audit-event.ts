/** One line of the audit trail: who did what to what, when, from where, and how it ended. */
export interface AuditEvent {
  readonly atMs: number;
  /** Dotted and stable, such as `login.succeeded`, `application.registered`, `keys.rotated`. */
  readonly action: string;
  readonly outcome: "success" | "refused" | "failure";
  /** An account's id, `command` for the CLI, `system`, or undefined for a stranger. */
  readonly actorId?: string | undefined;
  readonly actorName?: string | undefined;
  readonly targetKind?:
    | "account"
    | "application"
    | "session"
    | "key"
    | "token"
    | "grant"
    | "installation"
    | "resource"
    | "federation"
    | undefined;
  readonly targetId?: string | undefined;
  readonly targetName?: string | undefined;
  readonly address?: string | undefined;
  /** The reference that stands on the person's error page. */
  readonly reference?: string | undefined;
  /** Short facts; never a secret, a token or a whole message. */
  readonly detail: Readonly<Record<string, string | number | boolean>>;
}
