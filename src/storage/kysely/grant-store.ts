import type { Kysely } from "kysely";
import type { Grant } from "../../model/grant.ts";
import type { GrantAnswer, GrantStore } from "../stores.ts";
import type { Database, GrantScopesTable, GrantsTable } from "./database.ts";

export class KyselyGrantStore implements GrantStore {
  readonly #db: Kysely<Database>;

  constructor(db: Kysely<Database>) {
    this.#db = db;
  }

  async get(id: string): Promise<Grant | undefined> {
    const [grant] = await withScopes(
      this.#db,
      await this.#db.selectFrom("grants").selectAll().where("id", "=", id).execute(),
    );
    return grant;
  }

  async find(accountId: string, applicationId: string): Promise<Grant | undefined> {
    const rows = await this.#db
      .selectFrom("grants")
      .selectAll()
      .where("account_id", "=", accountId)
      .where("application_id", "=", applicationId)
      .execute();
    const [grant] = await withScopes(this.#db, rows);
    return grant;
  }

  /** The upsert takes the pair's row for the whole transaction, so that of two answers none is lost. */
  async allow(grant: GrantAnswer, atMs: number): Promise<Grant> {
    return await this.#db.transaction().execute(async (transaction) => {
      const row = await transaction
        .insertInto("grants")
        .values({
          id: grant.id,
          account_id: grant.accountId,
          application_id: grant.applicationId,
          answered_request_id: grant.answeredRequestId ?? null,
          created_at_ms: atMs,
          updated_at_ms: atMs,
        })
        .onConflict((conflict) =>
          conflict.columns(["account_id", "application_id"]).doUpdateSet((row) => ({
            updated_at_ms: atMs,
            answered_request_id: row.fn.coalesce(
              row.ref("excluded.answered_request_id"),
              row.ref("grants.answered_request_id"),
            ),
          })),
        )
        .returningAll()
        .executeTakeFirstOrThrow();
      const scopes = answeredScopes(row.id, grant);
      if (scopes.length > 0) {
        await transaction
          .insertInto("grant_scopes")
          .values(scopes)
          .onConflict((conflict) =>
            conflict
              .columns(["grant_id", "scope"])
              .doUpdateSet((scope) => ({ declined: scope.ref("excluded.declined") })),
          )
          .execute();
      }
      return toGrant(row, await scopesOf(transaction, [row.id]));
    });
  }

  async listByAccount(accountId: string): Promise<readonly Grant[]> {
    const rows = await this.#db
      .selectFrom("grants")
      .selectAll()
      .where("account_id", "=", accountId)
      .orderBy("created_at_ms")
      .orderBy("id")
      .execute();
    return await withScopes(this.#db, rows);
  }

  async delete(id: string): Promise<boolean> {
    const result = await this.#db.deleteFrom("grants").where("id", "=", id).executeTakeFirst();
    return result.numDeletedRows > 0n;
  }

  async deleteByAccount(accountId: string): Promise<number> {
    const result = await this.#db.deleteFrom("grants").where("account_id", "=", accountId).executeTakeFirst();
    return Number(result.numDeletedRows);
  }

  async deleteByApplication(applicationId: string): Promise<number> {
    const result = await this.#db
      .deleteFrom("grants")
      .where("application_id", "=", applicationId)
      .executeTakeFirst();
    return Number(result.numDeletedRows);
  }
}

async function withScopes(db: Kysely<Database>, rows: readonly GrantsTable[]): Promise<Grant[]> {
  if (rows.length === 0) return [];
  const scopes = await scopesOf(
    db,
    rows.map((row) => row.id),
  );
  return rows.map((row) => toGrant(row, scopes));
}

type Scopes = readonly GrantScopesTable[];

/** A row for each scope that the answer names. */
function answeredScopes(grantId: string, { scopes, declined = [] }: GrantAnswer): Scopes {
  const answers = new Map([
    ...scopes.map((scope) => [scope, 0] as const),
    ...declined.map((scope) => [scope, 1] as const),
  ]);
  return [...answers].map(([scope, no]) => ({ grant_id: grantId, scope, declined: no }));
}

async function scopesOf(db: Kysely<Database>, grantIds: readonly string[]): Promise<Scopes> {
  return await db.selectFrom("grant_scopes").selectAll().where("grant_id", "in", grantIds).execute();
}

function toGrant(row: GrantsTable, scopes: Scopes): Grant {
  const own = scopes.filter((scope) => scope.grant_id === row.id);
  return {
    id: row.id,
    accountId: row.account_id,
    applicationId: row.application_id,
    scopes: named(own, 0),
    declined: named(own, 1),
    answeredRequestId: row.answered_request_id ?? undefined,
    createdAtMs: row.created_at_ms,
    updatedAtMs: row.updated_at_ms,
  };
}

/** Sorted here: the two databases would not sort texts alike. */
function named(scopes: Scopes, declined: number): readonly string[] {
  return scopes
    .filter((scope) => scope.declined === declined)
    .map((scope) => scope.scope)
    .sort();
}
