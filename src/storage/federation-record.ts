import { z } from "zod";
import type { Federation } from "../model/federation.ts";
import { readJson, toFlag } from "./kysely/columns.ts";
import type { FederationsTable } from "./kysely/federation-tables.ts";

const Copy = z.object({
  fileDigest: z.string(),
  checkedWith: z.string().optional(),
  cacheDurationMs: z.number().optional(),
  readAtMs: z.number(),
  validUntilMs: z.number().optional(),
  members: z.number(),
  others: z.number(),
  leftOut: z.number(),
  change: z.object({ added: z.number(), removed: z.number(), changed: z.number() }),
});

const Settings = z.object({
  url: z.string().optional(),
  pinnedCertificate: z.string().optional(),
  copy: Copy.optional(),
  lastFetchMs: z.number().optional(),
  fetched: z
    .object({ url: z.string(), etag: z.string().optional(), lastModified: z.string().optional() })
    .optional(),
  nextDueMs: z.number().optional(),
  problem: z.string().optional(),
});

/** The row that keeps a federation: what queries look at as columns, all else as JSON. */
export function federationToRow(federation: Federation): FederationsTable {
  const { id, name, allowAllMembers, copy, createdAtMs, updatedAtMs, ...rest } = federation;
  const { generation = null, ...facts } = copy ?? {};
  return {
    id,
    name,
    allow_all: toFlag(allowAllMembers),
    generation,
    settings: JSON.stringify({ ...rest, copy: copy === undefined ? undefined : facts }),
    created_at_ms: createdAtMs,
    updated_at_ms: updatedAtMs,
  };
}

/** Reads a row back. Throws BrokenRecord naming the federation's id and the field. */
export function federationFromRow(row: FederationsTable): Federation {
  const { copy, ...settings } = readJson(Settings, row.settings, `federation ${row.id}`);
  return {
    ...settings,
    id: row.id,
    name: row.name,
    allowAllMembers: row.allow_all === 1,
    copy: row.generation === null || copy === undefined ? undefined : { ...copy, generation: row.generation },
    createdAtMs: row.created_at_ms,
    updatedAtMs: row.updated_at_ms,
  };
}
