import type { Kysely } from "kysely";
import { z } from "zod";
import type { LogoutEntry, LogoutOutcome, LogoutReceipt } from "../../model/logout-receipt.ts";
import type { ReceiptStore } from "../stores.ts";
import { BrokenRecord } from "./columns.ts";
import type { Database, LogoutEntriesTable } from "./database.ts";

const Protocol = z.enum(["saml", "oidc"]);
const Channel = z.enum(["front", "back", "none"]);
const Outcome = z.enum([
  "pending",
  "signed-out",
  "already-gone",
  "told",
  "no-answer",
  "refused",
  "not-supported",
  "unreachable",
]);

export class KyselyReceiptStore implements ReceiptStore {
  readonly #db: Kysely<Database>;

  constructor(db: Kysely<Database>) {
    this.#db = db;
  }

  async insert(receipt: LogoutReceipt): Promise<void> {
    await this.#db.transaction().execute(async (transaction) => {
      await transaction
        .insertInto("logout_receipts")
        .values({ id: receipt.id, account_id: receipt.accountId, started_at_ms: receipt.startedAtMs })
        .execute();
      const rows = receipt.entries.map((entry, position) => entryToRow(receipt.id, entry, position));
      if (rows.length > 0) await transaction.insertInto("logout_entries").values(rows).execute();
    });
  }

  async get(id: string): Promise<LogoutReceipt | undefined> {
    const receipt = await this.#db
      .selectFrom("logout_receipts")
      .selectAll()
      .where("id", "=", id)
      .executeTakeFirst();
    if (receipt === undefined) return undefined;
    const rows = await this.#db
      .selectFrom("logout_entries")
      .selectAll()
      .where("receipt_id", "=", id)
      .orderBy("position")
      .orderBy("at_ms")
      .execute();
    return {
      id: receipt.id,
      accountId: receipt.account_id,
      startedAtMs: receipt.started_at_ms,
      entries: rows.map(entryFromRow),
    };
  }

  async answer(
    receiptId: string,
    applicationId: string,
    { outcome, detail, atMs }: Pick<LogoutEntry, "outcome" | "detail" | "atMs">,
    replaces: readonly LogoutOutcome[],
  ): Promise<boolean> {
    const result = await this.#db
      .updateTable("logout_entries")
      .set({ outcome, detail: detail ?? null, at_ms: atMs })
      .where("receipt_id", "=", receiptId)
      .where("application_id", "=", applicationId)
      .where("outcome", "in", replaces)
      .executeTakeFirst();
    return result.numUpdatedRows > 0n;
  }
}

function entryToRow(receiptId: string, entry: LogoutEntry, position: number): LogoutEntriesTable {
  return {
    receipt_id: receiptId,
    application_id: entry.applicationId,
    position,
    application_name: entry.applicationName,
    protocol: entry.protocol,
    channel: entry.channel,
    outcome: entry.outcome,
    at_ms: entry.atMs,
    detail: entry.detail ?? null,
  };
}

function entryFromRow(row: LogoutEntriesTable): LogoutEntry {
  const protocol = Protocol.safeParse(row.protocol);
  const channel = Channel.safeParse(row.channel);
  const outcome = Outcome.safeParse(row.outcome);
  if (!protocol.success || !channel.success || !outcome.success) {
    throw new BrokenRecord(`logout receipt ${row.receipt_id}: an entry is not known to this version`);
  }
  return {
    applicationId: row.application_id,
    applicationName: row.application_name,
    protocol: protocol.data,
    channel: channel.data,
    outcome: outcome.data,
    atMs: row.at_ms,
    detail: row.detail ?? undefined,
  };
}
