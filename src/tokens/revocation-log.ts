/** What happened to a token that somebody may hold in a cache. */
export interface RevocationEvent {
  readonly what: "revoked" | "suspended" | "released" | "changed";
  /** The token's id; for OAuth access tokens the id of the family that they came from. */
  readonly id: string;
}
