import type { ApiTokenKind, TokenBinding, TokenOwner } from "./api-token.ts";

/** Every kind of token that can be checked. `at` is an OAuth access token, opaque or JWT; `sso` a session's own token. */
export type CheckedTokenKind = ApiTokenKind | "at" | "sso";

/** Why a token is not good for a use. The first four are the same to a caller who has not said who they are. */
export type TokenRefusal =
  /** Not a token of ours: its form or checksum is wrong, or its kind is not one that is checked. */
  | "malformed"
  | "unknown"
  | "expired"
  | "revoked"
  | "suspended"
  /** The account, application or session that it stands on is switched off, gone, or may not do this any more. */
  | "owner"
  | "resource"
  | "scope"
  | "address"
  | "method"
  | "path"
  /** It is bound to a key or certificate that did not come along. */
  | "binding"
  | "rate"
  | "quota"
  /** It came over plain http, or in a query string: it is revoked for that. */
  | "exposed";

/** What is known about one use of a token; what the API does not tell is not checked against, but what is limited and not told is refused. */
export interface TokenUse {
  /** The client's address, as a trusted party saw it. */
  readonly address?: string | undefined;
  readonly method?: string | undefined;
  /** Without the query. */
  readonly path?: string | undefined;
  /** The identifier of the resource that is asked. */
  readonly resource?: string | undefined;
  /** Scopes that this use needs, all of them. */
  readonly scopes?: readonly string[] | undefined;
  /** One of these scopes is enough; `asked` says what for, so that the watch tells one thing that is tried from another. */
  readonly anyScope?: { readonly asked: string; readonly scopes: readonly string[] } | undefined;
  /** Thumbprints of what came along and was proved: a DPoP key or a client certificate. */
  readonly proof?:
    | { readonly dpop?: string | undefined; readonly certificate?: string | undefined }
    | undefined;
  /** Whoever asks checks the proof itself, by `binding` of the answer (RFC 7662 with RFC 9449 6.2, RFC 8705 3.2). */
  readonly provesLater?: boolean | undefined;
}

/** A token that is good for the use. */
export interface GoodToken {
  readonly active: true;
  readonly id: string;
  readonly kind: CheckedTokenKind;
  readonly owner: TokenOwner;
  /** What resources know the owner by (`sub`); an account's or an application's id in spaces of their own. */
  readonly subject: string;
  readonly username?: string | undefined;
  readonly clientId?: string | undefined;
  /** Those that it has at this moment: never more than its owner's rights. */
  readonly scopes: readonly string[];
  readonly resources: readonly string[];
  readonly binding?: TokenBinding | undefined;
  /** What the feed of revocations may name it by; absent: its `id`. */
  readonly revocationIds?: readonly string[] | undefined;
  /** Parts of the use that it is limited in: the answer holds for these values of them alone. */
  readonly dependsOn?: readonly ("address" | "method" | "path")[] | undefined;
  readonly issuedAtMs: number;
  readonly expiresAtMs: number;
  readonly rate?: RateState | undefined;
}

export interface RefusedToken {
  readonly active: false;
  readonly refusal: TokenRefusal;
  /** The token's id where it is known. */
  readonly id?: string | undefined;
  readonly kind?: CheckedTokenKind | undefined;
  readonly owner?: TokenOwner | undefined;
  /** What it was made for, where it is known: who serves none of these has no business with it. */
  readonly resources?: readonly string[] | undefined;
  /** Scopes that the use needs and the token lacks; of `anyScope` one text, `asked:scope`. */
  readonly missing?: readonly string[] | undefined;
  readonly rate?: RateState | undefined;
}

export type Verification = GoodToken | RefusedToken;

/** For the RateLimit headers: the tighter of the two limits. */
export interface RateState {
  readonly limit: number;
  readonly remaining: number;
  readonly resetsInMs: number;
}

/** One use as the watch sees it: counted, never kept one by one. */
export interface TokenUseSeen {
  readonly tokenId: string;
  readonly kind: CheckedTokenKind;
  readonly owner: TokenOwner;
  readonly atMs: number;
  readonly address?: string | undefined;
  readonly resource?: string | undefined;
  readonly outcome: "ok" | TokenRefusal;
  /** Scopes that the use needed and the token lacks, with the outcome `scope`. */
  readonly missing?: readonly string[] | undefined;
}
