import type { Authentication } from "./authentication.ts";

/** Who logged in, when and how: the IdP's session, the OP's session. Never the claims of a token. */
export interface Session {
  /** A random handle that outlives the cookie's renewal at each login. It is not the cookie's secret and grants nothing. */
  readonly id: string;
  readonly accountId: string;
  readonly startedAtMs: number;
  /** Renewed at most once a minute, for the idle limit. */
  readonly lastSeenAtMs: number;
  readonly authentication: Authentication;
  /** The sign-on request for which the person picked this account on the "choose account" page. */
  readonly chosenForRequestId?: string | undefined;
  /** "Stay logged in on this device": the absolute lifetime is the long one. */
  readonly remembered: boolean;
}
