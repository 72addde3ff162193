import type { ApiToken, ApiTokenKind, ApiTokenState, TokenOwner } from "../model/api-token.ts";
import type { ListOptions, Page } from "./page.ts";

/** Which tokens: all conditions together. Instants are epoch milliseconds. */
export interface ApiTokenFilter {
  readonly owner?: TokenOwner | undefined;
  readonly madeBy?: string | undefined;
  readonly kind?: ApiTokenKind | undefined;
  /** `expired`: active or suspended, but past its time. */
  readonly state?: ApiTokenState | "expired" | undefined;
  /** Only those that a revocation would still change: active or suspended, expired or not. */
  readonly notRevoked?: boolean | undefined;
  readonly scope?: string | undefined;
  readonly resource?: string | undefined;
  /** Last used from this address. */
  readonly address?: string | undefined;
  readonly neverUsed?: boolean | undefined;
  /** Not used since then (or never, and made before it). */
  readonly unusedSinceMs?: number | undefined;
  readonly createdBeforeMs?: number | undefined;
  readonly expiresAfterMs?: number | undefined;
  readonly expiresBeforeMs?: number | undefined;
  /** At least this many scopes. */
  readonly scopesAtLeast?: number | undefined;
}

/** What may be changed of a token that exists. */
export type ApiTokenChange = Partial<
  Pick<ApiToken, "name" | "limits" | "expiresAtMs" | "state" | "stateReason">
>;

export interface ApiTokenStore {
  /** Throws Conflict on `hash` (which cannot happen by chance). */
  insert(token: ApiToken): Promise<void>;
  get(id: string): Promise<ApiToken | undefined>;
  /** One look-up by an index. */
  findByHash(hash: string): Promise<ApiToken | undefined>;
  /** Newest first; `search` matches name, last four and id. */
  list(filter: ApiTokenFilter, options: ListOptions): Promise<Page<ApiToken>>;
  /**
   * One atomic statement: changes the record and counts its version, where the version is still `version` (undefined:
   * whatever it is) and it is not revoked: a revoked token never changes again. undefined: gone, revoked, or another version.
   */
  change(id: string, change: ApiTokenChange, atMs: number, version?: number): Promise<ApiToken | undefined>;
  /** One transaction: stores the successor and shortens the old one's life to `oldExpiresAtMs`. False: the old one is revoked, gone, or another version. */
  rotate(oldId: string, successor: ApiToken, oldExpiresAtMs: number, version?: number): Promise<boolean>;
  /** The ids of all that match, newest first. */
  ids(filter: ApiTokenFilter): Promise<readonly string[]>;
  /**
   * Revokes all that match and are not revoked yet, in one statement; their ids. `agreed` is asked about them in the same
   * transaction: where it says no, nothing is changed, and the answer is undefined.
   */
  revokeWhere(
    filter: ApiTokenFilter,
    reason: string,
    atMs: number,
    agreed?: (ids: readonly string[]) => boolean,
  ): Promise<readonly string[] | undefined>;
  /** Last uses, gathered; an older one than what is stored changes nothing. The version stays. */
  used(
    uses: readonly { readonly id: string; readonly atMs: number; readonly address?: string | undefined }[],
  ): Promise<void>;
  /** Deletes what was revoked or has expired before then. */
  deleteEndedBefore(beforeMs: number): Promise<number>;
}

/** Counts of one token on one UTC day: bounded by what can differ, not by how often it is used. */
export interface TokenUseCount {
  readonly tokenId: string;
  /** `YYYY-MM-DD`, UTC. */
  readonly day: string;
  /** The client's address, or `other` beyond the day's limit of different ones, or `unknown`. */
  readonly address: string;
  /** The resource's identifier, or empty. */
  readonly resource: string;
  /** `ok` or a refusal. */
  readonly outcome: string;
  readonly count: number;
}

/** Good uses of one token on one UTC day from one address, over all resources. */
export interface TokenDayAddress {
  readonly day: string;
  readonly address: string;
  readonly uses: number;
}

export interface TokenUseStore {
  /**
   * Adds to what is stored, in one transaction. Of one token and day at most `MOST_ADDRESSES_A_DAY` addresses and
   * `MOST_RESOURCES_A_DAY` resources are told apart, and the rest is `other`: whoever can change their address at will
   * must not be able to fill the database.
   */
  add(counts: readonly TokenUseCount[]): Promise<void>;
  /** From `fromDay` on, in the order of the days. */
  list(tokenId: string, fromDay: string): Promise<readonly TokenUseCount[]>;
  /** Good uses from `fromDay` on, in the order of the days: what is usual for a token. */
  usualOf(tokenId: string, fromDay: string): Promise<readonly TokenDayAddress[]>;
  /**
   * Networks that a token was ever well used from (`/24` for IPv4, `/48` for IPv6): remembers these and returns those that
   * are new. Of two processes that tell of the same one at once, one is told that it is new.
   */
  rememberNetworks(tokenId: string, networks: readonly string[], atMs: number): Promise<readonly string[]>;
  networks(tokenId: string): Promise<readonly { readonly network: string; readonly firstSeenMs: number }[]>;
  /** Deletes the counts of earlier days, and the networks that were not seen since. */
  deleteBefore(day: string): Promise<number>;
}

export const MOST_ADDRESSES_A_DAY = 50;
export const MOST_RESOURCES_A_DAY = 20;
/** What stands for the addresses and resources beyond those. */
export const OTHER = "other";
/** The address where none was told. */
export const UNKNOWN_ADDRESS = "unknown";

/** Something that the watch tells a token's owner. */
export interface TokenNotice {
  readonly id: string;
  readonly tokenId: string;
  readonly accountId: string;
  readonly atMs: number;
  /** The rule, or `expiry`, `leaked`, `exposed`. */
  readonly rule: string;
  /** What was done: `notified`, `throttled`, `suspended`, `revoked`. */
  readonly action: string;
  /** Short facts as evidence; never a secret. */
  readonly evidence: Readonly<Record<string, string | number>>;
  readonly readAtMs?: number | undefined;
}

export interface TokenNoticeStore {
  /** False: a notice of this id exists already. */
  insert(notice: TokenNotice): Promise<boolean>;
  /** Newest first. */
  listByAccount(accountId: string, options: ListOptions): Promise<Page<TokenNotice>>;
  listByToken(tokenId: string, options: ListOptions): Promise<Page<TokenNotice>>;
  unread(accountId: string): Promise<number>;
  /** All that are unread; how many. */
  markRead(accountId: string, atMs: number): Promise<number>;
  deleteBefore(atMs: number): Promise<number>;
}
