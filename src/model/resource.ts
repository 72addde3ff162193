/** A scope that a resource knows. Its name belongs to this resource alone: a yes to one is never a yes to another. */
export interface ResourceScope {
  /** A scope-token (RFC 6749, 3.3). */
  readonly name: string;
  /** What the person reads on the consent page. */
  readonly description: string;
  /** Only members of one of these groups may hold it; absent or empty: everybody. */
  readonly groups?: readonly string[] | undefined;
}

/** A resource server that tokens are issued for: an API, named by what `resource` and `aud` carry (RFC 8707, 2). */
export interface Resource {
  /** Random. */
  readonly id: string;
  /** An absolute URI without a fragment; unique, and compared character by character. */
  readonly identifier: string;
  readonly name: string;
  readonly scopes: readonly ResourceScope[];
  /** A resource that is switched off gets no tokens, and those that it got are inactive. */
  readonly enabled: boolean;
  /** Clients that the resource server introspects with: they may ask about tokens for this resource, and no others. */
  readonly introspectionClientIds: readonly string[];
  /** Absent: what the client that asks is set to. */
  readonly accessTokenFormat?: "jwt" | "opaque" | undefined;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}
