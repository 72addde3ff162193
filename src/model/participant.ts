import type { Protocol } from "./application.ts";

/** An application that got a sign-on in a session (SAML session participant; OpenID Connect `sid`). */
export interface Participant {
  readonly applicationId: string;
  readonly protocol: Protocol;
  /** The subject's value as that application knows it (NameID, `sub`). */
  readonly subject: string;
  /** SessionIndex or `sid`: not the same at two applications, so they cannot compare notes (SAML Core 2.7.2). */
  readonly sessionIndex: string;
  readonly lastSignOnMs: number;
  /** What the protocol needs to address it at logout, such as the NameID's format and qualifiers. */
  readonly wire: Readonly<Record<string, string>>;
}
