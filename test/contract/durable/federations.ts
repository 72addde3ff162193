import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Federation, FederationMember } from "../../../src/model/federation.ts";
import { generationName } from "../../../src/storage/federation-store.ts";
import type { DurableStore } from "../../../src/storage/stores.ts";
import { conflictOn, HOSTILE_TEXTS, type Subject } from "./subject.ts";

export function federationContract(subject: Subject): void {
  let made = 0;

  const federation = (changes: Partial<Federation> = {}): Federation => {
    made += 1;
    return {
      id: `federation-${made}`,
      name: `Federation ${String(made).padStart(3, "0")}`,
      allowAllMembers: false,
      createdAtMs: made,
      updatedAtMs: 10,
      ...changes,
    };
  };
  const member = (entityId: string, changes: Partial<FederationMember> = {}): FederationMember => ({
    entityId,
    name: `Name of ${entityId}`,
    digest: `digest-${entityId}`,
    validUntilMs: undefined,
    xml: `<x y="${entityId.length}"/>`,
    ...changes,
  });
  const copy = (generation: string) => ({
    generation,
    fileDigest: "d",
    checkedWith: "MII",
    cacheDurationMs: 7,
    readAtMs: 5,
    validUntilMs: 9,
    members: 1,
    others: 2,
    leftOut: 3,
    change: { added: 4, removed: 5, changed: 6 },
  });

  /** A federation with a copy of these members in force. */
  const stored = async (
    store: DurableStore,
    members: readonly FederationMember[],
    changes: Partial<Federation> = {},
  ): Promise<Federation & { readonly generation: string }> => {
    const one = federation(changes);
    const generation = generationName(one.createdAtMs, one.id);
    await store.federations.insert(one);
    await store.federations.addMembers(one.id, generation, members);
    const active = { ...one, copy: copy(generation), updatedAtMs: 11 };
    assert.equal(await store.federations.update(active, 10), true);
    return { ...active, generation };
  };

  describe("federations", () => {
    it("come back as they were stored, by name, and a name is taken once", async () => {
      const { store, second } = subject();
      const one = federation({
        url: "https://f.example/",
        pinnedCertificate: "MII",
        lastFetchMs: 1,
        fetched: { url: "https://f.example/", etag: '"v1"', lastModified: "Tue, 24 Nov 2026 12:00:00 GMT" },
        nextDueMs: 2,
        problem: "Ü",
        copy: copy("g-1"),
      });
      await store.federations.insert(one);
      assert.deepEqual(await second.federations.get(one.id), one);
      assert.deepEqual(
        (await second.federations.all()).filter(({ id }) => id === one.id),
        [one],
      );
      await assert.rejects(second.federations.insert(federation({ name: one.name })), conflictOn("name"));
      assert.equal(await store.federations.get("none"), undefined);
    });

    it("a change that was made of an old reading is not stored", async () => {
      const { store, second } = subject();
      const one = federation();
      await store.federations.insert(one);
      const answers = await Promise.all([
        store.federations.update({ ...one, allowAllMembers: true, updatedAtMs: 12 }, 10),
        second.federations.update({ ...one, problem: "x", updatedAtMs: 13 }, 10),
      ]);
      assert.deepEqual(
        answers.filter((answer) => answer),
        [true],
      );
    });

    it("a member is found in the copy in force, and in no other", async () => {
      const { store, second } = subject();
      const one = await stored(store, [member("a"), member("ä")]);
      await store.federations.addMembers(one.id, "000000000000099-next", [member("a", { xml: "<new/>" })]);
      assert.deepEqual(await second.federations.member(one.id, "a"), member("a"));
      assert.equal(await second.federations.member("another", "a"), undefined);
      const switched = { ...one, copy: copy("000000000000099-next"), updatedAtMs: 12 };
      assert.equal(await store.federations.update(switched, 11), true);
      assert.equal((await second.federations.member(one.id, "a"))?.xml, "<new/>");
      assert.equal(await second.federations.member(one.id, "ä"), undefined);
    });

    it("an entityID that comes twice is a member only where both say the same", async () => {
      const { store } = subject();
      const one = await stored(store, [
        member("same"),
        member("same"),
        member("twice"),
        member("twice", { digest: "other" }),
        member("thrice"),
      ]);
      await store.federations.addMembers(one.id, one.generation, [
        member("same"),
        member("thrice", { digest: "other" }),
      ]);
      const found = await Promise.all(
        ["same", "twice", "thrice"].map(async (id) => (await store.federations.member(one.id, id))?.entityId),
      );
      assert.deepEqual(found, ["same", undefined, undefined]);
      assert.deepEqual(
        (await store.federations.listMembers(one.generation, { limit: 10 })).items.map(
          ({ entityId }) => entityId,
        ),
        ["same"],
      );
    });

    it("may sign on: a valid member, of a federation that lets all its members", async () => {
      const { store } = subject();
      await stored(store, [member("closed")]);
      const open = await stored(store, [member("open"), member("ends", { validUntilMs: 100 })], {
        allowAllMembers: true,
      });
      await stored(store, [member("open", { xml: "<later/>" })], { allowAllMembers: true });
      const found = await store.federations.memberForSignOn("open", 50);
      assert.deepEqual([found?.federation.id, found?.member], [open.id, member("open")]);
      assert.equal(await store.federations.memberForSignOn("closed", 50), undefined);
      assert.equal((await store.federations.memberForSignOn("ends", 99))?.member.entityId, "ends");
      assert.equal(await store.federations.memberForSignOn("ends", 100), undefined);
    });

    it("two copies are compared by entityID and by what each member says", async () => {
      const { store } = subject();
      const one = await stored(store, [member("stays"), member("goes"), member("changes")]);
      const next = "000000000000098-next";
      await store.federations.addMembers(one.id, next, [
        member("stays"),
        member("changes", { digest: "new" }),
        member("comes"),
        member("comes too"),
      ]);
      assert.deepEqual(await store.federations.compare(one.generation, next), {
        added: 2,
        removed: 1,
        changed: 1,
      });
      assert.deepEqual(await store.federations.compare(undefined, next), {
        added: 4,
        removed: 0,
        changed: 0,
      });
      await store.federations.deleteCopy(next);
      assert.equal((await store.federations.listMembers(next, { limit: 1 })).total, 0);
    });

    it("what a process left behind is deleted when it is old, and what is in force is not", async () => {
      const { store } = subject();
      const one = await stored(store, [member("a")]);
      const young = generationName(2_000, "young");
      await store.federations.addMembers(one.id, generationName(500, "old"), [member("a"), member("b")]);
      await store.federations.addMembers(one.id, young, [member("a")]);
      await store.federations.deleteAbandoned(one.id, 1_000);
      const total = async (generation: string) =>
        (await store.federations.listMembers(generation, { limit: 1 })).total;
      assert.equal(await total(generationName(500, "old")), 0);
      assert.equal(await total(young), 1);
      assert.equal(await total(one.generation), 1);
    });

    it("members are listed by name in pages, and searched by name and entityID", async () => {
      const { store } = subject();
      const ids = Array.from(
        { length: 450 },
        (_, index) => `https://m${String(index).padStart(3, "0")}.example`,
      );
      const one = await stored(
        store,
        ids.map((id) => member(id, { name: `ÄB ${id}` })),
      );
      const list = store.federations.listMembers.bind(store.federations);
      const first = await list(one.generation, { limit: 200 });
      const rest = await list(one.generation, { limit: 1_000, after: first.next });
      assert.deepEqual(
        [...first.items, ...rest.items].map(({ entityId }) => entityId),
        ids,
      );
      assert.equal(first.total, 450);
      assert.equal(rest.next, undefined);
      assert.equal((await list(one.generation, { limit: 10, search: "M04" })).total, 10);
      for (const search of HOSTILE_TEXTS) {
        assert.equal((await list(one.generation, { limit: 10, search })).total, 0, search.slice(0, 20));
      }
    });

    it("a removed federation takes its members with it", async () => {
      const { store } = subject();
      const one = await stored(
        store,
        Array.from({ length: 250 }, (_, index) => member(`gone-${index}`)),
      );
      assert.equal(await store.federations.delete(one.id), true);
      assert.equal((await store.federations.listMembers(one.generation, { limit: 1 })).total, 0);
      assert.equal(await store.federations.delete(one.id), false);
    });
  });
}
