/** Federations, and the members of each copy of their files. */
export interface FederationsTable {
  id: string;
  name: string;
  allow_all: number;
  /** Names the members that are in force; null until a copy was read. */
  generation: string | null;
  /** JSON; storage/federation-record.ts reads it. */
  settings: string;
  created_at_ms: number;
  updated_at_ms: number;
}

export interface FederationMembersTable {
  generation: string;
  entity_id: string;
  federation_id: string;
  name: string;
  /** The order of lists, and their cursor. */
  sort_key: string;
  /** Lower case: name and entityID, one a line. */
  search_text: string;
  digest: string;
  valid_until_ms: number | null;
  /** 1: the file describes it twice and differently, so it is no member. */
  doubled: number;
  xml: string;
}

/** How the last fetch of an application's own metadata went. */
export interface MetadataFetchesTable {
  application_id: string;
  url: string;
  basis: string;
  last_fetch_ms: number;
  last_good_ms: number | null;
  next_due_ms: number;
  problem: string | null;
  file_digest: string | null;
  etag: string | null;
  last_modified: string | null;
}
