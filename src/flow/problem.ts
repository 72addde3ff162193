/** Whose mistake it was; the error page says it in its first line. */
export type Fault = "application" | "person" | "gatehouse" | "nobody";

/**
 * An error for the page: what happened, whose mistake, what to do, in plain words; and for whoever looks after the
 * application the exact facts with the section of the standard. Nothing in it is a secret or a stack trace; texts
 * from outside are shown only in `facts`, as text, and cut to 300 characters.
 */
export interface Problem {
  readonly status: number;
  /** Stable and dotted, for the log and the tests: `saml.acs-not-registered`. */
  readonly code: string;
  readonly title: string;
  /** One or two sentences. */
  readonly explanation: string;
  readonly advice: string;
  readonly fault: Fault;
  readonly applicationName?: string | undefined;
  readonly facts: readonly {
    readonly label: string;
    readonly value: string;
    readonly section?: string | undefined;
  }[];
}
