import { type Kysely, sql } from "kysely";
import type { Federation, FederationChange, FederationMember } from "../../model/federation.ts";
import { federationFromRow, federationToRow } from "../federation-record.ts";
import { type FederationStore, generationName, type MemberLine } from "../federation-store.ts";
import type { ListOptions, Page } from "../page.ts";
import type { Database } from "./database.ts";
import type { FederationMembersTable } from "./federation-tables.ts";
import { containsPattern, pageLimit, pageOf, readTextCursor, searchText, textCursor } from "./paging.ts";

/** Rows in one statement: both databases limit its values, and a thousand documents are megabytes. */
const ROWS_AT_ONCE = 200;

export class KyselyFederationStore implements FederationStore {
  readonly #db: Kysely<Database>;

  constructor(db: Kysely<Database>) {
    this.#db = db;
  }

  async all(): Promise<readonly Federation[]> {
    const rows = await this.#db.selectFrom("federations").selectAll().orderBy("name").orderBy("id").execute();
    return rows.map(federationFromRow);
  }

  async get(id: string): Promise<Federation | undefined> {
    const row = await this.#db.selectFrom("federations").selectAll().where("id", "=", id).executeTakeFirst();
    return row === undefined ? undefined : federationFromRow(row);
  }

  async insert(federation: Federation): Promise<void> {
    await this.#db.insertInto("federations").values(federationToRow(federation)).execute();
  }

  async update(federation: Federation, readAtMs: number): Promise<boolean> {
    const { id, created_at_ms: _, ...changes } = federationToRow(federation);
    const result = await this.#db
      .updateTable("federations")
      .set(changes)
      .where("id", "=", id)
      .where("updated_at_ms", "=", readAtMs)
      .executeTakeFirst();
    return result.numUpdatedRows > 0n;
  }

  async delete(id: string): Promise<boolean> {
    const result = await this.#db.deleteFrom("federations").where("id", "=", id).executeTakeFirst();
    await this.#deleteMembers((generations) => generations.where("federation_id", "=", id));
    return result.numDeletedRows > 0n;
  }

  async addMembers(
    federationId: string,
    generation: string,
    members: readonly FederationMember[],
  ): Promise<void> {
    const rows = withoutDoubles(members).map((member) => memberToRow(member, federationId, generation));
    for (let start = 0; start < rows.length; start += ROWS_AT_ONCE) {
      await this.#db
        .insertInto("federation_members")
        .values(rows.slice(start, start + ROWS_AT_ONCE))
        .onConflict((conflict) =>
          conflict
            .columns(["generation", "entity_id"])
            .doUpdateSet({ doubled: 1 })
            .where(sql<boolean>`federation_members.digest <> excluded.digest`),
        )
        .execute();
    }
  }

  async compare(before: string | undefined, after: string): Promise<FederationChange> {
    const changed = await this.#count(
      sql`exists (select 1 from federation_members o where o.generation = ${before ?? ""} and o.entity_id = m.entity_id and o.digest <> m.digest)`,
      after,
    );
    const without = (generation: string) =>
      sql`not exists (select 1 from federation_members o where o.generation = ${generation} and o.entity_id = m.entity_id)`;
    const added = await this.#count(without(before ?? ""), after);
    const removed = before === undefined ? 0 : await this.#count(without(after), before);
    return { added, removed, changed };
  }

  async deleteCopy(generation: string): Promise<void> {
    await this.#deleteMembers((members) => members.where("generation", "=", generation));
  }

  async deleteAbandoned(federationId: string, beforeMs: number): Promise<void> {
    const inForce = this.#db
      .selectFrom("federations")
      .select("generation")
      .where("generation", "is not", null);
    await this.#deleteMembers((members) =>
      members
        .where("federation_id", "=", federationId)
        .where("generation", "<", generationName(beforeMs, ""))
        .where("generation", "not in", inForce.$castTo<{ generation: string }>()),
    );
  }

  async member(federationId: string, entityId: string): Promise<FederationMember | undefined> {
    const row = await this.#inForce(entityId).where("f.id", "=", federationId).executeTakeFirst();
    return row === undefined ? undefined : memberFromRow(row);
  }

  async memberForSignOn(entityId: string, nowMs: number) {
    const row = await this.#inForce(entityId)
      .where("f.allow_all", "=", 1)
      .where((either) =>
        either.or([either("m.valid_until_ms", "is", null), either("m.valid_until_ms", ">", nowMs)]),
      )
      .orderBy("f.created_at_ms")
      .orderBy("f.id")
      .executeTakeFirst();
    const federation = row === undefined ? undefined : await this.get(row.federation_id);
    return row === undefined || federation === undefined
      ? undefined
      : { federation, member: memberFromRow(row) };
  }

  async listMembers(generation: string, options: ListOptions): Promise<Page<MemberLine>> {
    const limit = pageLimit(options.limit);
    let found = this.#db
      .selectFrom("federation_members")
      .where("generation", "=", generation)
      .where("doubled", "=", 0);
    if (options.search !== undefined && options.search !== "") {
      found = found.where(sql<boolean>`search_text like ${containsPattern(options.search)} escape '\\'`);
    }
    const { total } = await found
      .select((all) => all.fn.countAll<number>().as("total"))
      .executeTakeFirstOrThrow();
    let page = found;
    if (options.after !== undefined) page = page.where("sort_key", ">", readTextCursor(options.after));
    const rows = await page
      .select(["entity_id", "name", "valid_until_ms", "sort_key"])
      .orderBy("sort_key")
      .limit(limit + 1)
      .execute();
    return pageOf(rows, limit, total, memberLine, (row) => textCursor(row.sort_key));
  }

  #inForce(entityId: string) {
    return this.#db
      .selectFrom("federation_members as m")
      .innerJoin("federations as f", (join) =>
        join.onRef("f.generation", "=", "m.generation").onRef("f.id", "=", "m.federation_id"),
      )
      .selectAll("m")
      .where("m.entity_id", "=", entityId)
      .where("m.doubled", "=", 0);
  }

  async #count(condition: ReturnType<typeof sql>, generation: string): Promise<number> {
    const { rows } = await sql<{ total: number }>`
      select count(*) as total from federation_members m where m.generation = ${generation} and ${condition}
    `.execute(this.#db);
    return rows[0]?.total ?? 0;
  }

  async #deleteMembers(narrowed: (members: ReturnType<typeof keysOf>) => ReturnType<typeof keysOf>) {
    for (;;) {
      const rows = await narrowed(keysOf(this.#db)).limit(ROWS_AT_ONCE).execute();
      if (rows.length === 0) return;
      await this.#db
        .deleteFrom("federation_members")
        .where((either) =>
          either.or(
            rows.map(({ generation, entity_id: entityId }) =>
              either.and([either("generation", "=", generation), either("entity_id", "=", entityId)]),
            ),
          ),
        )
        .execute();
    }
  }
}

function keysOf(db: Kysely<Database>) {
  return db.selectFrom("federation_members").select(["generation", "entity_id"]);
}

interface NewMember extends FederationMember {
  readonly doubled: boolean;
}

/** One statement may not touch a row twice (PostgreSQL), so doubles within it are found here. */
function withoutDoubles(members: readonly FederationMember[]): readonly NewMember[] {
  const found = new Map<string, NewMember>();
  for (const member of members) {
    const before = found.get(member.entityId);
    const doubled = before !== undefined && (before.doubled || before.digest !== member.digest);
    found.set(member.entityId, { ...member, doubled });
  }
  return [...found.values()];
}

function memberToRow(member: NewMember, federationId: string, generation: string): FederationMembersTable {
  const { entityId, name, digest, validUntilMs, doubled, xml } = member;
  return {
    generation,
    entity_id: entityId,
    federation_id: federationId,
    name,
    sort_key: `${name.toLowerCase()}\n${entityId}`,
    search_text: searchText([name, entityId]),
    digest,
    valid_until_ms: validUntilMs ?? null,
    doubled: doubled ? 1 : 0,
    xml,
  };
}

function memberFromRow(row: FederationMembersTable): FederationMember {
  return {
    entityId: row.entity_id,
    name: row.name,
    digest: row.digest,
    validUntilMs: row.valid_until_ms ?? undefined,
    xml: row.xml,
  };
}

function memberLine(row: { entity_id: string; name: string; valid_until_ms: number | null }): MemberLine {
  return { entityId: row.entity_id, name: row.name, validUntilMs: row.valid_until_ms ?? undefined };
}
