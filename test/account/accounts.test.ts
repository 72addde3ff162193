import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Accounts } from "../../src/account/accounts.ts";
import type { Account } from "../../src/model/account.ts";
import { openDurableStore } from "../../src/storage/open-durable-store.ts";
import { TestClock } from "../fixtures/clock.ts";
import { testAccount } from "./account.ts";

async function stored(account: Account = testAccount()) {
  const durable = await openDurableStore({ url: "sqlite::memory:", clock: new TestClock() });
  const canonical = { username: "alice", email: "alice@example.org" };
  await durable.accounts.insert(account, canonical);
  let reads = 0;
  const counting = {
    get: async (id: string) => {
      reads += 1;
      return await durable.accounts.get(id);
    },
    findByLoginName: async (canonicalName: string) => await durable.accounts.findByLoginName(canonicalName),
  };
  return { durable, canonical, accounts: new Accounts(counting), reads: () => reads };
}

describe("accounts in memory", () => {
  test("are read from the database once", async () => {
    const { accounts, reads } = await stored();
    assert.equal((await accounts.get("alice-id"))?.username, "alice");
    assert.equal((await accounts.get("alice-id"))?.username, "alice");
    assert.equal(reads(), 1);
  });

  test("WB-66 a switched-off account is seen after the invalidation", async () => {
    const { accounts, durable, canonical } = await stored();
    await accounts.get("alice-id");
    await durable.accounts.update(testAccount({ enabled: false }), canonical);
    accounts.invalidate();
    assert.equal((await accounts.get("alice-id"))?.enabled, false);
  });

  test("a read that was under way during the invalidation is not kept", async () => {
    let release: (account: Account) => void = () => undefined;
    const slow = async () =>
      await new Promise<Account>((resolve) => {
        release = resolve;
      });
    const accounts = new Accounts({ get: slow, findByLoginName: slow });
    const old = accounts.get("alice-id");
    accounts.invalidate();
    release(testAccount());
    assert.equal((await old)?.enabled, true);
    const next = accounts.get("alice-id");
    release(testAccount({ enabled: false }));
    assert.equal((await next)?.enabled, false, "it was read again");
  });

  test("an unknown account is undefined and is looked for again", async () => {
    const { accounts, reads } = await stored();
    assert.equal(await accounts.get("nobody"), undefined);
    assert.equal(await accounts.get("nobody"), undefined);
    assert.equal(reads(), 2);
  });

  test("are found by user name or e-mail address in any spelling", async () => {
    const { accounts } = await stored();
    for (const typed of ["alice", " ALICE ", "Alice@Example.ORG", "ａｌｉｃｅ"]) {
      assert.equal((await accounts.findByLoginName(typed))?.id, "alice-id", typed);
    }
    for (const typed of ["", "  ", "alic", "alicе", "alice@example"]) {
      assert.equal(await accounts.findByLoginName(typed), undefined, typed);
    }
  });
});
