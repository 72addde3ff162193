/**
 * API tokens that are kept: `pat` is a person's own, `key` names an application or a project and carries no rights of a
 * person, `svc` belongs to a service (an OpenID Connect client of the profile `service`). All three are one record with
 * the same limits, and one check decides about all of them (tokens/token-verifier.ts).
 */
export type ApiTokenKind = "pat" | "key" | "svc";

/** Whose rights a token has. A project is a name and nothing more: it has no rights, it only groups and meters. */
export type TokenOwner =
  | { readonly kind: "account"; readonly id: string }
  | { readonly kind: "application"; readonly id: string }
  | { readonly kind: "project"; readonly id: string };

/** Proof of possession that a token demands beside itself. */
export type TokenBinding =
  /** RFC 9449: the RFC 7638 SHA-256 thumbprint of the proof's key, base64url. */
  | { readonly kind: "dpop"; readonly thumbprint: string }
  /** RFC 8705: the SHA-256 of the client certificate's DER, base64url. */
  | { readonly kind: "certificate"; readonly thumbprint: string };

/** What a token may be used for. An empty list is no limit, except for `scopes`: none is none. */
export interface TokenLimits {
  /** Out of those that the resources declare. */
  readonly scopes: readonly string[];
  /** Identifiers of declared resources (model/resource.ts), the token's audience; at least one. */
  readonly resources: readonly string[];
  /** Addresses and CIDR ranges, IPv4 and IPv6 (tokens/address-list.ts). */
  readonly addresses: readonly string[];
  /** HTTP methods in capitals. */
  readonly methods: readonly string[];
  /** Path prefixes; they end at a segment: `/a` allows `/a` and `/a/b`, not `/ab`. */
  readonly pathPrefixes: readonly string[];
  /** Uses in any one minute (fixed windows); absent: the policy's. */
  readonly perMinute?: number | undefined;
  /** Uses in one UTC day; absent: no quota. */
  readonly perDay?: number | undefined;
  readonly binding?: TokenBinding | undefined;
}

/** Expiry is not a state: it follows from `expiresAtMs`. A suspended token can be released, a revoked one never. */
export type ApiTokenState = "active" | "suspended" | "revoked";

export interface ApiToken {
  /** Random; not the secret. */
  readonly id: string;
  readonly kind: ApiTokenKind;
  /** What its owner calls it. */
  readonly name: string;
  /** SHA-256 of the whole token, base64url. */
  readonly hash: string;
  readonly lastFour: string;
  readonly owner: TokenOwner;
  /** The account that made it and answers for it; for a `pat` its owner. Notices go there. */
  readonly madeBy: string;
  readonly limits: TokenLimits;
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
  readonly state: ApiTokenState;
  readonly stateSinceMs: number;
  /** Why it was suspended or revoked: a closed word such as `owner`, `administrator`, `leaked`, `rotated`, `rule:new-network`. */
  readonly stateReason?: string | undefined;
  /** The token that it replaced by rotation; that one goes on until its own, shortened, expiry. */
  readonly replaces?: string | undefined;
  /** Counts every change of the record from 1; the entity tag of the API. */
  readonly version: number;
  /** Written in batches, so up to some seconds behind. */
  readonly lastUsedAtMs?: number | undefined;
  readonly lastUsedAddress?: string | undefined;
}
