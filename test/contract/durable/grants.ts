import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { burst, type Subject } from "./subject.ts";

export function grantContract(subject: Subject): void {
  let made = 0;
  const pair = () => {
    made += 1;
    return { id: `grant-${made}`, accountId: `account-${made}`, applicationId: "wiki" };
  };

  describe("grants", () => {
    it("the first answer makes the grant, the next widens it and keeps its id", async () => {
      const { store, second } = subject();
      const { id, accountId, applicationId } = pair();
      await store.grants.allow(
        { id, accountId, applicationId, scopes: ["email"], answeredRequestId: "r1" },
        10,
      );
      const widened = await second.grants.allow(
        { id: "another-id", accountId, applicationId, scopes: ["profile", "email"], answeredRequestId: "r2" },
        20,
      );
      assert.deepEqual(widened, {
        id,
        accountId,
        applicationId,
        scopes: ["email", "profile"],
        declined: [],
        answeredRequestId: "r2",
        createdAtMs: 10,
        updatedAtMs: 20,
      });
      assert.deepEqual(await store.grants.get(id), widened);
      assert.deepEqual(await store.grants.find(accountId, applicationId), widened);
      assert.equal(await store.grants.get("another-id"), undefined);
    });

    it("an answer to no request leaves the last answered one in place", async () => {
      const { store } = subject();
      const key = pair();
      await store.grants.allow({ ...key, scopes: [], answeredRequestId: "r1" }, 1);
      const grant = await store.grants.allow({ ...key, scopes: [] }, 2);
      assert.equal(grant.answeredRequestId, "r1");
      assert.deepEqual(grant.scopes, []);
    });

    it("of answers at the same moment none is lost, and there is one grant", async () => {
      const { accountId, applicationId } = pair();
      const grants = await burst(subject(), 40, async (store, n) => {
        const scopes = [`scope-${n}`, "common"];
        return await store.grants.allow({ id: `racing-${n}`, accountId, applicationId, scopes }, n);
      });
      assert.equal(new Set(grants.map((grant) => grant.id)).size, 1);
      const grant = await subject().store.grants.find(accountId, applicationId);
      assert.equal(grant?.scopes.length, 41);
      assert.equal((await subject().store.grants.listByAccount(accountId)).length, 1);
    });

    it("a scope that is given twice is there once", async () => {
      const { store } = subject();
      const grant = await store.grants.allow({ ...pair(), scopes: ["a", "a"] }, 1);
      assert.deepEqual(grant.scopes, ["a"]);
    });

    it("a scope is allowed or declined as the last answer that names it said, and another one stays", async () => {
      const { store, second } = subject();
      const key = pair();
      await store.grants.allow({ ...key, scopes: ["profile"], declined: ["groups", "phone"] }, 1);
      const changed = await second.grants.allow({ ...key, scopes: ["groups"], declined: ["profile"] }, 2);
      assert.deepEqual([changed.scopes, changed.declined], [["groups"], ["phone", "profile"]]);
      assert.deepEqual(await store.grants.get(key.id), changed);
      const unnamed = await store.grants.allow({ ...key, scopes: [] }, 3);
      assert.deepEqual([unnamed.scopes, unnamed.declined], [["groups"], ["phone", "profile"]]);
    });

    it("a scope that is named as allowed and as declined is declined", async () => {
      const grant = await subject().store.grants.allow({ ...pair(), scopes: ["a"], declined: ["a"] }, 1);
      assert.deepEqual([grant.scopes, grant.declined], [[], ["a"]]);
    });

    it("a person's grants are listed, and nobody else's", async () => {
      const { store } = subject();
      const { accountId } = pair();
      for (const applicationId of ["one", "two"]) {
        await store.grants.allow(
          { id: `${accountId}-${applicationId}`, accountId, applicationId, scopes: ["x"] },
          1,
        );
      }
      await store.grants.allow({ ...pair(), scopes: ["y"] }, 1);
      const listed = await store.grants.listByAccount(accountId);
      assert.deepEqual(
        listed.map((grant) => [grant.applicationId, grant.scopes]),
        [
          ["one", ["x"]],
          ["two", ["x"]],
        ],
      );
      assert.deepEqual(await store.grants.listByAccount("nobody"), []);
    });

    it("a grant that was withdrawn takes its refresh tokens along", async () => {
      const { store } = subject();
      const key = pair();
      await store.grants.allow({ ...key, scopes: ["a"] }, 1);
      await store.refreshTokens.insert({
        hash: `hash-${key.id}`,
        familyId: `family-${key.id}`,
        accountId: key.accountId,
        applicationId: key.applicationId,
        grantId: key.id,
        scopes: ["a"],
        issuedAtMs: 1,
        expiresAtMs: 1_000,
        familyExpiresAtMs: 1_000,
        wire: null,
      });
      assert.equal(await store.grants.delete(key.id), true);
      assert.equal(await store.refreshTokens.find(`hash-${key.id}`), undefined);
      assert.equal(await store.grants.find(key.accountId, key.applicationId), undefined);
      assert.equal(await store.grants.delete(key.id), false);
    });

    it("all grants of a person, or of an application, are deleted and counted", async () => {
      const { store } = subject();
      const { accountId } = pair();
      for (const applicationId of ["d-one", "d-two", "d-three"]) {
        await store.grants.allow(
          { id: `${accountId}-${applicationId}`, accountId, applicationId, scopes: ["x"] },
          1,
        );
      }
      assert.equal(await store.grants.deleteByApplication("d-three"), 1);
      assert.equal(await store.grants.deleteByAccount(accountId), 2);
      assert.equal(await store.grants.deleteByAccount(accountId), 0);
    });
  });
}
