import { type CreateTableBuilder, type Kysely, sql } from "kysely";

/** Which database the tables are made in; the queries are the same for both. */
export type DatabaseKind = "sqlite" | "postgres";

/** The tables as a migration sees them: without the types of later versions. */
export type Schema = Kysely<unknown>;

/** The column types of one database. */
export class Columns {
  readonly kind: DatabaseKind;
  readonly integer: "integer" | "bigint";

  constructor(kind: DatabaseKind) {
    this.kind = kind;
    this.integer = kind === "sqlite" ? "integer" : "bigint";
  }

  /** Text that is compared byte by byte on both databases, whatever the server's language is. */
  get ordered() {
    return this.kind === "sqlite" ? sql`text collate binary` : sql`text collate "C"`;
  }

  /** STRICT makes SQLite as severe about types as PostgreSQL is. */
  table(db: Schema, name: string): CreateTableBuilder<string> {
    const table = db.schema.createTable(name);
    return this.kind === "sqlite" ? table.modifyEnd(sql`strict`) : table;
  }
}

/** An index named after its table and columns. */
export async function index(db: Schema, table: string, columns: string[]): Promise<void> {
  await db.schema
    .createIndex(`${table}_by_${columns.join("_")}`)
    .on(table)
    .columns(columns)
    .execute();
}
