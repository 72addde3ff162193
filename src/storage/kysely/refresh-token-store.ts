import type { Expression, ExpressionBuilder, Kysely, SqlBool } from "kysely";
import type { Clock } from "../../platform/clock.ts";
import { ReferenceMissing } from "../driver-errors.ts";
import { Conflict, type RefreshToken, type RefreshTokenStore, type Rotation } from "../stores.ts";
import type { Database } from "./database.ts";
import { familyRow, readToken, tokenFromRow, tokenRow } from "./refresh-token-row.ts";

/** How long a family that was revoked before its first token came is kept out: longer than any code lives. */
const EARLY_REVOCATION_MS = 24 * 60 * 60 * 1_000;

export class KyselyRefreshTokenStore implements RefreshTokenStore {
  readonly #db: Kysely<Database>;
  readonly #clock: Clock;

  constructor(db: Kysely<Database>, clock: Clock) {
    this.#db = db;
    this.#clock = clock;
  }

  async insert(token: RefreshToken): Promise<void> {
    try {
      await this.#db.transaction().execute(async (transaction) => {
        const family = await transaction
          .insertInto("refresh_families")
          .values(familyRow(token))
          // A code that was presented twice may have had its family revoked before this first token got here.
          .onConflict((conflict) =>
            conflict
              .column("id")
              .doUpdateSet({ last_used_at_ms: token.issuedAtMs })
              .where("refresh_families.revoked_at_ms", "is", null),
          )
          .returning("id")
          .executeTakeFirst();
        if (family === undefined) throw new Conflict("familyId");
        await transaction.insertInto("refresh_tokens").values(tokenRow(token)).execute();
      });
    } catch (error) {
      // The grant was withdrawn in between.
      if (error instanceof ReferenceMissing) throw new Conflict("grantId");
      throw error;
    }
  }

  async find(
    hash: string,
  ): Promise<(RefreshToken & { readonly rotatedAtMs?: number | undefined }) | undefined> {
    const row = await readToken(this.#db, hash);
    if (row === undefined) return undefined;
    return { ...tokenFromRow(row), rotatedAtMs: row.rotated_at_ms ?? undefined };
  }

  /**
   * The family's row is locked first. A revocation writes the same row and a withdrawn grant deletes it: whichever is
   * second then sees what the first did. Locking the token first, the two could also wait for each other for ever.
   */
  async rotate(
    hash: string,
    successor: RefreshToken,
    sealedSuccessor: string,
    atMs: number,
  ): Promise<Rotation> {
    return await this.#db.transaction().execute(async (transaction): Promise<Rotation> => {
      const known = await readToken(transaction, hash);
      if (known === undefined) return { state: "unknown" };
      if (successor.familyId !== known.family_id) throw new TypeError("a successor stays in its family");
      const family = await transaction
        .updateTable("refresh_families")
        .set({ last_used_at_ms: atMs })
        .where("id", "=", known.family_id)
        .where("revoked_at_ms", "is", null)
        .returning("id")
        .executeTakeFirst();
      if (family === undefined) return { state: "unknown" };
      const rotated = await transaction
        .updateTable("refresh_tokens")
        .set({ rotated_at_ms: atMs, sealed_successor: sealedSuccessor })
        .where("hash", "=", hash)
        .where("rotated_at_ms", "is", null)
        .where("expires_at_ms", ">", atMs)
        .returning("hash")
        .executeTakeFirst();
      if (rotated === undefined) return await usedBefore(transaction, hash);
      await transaction.insertInto("refresh_tokens").values(tokenRow(successor)).execute();
      return { state: "yours", token: tokenFromRow(known) };
    });
  }

  async revokeFamily(familyId: string): Promise<number> {
    const nowMs = this.#clock.nowMs();
    const row = await this.#db
      .insertInto("refresh_families")
      .values({
        id: familyId,
        account_id: null,
        application_id: null,
        grant_id: null,
        session_id: null,
        expires_at_ms: nowMs + EARLY_REVOCATION_MS,
        last_used_at_ms: nowMs,
        revoked_at_ms: nowMs,
      })
      .onConflict((conflict) =>
        conflict
          .column("id")
          .doUpdateSet({ revoked_at_ms: nowMs })
          .where("refresh_families.revoked_at_ms", "is", null),
      )
      .returning("account_id")
      .executeTakeFirst();
    return row === undefined || row.account_id === null ? 0 : 1;
  }

  async revokeBySession(sessionId: string): Promise<number> {
    return await this.#revoke((family) => family("session_id", "=", sessionId));
  }

  async revokeByAccount(accountId: string): Promise<number> {
    return await this.#revoke((family) => family("account_id", "=", accountId));
  }

  async revokeByApplication(applicationId: string): Promise<number> {
    return await this.#revoke((family) => family("application_id", "=", applicationId));
  }

  /** In three steps on purpose: held together, their locks would be taken the other way round than a rotation's. */
  async deleteExpired(nowMs: number): Promise<number> {
    const expired = await this.#db
      .deleteFrom("refresh_tokens")
      .where("expires_at_ms", "<=", nowMs)
      .executeTakeFirst();
    const revoked = await this.#db
      .deleteFrom("refresh_tokens")
      .where(
        "family_id",
        "in",
        this.#db.selectFrom("refresh_families").select("id").where("revoked_at_ms", "is not", null),
      )
      .executeTakeFirst();
    await this.#db.deleteFrom("refresh_families").where("expires_at_ms", "<=", nowMs).execute();
    return Number(expired.numDeletedRows + revoked.numDeletedRows);
  }

  async #revoke(
    which: (family: ExpressionBuilder<Database, "refresh_families">) => Expression<SqlBool>,
  ): Promise<number> {
    const result = await this.#db
      .updateTable("refresh_families")
      .set({ revoked_at_ms: this.#clock.nowMs() })
      .where(which)
      .where("revoked_at_ms", "is", null)
      .executeTakeFirst();
    return Number(result.numUpdatedRows);
  }
}

async function usedBefore(db: Kysely<Database>, hash: string): Promise<Rotation> {
  const row = await readToken(db, hash);
  if (row === undefined || row.rotated_at_ms === null || row.sealed_successor === null)
    return { state: "unknown" };
  return {
    state: "used",
    token: tokenFromRow(row),
    rotatedAtMs: row.rotated_at_ms,
    sealedSuccessor: row.sealed_successor,
  };
}
