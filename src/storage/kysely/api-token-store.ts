import { type Expression, type ExpressionBuilder, type Kysely, type SqlBool, sql } from "kysely";
import type { ApiToken } from "../../model/api-token.ts";
import type { Clock } from "../../platform/clock.ts";
import type { ApiTokenChange, ApiTokenFilter, ApiTokenStore } from "../api-token-stores.ts";
import type { ListOptions, Page } from "../page.ts";
import { limitColumns, marksOf, tokenFromRow, tokenSearchText, tokenToRow } from "./api-token-row.ts";
import type { Database } from "./database.ts";
import { containsPattern, pageLimit, pageOf, readNumberCursor } from "./paging.ts";

/** Undoes a revocation of many that turned out to be another one than was agreed to. */
class NotAgreed extends Error {}

type Where = (token: ExpressionBuilder<Database, "api_tokens">) => Expression<SqlBool>;

export class KyselyApiTokenStore implements ApiTokenStore {
  readonly #db: Kysely<Database>;
  readonly #clock: Clock;

  constructor(db: Kysely<Database>, clock: Clock) {
    this.#db = db;
    this.#clock = clock;
  }

  async insert(token: ApiToken): Promise<void> {
    await this.#db.transaction().execute(async (transaction) => await insertToken(transaction, token));
  }

  async get(id: string): Promise<ApiToken | undefined> {
    return await this.#find("id", id);
  }

  async findByHash(hash: string): Promise<ApiToken | undefined> {
    return await this.#find("hash", hash);
  }

  async list(filter: ApiTokenFilter, options: ListOptions): Promise<Page<ApiToken>> {
    const limit = pageLimit(options.limit);
    let found = this.#db.selectFrom("api_tokens").where(this.#matching(filter));
    if (options.search !== undefined && options.search !== "") {
      found = found.where(sql<boolean>`search_text like ${containsPattern(options.search)} escape '\\'`);
    }
    const { total } = await found
      .select((all) => all.fn.countAll<number>().as("total"))
      .executeTakeFirstOrThrow();
    if (options.after !== undefined) found = found.where("number", "<", readNumberCursor(options.after));
    const rows = await found
      .selectAll()
      .orderBy("number", "desc")
      .limit(limit + 1)
      .execute();
    return pageOf(rows, limit, total, tokenFromRow, (row) => String(row.number));
  }

  async change(
    id: string,
    change: ApiTokenChange,
    atMs: number,
    version?: number,
  ): Promise<ApiToken | undefined> {
    return await this.#db.transaction().execute(async (transaction) => {
      let update = transaction
        .updateTable("api_tokens")
        .set((token) => ({ ...changedColumns(change, atMs), version: token("version", "+", 1) }))
        .where("id", "=", id)
        .where("state", "!=", "revoked");
      if (version !== undefined) update = update.where("version", "=", version);
      const row = await update.returningAll().executeTakeFirst();
      if (row === undefined) return undefined;
      const token = tokenFromRow(row);
      if (change.limits !== undefined) await replaceMarks(transaction, token);
      if (change.name !== undefined) {
        const text = { search_text: tokenSearchText(token) };
        await transaction.updateTable("api_tokens").set(text).where("id", "=", id).execute();
      }
      return token;
    });
  }

  async rotate(
    oldId: string,
    successor: ApiToken,
    oldExpiresAtMs: number,
    version?: number,
  ): Promise<boolean> {
    return await this.#db.transaction().execute(async (transaction) => {
      let update = transaction
        .updateTable("api_tokens")
        // Never longer than it would have lived: another rotation may have cut it short meanwhile.
        .set((token) => ({
          expires_at_ms: token
            .case()
            .when("expires_at_ms", "<", oldExpiresAtMs)
            .then(token.ref("expires_at_ms"))
            .else(oldExpiresAtMs)
            .end(),
          version: token("version", "+", 1),
        }))
        .where("id", "=", oldId)
        .where("state", "=", "active");
      if (version !== undefined) update = update.where("version", "=", version);
      const { numUpdatedRows } = await update.executeTakeFirst();
      if (numUpdatedRows === 0n) return false;
      await insertToken(transaction, successor);
      return true;
    });
  }

  async ids(filter: ApiTokenFilter): Promise<readonly string[]> {
    const found = this.#db.selectFrom("api_tokens").where(this.#matching(filter));
    const rows = await found.select("id").orderBy("number", "desc").execute();
    return rows.map(({ id }) => id);
  }

  async revokeWhere(
    filter: ApiTokenFilter,
    reason: string,
    atMs: number,
    agreed: (ids: readonly string[]) => boolean = () => true,
  ): Promise<readonly string[] | undefined> {
    try {
      return await this.#db.transaction().execute(async (transaction) => {
        const rows = await transaction
          .updateTable("api_tokens")
          .set((token) => ({
            state: "revoked",
            state_since_ms: atMs,
            state_reason: reason,
            version: token("version", "+", 1),
          }))
          .where(this.#matching({ ...filter, notRevoked: true }))
          .returning("id")
          .execute();
        const ids = rows.map(({ id }) => id);
        // Asked about what the statement did, not about an earlier look: nothing can come in between. Thrown: undone.
        if (!agreed(ids)) throw new NotAgreed();
        return ids;
      });
    } catch (error) {
      if (error instanceof NotAgreed) return undefined;
      throw error;
    }
  }

  async used(
    uses: readonly { readonly id: string; readonly atMs: number; readonly address?: string | undefined }[],
  ): Promise<void> {
    if (uses.length === 0) return;
    // In one order everywhere, so that two processes never wait for each other's rows.
    const ordered = uses.toSorted((a, b) => (a.id < b.id ? -1 : 1));
    await this.#db.transaction().execute(async (transaction) => {
      for (const { id, atMs, address } of ordered) {
        await transaction
          .updateTable("api_tokens")
          .set({ last_used_at_ms: atMs, last_used_address: address ?? null })
          .where("id", "=", id)
          .where((token) =>
            token.or([token("last_used_at_ms", "is", null), token("last_used_at_ms", "<", atMs)]),
          )
          .execute();
      }
    });
  }

  async deleteEndedBefore(beforeMs: number): Promise<number> {
    const { numDeletedRows } = await this.#db
      .deleteFrom("api_tokens")
      .where((token) =>
        token.or([
          token("expires_at_ms", "<", beforeMs),
          token.and([token("state", "=", "revoked"), token("state_since_ms", "<", beforeMs)]),
        ]),
      )
      .executeTakeFirst();
    return Number(numDeletedRows);
  }

  async #find(column: "id" | "hash", value: string): Promise<ApiToken | undefined> {
    const row = await this.#db
      .selectFrom("api_tokens")
      .selectAll()
      .where(column, "=", value)
      .executeTakeFirst();
    return row === undefined ? undefined : tokenFromRow(row);
  }

  #matching(filter: ApiTokenFilter): Where {
    const nowMs = this.#clock.nowMs();
    return (token) => token.and(conditions(token, filter, nowMs));
  }
}

function conditions(
  token: ExpressionBuilder<Database, "api_tokens">,
  filter: ApiTokenFilter,
  nowMs: number,
): Expression<SqlBool>[] {
  const { owner, unusedSinceMs } = filter;
  const all: (Expression<SqlBool> | undefined)[] = [
    owner && token.and([token("owner_kind", "=", owner.kind), token("owner_id", "=", owner.id)]),
    said(filter.madeBy, (id) => token("made_by", "=", id)),
    said(filter.kind, (kind) => token("kind", "=", kind)),
    said(filter.state, (state) => inState(token, state, nowMs)),
    filter.notRevoked === true ? token("state", "!=", "revoked") : undefined,
    said(filter.scope, (scope) => marked(token, "scope", scope)),
    said(filter.resource, (resource) => marked(token, "resource", resource)),
    said(filter.address, (address) => token("last_used_address", "=", address)),
    said(filter.neverUsed, (never) => token("last_used_at_ms", never ? "is" : "is not", null)),
    said(unusedSinceMs, (sinceMs) => unusedSince(token, sinceMs)),
    said(filter.createdBeforeMs, (beforeMs) => token("created_at_ms", "<", beforeMs)),
    said(filter.expiresAfterMs, (afterMs) => token("expires_at_ms", ">", afterMs)),
    said(filter.expiresBeforeMs, (beforeMs) => token("expires_at_ms", "<", beforeMs)),
    said(filter.scopesAtLeast, (count) => token("scope_count", ">=", count)),
  ];
  return all.filter((condition) => condition !== undefined);
}

function said<T>(
  value: T | undefined,
  condition: (value: T) => Expression<SqlBool>,
): Expression<SqlBool> | undefined {
  return value === undefined ? undefined : condition(value);
}

/** Each token is in one of the four: what has run out is not active any more, whatever its record says. */
function inState(
  token: ExpressionBuilder<Database, "api_tokens">,
  state: NonNullable<ApiTokenFilter["state"]>,
  nowMs: number,
): Expression<SqlBool> {
  switch (state) {
    case "revoked":
      return token("state", "=", "revoked");
    case "expired":
      return token.and([token("state", "!=", "revoked"), token("expires_at_ms", "<=", nowMs)]);
    case "active":
    case "suspended":
      return token.and([token("state", "=", state), token("expires_at_ms", ">", nowMs)]);
  }
}

function unusedSince(token: ExpressionBuilder<Database, "api_tokens">, sinceMs: number): Expression<SqlBool> {
  return token.or([
    token("last_used_at_ms", "<", sinceMs),
    token.and([token("last_used_at_ms", "is", null), token("created_at_ms", "<", sinceMs)]),
  ]);
}

function marked(
  token: ExpressionBuilder<Database, "api_tokens">,
  kind: "scope" | "resource",
  value: string,
): Expression<SqlBool> {
  return token.exists(
    token
      .selectFrom("api_token_marks")
      .select("token_id")
      .whereRef("token_id", "=", "api_tokens.id")
      .where("api_token_marks.kind", "=", kind)
      .where("value", "=", value),
  );
}

async function insertToken(transaction: Kysely<Database>, token: ApiToken): Promise<void> {
  await transaction.insertInto("api_tokens").values(tokenToRow(token)).execute();
  const marks = marksOf(token.id, token.limits);
  if (marks.length > 0) await transaction.insertInto("api_token_marks").values(marks).execute();
}

async function replaceMarks(transaction: Kysely<Database>, token: ApiToken): Promise<void> {
  await transaction.deleteFrom("api_token_marks").where("token_id", "=", token.id).execute();
  const marks = marksOf(token.id, token.limits);
  if (marks.length > 0) await transaction.insertInto("api_token_marks").values(marks).execute();
}

/** `stateReason` goes with `state`: what is released has no reason any more. */
function changedColumns({ name, limits, expiresAtMs, state, stateReason }: ApiTokenChange, atMs: number) {
  return {
    ...(name === undefined ? {} : { name }),
    ...(limits === undefined ? {} : limitColumns(limits)),
    ...(expiresAtMs === undefined ? {} : { expires_at_ms: expiresAtMs }),
    ...(state === undefined ? {} : { state, state_since_ms: atMs, state_reason: stateReason ?? null }),
  };
}
