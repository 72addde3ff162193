import { type Kysely, sql } from "kysely";
import { z } from "zod";
import type { LogoutDelivery } from "../../model/logout-delivery.ts";
import type { LogoutDeliveryStore } from "../stores.ts";
import { readJson } from "./columns.ts";
import type { Database, LogoutDeliveriesTable } from "./database.ts";

const Wire = z.object({
  applicationId: z.string(),
  protocol: z.enum(["saml", "oidc"]),
  subject: z.string(),
  sessionIndex: z.string(),
  lastSignOnMs: z.number(),
  wire: z.record(z.string(), z.string()),
});

export class KyselyLogoutDeliveryStore implements LogoutDeliveryStore {
  readonly #db: Kysely<Database>;

  constructor(db: Kysely<Database>) {
    this.#db = db;
  }

  async insert(delivery: LogoutDelivery): Promise<void> {
    await this.#db
      .insertInto("logout_deliveries")
      .values({
        id: delivery.id,
        receipt_id: delivery.receiptId,
        application_id: delivery.participant.applicationId,
        participant: JSON.stringify(delivery.participant),
        created_at_ms: delivery.createdAtMs,
        due_at_ms: delivery.dueAtMs,
        tries: delivery.tries,
        lease: null,
        leased_until_ms: 0,
      })
      .onConflict((conflict) => conflict.columns(["receipt_id", "application_id"]).doNothing())
      .execute();
  }

  /** One statement. Of two processes that choose the same row the second finds it leased, and gets nothing. */
  async claim(lease: string, nowMs: number, leaseMs: number): Promise<LogoutDelivery | undefined> {
    const row = await this.#db
      .updateTable("logout_deliveries")
      .set({ lease, leased_until_ms: nowMs + leaseMs, tries: sql<number>`tries + 1` })
      .where("leased_until_ms", "<=", nowMs)
      .where("id", "=", (query) =>
        query
          .selectFrom("logout_deliveries as due")
          .select("due.id")
          .where("due.due_at_ms", "<=", nowMs)
          .where("due.leased_until_ms", "<=", nowMs)
          // An application that is dead holds up one worker at a time, however many sessions ended in it.
          .where((due) =>
            due.not(
              due.exists(
                due
                  .selectFrom("logout_deliveries as busy")
                  .select("busy.id")
                  .whereRef("busy.application_id", "=", "due.application_id")
                  .where("busy.leased_until_ms", ">", nowMs),
              ),
            ),
          )
          .orderBy("due.due_at_ms")
          .orderBy("due.id")
          .limit(1),
      )
      .returningAll()
      .executeTakeFirst();
    return row === undefined ? undefined : fromRow(row);
  }

  async postpone(id: string, lease: string, dueAtMs: number): Promise<boolean> {
    const result = await this.#db
      .updateTable("logout_deliveries")
      .set({ due_at_ms: dueAtMs, lease: null, leased_until_ms: 0 })
      .where("id", "=", id)
      .where("lease", "=", lease)
      .executeTakeFirst();
    return result.numUpdatedRows > 0n;
  }

  async finish(id: string, lease: string): Promise<boolean> {
    const result = await this.#db
      .deleteFrom("logout_deliveries")
      .where("id", "=", id)
      .where("lease", "=", lease)
      .executeTakeFirst();
    return result.numDeletedRows > 0n;
  }
}

function fromRow(row: LogoutDeliveriesTable): LogoutDelivery {
  return {
    id: row.id,
    receiptId: row.receipt_id,
    participant: readJson(Wire, row.participant, `logout delivery ${row.id}`),
    createdAtMs: row.created_at_ms,
    dueAtMs: row.due_at_ms,
    tries: row.tries,
  };
}
