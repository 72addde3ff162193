/** What a person allowed an application, with its refresh tokens hanging on it. One per account and application. */
export interface Grant {
  readonly id: string;
  readonly accountId: string;
  readonly applicationId: string;
  /** Scopes allowed so far. */
  readonly scopes: readonly string[];
  /** Scopes that the person was asked for and left out; they are not asked for again unless with prompt=consent. */
  readonly declined: readonly string[];
  /** The sign-on request that the person last answered on the consent page; satisfies prompt=consent. */
  readonly answeredRequestId?: string | undefined;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}
