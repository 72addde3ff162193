import { type Insertable, type Kysely, type Selectable, sql } from "kysely";
import { z } from "zod";
import type { AuditEvent } from "../../model/audit-event.ts";
import type { AuditQuery, AuditStore, Page } from "../stores.ts";
import { BrokenRecord, readJson } from "./columns.ts";
import type { AuditEventsTable, Database } from "./database.ts";
import { containsPattern, pageLimit, pageOf, readNumberCursor, searchText } from "./paging.ts";

/** Rows in one statement: both databases limit how many values one statement may have (SQLite: 32766). */
const ROWS_AT_ONCE = 500;

const Outcome = z.enum(["success", "refused", "failure"]);
const TargetKind = z
  .enum([
    "account",
    "application",
    "session",
    "key",
    "token",
    "grant",
    "installation",
    "federation",
    "resource",
  ])
  .optional();
const Detail = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]));

export class KyselyAuditStore implements AuditStore {
  readonly #db: Kysely<Database>;

  constructor(db: Kysely<Database>) {
    this.#db = db;
  }

  /** All of the events or none. */
  async append(events: readonly AuditEvent[]): Promise<void> {
    if (events.length === 0) return;
    const rows = events.map(eventToRow);
    await this.#db.transaction().execute(async (transaction) => {
      for (let start = 0; start < rows.length; start += ROWS_AT_ONCE) {
        await transaction
          .insertInto("audit_events")
          .values(rows.slice(start, start + ROWS_AT_ONCE))
          .execute();
      }
    });
  }

  async list(query: AuditQuery): Promise<Page<AuditEvent & { readonly id: number }>> {
    const limit = pageLimit(query.limit);
    const found = this.#matching(query);
    const { total } = await found
      .select((all) => all.fn.countAll<number>().as("total"))
      .executeTakeFirstOrThrow();
    let page = found;
    if (query.after !== undefined) page = page.where("id", "<", readNumberCursor(query.after));
    const rows = await page
      .selectAll()
      .orderBy("id", "desc")
      .limit(limit + 1)
      .execute();
    return pageOf(rows, limit, total, eventFromRow, (row) => String(row.id));
  }

  #matching(query: AuditQuery) {
    let found = this.#db.selectFrom("audit_events");
    if (query.action !== undefined) found = found.where("action", "=", query.action);
    if (query.actorId !== undefined) found = found.where("actor_id", "=", query.actorId);
    if (query.targetId !== undefined) found = found.where("target_id", "=", query.targetId);
    if (query.search !== undefined && query.search !== "") {
      found = found.where(sql<boolean>`search_text like ${containsPattern(query.search)} escape '\\'`);
    }
    return found;
  }
}

function eventToRow(event: AuditEvent): Insertable<AuditEventsTable> {
  return {
    at_ms: event.atMs,
    action: event.action,
    outcome: event.outcome,
    actor_id: event.actorId ?? null,
    actor_name: event.actorName ?? null,
    target_kind: event.targetKind ?? null,
    target_id: event.targetId ?? null,
    target_name: event.targetName ?? null,
    address: event.address ?? null,
    reference: event.reference ?? null,
    detail: JSON.stringify(event.detail),
    search_text: searchText([
      event.action,
      event.actorName,
      event.targetName,
      event.address,
      event.reference,
    ]),
  };
}

function eventFromRow(row: Selectable<AuditEventsTable>): AuditEvent & { readonly id: number } {
  const what = `audit event ${row.id}`;
  const outcome = Outcome.safeParse(row.outcome);
  const targetKind = TargetKind.safeParse(row.target_kind ?? undefined);
  if (!outcome.success || !targetKind.success) {
    throw new BrokenRecord(`${what}: outcome or target: not known to this version`);
  }
  return {
    id: row.id,
    atMs: row.at_ms,
    action: row.action,
    outcome: outcome.data,
    actorId: row.actor_id ?? undefined,
    actorName: row.actor_name ?? undefined,
    targetKind: targetKind.data,
    targetId: row.target_id ?? undefined,
    targetName: row.target_name ?? undefined,
    address: row.address ?? undefined,
    reference: row.reference ?? undefined,
    detail: readJson(Detail, row.detail, what),
  };
}
