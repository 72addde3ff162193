import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { burst, HOSTILE_TEXTS, type Subject } from "./subject.ts";

const LIFE_MS = 300_000;

/** Ids that count once, on one database with two connections. */
export function spentIdContract(subject: Subject): void {
  describe("spent ids", () => {
    it("an id is spent once, whichever connection asks", async () => {
      const { store, second } = subject();
      assert.equal(await store.spentIds.spend("jti", "once", LIFE_MS), true);
      assert.equal(await store.spentIds.spend("jti", "once", LIFE_MS), false);
      assert.equal(await second.spentIds.spend("jti", "once", LIFE_MS), false);
    });

    it("RL-14 of fifty that come at once exactly one is the first", async () => {
      const answers = await burst(subject(), 50, async (store) => {
        return await store.spentIds.spend("jti", "raced", LIFE_MS);
      });
      assert.equal(answers.filter((isFirst) => isFirst).length, 1);
    });

    it("an id of one kind says nothing about another kind's", async () => {
      const { store } = subject();
      assert.equal(await store.spentIds.spend("jti", "of both kinds", LIFE_MS), true);
      assert.equal(await store.spentIds.spend("message", "of both kinds", LIFE_MS), true);
    });

    it("it stays spent for its whole life, swept or not, and is free afterwards", async () => {
      const { store, second, clock } = subject();
      assert.equal(await store.spentIds.spend("jti", "aged", LIFE_MS), true);
      clock.advance(LIFE_MS - 1);
      await store.spentIds.deleteExpired();
      assert.equal(await second.spentIds.spend("jti", "aged", LIFE_MS), false);
      clock.advance(1);
      assert.equal(await second.spentIds.spend("jti", "aged", LIFE_MS), true);
      assert.equal(await store.spentIds.spend("jti", "aged", LIFE_MS), false);
    });

    it("a second presentation does not make the life longer", async () => {
      const { store, clock } = subject();
      await store.spentIds.spend("jti", "knocked at", LIFE_MS);
      clock.advance(LIFE_MS - 1);
      await store.spentIds.spend("jti", "knocked at", LIFE_MS);
      clock.advance(1);
      assert.equal(await store.spentIds.spend("jti", "knocked at", LIFE_MS), true);
    });

    it("of fifty that come at once for an id whose life is over exactly one is the first", async () => {
      const { store, clock } = subject();
      await store.spentIds.spend("jti", "over", 1);
      clock.advance(1);
      const answers = await burst(subject(), 50, async (one) => {
        return await one.spentIds.spend("jti", "over", LIFE_MS);
      });
      assert.equal(answers.filter((isFirst) => isFirst).length, 1);
    });

    it("the sweep takes what is over and leaves the rest", async () => {
      const { store, clock } = subject();
      clock.advance(2 * LIFE_MS);
      await store.spentIds.deleteExpired();
      await store.spentIds.spend("jti", "short", 1_000);
      await store.spentIds.spend("jti", "long", LIFE_MS);
      clock.advance(1_000);
      assert.equal(await store.spentIds.deleteExpired(), 1);
      assert.equal(await store.spentIds.spend("jti", "long", LIFE_MS), false);
    });

    it("ids that an attacker wrote are ids like others", async () => {
      const { store } = subject();
      for (const text of HOSTILE_TEXTS) {
        assert.equal(await store.spentIds.spend("message", text, LIFE_MS), true, JSON.stringify(text));
        assert.equal(await store.spentIds.spend("message", text, LIFE_MS), false, JSON.stringify(text));
      }
    });
  });
}
