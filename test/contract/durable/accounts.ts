import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Account } from "../../../src/model/account.ts";
import { burst, conflictOn, HOSTILE_TEXTS, type Subject } from "./subject.ts";

export function accountContract(subject: Subject): void {
  describe("accounts", () => {
    it("an account is read back as it was written, by id and by either login name", async () => {
      const { store, second } = subject();
      const full: Account = {
        ...account("full"),
        name: "Ädä Ⅷ 😀",
        givenName: "Ädä",
        familyName: "O'Neill; --",
        phone: "+49 30 1",
        groups: ["staff", "a,b", ""],
        role: "owner",
        emailVerified: true,
        enabled: false,
        attributes: { constructor: ["x"], empty: [], many: ["1", "2"] },
        createdAtMs: 1_795_521_600_000,
      };
      await store.accounts.insert(full, { username: "full", email: "full@example.org" });
      assert.deepEqual(await second.accounts.get(full.id), full);
      assert.deepEqual(await second.accounts.findByLoginName("full"), full);
      assert.deepEqual(await second.accounts.findByLoginName("full@example.org"), full);
    });

    it("what is not given is undefined", async () => {
      const { store } = subject();
      const bare: Account = { ...account("bare"), email: undefined, name: undefined };
      await store.accounts.insert(bare, { username: "bare" });
      const read = await store.accounts.get(bare.id);
      assert.deepEqual(read, { ...bare, givenName: undefined, familyName: undefined, phone: undefined });
    });

    it("nobody is found by a name that nobody has, however it is written", async () => {
      const { store } = subject();
      for (const text of HOSTILE_TEXTS) assert.equal(await store.accounts.findByLoginName(text), undefined);
      assert.equal(await store.accounts.get("' OR 1=1 --"), undefined);
    });

    it("a user name that is taken is a conflict, and nothing of the second account stays", async () => {
      const { store } = subject();
      await insert(subject, "taken");
      await assert.rejects(
        store.accounts.insert(account("other"), { username: "taken", email: "other@example.org" }),
        conflictOn("username"),
      );
      assert.equal(await store.accounts.get("other"), undefined);
      assert.equal(await store.accounts.findByLoginName("other@example.org"), undefined);
    });

    it("an e-mail address that is taken is a conflict", async () => {
      const { store } = subject();
      await insert(subject, "mail-a");
      await assert.rejects(
        store.accounts.insert(account("mail-b"), { username: "mail-b", email: "mail-a@example.org" }),
        conflictOn("email"),
      );
      assert.equal(await store.accounts.findByLoginName("mail-b"), undefined);
    });

    it("somebody's address cannot be another's user name, nor the other way round", async () => {
      const { store } = subject();
      await insert(subject, "victim");
      await assert.rejects(
        store.accounts.insert(account("thief"), { username: "victim@example.org" }),
        conflictOn("username"),
      );
      await assert.rejects(
        store.accounts.insert(account("thief"), { username: "thief", email: "victim" }),
        conflictOn("email"),
      );
    });

    it("one's own user name may be one's own address", async () => {
      const { store } = subject();
      const both = account("both");
      await store.accounts.insert(both, { username: "both@example.org", email: "both@example.org" });
      assert.equal((await store.accounts.findByLoginName("both@example.org"))?.id, both.id);
    });

    it("of many who register one name at the same moment, one gets it", async () => {
      const results = await burst(subject(), 20, async (store, n) => {
        const result = await Promise.allSettled([
          store.accounts.insert(account(`race-${n}`), { username: "race" }),
        ]);
        return result[0];
      });
      assert.equal(results.filter((result) => result.status === "fulfilled").length, 1);
      for (const result of results) {
        if (result.status === "rejected") conflictOn("username")(result.reason);
      }
    });

    it("an update replaces the record and frees the old names", async () => {
      const { store, second } = subject();
      const before = await insert(subject, "before");
      const after: Account = {
        ...before,
        username: "After",
        email: undefined,
        enabled: false,
        updatedAtMs: 9,
      };
      assert.equal(await store.accounts.update(after, { username: "after" }), true);
      assert.deepEqual(await second.accounts.get(before.id), after);
      assert.equal(await store.accounts.findByLoginName("before"), undefined);
      assert.equal(await store.accounts.findByLoginName("before@example.org"), undefined);
      assert.equal((await store.accounts.findByLoginName("after"))?.id, before.id);
    });

    it("an update that would take another's name is a conflict and changes nothing", async () => {
      const { store } = subject();
      await insert(subject, "owner-of-name");
      const mine = await insert(subject, "mine");
      for (const [names, field] of [
        [{ username: "owner-of-name" }, "username"],
        [{ username: "mine", email: "owner-of-name@example.org" }, "email"],
      ] as const) {
        await assert.rejects(store.accounts.update({ ...mine, name: "changed" }, names), conflictOn(field));
      }
      assert.deepEqual(await store.accounts.get("mine"), mine);
      assert.equal((await store.accounts.findByLoginName("mine@example.org"))?.id, "mine");
    });

    it("updating an account that is not there is false", async () => {
      const { store } = subject();
      assert.equal(await store.accounts.update(account("nobody"), { username: "nobody" }), false);
      assert.equal(await store.accounts.findByLoginName("nobody"), undefined);
    });

    it("a password hash is kept beside the account and survives its update", async () => {
      const { store, second } = subject();
      const person = await insert(subject, "password");
      assert.equal(await store.accounts.passwordHash(person.id), undefined);
      await store.accounts.setPasswordHash(person.id, "$argon2id$1", 5);
      await store.accounts.setPasswordHash(person.id, "$argon2id$2", 6);
      await store.accounts.update(person, { username: "password" });
      assert.equal(await second.accounts.passwordHash(person.id), "$argon2id$2");
    });

    it("a password for an account that is not there is an error, not a row that waits for one", async () => {
      const { store } = subject();
      await assert.rejects(store.accounts.setPasswordHash("ghost", "$argon2id$", 5), {
        name: "ReferenceMissing",
      });
      assert.equal(await store.accounts.passwordHash("ghost"), undefined);
    });
  });

  describe("the list of accounts", () => {
    const names = ["list-B", "list-a", "list-Ä", "list-c_1", "list-cx1", "list-d%"];

    it("goes through all of them in the order of their names, page by page, each once", async () => {
      const { store } = subject();
      for (const name of names) await insert(subject, name);
      const seen: string[] = [];
      let after: string | undefined;
      do {
        const page = await store.accounts.list({ search: "list-", limit: 2, after });
        assert.equal(page.total, names.length);
        seen.push(...page.items.map((item) => item.id));
        after = page.next;
      } while (after !== undefined);
      assert.deepEqual(seen, [...names].sort());
    });

    it("search looks into user name, name and e-mail, without regard to case", async () => {
      const { store } = subject();
      const person: Account = { ...account("seek-1"), name: "Grace HOPPER", email: "Seek@Navy.example" };
      await store.accounts.insert(person, { username: "seek-1", email: "seek@navy.example" });
      for (const search of ["SEEK-1", "hopper", "grace h", "@NAVY"]) {
        const page = await store.accounts.list({ search, limit: 10 });
        assert.deepEqual(
          page.items.map((item) => item.id),
          ["seek-1"],
          search,
        );
        assert.equal(page.next, undefined);
      }
    });

    it("the signs that mean something in a pattern mean themselves", async () => {
      const { store } = subject();
      for (const [search, expected] of [
        ["list-c_", ["list-c_1"]],
        ["list-d%", ["list-d%"]],
        ["list%", []],
        ["list-\\", []],
      ] as const) {
        const page = await store.accounts.list({ search, limit: 10 });
        assert.deepEqual(
          page.items.map((item) => item.id),
          expected,
          search,
        );
        assert.equal(page.total, expected.length);
      }
    });

    it("hostile searches find nothing and break nothing", async () => {
      const { store } = subject();
      for (const search of HOSTILE_TEXTS.filter((text) => !["%", "_", "\\"].includes(text))) {
        assert.deepEqual((await store.accounts.list({ search, limit: 10 })).items, []);
      }
    });

    it("a forged cursor is a RangeError, never a query", async () => {
      const { store } = subject();
      const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
      for (const after of [
        "",
        "x",
        "' OR 1=1 --",
        encoded("list-a"),
        encoded(["a", "b"]),
        encoded([1]),
        encoded([null]),
        encoded({ 0: "a" }),
        encoded(["x".repeat(2_000)]),
        `${encoded(["a"])}=`,
        `${encoded(["a"])}!`,
      ]) {
        await assert.rejects(store.accounts.list({ after, limit: 10 }), RangeError, after);
      }
    });

    it("a page without a sensible size is a RangeError", async () => {
      const { store } = subject();
      for (const limit of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 1_000_000]) {
        await assert.rejects(store.accounts.list({ limit }), RangeError, String(limit));
      }
    });
  });

  async function insert(subject: Subject, name: string): Promise<Account> {
    const person = account(name);
    await subject().store.accounts.insert(person, { username: name, email: `${name}@example.org` });
    return { ...person, givenName: undefined, familyName: undefined, phone: undefined };
  }
}

function account(name: string): Account {
  return {
    id: name,
    username: name,
    email: `${name}@example.org`,
    emailVerified: false,
    name: "Somebody",
    groups: [],
    role: "person",
    enabled: true,
    attributes: {},
    createdAtMs: 1,
    updatedAtMs: 2,
  };
}
