import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Resource } from "../../../src/model/resource.ts";
import { burst, conflictOn, HOSTILE_TEXTS, type Subject } from "./subject.ts";

export function resourceContract(subject: Subject): void {
  describe("resources", () => {
    it("one is read back as it was written, with its scopes in their order", async () => {
      const { store, second } = subject();
      const full: Resource = {
        ...resource("full", []),
        scopes: [
          ...scopes(["orders:write", "orders:read", "https://a.example/ü"]),
          { name: "orders:refund", description: "Give money back", groups: ["accounting", "ü"] },
        ],
        enabled: false,
        introspectionClientIds: ["client-b", "client-a"],
        accessTokenFormat: "jwt",
      };
      const bare = resource("bare", []);
      await store.resources.insert(full);
      await store.resources.insert(bare);
      assert.deepEqual(await second.resources.get("full"), full);
      const all = await second.resources.all();
      assert.deepEqual(
        all.filter(({ id }) => id === "full" || id === "bare"),
        [bare, full],
      );
    });

    it("an identifier is declared once, whoever is faster", async () => {
      const results = await burst(
        subject(),
        10,
        async (store, n) =>
          await store.resources
            .insert({ ...resource(`race-${n}`, []), identifier: "https://race.example/" })
            .then(
              () => true,
              (error: unknown) => !conflictOn("identifier")(error),
            ),
      );
      assert.equal(results.filter(Boolean).length, 1);
    });

    it("a scope belongs to one resource, and the loser is not declared at all", async () => {
      const { store, second } = subject();
      await store.resources.insert(resource("owner", ["shared"]));
      await assert.rejects(
        second.resources.insert(resource("thief", ["own", "shared"])),
        conflictOn("scope"),
      );
      assert.equal(await store.resources.get("thief"), undefined);
      await store.resources.insert(resource("later", ["own"]));
      const later = await store.resources.get("later");
      assert.ok(later);
      await assert.rejects(
        store.resources.update({ ...later, name: "New", scopes: scopes(["shared"]) }),
        conflictOn("scope"),
      );
      assert.deepEqual(await second.resources.get("later"), later);
    });

    it("of two changes made of the same reading the second changes nothing", async () => {
      const { store, second } = subject();
      const before = resource("changed", ["c:read"]);
      await store.resources.insert(before);
      const first = { ...before, enabled: false, updatedAtMs: 21 };
      assert.equal(await store.resources.update(first, before.updatedAtMs), true);
      const late = { ...before, name: "Late", scopes: scopes(["c:write"]), updatedAtMs: 22 };
      assert.equal(await second.resources.update(late, before.updatedAtMs), false);
      assert.deepEqual(await store.resources.get("changed"), first);
    });

    it("a yes to a scope that goes is forgotten, and the other answers stay", async () => {
      const { store } = subject();
      await store.resources.insert(resource("trimmed", ["t:read", "t:write"]));
      const grant = { accountId: "alice-res", applicationId: "app-res" };
      await store.grants.allow({ ...grant, id: "grant-res", scopes: ["profile", "t:read", "t:write"] }, 1);
      await store.resources.update(resource("trimmed", ["t:read"]));
      assert.deepEqual((await store.grants.get("grant-res"))?.scopes.toSorted(), ["profile", "t:read"]);
      assert.equal(await store.resources.delete("trimmed"), true);
      assert.deepEqual((await store.grants.get("grant-res"))?.scopes, ["profile"]);
      await store.resources.insert(resource("heir", ["t:read", "t:write"]));
    });

    it("what is not there is undefined, not changed and not deleted", async () => {
      const { store } = subject();
      assert.equal(await store.resources.get("nothing"), undefined);
      assert.equal(await store.resources.update(resource("nothing", ["n"])), false);
      assert.equal(await store.resources.delete("nothing"), false);
      await store.resources.insert(resource("has-n", ["n"]));
    });

    it("a hostile text is found as it is or not at all", async () => {
      const { store } = subject();
      for (const text of HOSTILE_TEXTS) assert.equal(await store.resources.get(text), undefined);
    });
  });
}

function scopes(names: readonly string[]) {
  return names.map((name) => ({ name, description: `What ${name} does` }));
}

function resource(id: string, names: readonly string[]): Resource {
  return {
    id,
    identifier: `https://${id}.example/`,
    name: id,
    scopes: scopes(names),
    enabled: true,
    introspectionClientIds: [],
    createdAtMs: 10,
    updatedAtMs: 20,
  };
}
