import type { Account } from "../../src/model/account.ts";

/** An account for tests. */
export function testAccount(changes: Partial<Account> = {}): Account {
  return {
    id: "alice-id",
    username: "alice",
    email: "alice@example.org",
    emailVerified: true,
    name: "Alice Example",
    groups: [],
    role: "person",
    enabled: true,
    attributes: {},
    createdAtMs: 0,
    updatedAtMs: 0,
    ...changes,
  };
}
