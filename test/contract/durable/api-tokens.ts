import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { ApiToken } from "../../../src/model/api-token.ts";
import { burst, conflictOn, HOSTILE_TEXTS, type Subject } from "./subject.ts";

const DAY_MS = 86_400_000;

export function apiTokenContract(subject: Subject): void {
  function token(id: string, more: Partial<ApiToken> = {}): ApiToken {
    const nowMs = subject().clock.nowMs();
    return {
      id,
      kind: "pat",
      name: `Token ${id}`,
      hash: `hash-${id}`,
      lastFour: "wxYz",
      owner: { kind: "account", id: `account-${id}` },
      madeBy: `account-${id}`,
      limits: limits({}),
      createdAtMs: nowMs,
      expiresAtMs: nowMs + DAY_MS,
      state: "active",
      stateSinceMs: nowMs,
      version: 1,
      ...more,
    };
  }

  describe("API tokens", () => {
    it("one is read back as it was written, by id and by hash, with and without what may be absent", async () => {
      const { store, second } = subject();
      const full = token("full", {
        kind: "svc",
        owner: { kind: "application", id: "service" },
        limits: {
          scopes: ["a", "b"],
          resources: ["https://api.example/"],
          addresses: ["10.0.0.0/8", "::1"],
          methods: ["GET"],
          pathPrefixes: ["/v1"],
          perMinute: 5,
          perDay: 100,
          binding: { kind: "dpop", thumbprint: "t".repeat(43) },
        },
        stateReason: "owner",
        state: "suspended",
        replaces: "older",
        lastUsedAtMs: 5,
        lastUsedAddress: "10.1.2.3",
        version: 7,
      });
      const bare = token("bare");
      await store.apiTokens.insert(full);
      await store.apiTokens.insert(bare);
      assert.deepEqual(await second.apiTokens.get("full"), full);
      assert.deepEqual(await second.apiTokens.findByHash("hash-bare"), bare);
    });

    it("a hash is stored once", async () => {
      const { store, second } = subject();
      await store.apiTokens.insert(token("once"));
      await assert.rejects(
        second.apiTokens.insert({ ...token("twice"), hash: "hash-once" }),
        conflictOn("hash"),
      );
      assert.equal(await store.apiTokens.get("twice"), undefined);
    });

    it("hostile texts find nothing and break nothing", async () => {
      const { store } = subject();
      for (const text of HOSTILE_TEXTS) {
        assert.equal(await store.apiTokens.findByHash(text), undefined);
        assert.equal(await store.apiTokens.get(text), undefined);
        const page = await store.apiTokens.list({ scope: text, address: text }, { search: text, limit: 5 });
        assert.equal(page.total, 0);
      }
    });

    it("a change counts the version, and of two changes of one version one changes nothing", async () => {
      const current = subject();
      await current.store.apiTokens.insert(token("versions"));
      const changes = await burst(
        current,
        10,
        async (store, n) => await store.apiTokens.change("versions", { name: `name ${n}` }, 9, 1),
      );
      const won = changes.filter((changed) => changed !== undefined);
      assert.equal(won.length, 1);
      assert.deepEqual(await current.second.apiTokens.get("versions"), won[0]);
      assert.equal(won[0]?.version, 2);
      const any = await current.store.apiTokens.change("versions", { name: "whatever" }, 10);
      assert.equal(any?.version, 3);
    });

    it("changed limits are found under what they are now and no longer under what they were", async () => {
      const { store, second } = subject();
      await store.apiTokens.insert(token("marks", { limits: limits({ scopes: ["mark:old"] }) }));
      const now = limits({ scopes: ["mark:new"], resources: ["https://new.example/"] });
      await store.apiTokens.change("marks", { limits: now }, 9);
      assert.equal((await second.apiTokens.list({ scope: "mark:old" }, { limit: 5 })).total, 0);
      assert.equal((await second.apiTokens.list({ scope: "mark:new" }, { limit: 5 })).total, 1);
      const byResource = await second.apiTokens.list({ resource: "https://new.example/" }, { limit: 5 });
      assert.deepEqual(byResource.items[0]?.limits, now);
    });

    it("a suspended token is released, and a revoked one never changes again", async () => {
      const { store, second } = subject();
      await store.apiTokens.insert(token("states"));
      const stopped = await store.apiTokens.change(
        "states",
        { state: "suspended", stateReason: "rule:x" },
        50,
      );
      assert.deepEqual(
        [stopped?.state, stopped?.stateReason, stopped?.stateSinceMs],
        ["suspended", "rule:x", 50],
      );
      const released = await second.apiTokens.change("states", { state: "active" }, 60);
      assert.deepEqual([released?.state, released?.stateReason], ["active", undefined]);
      await store.apiTokens.change("states", { state: "revoked", stateReason: "owner" }, 70);
      assert.equal(await store.apiTokens.change("states", { state: "active" }, 80), undefined);
      assert.equal(await store.apiTokens.change("states", { name: "x" }, 80), undefined);
      assert.equal(await store.apiTokens.rotate("states", token("states-2"), 90), false);
      assert.equal((await second.apiTokens.get("states"))?.stateSinceMs, 70);
      assert.equal(await second.apiTokens.get("states-2"), undefined);
    });

    it("a rotation stores the successor and shortens the old one, never lengthens it", async () => {
      const current = subject();
      const { store, second } = current;
      const old = token("rotated");
      await store.apiTokens.insert(old);
      const rotations = await burst(
        current,
        6,
        async (each, n) => await each.apiTokens.rotate("rotated", token(`rotated-${n}`), 1_000, 1),
      );
      assert.equal(rotations.filter(Boolean).length, 1);
      assert.equal((await second.apiTokens.get("rotated"))?.expiresAtMs, 1_000);
      await store.apiTokens.rotate("rotated", token("rotated-again"), old.expiresAtMs, 2);
      assert.equal((await second.apiTokens.get("rotated"))?.expiresAtMs, 1_000);
      assert.equal((await second.apiTokens.get("rotated-again"))?.state, "active");
    });

    it("lists go from the newest on in pages, with every condition", async () => {
      const { store, clock } = subject();
      const nowMs = clock.nowMs();
      const owner = { kind: "project", id: "listed" } as const;
      const each = { owner, kind: "key" as const, madeBy: "admin" };
      await store.apiTokens.insert(token("list-1", { ...each, createdAtMs: nowMs - 5 * DAY_MS }));
      await store.apiTokens.insert(token("list-2", { ...each, expiresAtMs: nowMs }));
      await store.apiTokens.insert(
        token("list-3", { ...each, limits: limits({ scopes: ["p", "q", "r"] }), lastUsedAtMs: nowMs }),
      );
      await store.apiTokens.insert(token("list-4", { ...each, state: "revoked" }));
      const ids = async (filter: Parameters<typeof store.apiTokens.list>[0]) =>
        (await store.apiTokens.list({ owner, ...filter }, { limit: 10 })).items.map(({ id }) => id);
      assert.deepEqual(await ids({}), ["list-4", "list-3", "list-2", "list-1"]);
      assert.deepEqual(await ids({ state: "active" }), ["list-3", "list-1"]);
      assert.deepEqual(await ids({ state: "expired" }), ["list-2"]);
      assert.deepEqual(await ids({ state: "revoked" }), ["list-4"]);
      assert.deepEqual(await ids({ notRevoked: true }), ["list-3", "list-2", "list-1"]);
      assert.deepEqual(await ids({ neverUsed: true, notRevoked: true }), ["list-2", "list-1"]);
      assert.deepEqual(await ids({ unusedSinceMs: nowMs - DAY_MS }), ["list-1"]);
      assert.deepEqual(await ids({ scopesAtLeast: 3 }), ["list-3"]);
      assert.deepEqual(await ids({ kind: "svc" }), []);
      assert.deepEqual(await ids({ madeBy: "nobody" }), []);
      const first = await store.apiTokens.list({ owner }, { limit: 3 });
      assert.equal(first.total, 4);
      const rest = await store.apiTokens.list({ owner }, { limit: 3, after: first.next });
      assert.deepEqual(
        rest.items.map(({ id }) => id),
        ["list-1"],
      );
      assert.equal(rest.next, undefined);
      const found = await store.apiTokens.list({ owner }, { limit: 3, search: "LIST-2" });
      assert.equal(found.total, 1);
    });

    it("revoking many changes those that match and no other, and names each once however many ask", async () => {
      const current = subject();
      const owner = { kind: "project", id: "bulk" } as const;
      for (const n of [1, 2, 3]) await current.store.apiTokens.insert(token(`bulk-${n}`, { owner }));
      await current.store.apiTokens.insert(token("bulk-other"));
      const revoked = await burst(
        current,
        4,
        async (store) => await store.apiTokens.revokeWhere({ owner }, "bulk", 99),
      );
      assert.deepEqual(revoked.flatMap((ids) => ids ?? []).toSorted(), ["bulk-1", "bulk-2", "bulk-3"]);
      assert.equal((await current.second.apiTokens.get("bulk-1"))?.stateReason, "bulk");
      assert.equal((await current.second.apiTokens.get("bulk-other"))?.state, "active");
    });

    it("revoking many is undone where the ids are not those that were agreed to", async () => {
      const { store, second } = subject();
      const owner = { kind: "project", id: "agreed" } as const;
      for (const n of [1, 2]) await store.apiTokens.insert(token(`agreed-${n}`, { owner }));
      assert.deepEqual(await second.apiTokens.ids({ owner }), ["agreed-2", "agreed-1"]);
      const refuse = (ids: readonly string[]) => ids.length !== 2;
      assert.equal(await store.apiTokens.revokeWhere({ owner }, "bulk", 99, refuse), undefined);
      const untouched = await second.apiTokens.get("agreed-1");
      assert.deepEqual([untouched?.state, untouched?.version], ["active", 1]);
      const done = await store.apiTokens.revokeWhere({ owner }, "bulk", 99, (ids) => ids.length === 2);
      assert.deepEqual(done?.toSorted(), ["agreed-1", "agreed-2"]);
      assert.deepEqual(await second.apiTokens.ids({ owner, notRevoked: true }), []);
    });

    it("a last use goes forward only and leaves the version alone", async () => {
      const { store, second } = subject();
      await store.apiTokens.insert(token("used"));
      await store.apiTokens.used([
        { id: "used", atMs: 500, address: "192.0.2.1" },
        { id: "no-such-token", atMs: 500 },
      ]);
      await second.apiTokens.used([{ id: "used", atMs: 400, address: "192.0.2.9" }]);
      const { lastUsedAtMs, lastUsedAddress, version } = (await store.apiTokens.get("used")) ?? {};
      assert.deepEqual([lastUsedAtMs, lastUsedAddress, version], [500, "192.0.2.1", 1]);
    });

    it("what ended long ago is deleted, and nothing that may still be asked about", async () => {
      const { store } = subject();
      await store.apiTokens.insert(token("old-expired", { createdAtMs: 1, expiresAtMs: 100 }));
      await store.apiTokens.insert(token("old-revoked", { state: "revoked", stateSinceMs: 100 }));
      await store.apiTokens.insert(token("still-here", { expiresAtMs: 1_500, stateSinceMs: 100 }));
      assert.ok((await store.apiTokens.deleteEndedBefore(900)) >= 2);
      assert.equal(await store.apiTokens.get("old-expired"), undefined);
      assert.equal(await store.apiTokens.get("old-revoked"), undefined);
      assert.ok(await store.apiTokens.get("still-here"));
    });
  });
}

function limits(more: Partial<ApiToken["limits"]>): ApiToken["limits"] {
  return {
    scopes: [],
    resources: ["https://api.example/"],
    addresses: [],
    methods: [],
    pathPrefixes: [],
    ...more,
  };
}
