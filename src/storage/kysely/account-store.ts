import { type Kysely, sql, type Transaction } from "kysely";
import type { Account } from "../../model/account.ts";
import { type AccountStore, Conflict, type ListOptions, type Page } from "../stores.ts";
import { accountFromRow, accountToRow } from "./account-row.ts";
import type { Database } from "./database.ts";
import { containsPattern, pageLimit, pageOf, readTextCursor, textCursor } from "./paging.ts";

interface CanonicalNames {
  readonly username: string;
  readonly email?: string | undefined;
}

export class KyselyAccountStore implements AccountStore {
  readonly #db: Kysely<Database>;

  constructor(db: Kysely<Database>) {
    this.#db = db;
  }

  async get(id: string): Promise<Account | undefined> {
    const row = await this.#db.selectFrom("accounts").selectAll().where("id", "=", id).executeTakeFirst();
    return row === undefined ? undefined : accountFromRow(row);
  }

  async findByLoginName(canonical: string): Promise<Account | undefined> {
    const row = await this.#db
      .selectFrom("account_login_names")
      .innerJoin("accounts", "accounts.id", "account_login_names.account_id")
      .selectAll("accounts")
      .where("canonical", "=", canonical)
      .executeTakeFirst();
    return row === undefined ? undefined : accountFromRow(row);
  }

  async insert(account: Account, canonical: CanonicalNames): Promise<void> {
    await naming(
      this.#db.transaction().execute(async (transaction) => {
        await transaction.insertInto("accounts").values(accountToRow(account, canonical.username)).execute();
        await claimNames(transaction, account.id, canonical);
      }),
    );
  }

  async update(account: Account, canonical: CanonicalNames): Promise<boolean> {
    const { id, created_at_ms: _, ...changes } = accountToRow(account, canonical.username);
    return await naming(
      this.#db.transaction().execute(async (transaction) => {
        const result = await transaction
          .updateTable("accounts")
          .set(changes)
          .where("id", "=", id)
          .executeTakeFirst();
        if (result.numUpdatedRows === 0n) return false;
        await transaction.deleteFrom("account_login_names").where("account_id", "=", id).execute();
        await claimNames(transaction, id, canonical);
        return true;
      }),
    );
  }

  async list(options: ListOptions): Promise<Page<Account>> {
    const limit = pageLimit(options.limit);
    let found = this.#db.selectFrom("accounts");
    if (options.search !== undefined && options.search !== "") {
      found = found.where(sql<boolean>`search_text like ${containsPattern(options.search)} escape '\\'`);
    }
    const { total } = await found
      .select((all) => all.fn.countAll<number>().as("total"))
      .executeTakeFirstOrThrow();
    let page = found;
    if (options.after !== undefined)
      page = page.where("username_canonical", ">", readTextCursor(options.after));
    const rows = await page
      .selectAll()
      .orderBy("username_canonical")
      .limit(limit + 1)
      .execute();
    return pageOf(rows, limit, total, accountFromRow, (row) => textCursor(row.username_canonical));
  }

  async passwordHash(accountId: string): Promise<string | undefined> {
    const row = await this.#db
      .selectFrom("account_passwords")
      .select("hash")
      .where("account_id", "=", accountId)
      .executeTakeFirst();
    return row?.hash;
  }

  async setPasswordHash(accountId: string, hash: string, atMs: number): Promise<void> {
    await this.#db
      .insertInto("account_passwords")
      .values({ account_id: accountId, hash, set_at_ms: atMs })
      .onConflict((conflict) => conflict.column("account_id").doUpdateSet({ hash, set_at_ms: atMs }))
      .execute();
  }
}

/**
 * User names and e-mail addresses are unique together: if one person's address could be another's user name, whoever
 * types it would be let into either account.
 */
async function claimNames(
  transaction: Transaction<Database>,
  accountId: string,
  canonical: CanonicalNames,
): Promise<void> {
  await claim(transaction, accountId, canonical.username, "username");
  // Somebody's user name may be their own address: one row then stands for both.
  if (canonical.email !== undefined && canonical.email !== canonical.username) {
    await claim(transaction, accountId, canonical.email, "email");
  }
}

async function claim(
  transaction: Transaction<Database>,
  accountId: string,
  canonical: string,
  kind: "username" | "email",
): Promise<void> {
  const result = await transaction
    .insertInto("account_login_names")
    .values({ canonical, account_id: accountId, kind })
    .onConflict((conflict) => conflict.column("canonical").doNothing())
    .executeTakeFirst();
  if (result.numInsertedOrUpdatedRows === 0n) throw new Conflict(kind);
}

async function naming<T>(change: Promise<T>): Promise<T> {
  try {
    return await change;
  } catch (error) {
    if (error instanceof Conflict && error.field === "username_canonical") throw new Conflict("username");
    throw error;
  }
}
