import type { Kysely, Selectable } from "kysely";
import { z } from "zod";
import type { RefreshToken } from "../stores.ts";
import { BrokenRecord, readJson, Texts } from "./columns.ts";
import type { Database, RefreshFamiliesTable, RefreshTokensTable } from "./database.ts";

const Wire = z.unknown();

/** The row of the family that this token begins. */
export function familyRow(token: RefreshToken): RefreshFamiliesTable {
  return {
    id: token.familyId,
    account_id: token.accountId,
    application_id: token.applicationId,
    grant_id: token.grantId ?? null,
    session_id: token.sessionId ?? null,
    expires_at_ms: token.familyExpiresAtMs,
    last_used_at_ms: token.issuedAtMs,
    revoked_at_ms: null,
  };
}

/** The row of a token that was not used yet. */
export function tokenRow(token: RefreshToken): RefreshTokensTable {
  return {
    hash: token.hash,
    family_id: token.familyId,
    scopes: JSON.stringify(token.scopes),
    issued_at_ms: token.issuedAtMs,
    expires_at_ms: token.expiresAtMs,
    // JSON has no undefined, and a text column takes no absence.
    wire: JSON.stringify(token.wire ?? null),
    rotated_at_ms: null,
    sealed_successor: null,
  };
}

/** A token with what it has from its family. */
export type TokenWithFamily = Selectable<RefreshTokensTable> & {
  readonly account_id: string | null;
  readonly application_id: string | null;
  readonly grant_id: string | null;
  readonly session_id: string | null;
  readonly family_expires_at_ms: number;
};

/** Reads a token whose family is not revoked, used or not. */
export async function readToken(db: Kysely<Database>, hash: string): Promise<TokenWithFamily | undefined> {
  return await db
    .selectFrom("refresh_tokens")
    .innerJoin("refresh_families", "refresh_families.id", "refresh_tokens.family_id")
    .selectAll("refresh_tokens")
    .select([
      "refresh_families.account_id",
      "refresh_families.application_id",
      "refresh_families.grant_id",
      "refresh_families.session_id",
      "refresh_families.expires_at_ms as family_expires_at_ms",
    ])
    .where("refresh_tokens.hash", "=", hash)
    .where("refresh_families.revoked_at_ms", "is", null)
    .executeTakeFirst();
}

/** Throws BrokenRecord when the row does not read back. */
export function tokenFromRow(row: TokenWithFamily): RefreshToken {
  const what = `refresh token of family ${row.family_id}`;
  if (row.account_id === null || row.application_id === null) throw new BrokenRecord(`${what}: no account`);
  return {
    hash: row.hash,
    familyId: row.family_id,
    accountId: row.account_id,
    applicationId: row.application_id,
    grantId: row.grant_id ?? undefined,
    sessionId: row.session_id ?? undefined,
    scopes: readJson(Texts, row.scopes, `${what}: scopes`),
    issuedAtMs: row.issued_at_ms,
    expiresAtMs: row.expires_at_ms,
    familyExpiresAtMs: row.family_expires_at_ms,
    wire: readJson(Wire, row.wire, `${what}: wire`),
  };
}
