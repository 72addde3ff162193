/**
 * What proves that an application took a signature of ours. `logout-answered`: it answered a logout message under that
 * key with "logged out". `session-named`: under its own signature it ended a session by the index that only our answer,
 * signed with that key, had told it.
 */
export type AcceptanceProof = "logout-answered" | "session-named";

/** Which of our keys an application was last sent a signature of, and which it was last seen to accept. */
export interface KeyUse {
  readonly applicationId: string;
  readonly signed?: { readonly keyId: string; readonly atMs: number } | undefined;
  readonly accepted?:
    | { readonly keyId: string; readonly atMs: number; readonly how: AcceptanceProof }
    | undefined;
}
