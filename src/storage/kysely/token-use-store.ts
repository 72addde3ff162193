import { type Kysely, sql, type Transaction } from "kysely";
import {
  MOST_ADDRESSES_A_DAY,
  MOST_RESOURCES_A_DAY,
  OTHER,
  type TokenDayAddress,
  type TokenUseCount,
  type TokenUseStore,
  UNKNOWN_ADDRESS,
} from "../api-token-stores.ts";
import type { Database, TokenUsesTable } from "./database.ts";

/** Six values a row, and one for each token asked about: far below what either database takes in one statement. */
const ROWS_AT_ONCE = 500;

export class KyselyTokenUseStore implements TokenUseStore {
  readonly #db: Kysely<Database>;

  constructor(db: Kysely<Database>) {
    this.#db = db;
  }

  async add(counts: readonly TokenUseCount[]): Promise<void> {
    if (counts.length === 0) return;
    await this.#db.transaction().execute(async (transaction) => {
      await transaction
        .updateTable("turns")
        .set((turn) => ({ taken: turn("taken", "+", 1) }))
        .where("name", "=", "token_uses")
        .execute();
      const rows = await withinLimits(transaction, counts);
      for (let start = 0; start < rows.length; start += ROWS_AT_ONCE) {
        await addRows(transaction, rows.slice(start, start + ROWS_AT_ONCE));
      }
    });
  }

  async list(tokenId: string, fromDay: string): Promise<readonly TokenUseCount[]> {
    const rows = await this.#db
      .selectFrom("token_uses")
      .selectAll()
      .where("token_id", "=", tokenId)
      .where("day", ">=", fromDay)
      .orderBy("day")
      .orderBy("uses", "desc")
      .execute();
    return rows.map(({ token_id, uses, ...row }) => ({ ...row, tokenId: token_id, count: uses }));
  }

  async usualOf(tokenId: string, fromDay: string): Promise<readonly TokenDayAddress[]> {
    const rows = await this.#db
      .selectFrom("token_uses")
      .select(["day", "address", sql<number>`cast(sum(uses) as bigint)`.as("uses")])
      .where("token_id", "=", tokenId)
      .where("day", ">=", fromDay)
      .where("outcome", "=", "ok")
      .groupBy(["day", "address"])
      .orderBy("day")
      .execute();
    return rows.map((row) => ({ ...row }));
  }

  async rememberNetworks(
    tokenId: string,
    networks: readonly string[],
    atMs: number,
  ): Promise<readonly string[]> {
    if (networks.length === 0) return [];
    const wanted = [...new Set(networks)].toSorted();
    const rows = wanted.map((network) => ({
      token_id: tokenId,
      network,
      first_seen_ms: atMs,
      last_seen_ms: atMs,
    }));
    const added = await this.#db
      .insertInto("token_networks")
      .values(rows)
      .onConflict((conflict) => conflict.columns(["token_id", "network"]).doNothing())
      .returning("network")
      .execute();
    const fresh = new Set(added.map(({ network }) => network));
    const known = wanted.filter((network) => !fresh.has(network));
    if (known.length > 0) {
      await this.#db
        .updateTable("token_networks")
        .set({ last_seen_ms: atMs })
        .where("token_id", "=", tokenId)
        .where("network", "in", known)
        .where("last_seen_ms", "<", atMs)
        .execute();
    }
    return [...fresh];
  }

  async networks(tokenId: string): Promise<readonly { network: string; firstSeenMs: number }[]> {
    const rows = await this.#db
      .selectFrom("token_networks")
      .select(["network", "first_seen_ms"])
      .where("token_id", "=", tokenId)
      .orderBy("first_seen_ms")
      .orderBy("network")
      .execute();
    return rows.map(({ network, first_seen_ms }) => ({ network, firstSeenMs: first_seen_ms }));
  }

  async deleteBefore(day: string): Promise<number> {
    const counts = await this.#db.deleteFrom("token_uses").where("day", "<", day).executeTakeFirst();
    const networks = await this.#db
      .deleteFrom("token_networks")
      .where("last_seen_ms", "<", Date.parse(day))
      .executeTakeFirst();
    return Number(counts.numDeletedRows) + Number(networks.numDeletedRows);
  }
}

async function addRows(transaction: Transaction<Database>, rows: readonly TokenUsesTable[]): Promise<void> {
  await transaction
    .insertInto("token_uses")
    .values([...rows])
    .onConflict((conflict) =>
      conflict
        .columns(["token_id", "day", "address", "resource", "outcome"])
        .doUpdateSet({ uses: sql<number>`token_uses.uses + excluded.uses` }),
    )
    .execute();
}

/** The rows to be added: beyond the limits a value is `other`, and what has become the same row is one. */
async function withinLimits(
  transaction: Transaction<Database>,
  counts: readonly TokenUseCount[],
): Promise<readonly TokenUsesTable[]> {
  const seen = {
    address: await storedValues(transaction, counts, "address"),
    resource: await storedValues(transaction, counts, "resource"),
  };
  const rows = new Map<string, TokenUsesTable>();
  for (const { tokenId, day, outcome, count, ...told } of counts) {
    const place = `${day} ${tokenId}`;
    const address = admitted(seen.address, place, told.address, MOST_ADDRESSES_A_DAY);
    const resource = admitted(seen.resource, place, told.resource, MOST_RESOURCES_A_DAY);
    const key = JSON.stringify([tokenId, day, address, resource, outcome]);
    const uses = (rows.get(key)?.uses ?? 0) + count;
    rows.set(key, { token_id: tokenId, day, address, resource, outcome, uses });
  }
  return [...rows.values()];
}

/** The different values that each token has on its day already. */
async function storedValues(
  transaction: Transaction<Database>,
  counts: readonly TokenUseCount[],
  column: "address" | "resource",
): Promise<Map<string, Set<string>>> {
  const found = new Map<string, Set<string>>();
  for (const [day, ofDay] of Map.groupBy(counts, (count) => count.day)) {
    const ids = [...new Set(ofDay.map(({ tokenId }) => tokenId))];
    for (let start = 0; start < ids.length; start += ROWS_AT_ONCE) {
      const rows = await transaction
        .selectFrom("token_uses")
        .select(["token_id", `${column} as value`])
        .distinct()
        .where("day", "=", day)
        .where("token_id", "in", ids.slice(start, start + ROWS_AT_ONCE))
        .execute();
      for (const row of rows) valuesAt(found, `${day} ${row.token_id}`).add(row.value);
    }
  }
  return found;
}

function admitted(seen: Map<string, Set<string>>, place: string, value: string, most: number): string {
  const values = valuesAt(seen, place);
  if (values.has(value) || value === UNKNOWN_ADDRESS || value === "") return value;
  // `other` itself takes no place.
  const told = values.size - (values.has(OTHER) ? 1 : 0);
  const kept = value !== OTHER && told < most ? value : OTHER;
  values.add(kept);
  return kept;
}

function valuesAt(seen: Map<string, Set<string>>, place: string): Set<string> {
  const values = seen.get(place) ?? new Set<string>();
  seen.set(place, values);
  return values;
}
