import assert from "node:assert/strict";
import { beforeEach, describe, it } from "node:test";
import type { RefreshToken } from "../../../src/storage/stores.ts";
import { burst, conflictOn, type Subject } from "./subject.ts";

export function refreshTokenContract(subject: Subject): void {
  let family = "";
  let families = 0;
  beforeEach(() => {
    families += 1;
    family = `family-${families}`;
  });

  /** A token of the current test's family. */
  const token = (name: string, changes: Partial<RefreshToken> = {}): RefreshToken => ({
    hash: `${family}-${name}`,
    familyId: family,
    accountId: `account-of-${family}`,
    applicationId: `application-of-${family}`,
    grantId: undefined,
    sessionId: undefined,
    scopes: ["offline_access", "email"],
    issuedAtMs: 1_000,
    expiresAtMs: 2_000,
    familyExpiresAtMs: 9_000,
    wire: { acr: "1", resources: ["https://api.example"], auth_time: 1_795_521_600 },
    ...changes,
  });

  describe("refresh tokens", () => {
    it("a token is read back as it was written, without being used", async () => {
      const { store, second } = subject();
      const first = token("1", { sessionId: "session" });
      await store.refreshTokens.insert(first);
      for (let times = 0; times < 2; times++) {
        assert.deepEqual(await second.refreshTokens.find(first.hash), { ...first, rotatedAtMs: undefined });
      }
      assert.equal(await store.refreshTokens.find("unknown"), undefined);
    });

    it("rotated, it is used, and its successor is current", async () => {
      const { store } = subject();
      await store.refreshTokens.insert(token("1"));
      const first = await store.refreshTokens.rotate(`${family}-1`, token("2"), "sealed-2", 1_500);
      assert.deepEqual(first, { state: "yours", token: token("1") });
      const again = await store.refreshTokens.rotate(`${family}-1`, token("3"), "sealed-3", 1_600);
      assert.deepEqual(again, {
        state: "used",
        token: token("1"),
        rotatedAtMs: 1_500,
        sealedSuccessor: "sealed-2",
      });
      assert.equal((await store.refreshTokens.find(`${family}-1`))?.rotatedAtMs, 1_500);
      assert.equal(
        await store.refreshTokens.find(`${family}-3`),
        undefined,
        "nothing was issued the second time",
      );
      const next = await store.refreshTokens.rotate(`${family}-2`, token("4"), "sealed-4", 1_700);
      assert.equal(next.state, "yours");
    });

    it("of 50 rotations at the same moment on two connections one succeeds and makes one successor", async () => {
      await subject().store.refreshTokens.insert(token("1"));
      const results = await burst(
        subject(),
        50,
        async (store, n) =>
          await store.refreshTokens.rotate(`${family}-1`, token(`next-${n}`), `sealed-${n}`, 1_500),
      );
      const winners = results.flatMap((result, n) => (result.state === "yours" ? [n] : []));
      assert.equal(winners.length, 1);
      assert.ok(results.every((result) => result.state !== "unknown"));
      for (const result of results) {
        if (result.state === "used") assert.equal(result.sealedSuccessor, `sealed-${winners[0]}`);
      }
      const found = await burst(
        subject(),
        50,
        async (store, n) => await store.refreshTokens.find(`${family}-next-${n}`),
      );
      assert.deepEqual(
        found.flatMap((successor, n) => (successor === undefined ? [] : [n])),
        winners,
      );
    });

    it("an unknown token is unknown, and makes no successor", async () => {
      const { store } = subject();
      const result = await store.refreshTokens.rotate("never-issued", token("2"), "sealed", 1_500);
      assert.deepEqual(result, { state: "unknown" });
      assert.equal(await store.refreshTokens.find(`${family}-2`), undefined);
    });

    it("one that expired unused is unknown; one that was used before it expired is still recognised", async () => {
      const { store } = subject();
      await store.refreshTokens.insert(token("1"));
      await store.refreshTokens.rotate(`${family}-1`, token("2"), "sealed-2", 1_500);
      assert.equal(
        (await store.refreshTokens.rotate(`${family}-2`, token("3"), "s", 2_000)).state,
        "unknown",
      );
      assert.equal((await store.refreshTokens.rotate(`${family}-1`, token("3"), "s", 2_000)).state, "used");
    });

    it("a successor cannot leave its family", async () => {
      const { store } = subject();
      await store.refreshTokens.insert(token("1"));
      const stranger = token("2", { familyId: "another-family" });
      await assert.rejects(store.refreshTokens.rotate(`${family}-1`, stranger, "s", 1_500), TypeError);
      assert.equal((await store.refreshTokens.rotate(`${family}-1`, token("2"), "s", 1_500)).state, "yours");
    });

    it("a hash that is there already is refused, whoever presents it", async () => {
      const { store } = subject();
      await store.refreshTokens.insert(token("1"));
      await assert.rejects(store.refreshTokens.insert(token("1")), conflictOn("hash"));
    });
  });

  describe("revocation of refresh tokens", () => {
    it("of a family makes every token of it unknown, used or not", async () => {
      const { store, second } = subject();
      await store.refreshTokens.insert(token("1"));
      await store.refreshTokens.rotate(`${family}-1`, token("2"), "sealed-2", 1_500);
      assert.equal(await second.refreshTokens.revokeFamily(family), 1);
      assert.equal(await second.refreshTokens.revokeFamily(family), 0);
      for (const name of ["1", "2"]) {
        assert.equal(await store.refreshTokens.find(`${family}-${name}`), undefined);
        const result = await store.refreshTokens.rotate(`${family}-${name}`, token("3"), "s", 1_600);
        assert.deepEqual(result, { state: "unknown" });
      }
    });

    it("during rotations leaves no successor alive, whichever comes first", async () => {
      const { store } = subject();
      for (let round = 0; round < 10; round++) {
        families += 1;
        family = `family-${families}`;
        await store.refreshTokens.insert(token("1"));
        await burst(subject(), 6, async (connection, n) => {
          if (n === 3) await connection.refreshTokens.revokeFamily(family);
          else await connection.refreshTokens.rotate(`${family}-1`, token(`next-${n}`), "s", 1_500);
        });
        for (let n = 0; n < 6; n++) {
          assert.equal(await store.refreshTokens.find(`${family}-next-${n}`), undefined, `round ${round}`);
        }
      }
    });

    it("of the grant during rotations is an answer to all of them, never an error, and leaves nothing", async () => {
      const { store } = subject();
      for (let round = 0; round < 10; round++) {
        families += 1;
        family = `family-${families}`;
        const grant = { id: `grant-${family}`, accountId: family, applicationId: "wiki", scopes: ["a"] };
        await store.grants.allow(grant, 1);
        await store.refreshTokens.insert(token("1", { grantId: grant.id }));
        await burst(subject(), 6, async (connection, n) => {
          if (n === 3) return await connection.grants.delete(grant.id);
          const successor = token(`next-${n}`, { grantId: grant.id });
          return (await connection.refreshTokens.rotate(`${family}-1`, successor, "s", 1_500)).state;
        });
        for (let n = 0; n < 6; n++) {
          assert.equal(await store.refreshTokens.find(`${family}-next-${n}`), undefined, `round ${round}`);
        }
      }
    });

    it("that comes before the family's first token keeps that token out", async () => {
      const { store, second } = subject();
      assert.equal(await second.refreshTokens.revokeFamily(family), 0);
      await assert.rejects(store.refreshTokens.insert(token("1")), conflictOn("familyId"));
      assert.equal(await store.refreshTokens.find(`${family}-1`), undefined);
    });

    it("of a grant that is gone keeps a late token out", async () => {
      const { store } = subject();
      await assert.rejects(
        store.refreshTokens.insert(token("1", { grantId: "withdrawn" })),
        conflictOn("grantId"),
      );
      assert.equal(await store.refreshTokens.find(`${family}-1`), undefined);
    });

    it("by session, account and application hits these families and no others", async () => {
      const { store } = subject();
      const others = { familyId: `${family}-other`, accountId: "a2", applicationId: "p2", sessionId: "s2" };
      await store.refreshTokens.insert(token("other", others));
      for (const revoke of [
        () => store.refreshTokens.revokeBySession("s1"),
        () => store.refreshTokens.revokeByAccount("a1"),
        () => store.refreshTokens.revokeByApplication("p1"),
      ]) {
        families += 1;
        const own = { familyId: `family-${families}`, accountId: "a1", applicationId: "p1", sessionId: "s1" };
        const hash = `hash-${families}`;
        await store.refreshTokens.insert(token("own", { ...own, hash }));
        assert.equal(await revoke(), 1);
        assert.equal(await revoke(), 0);
        assert.equal(await store.refreshTokens.find(hash), undefined);
      }
      assert.notEqual(await store.refreshTokens.find(`${family}-other`), undefined);
    });

    it("a family without a session is not hit by one that has no name", async () => {
      const { store } = subject();
      await store.refreshTokens.insert(token("1"));
      assert.equal(await store.refreshTokens.revokeBySession(""), 0);
      assert.notEqual(await store.refreshTokens.find(`${family}-1`), undefined);
    });

    it("expired tokens and those of revoked families are deleted, live ones are not", async () => {
      const { store } = subject();
      await store.refreshTokens.deleteExpired(1_000_000);
      await store.refreshTokens.insert(token("old", { expiresAtMs: 2_000 }));
      await store.refreshTokens.insert(token("live", { expiresAtMs: 2_001 }));
      const revoked = `${family}-revoked`;
      await store.refreshTokens.insert(token("revoked", { familyId: revoked, expiresAtMs: 5_000 }));
      await store.refreshTokens.revokeFamily(revoked);
      assert.equal(await store.refreshTokens.deleteExpired(2_000), 2);
      assert.equal(await store.refreshTokens.find(`${family}-old`), undefined);
      assert.notEqual(await store.refreshTokens.find(`${family}-live`), undefined);
      await assert.rejects(
        store.refreshTokens.insert(token("late", { familyId: revoked })),
        conflictOn("familyId"),
        "the revocation outlives the tokens",
      );
    });
  });
}
