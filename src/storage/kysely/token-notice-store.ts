import type { Kysely, Selectable } from "kysely";
import { z } from "zod";
import type { TokenNotice, TokenNoticeStore } from "../api-token-stores.ts";
import type { ListOptions, Page } from "../page.ts";
import { readJson } from "./columns.ts";
import type { Database, TokenNoticesTable } from "./database.ts";
import { pageLimit, pageOf, readNumberCursor } from "./paging.ts";

const Evidence = z.record(z.string(), z.union([z.string(), z.number()]));

export class KyselyTokenNoticeStore implements TokenNoticeStore {
  readonly #db: Kysely<Database>;

  constructor(db: Kysely<Database>) {
    this.#db = db;
  }

  async insert({ id, tokenId, accountId, atMs, rule, action, evidence, readAtMs }: TokenNotice) {
    const inserted = await this.#db
      .insertInto("token_notices")
      .values({
        id,
        token_id: tokenId,
        account_id: accountId,
        at_ms: atMs,
        rule,
        action,
        evidence: JSON.stringify(evidence),
        read_at_ms: readAtMs ?? null,
      })
      .onConflict((conflict) => conflict.column("id").doNothing())
      .executeTakeFirst();
    return (inserted.numInsertedOrUpdatedRows ?? 0n) > 0n;
  }

  async listByAccount(accountId: string, options: ListOptions): Promise<Page<TokenNotice>> {
    return await this.#page("account_id", accountId, options);
  }

  async listByToken(tokenId: string, options: ListOptions): Promise<Page<TokenNotice>> {
    return await this.#page("token_id", tokenId, options);
  }

  async unread(accountId: string): Promise<number> {
    const { unread } = await this.#db
      .selectFrom("token_notices")
      .select((all) => all.fn.countAll<number>().as("unread"))
      .where("account_id", "=", accountId)
      .where("read_at_ms", "is", null)
      .executeTakeFirstOrThrow();
    return unread;
  }

  async markRead(accountId: string, atMs: number): Promise<number> {
    const marked = await this.#db
      .updateTable("token_notices")
      .set({ read_at_ms: atMs })
      .where("account_id", "=", accountId)
      .where("read_at_ms", "is", null)
      .executeTakeFirst();
    return Number(marked.numUpdatedRows);
  }

  async deleteBefore(atMs: number): Promise<number> {
    const { numDeletedRows } = await this.#db
      .deleteFrom("token_notices")
      .where("at_ms", "<", atMs)
      .executeTakeFirst();
    return Number(numDeletedRows);
  }

  async #page(column: "account_id" | "token_id", value: string, options: ListOptions) {
    const limit = pageLimit(options.limit);
    let found = this.#db.selectFrom("token_notices").where(column, "=", value);
    const { total } = await found
      .select((all) => all.fn.countAll<number>().as("total"))
      .executeTakeFirstOrThrow();
    if (options.after !== undefined) found = found.where("number", "<", readNumberCursor(options.after));
    const rows = await found
      .selectAll()
      .orderBy("number", "desc")
      .limit(limit + 1)
      .execute();
    return pageOf(rows, limit, total, fromRow, (row) => String(row.number));
  }
}

function fromRow(row: Selectable<TokenNoticesTable>): TokenNotice {
  return {
    id: row.id,
    tokenId: row.token_id,
    accountId: row.account_id,
    atMs: row.at_ms,
    rule: row.rule,
    action: row.action,
    evidence: readJson(Evidence, row.evidence, `token notice ${row.id}`),
    readAtMs: row.read_at_ms ?? undefined,
  };
}
