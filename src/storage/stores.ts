import type { Account } from "../model/account.ts";
import type { Application } from "../model/application.ts";
import type { AuditEvent } from "../model/audit-event.ts";
import type { Grant } from "../model/grant.ts";
import type { KeyUse } from "../model/key-use.ts";
import type { LogoutDelivery } from "../model/logout-delivery.ts";
import type { LogoutEntry, LogoutOutcome, LogoutReceipt } from "../model/logout-receipt.ts";
import type { Resource } from "../model/resource.ts";
import type { SettingName, SettingValues, StoredSettings } from "../model/settings.ts";
import type { FederationStore } from "./federation-store.ts";
import type { MetadataFetchStore } from "./metadata-fetch-store.ts";
import type { SigningKeyRecord, SigningKeyState } from "../model/signing-key.ts";
import type { ApiTokenStore, TokenNoticeStore, TokenUseStore } from "./api-token-stores.ts";
import type { ListOptions, Page } from "./page.ts";

export type { ListOptions, Page } from "./page.ts";

/**
 * The durable stores. No HTTP and no protocol in here; "absent" is `undefined`, a database that does not answer
 * throws `Unavailable` (platform/), a broken uniqueness throws `Conflict`. One implementation in kysely/ serves
 * SQLite and PostgreSQL; test/contract/durable-contract.ts runs against both.
 */
export interface DurableStore {
  readonly accounts: AccountStore;
  readonly applications: ApplicationStore;
  readonly grants: GrantStore;
  readonly refreshTokens: RefreshTokenStore;
  readonly signingKeys: SigningKeyStore;
  readonly secrets: SecretStore;
  readonly audit: AuditStore;
  readonly receipts: ReceiptStore;
  readonly logoutDeliveries: LogoutDeliveryStore;
  readonly federations: FederationStore;
  readonly metadataFetches: MetadataFetchStore;
  readonly spentIds: SpentIdStore;
  readonly endedSessions: EndedSessionStore;
  readonly settings: SettingStore;
  readonly keyUses: KeyUseStore;
  readonly resources: ResourceStore;
  readonly apiTokens: ApiTokenStore;
  readonly tokenUse: TokenUseStore;
  readonly tokenNotices: TokenNoticeStore;
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** A value that must be unique is taken already. `field` is the record's field, such as `username` or `entityId`. */
export class Conflict extends Error {
  readonly field: string;

  constructor(field: string) {
    super(`${field} is taken`);
    this.name = "Conflict";
    this.field = field;
  }
}

export interface AccountStore {
  get(id: string): Promise<Account | undefined>;
  /** By the canonical form of the user name or of a verified-or-not e-mail address (account/login-name.ts makes it). */
  findByLoginName(canonical: string): Promise<Account | undefined>;
  /** Throws Conflict on `username` or `email`. `canonical*` are the forms that must be unique. */
  insert(account: Account, canonical: { username: string; email?: string | undefined }): Promise<void>;
  /** Replaces the record; false when it is gone. Throws Conflict. */
  update(account: Account, canonical: { username: string; email?: string | undefined }): Promise<boolean>;
  /** By user name; `search` matches user name, name and e-mail. */
  list(options: ListOptions): Promise<Page<Account>>;
  passwordHash(accountId: string): Promise<string | undefined>;
  setPasswordHash(accountId: string, hash: string, atMs: number): Promise<void>;
}

export interface ApplicationStore {
  all(): Promise<readonly Application[]>;
  get(id: string): Promise<Application | undefined>;
  /** Throws Conflict on `entityId`. */
  insert(application: Application): Promise<void>;
  /**
   * Replaces the record; false when it is gone, or when `readAtMs` is given and its `updatedAtMs` is another one by now:
   * of two changes that were made of the same reading, the second must not undo the first.
   */
  update(application: Application, readAtMs?: number): Promise<boolean>;
  delete(id: string): Promise<boolean>;
}

/** What a person answered on the consent page. */
export type GrantAnswer = Pick<
  Grant,
  "id" | "accountId" | "applicationId" | "scopes" | "answeredRequestId"
> & { readonly declined?: readonly string[] | undefined };

export interface GrantStore {
  get(id: string): Promise<Grant | undefined>;
  find(accountId: string, applicationId: string): Promise<Grant | undefined>;
  /**
   * Makes or changes the one grant of this pair, atomically. Scopes that the answer names are allowed or declined as it
   * says; those that it does not name stay as they are. One that is named in both is declined.
   */
  allow(grant: GrantAnswer, atMs: number): Promise<Grant>;
  listByAccount(accountId: string): Promise<readonly Grant[]>;
  /** Deletes the grant and, by reference, every refresh token of it. */
  delete(id: string): Promise<boolean>;
  deleteByAccount(accountId: string): Promise<number>;
  deleteByApplication(applicationId: string): Promise<number>;
}

/** One refresh token of a family. A family is what one authorization code began. */
export interface RefreshToken {
  /** SHA-256 of the token, base64url. */
  readonly hash: string;
  readonly familyId: string;
  readonly accountId: string;
  readonly applicationId: string;
  readonly grantId?: string | undefined;
  /** Set when the family must die with the session: `offline_access` was not granted. */
  readonly sessionId?: string | undefined;
  readonly scopes: readonly string[];
  readonly issuedAtMs: number;
  readonly expiresAtMs: number;
  /** The whole family ends then, however often it was rotated. */
  readonly familyExpiresAtMs: number;
  /** What the protocol needs again at refresh (auth_time, nonce is not kept, acr, resources, …); survives JSON. */
  readonly wire: unknown;
}

export type Rotation =
  /** The presented token was current; `successor` is now. */
  | { readonly state: "yours"; readonly token: RefreshToken }
  /** It was rotated before, at `rotatedAtMs`, into the token sealed in `sealedSuccessor`. */
  | {
      readonly state: "used";
      readonly token: RefreshToken;
      readonly rotatedAtMs: number;
      readonly sealedSuccessor: string;
    }
  | { readonly state: "unknown" };

export interface RefreshTokenStore {
  /**
   * Stores a token, and its family with the first one; what the family's tokens share (account, application, grant,
   * session, the family's end) is kept as the first token has it. Throws Conflict on `familyId` when the family was
   * revoked already, and on `grantId` when the grant is gone: nothing may be issued then.
   */
  insert(token: RefreshToken): Promise<void>;
  /** Reads without using. `rotatedAtMs` is set when the token was used. A token of a revoked family is unknown. */
  find(hash: string): Promise<(RefreshToken & { readonly rotatedAtMs?: number | undefined }) | undefined>;
  /**
   * One atomic transaction: marks `hash` as rotated (remembering `sealedSuccessor`, the successor under AES-256-GCM
   * for the grace of a lost answer) and inserts `successor`; or tells that it was used before; or that it is unknown.
   * A token of a revoked family is unknown, and so is one that expired unused.
   */
  rotate(hash: string, successor: RefreshToken, sealedSuccessor: string, atMs: number): Promise<Rotation>;
  /** How many families were live until now; one that has no token yet is barred from getting one. */
  revokeFamily(familyId: string): Promise<number>;
  revokeBySession(sessionId: string): Promise<number>;
  revokeByAccount(accountId: string): Promise<number>;
  revokeByApplication(applicationId: string): Promise<number>;
  deleteExpired(nowMs: number): Promise<number>;
}

export interface SigningKeyStore {
  /** All but the retired ones. */
  published(): Promise<readonly SigningKeyRecord[]>;
  /** Those that were retired last, the newest first; `limit` at most. */
  retired(limit: number): Promise<readonly SigningKeyRecord[]>;
  /** Inserts these keys if the table has none of that type that is not retired: two processes starting together make one set. */
  insertFirst(keys: readonly SigningKeyRecord[]): Promise<boolean>;
  /**
   * One transaction: applies the state changes if each key is still in its `from` state, and inserts the new keys.
   * False, and nothing changed, when another process was faster.
   */
  transition(
    changes: readonly { readonly id: string; readonly from: SigningKeyState; readonly to: SigningKeyState }[],
    inserts: readonly SigningKeyRecord[],
    atMs: number,
  ): Promise<boolean>;
}

/** Named secrets of the installation, always as ciphertext (keys/sealing.ts). */
export interface SecretStore {
  get(name: string): Promise<string | undefined>;
  /** Stores it if absent and returns what is stored now: the winner's, when two start together. */
  putIfAbsent(name: string, sealed: string): Promise<string>;
}

export interface AuditQuery extends ListOptions {
  readonly action?: string | undefined;
  readonly actorId?: string | undefined;
  readonly targetId?: string | undefined;
}

export interface AuditStore {
  append(events: readonly AuditEvent[]): Promise<void>;
  /** Newest first. */
  list(query: AuditQuery): Promise<Page<AuditEvent & { readonly id: number }>>;
}

export interface ReceiptStore {
  insert(receipt: LogoutReceipt): Promise<void>;
  get(id: string): Promise<LogoutReceipt | undefined>;
  /**
   * Sets what one application answered, in one atomic step, where its outcome is one of `replaces`; false otherwise.
   * The other entries are not touched, so concurrent answers do not overwrite each other.
   */
  answer(
    receiptId: string,
    applicationId: string,
    answer: Pick<LogoutEntry, "outcome" | "detail" | "atMs">,
    replaces: readonly LogoutOutcome[],
  ): Promise<boolean>;
}

export interface EndedSession {
  readonly sessionId: string;
  readonly accountId: string;
}

/** Sessions that ended a short while ago, so that a volatile store that fell back does not bring them to life again. */
export interface EndedSessionStore {
  note(session: EndedSession, endedAtMs: number): Promise<void>;
  /** From this instant on, the oldest first. */
  since(atMs: number): Promise<readonly EndedSession[]>;
  /** How many. */
  deleteBefore(atMs: number): Promise<number>;
}

/** A client assertion's `jti`; the ID of a SAML message that acts by itself. */
export type SpentIdKind = "jti" | "message";

/** Ids that others made and that count once, whatever becomes of the volatile store (docs/decisions/0004). */
export interface SpentIdStore {
  /**
   * True for the one call, in all processes, that is the first within `ttlMs`: afterwards whatever bears the id must be
   * refused for its age. One atomic statement.
   */
  spend(kind: SpentIdKind, id: string, ttlMs: number): Promise<boolean>;
  /** Takes away the ids whose life is over; how many. */
  deleteExpired(): Promise<number>;
}

/** Logouts that are still to be told. Whoever holds a row's lease works on it; an expired lease is anybody's. */
export interface LogoutDeliveryStore {
  /** Nothing happens where this receipt's application is queued already. */
  insert(delivery: LogoutDelivery): Promise<void>;
  /**
   * Leases the longest due delivery to one caller, in one atomic statement, and counts the try. None of an application
   * that another lease is running for. undefined: none is due, or another process was faster.
   */
  claim(lease: string, nowMs: number, leaseMs: number): Promise<LogoutDelivery | undefined>;
  /** Gives the lease back until `dueAtMs`. False: it was not the caller's any more. */
  postpone(id: string, lease: string, dueAtMs: number): Promise<boolean>;
  /** Deletes it. False: it was not the caller's any more. */
  finish(id: string, lease: string): Promise<boolean>;
}

export interface ResourceStore {
  /** In the order in which they were declared. */
  all(): Promise<readonly Resource[]>;
  get(id: string): Promise<Resource | undefined>;
  /** Throws Conflict on `identifier`, and on `scope` when another resource declares a scope of the same name. */
  insert(resource: Resource): Promise<void>;
  /**
   * Replaces the record, in one transaction; false when it is gone, or when `readAtMs` is given and its `updatedAtMs` is
   * another one by now. What people answered about scopes that go is forgotten. Throws Conflict as `insert` does.
   */
  update(resource: Resource, readAtMs?: number): Promise<boolean>;
  /** What people answered about its scopes goes along. */
  delete(id: string): Promise<boolean>;
}

/** Settings that are changed while the installation runs. */
export interface SettingStore {
  all(): Promise<StoredSettings>;
  /**
   * Stores a setting. `readAtMs` is the `updatedAtMs` of what the change was made of, undefined where there was none.
   * False, and nothing changed, when somebody else was faster: of two changes made of the same reading the second must
   * not undo the first.
   */
  put<N extends SettingName>(
    name: N,
    content: SettingValues[N],
    atMs: number,
    readAtMs: number | undefined,
  ): Promise<boolean>;
}

/** Two facts about each application at most, however often it signs people on. */
export interface KeyUseStore {
  /** Of what is stored and what is given the newer one of its kind stays. One entry an application. */
  note(uses: readonly KeyUse[]): Promise<void>;
  all(): Promise<readonly KeyUse[]>;
  get(applicationId: string): Promise<KeyUse | undefined>;
}
