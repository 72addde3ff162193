import type { Account } from "../model/account.ts";
import type { AccountStore } from "../storage/stores.ts";
import { canonicalLoginName } from "./login-name.ts";

const KEPT = 10_000;

/**
 * Accounts, the ones in use in memory: a request of somebody who is logged in reads none from the database.
 * `invalidate` is called when the version in the volatile store changes, within a second of any change in any process.
 */
export class Accounts {
  readonly #store: Pick<AccountStore, "get" | "findByLoginName">;
  /** In the order of their last use, the oldest first. */
  readonly #kept = new Map<string, Account>();
  #generation = 0;

  constructor(store: Pick<AccountStore, "get" | "findByLoginName">) {
    this.#store = store;
  }

  async get(id: string): Promise<Account | undefined> {
    const kept = this.#kept.get(id);
    if (kept !== undefined) {
      this.#keep(kept);
      return kept;
    }
    const generation = this.#generation;
    const account = await this.#store.get(id);
    // Read before a change and arrived after it: it must not outlive the invalidation.
    if (account !== undefined && generation === this.#generation) this.#keep(account);
    return account;
  }

  /** By user name or e-mail address in any spelling that a person types. Always from the database: logins are rare. */
  async findByLoginName(typed: string): Promise<Account | undefined> {
    const canonical = canonicalLoginName(typed);
    return canonical === "" ? undefined : await this.#store.findByLoginName(canonical);
  }

  invalidate(): void {
    this.#generation += 1;
    this.#kept.clear();
  }

  #keep(account: Account): void {
    this.#kept.delete(account.id);
    this.#kept.set(account.id, account);
    if (this.#kept.size <= KEPT) return;
    const [oldest] = this.#kept.keys();
    if (oldest !== undefined) this.#kept.delete(oldest);
  }
}
