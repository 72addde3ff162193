import type { Kysely, Transaction } from "kysely";
import { z } from "zod";
import type { Resource, ResourceScope } from "../../model/resource.ts";
import type { ResourceStore } from "../stores.ts";
import { readJson, Texts, toFlag } from "./columns.ts";
import type { Database, ResourceScopesTable, ResourcesTable } from "./database.ts";

const Format = z.enum(["jwt", "opaque"]).optional();

export class KyselyResourceStore implements ResourceStore {
  readonly #db: Kysely<Database>;

  constructor(db: Kysely<Database>) {
    this.#db = db;
  }

  async all(): Promise<readonly Resource[]> {
    const rows = await this.#db
      .selectFrom("resources")
      .selectAll()
      .orderBy("created_at_ms")
      .orderBy("id")
      .execute();
    const scopes = await this.#db.selectFrom("resource_scopes").selectAll().orderBy("position").execute();
    const byResource = Map.groupBy(scopes, (scope) => scope.resource_id);
    return rows.map((row) => fromRows(row, byResource.get(row.id) ?? []));
  }

  async get(id: string): Promise<Resource | undefined> {
    const row = await this.#db.selectFrom("resources").selectAll().where("id", "=", id).executeTakeFirst();
    if (row === undefined) return undefined;
    const scopes = await this.#db
      .selectFrom("resource_scopes")
      .selectAll()
      .where("resource_id", "=", id)
      .orderBy("position")
      .execute();
    return fromRows(row, scopes);
  }

  async insert(resource: Resource): Promise<void> {
    await this.#db.transaction().execute(async (transaction) => {
      await transaction.insertInto("resources").values(toRow(resource)).execute();
      await insertScopes(transaction, resource);
    });
  }

  async update(resource: Resource, readAtMs?: number): Promise<boolean> {
    const { id, created_at_ms: _, ...changes } = toRow(resource);
    return await this.#db.transaction().execute(async (transaction) => {
      const row = transaction.updateTable("resources").set(changes).where("id", "=", id);
      const unchanged = readAtMs === undefined ? row : row.where("updated_at_ms", "=", readAtMs);
      const result = await unchanged.executeTakeFirst();
      if (result.numUpdatedRows === 0n) return false;
      const kept = new Set(resource.scopes.map(({ name }) => name));
      await forgetGrants(transaction, id, kept);
      await transaction.deleteFrom("resource_scopes").where("resource_id", "=", id).execute();
      await insertScopes(transaction, resource);
      return true;
    });
  }

  async delete(id: string): Promise<boolean> {
    return await this.#db.transaction().execute(async (transaction) => {
      await forgetGrants(transaction, id, new Set());
      const result = await transaction.deleteFrom("resources").where("id", "=", id).executeTakeFirst();
      return result.numDeletedRows > 0n;
    });
  }
}

async function insertScopes(transaction: Transaction<Database>, resource: Resource): Promise<void> {
  const rows = resource.scopes.map(({ name, description, groups = [] }, position) => ({
    scope: name,
    resource_id: resource.id,
    position,
    description,
    group_names: groups.length === 0 ? null : JSON.stringify(groups),
  }));
  if (rows.length > 0) await transaction.insertInto("resource_scopes").values(rows).execute();
}

/** A yes to a scope that goes must not be a yes to the next resource that takes the same name. */
async function forgetGrants(
  transaction: Transaction<Database>,
  resourceId: string,
  kept: ReadonlySet<string>,
): Promise<void> {
  const before = await transaction
    .selectFrom("resource_scopes")
    .select("scope")
    .where("resource_id", "=", resourceId)
    .execute();
  const gone = before.map(({ scope }) => scope).filter((scope) => !kept.has(scope));
  if (gone.length > 0) await transaction.deleteFrom("grant_scopes").where("scope", "in", gone).execute();
}

function toRow(resource: Resource): ResourcesTable {
  return {
    id: resource.id,
    identifier: resource.identifier,
    name: resource.name,
    enabled: toFlag(resource.enabled),
    introspection_client_ids: JSON.stringify(resource.introspectionClientIds),
    access_token_format: resource.accessTokenFormat ?? null,
    created_at_ms: resource.createdAtMs,
    updated_at_ms: resource.updatedAtMs,
  };
}

function fromRows(row: ResourcesTable, scopes: readonly ResourceScopesTable[]): Resource {
  const format = Format.catch(undefined).parse(row.access_token_format ?? undefined);
  return {
    id: row.id,
    identifier: row.identifier,
    name: row.name,
    scopes: scopes.map(scopeFromRow),
    enabled: row.enabled === 1,
    introspectionClientIds: readJson(Texts, row.introspection_client_ids, `resource ${row.id}`),
    ...(format === undefined ? {} : { accessTokenFormat: format }),
    createdAtMs: row.created_at_ms,
    updatedAtMs: row.updated_at_ms,
  };
}

function scopeFromRow(row: ResourceScopesTable): ResourceScope {
  const scope = { name: row.scope, description: row.description };
  if (row.group_names === null) return scope;
  return { ...scope, groups: readJson(Texts, row.group_names, `scope ${row.scope}`) };
}
