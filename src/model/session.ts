import type { Authentication } from "./authentication.ts";

/** Who logged in, when and how: the IdP's session, the OP's session. Never the claims of a token. */
export interface Session {
  /** A random handle that outlives the cookie's renewal at each login. It is not the cookie's secret and grants nothing. */
  readonly id: string;
  readonly accountId: string;
  readonly startedAtMs: number;
  /** When this browser was last seen, for the idle limit. The stored record's own lifetime enforces it as well. */
  readonly lastSeenAtMs: number;
  readonly authentication: Authentication;
  /** "Stay logged in on this device": the absolute lifetime is the long one. */
  readonly remembered: boolean;
}
