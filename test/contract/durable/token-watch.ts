import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  MOST_ADDRESSES_A_DAY,
  MOST_RESOURCES_A_DAY,
  type TokenNotice,
  type TokenUseCount,
} from "../../../src/storage/api-token-stores.ts";
import { burst, HOSTILE_TEXTS, type Subject } from "./subject.ts";

const DAY = "2026-11-24";

function count(tokenId: string, changes: Partial<TokenUseCount> = {}): TokenUseCount {
  return { tokenId, day: DAY, address: "192.0.2.1", resource: "", outcome: "ok", count: 1, ...changes };
}

function notice(id: string, changes: Partial<TokenNotice> = {}): TokenNotice {
  return {
    id,
    tokenId: "noticed",
    accountId: "alice-of-notices",
    atMs: 1_000,
    rule: "new-network",
    action: "notified",
    evidence: { network: "192.0.2.0/24", uses: 3 },
    readAtMs: undefined,
    ...changes,
  };
}

/** What the watch keeps, on one database with two connections. */
export function tokenWatchContract(subject: Subject): void {
  describe("token uses", () => {
    it("what is added to the same row is one row, whichever connection adds it", async () => {
      const { store, second } = subject();
      await store.tokenUse.add([count("added", { count: 3 }), count("added", { count: 4 })]);
      await second.tokenUse.add([count("added"), count("added", { outcome: "scope" })]);
      const rows = await store.tokenUse.list("added", DAY);
      assert.deepEqual(rows, [count("added", { count: 8 }), count("added", { outcome: "scope" })]);
    });

    it("of fifty that add at once none is lost", async () => {
      await burst(subject(), 50, async (store) => await store.tokenUse.add([count("raced", { count: 2 })]));
      const [row] = await subject().store.tokenUse.list("raced", DAY);
      assert.equal(row?.count, 100);
    });

    it("beyond fifty addresses a day the rest is one row, also when two connections bring them at once", async () => {
      const { store } = subject();
      await burst(subject(), 8, async (one, n) => {
        const addresses = Array.from({ length: 20 }, (_, k) => `10.0.${n}.${k}`);
        await one.tokenUse.add(addresses.map((address) => count("roams", { address })));
      });
      const rows = await store.tokenUse.list("roams", DAY);
      assert.equal(rows.length, MOST_ADDRESSES_A_DAY + 1);
      assert.equal(rows.find(({ address }) => address === "other")?.count, 160 - MOST_ADDRESSES_A_DAY);
      await store.tokenUse.add([count("roams", { address: rows[1]?.address ?? "" })]);
      assert.equal((await store.tokenUse.list("roams", DAY)).length, MOST_ADDRESSES_A_DAY + 1);
    });

    it("the limit is a day's: the next day tells addresses apart again", async () => {
      const { store } = subject();
      const addresses = Array.from({ length: 60 }, (_, k) => `10.1.0.${k}`);
      await store.tokenUse.add(addresses.map((address) => count("two days", { address })));
      await store.tokenUse.add([count("two days", { day: "2026-11-25", address: "10.1.0.59" })]);
      const next = await store.tokenUse.list("two days", "2026-11-25");
      assert.deepEqual(next, [count("two days", { day: "2026-11-25", address: "10.1.0.59" })]);
    });

    it("beyond twenty resources a day the rest is one row, and no resource takes no place", async () => {
      const { store } = subject();
      const resources = Array.from({ length: 30 }, (_, k) => `https://api-${k}.example/`);
      await store.tokenUse.add(["", ...resources].map((resource) => count("probes", { resource })));
      const kept = (await store.tokenUse.list("probes", DAY)).map(({ resource }) => resource);
      assert.equal(kept.length, MOST_RESOURCES_A_DAY + 2);
      assert.ok(kept.includes("") && kept.includes("other"));
    });

    it("what is usual is the good uses by day and address, over all resources", async () => {
      const { store } = subject();
      await store.tokenUse.add([
        count("usual", { day: "2026-11-20", count: 9 }),
        count("usual", { day: "2026-11-22", resource: "a", count: 2 }),
        count("usual", { day: "2026-11-22", resource: "b", count: 3 }),
        count("usual", { day: "2026-11-22", outcome: "expired", count: 70 }),
        count("usual", { day: "2026-11-23", address: "unknown", count: 1 }),
      ]);
      assert.deepEqual(await store.tokenUse.usualOf("usual", "2026-11-21"), [
        { day: "2026-11-22", address: "192.0.2.1", uses: 5 },
        { day: "2026-11-23", address: "unknown", uses: 1 },
      ]);
    });

    it("texts that an attacker wrote are counted as they are, and change nothing else", async () => {
      const { store } = subject();
      for (const [n, text] of HOSTILE_TEXTS.entries()) {
        await store.tokenUse.add([count(`hostile-${n}`, { resource: text })]);
        const rows = await store.tokenUse.list(`hostile-${n}`, DAY);
        assert.equal(rows.length, 1, JSON.stringify(text));
      }
      assert.deepEqual(await store.tokenUse.list("' OR '1'='1", "0000"), []);
    });

    it("what is older than the kept days goes, with networks that were not seen since", async () => {
      const { store } = subject();
      const dayMs = Date.parse("2020-01-02");
      await store.tokenUse.add([
        count("kept", { day: "2020-01-01" }),
        count("kept", { day: "2020-01-02", count: 5 }),
      ]);
      await store.tokenUse.rememberNetworks("kept", ["10.0.0.0/24"], dayMs - 1);
      await store.tokenUse.rememberNetworks("kept", ["10.0.1.0/24"], dayMs - 1);
      await store.tokenUse.rememberNetworks("kept", ["10.0.1.0/24"], dayMs);
      assert.equal(await store.tokenUse.deleteBefore("2020-01-02"), 2);
      assert.deepEqual(await store.tokenUse.list("kept", "0000"), [
        count("kept", { day: "2020-01-02", count: 5 }),
      ]);
      assert.deepEqual(await store.tokenUse.networks("kept"), [
        { network: "10.0.1.0/24", firstSeenMs: dayMs - 1 },
      ]);
    });
  });

  describe("networks of a token", () => {
    it("one is new once, whichever connection tells of it", async () => {
      const { store, second } = subject();
      const both = ["192.0.2.0/24", "2001:db8::/48", "192.0.2.0/24"];
      assert.deepEqual((await store.tokenUse.rememberNetworks("n", both, 5)).toSorted(), [
        "192.0.2.0/24",
        "2001:db8::/48",
      ]);
      assert.deepEqual(await second.tokenUse.rememberNetworks("n", [...both, "10.0.0.0/24"], 9), [
        "10.0.0.0/24",
      ]);
      assert.deepEqual(await second.tokenUse.rememberNetworks("n", [], 9), []);
      const known = await store.tokenUse.networks("n");
      assert.deepEqual(
        known.map(({ firstSeenMs }) => firstSeenMs),
        [5, 5, 9],
      );
      assert.deepEqual(await store.tokenUse.networks("another"), []);
    });

    it("of fifty that tell of the same one at once exactly one is told that it is new", async () => {
      const answers = await burst(subject(), 50, async (store) => {
        return await store.tokenUse.rememberNetworks("raced", ["192.0.2.0/24"], 5);
      });
      assert.equal(answers.flat().length, 1);
    });
  });

  describe("token notices", () => {
    it("are listed newest first, a page at a time, for the account and for the token", async () => {
      const { store, second } = subject();
      for (const id of ["first", "second", "third"]) {
        assert.equal(await store.tokenNotices.insert(notice(id)), true);
      }
      await store.tokenNotices.insert(notice("of bob", { accountId: "bob" }));
      const page = await second.tokenNotices.listByAccount("alice-of-notices", { limit: 2 });
      assert.deepEqual(page.items, [notice("third"), notice("second")]);
      assert.equal(page.total, 3);
      const rest = await store.tokenNotices.listByAccount("alice-of-notices", { limit: 2, after: page.next });
      assert.deepEqual(rest.items, [notice("first")]);
      assert.equal(rest.next, undefined);
      assert.equal((await store.tokenNotices.listByToken("noticed", { limit: 10 })).total, 4);
    });

    it("one of an id that exists is not stored again", async () => {
      const { store } = subject();
      assert.equal(await store.tokenNotices.insert(notice("only once", { accountId: "carol" })), true);
      assert.equal(await store.tokenNotices.insert(notice("only once", { accountId: "carol" })), false);
      assert.equal(await store.tokenNotices.unread("carol"), 1);
    });

    it("are marked as read for their account alone, and once", async () => {
      const { store, second } = subject();
      await store.tokenNotices.insert(notice("d-1", { accountId: "dora" }));
      await store.tokenNotices.insert(notice("d-2", { accountId: "dora" }));
      await store.tokenNotices.insert(notice("e-1", { accountId: "emil" }));
      assert.equal(await store.tokenNotices.markRead("dora", 7_000), 2);
      assert.equal(await second.tokenNotices.markRead("dora", 8_000), 0);
      assert.equal(await store.tokenNotices.unread("dora"), 0);
      assert.equal(await store.tokenNotices.unread("emil"), 1);
      const { items } = await store.tokenNotices.listByAccount("dora", { limit: 1 });
      assert.equal(items[0]?.readAtMs, 7_000);
    });

    it("a cursor or a page size that is not ours is refused, and old ones go", async () => {
      const { store } = subject();
      await assert.rejects(store.tokenNotices.listByAccount("x", { limit: 0 }), RangeError);
      await assert.rejects(store.tokenNotices.listByToken("x", { limit: 1, after: "1 or 1" }), RangeError);
      await store.tokenNotices.insert(notice("old", { accountId: "fred", atMs: 10 }));
      assert.equal(await store.tokenNotices.deleteBefore(11), 1);
      assert.equal(await store.tokenNotices.unread("fred"), 0);
    });
  });
}
