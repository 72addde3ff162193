import type { Kysely, Transaction } from "kysely";
import { z } from "zod";
import type { SigningKeyRecord, SigningKeyState } from "../../model/signing-key.ts";
import type { SigningKeyStore } from "../stores.ts";
import { BrokenRecord } from "./columns.ts";
import type { Database, SigningKeysTable } from "./database.ts";

const Type = z.enum(["RSA-2048", "P-256", "P-384", "Ed25519"]);
const State = z.enum(["next", "active", "retiring", "retired"]);

export class KyselySigningKeyStore implements SigningKeyStore {
  readonly #db: Kysely<Database>;

  constructor(db: Kysely<Database>) {
    this.#db = db;
  }

  async published(): Promise<readonly SigningKeyRecord[]> {
    const rows = await this.#db
      .selectFrom("signing_keys")
      .selectAll()
      .where("state", "<>", "retired")
      .orderBy("created_at_ms")
      .orderBy("id")
      .execute();
    return rows.map(keyFromRow);
  }

  async retired(limit: number): Promise<readonly SigningKeyRecord[]> {
    const rows = await this.#db
      .selectFrom("signing_keys")
      .selectAll()
      .where("state", "=", "retired")
      .orderBy("state_since_ms", "desc")
      .orderBy("id")
      .limit(limit)
      .execute();
    return rows.map(keyFromRow);
  }

  async insertFirst(keys: readonly SigningKeyRecord[]): Promise<boolean> {
    return await this.#inTurn(async (transaction) => {
      const rows = await transaction
        .selectFrom("signing_keys")
        .select("type")
        .distinct()
        .where("state", "<>", "retired")
        .execute();
      const present = new Set(rows.map((row) => row.type));
      const missing = keys.filter((key) => !present.has(key.type));
      if (missing.length === 0) return false;
      await transaction.insertInto("signing_keys").values(missing.map(keyToRow)).execute();
      return true;
    });
  }

  async transition(
    changes: readonly { readonly id: string; readonly from: SigningKeyState; readonly to: SigningKeyState }[],
    inserts: readonly SigningKeyRecord[],
    atMs: number,
  ): Promise<boolean> {
    return await this.#inTurn(async (transaction) => {
      const rows = await transaction.selectFrom("signing_keys").select(["id", "state"]).execute();
      const states = new Map(rows.map((row) => [row.id, row.state]));
      if (changes.some((change) => states.get(change.id) !== change.from)) return false;
      for (const { id, to } of changes) {
        await transaction
          .updateTable("signing_keys")
          .set({ state: to, state_since_ms: atMs })
          .where("id", "=", id)
          .execute();
      }
      if (inserts.length > 0) {
        await transaction.insertInto("signing_keys").values(inserts.map(keyToRow)).execute();
      }
      return true;
    });
  }

  /** One at a time in all processes: the turn's row stays locked until the transaction ends. */
  async #inTurn<T>(work: (transaction: Transaction<Database>) => Promise<T>): Promise<T> {
    return await this.#db.transaction().execute(async (transaction) => {
      await transaction
        .updateTable("turns")
        .set((turn) => ({ taken: turn("taken", "+", 1) }))
        .where("name", "=", "signing_keys")
        .execute();
      return await work(transaction);
    });
  }
}

function keyToRow(key: SigningKeyRecord): SigningKeysTable {
  return {
    id: key.id,
    type: key.type,
    state: key.state,
    sealed_private_key: key.sealedPrivateKey,
    certificate: key.certificate,
    created_at_ms: key.createdAtMs,
    state_since_ms: key.stateSinceMs,
  };
}

function keyFromRow(row: SigningKeysTable): SigningKeyRecord {
  const type = Type.safeParse(row.type);
  const state = State.safeParse(row.state);
  if (!type.success || !state.success) {
    throw new BrokenRecord(`signing key ${row.id}: type or state: not known to this version`);
  }
  return {
    id: row.id,
    type: type.data,
    state: state.data,
    sealedPrivateKey: row.sealed_private_key,
    certificate: row.certificate,
    createdAtMs: row.created_at_ms,
    stateSinceMs: row.state_since_ms,
  };
}
