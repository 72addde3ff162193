import type { Generated, Insertable, Selectable } from "kysely";
import { z } from "zod";
import type { ApiToken, TokenLimits } from "../../model/api-token.ts";
import { BrokenRecord, readJson } from "./columns.ts";
import { searchText } from "./paging.ts";

export interface ApiTokensTable {
  /** The order of lists, and their cursor. */
  number: Generated<number>;
  id: string;
  kind: string;
  name: string;
  hash: string;
  last_four: string;
  owner_kind: string;
  owner_id: string;
  made_by: string;
  /** JSON. */
  limits: string;
  scope_count: number;
  created_at_ms: number;
  expires_at_ms: number;
  state: string;
  state_since_ms: number;
  state_reason: string | null;
  replaces: string | null;
  version: number;
  last_used_at_ms: number | null;
  last_used_address: string | null;
  /** Lower case: name, last four and id, one a line. */
  search_text: string;
}

/** A row for each scope and each resource of a token. */
export interface ApiTokenMarksTable {
  token_id: string;
  kind: "scope" | "resource";
  value: string;
}

const Strings = z.array(z.string());
const Limits = z.strictObject({
  scopes: Strings,
  resources: Strings,
  addresses: Strings,
  methods: Strings,
  pathPrefixes: Strings,
  perMinute: z.number().optional(),
  perDay: z.number().optional(),
  binding: z.strictObject({ kind: z.enum(["dpop", "certificate"]), thumbprint: z.string() }).optional(),
}) satisfies z.ZodType<TokenLimits>;
const Kind = z.enum(["pat", "key", "svc"]);
const OwnerKind = z.enum(["account", "application", "project"]);
const State = z.enum(["active", "suspended", "revoked"]);

export function tokenToRow(token: ApiToken): Insertable<ApiTokensTable> {
  return {
    id: token.id,
    kind: token.kind,
    name: token.name,
    hash: token.hash,
    last_four: token.lastFour,
    owner_kind: token.owner.kind,
    owner_id: token.owner.id,
    made_by: token.madeBy,
    ...limitColumns(token.limits),
    created_at_ms: token.createdAtMs,
    expires_at_ms: token.expiresAtMs,
    state: token.state,
    state_since_ms: token.stateSinceMs,
    state_reason: token.stateReason ?? null,
    replaces: token.replaces ?? null,
    version: token.version,
    last_used_at_ms: token.lastUsedAtMs ?? null,
    last_used_address: token.lastUsedAddress ?? null,
    search_text: tokenSearchText(token),
  };
}

export function limitColumns(limits: TokenLimits): Pick<ApiTokensTable, "limits" | "scope_count"> {
  return { limits: JSON.stringify(limits), scope_count: limits.scopes.length };
}

export function tokenSearchText({ name, lastFour, id }: Pick<ApiToken, "name" | "lastFour" | "id">): string {
  return searchText([name, lastFour, id]);
}

export function marksOf(tokenId: string, { scopes, resources }: TokenLimits): ApiTokenMarksTable[] {
  return [
    ...scopes.map((value) => ({ token_id: tokenId, kind: "scope", value }) as const),
    ...resources.map((value) => ({ token_id: tokenId, kind: "resource", value }) as const),
  ];
}

/** Throws BrokenRecord: a token whose limits cannot be read must not be taken for one without limits. */
export function tokenFromRow(row: Selectable<ApiTokensTable>): ApiToken {
  const what = `API token ${row.id}`;
  const kind = Kind.safeParse(row.kind);
  const owner = OwnerKind.safeParse(row.owner_kind);
  const state = State.safeParse(row.state);
  if (!kind.success || !owner.success || !state.success) {
    throw new BrokenRecord(`${what}: kind, owner or state: not known to this version`);
  }
  return {
    id: row.id,
    kind: kind.data,
    name: row.name,
    hash: row.hash,
    lastFour: row.last_four,
    owner: { kind: owner.data, id: row.owner_id },
    madeBy: row.made_by,
    limits: readJson(Limits, row.limits, what),
    createdAtMs: row.created_at_ms,
    expiresAtMs: row.expires_at_ms,
    state: state.data,
    stateSinceMs: row.state_since_ms,
    version: row.version,
    ...(row.state_reason === null ? {} : { stateReason: row.state_reason }),
    ...(row.replaces === null ? {} : { replaces: row.replaces }),
    ...(row.last_used_at_ms === null ? {} : { lastUsedAtMs: row.last_used_at_ms }),
    ...(row.last_used_address === null ? {} : { lastUsedAddress: row.last_used_address }),
  };
}
