import type { Generated } from "kysely";
import type { ApiTokenMarksTable, ApiTokensTable } from "./api-token-row.ts";
import type { FederationMembersTable, FederationsTable, MetadataFetchesTable } from "./federation-tables.ts";

/**
 * The tables, as both databases have them. Switches are 0 or 1, lists and objects are JSON in a text, instants are
 * epoch milliseconds in 64 bits; so the same values come back from SQLite and from PostgreSQL.
 */
export interface Database {
  accounts: AccountsTable;
  account_login_names: AccountLoginNamesTable;
  account_passwords: AccountPasswordsTable;
  applications: ApplicationsTable;
  grants: GrantsTable;
  grant_scopes: GrantScopesTable;
  refresh_families: RefreshFamiliesTable;
  refresh_tokens: RefreshTokensTable;
  signing_keys: SigningKeysTable;
  turns: TurnsTable;
  secrets: SecretsTable;
  audit_events: AuditEventsTable;
  logout_receipts: LogoutReceiptsTable;
  logout_entries: LogoutEntriesTable;
  logout_deliveries: LogoutDeliveriesTable;
  federations: FederationsTable;
  federation_members: FederationMembersTable;
  metadata_fetches: MetadataFetchesTable;
  spent_ids: SpentIdsTable;
  ended_sessions: EndedSessionsTable;
  settings: SettingsTable;
  key_uses: KeyUsesTable;
  resources: ResourcesTable;
  resource_scopes: ResourceScopesTable;
  api_tokens: ApiTokensTable;
  api_token_marks: ApiTokenMarksTable;
  token_uses: TokenUsesTable;
  token_networks: TokenNetworksTable;
  token_notices: TokenNoticesTable;
}

export interface AccountsTable {
  id: string;
  username: string;
  /** The order of lists, and their cursor. */
  username_canonical: string;
  email: string | null;
  email_verified: number;
  name: string | null;
  given_name: string | null;
  family_name: string | null;
  phone: string | null;
  /** JSON array. */
  group_names: string;
  role: string;
  enabled: number;
  /** JSON object of arrays. */
  attributes: string;
  /** Lower case: user name, name and e-mail, one a line. */
  search_text: string;
  created_at_ms: number;
  updated_at_ms: number;
}

/** One namespace for user names and e-mail addresses: what a person types finds one account or none. */
export interface AccountLoginNamesTable {
  canonical: string;
  account_id: string;
  kind: "username" | "email";
}

export interface AccountPasswordsTable {
  account_id: string;
  hash: string;
  set_at_ms: number;
}

export interface ApplicationsTable {
  id: string;
  protocol: string;
  name: string;
  enabled: number;
  /** Unique: the entityID of a SAML application, the id of an OpenID Connect one. */
  identifier: string;
  /** JSON; storage/application-record.ts reads it. */
  settings: string;
  created_at_ms: number;
  updated_at_ms: number;
}

export interface GrantsTable {
  id: string;
  account_id: string;
  application_id: string;
  answered_request_id: string | null;
  created_at_ms: number;
  updated_at_ms: number;
}

/** A row a scope: the union of two concurrent answers makes itself. */
export interface GrantScopesTable {
  grant_id: string;
  scope: string;
  /** 1: the person left it out. */
  declined: number;
}

/**
 * What the tokens of one family have in common. Its row is what a rotation and a revocation both lock. One that was
 * revoked before its first token arrived has no account: it only keeps that token out.
 */
export interface RefreshFamiliesTable {
  id: string;
  account_id: string | null;
  application_id: string | null;
  grant_id: string | null;
  session_id: string | null;
  expires_at_ms: number;
  last_used_at_ms: number;
  revoked_at_ms: number | null;
}

export interface RefreshTokensTable {
  hash: string;
  family_id: string;
  /** JSON array. */
  scopes: string;
  issued_at_ms: number;
  expires_at_ms: number;
  /** JSON. */
  wire: string;
  rotated_at_ms: number | null;
  sealed_successor: string | null;
}

export interface SigningKeysTable {
  id: string;
  type: string;
  state: string;
  sealed_private_key: string;
  certificate: string;
  created_at_ms: number;
  state_since_ms: number;
}

/** One row for each thing that only one transaction at a time may do; whoever updates the row has the turn. */
export interface TurnsTable {
  name: string;
  taken: number;
}

export interface SecretsTable {
  name: string;
  sealed: string;
}

export interface AuditEventsTable {
  id: Generated<number>;
  at_ms: number;
  action: string;
  outcome: string;
  actor_id: string | null;
  actor_name: string | null;
  target_kind: string | null;
  target_id: string | null;
  target_name: string | null;
  address: string | null;
  reference: string | null;
  /** JSON object. */
  detail: string;
  /** Lower case: action, names, address and reference, one a line. */
  search_text: string;
}

export interface LogoutReceiptsTable {
  id: string;
  account_id: string;
  started_at_ms: number;
}

export interface LogoutEntriesTable {
  receipt_id: string;
  application_id: string;
  position: number;
  application_name: string;
  protocol: string;
  channel: string;
  outcome: string;
  at_ms: number;
  detail: string | null;
}

export interface EndedSessionsTable {
  session_id: string;
  account_id: string;
  ended_at_ms: number;
}

export interface SpentIdsTable {
  /** SHA-256 of the kind and the id. */
  hash: string;
  kept_until_ms: number;
}

export interface LogoutDeliveriesTable {
  id: string;
  receipt_id: string;
  application_id: string;
  /** JSON. */
  participant: string;
  created_at_ms: number;
  due_at_ms: number;
  tries: number;
  /** Random; names the worker that has it. */
  lease: string | null;
  leased_until_ms: number;
}

export interface ResourcesTable {
  id: string;
  identifier: string;
  name: string;
  enabled: number;
  /** JSON array. */
  introspection_client_ids: string;
  access_token_format: string | null;
  created_at_ms: number;
  updated_at_ms: number;
}

/** One namespace for the scopes of all resources: what a person allowed for one must not hold for another. */
export interface ResourceScopesTable {
  scope: string;
  resource_id: string;
  position: number;
  description: string;
  /** JSON array. */
  group_names: string | null;
}

export interface SettingsTable {
  name: string;
  /** JSON; storage/setting-record.ts reads it. */
  value: string;
  updated_at_ms: number;
}

/** Two rows an application: the key that it was last sent a signature of, and the one that it was last seen to accept. */
export interface KeyUsesTable {
  application_id: string;
  kind: string;
  key_id: string;
  how: string | null;
  at_ms: number;
}

/** Counts, not uses: as many rows as can differ in a day. */
export interface TokenUsesTable {
  token_id: string;
  /** `YYYY-MM-DD`, UTC. */
  day: string;
  address: string;
  resource: string;
  outcome: string;
  uses: number;
}

export interface TokenNetworksTable {
  token_id: string;
  /** CIDR. */
  network: string;
  first_seen_ms: number;
  last_seen_ms: number;
}

export interface TokenNoticesTable {
  /** The order of lists, and their cursor. */
  number: Generated<number>;
  id: string;
  token_id: string;
  account_id: string;
  at_ms: number;
  rule: string;
  action: string;
  /** JSON object. */
  evidence: string;
  read_at_ms: number | null;
}
