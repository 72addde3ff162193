import type { Kysely } from "kysely";
import { z } from "zod";
import type { KeyUse } from "../../model/key-use.ts";
import type { KeyUseStore } from "../stores.ts";
import { BrokenRecord } from "./columns.ts";
import type { Database, KeyUsesTable } from "./database.ts";

const How = z.enum(["logout-answered", "session-named"]);
/** Five values a row: far below what either database takes in one statement. */
const ROWS_AT_ONCE = 500;

export class KyselyKeyUseStore implements KeyUseStore {
  readonly #db: Kysely<Database>;

  constructor(db: Kysely<Database>) {
    this.#db = db;
  }

  async note(uses: readonly KeyUse[]): Promise<void> {
    // In one order everywhere: two processes that write the same rows then wait for each other, and never in a circle.
    const rows = uses
      .toSorted((one, other) => (one.applicationId < other.applicationId ? -1 : 1))
      .flatMap(toRows);
    for (let start = 0; start < rows.length; start += ROWS_AT_ONCE) {
      await this.#db
        .insertInto("key_uses")
        .values(rows.slice(start, start + ROWS_AT_ONCE))
        .onConflict((conflict) =>
          conflict
            .columns(["application_id", "kind"])
            .doUpdateSet((row) => ({
              key_id: row.ref("excluded.key_id"),
              how: row.ref("excluded.how"),
              at_ms: row.ref("excluded.at_ms"),
            }))
            .whereRef("excluded.at_ms", ">=", "key_uses.at_ms"),
        )
        .execute();
    }
  }

  async all(): Promise<readonly KeyUse[]> {
    const rows = await this.#db.selectFrom("key_uses").selectAll().orderBy("application_id").execute();
    const byApplication = Map.groupBy(rows, (row) => row.application_id);
    return [...byApplication.values()].map(fromRows);
  }

  async get(applicationId: string): Promise<KeyUse | undefined> {
    const rows = await this.#db
      .selectFrom("key_uses")
      .selectAll()
      .where("application_id", "=", applicationId)
      .execute();
    return rows.length === 0 ? undefined : fromRows(rows);
  }
}

function toRows({ applicationId, signed, accepted }: KeyUse): KeyUsesTable[] {
  const row = (kind: string, { keyId, atMs, how }: { keyId: string; atMs: number; how?: string }) => ({
    application_id: applicationId,
    kind,
    key_id: keyId,
    how: how ?? null,
    at_ms: atMs,
  });
  return [
    ...(accepted === undefined ? [] : [row("accepted", accepted)]),
    ...(signed === undefined ? [] : [row("signed", signed)]),
  ];
}

function fromRows(rows: readonly KeyUsesTable[]): KeyUse {
  const signed = rows.find((row) => row.kind === "signed");
  const accepted = rows.find((row) => row.kind === "accepted");
  return {
    applicationId: rows[0]?.application_id ?? "",
    ...(signed === undefined ? {} : { signed: { keyId: signed.key_id, atMs: signed.at_ms } }),
    ...(accepted === undefined ? {} : { accepted: acceptedFrom(accepted) }),
  };
}

function acceptedFrom(row: KeyUsesTable): NonNullable<KeyUse["accepted"]> {
  const how = How.safeParse(row.how);
  if (!how.success)
    throw new BrokenRecord(`key use of ${row.application_id}: how: not known to this version`);
  return { keyId: row.key_id, atMs: row.at_ms, how: how.data };
}
