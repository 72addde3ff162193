import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { SigningKeyRecord, SigningKeyState, SigningKeyType } from "../../../src/model/signing-key.ts";
import { burst, type Subject } from "./subject.ts";

/** Runs in the order it is written: the key ring is one for the whole database. */
export function keyAndSecretContract(subject: Subject): void {
  describe("signing keys", () => {
    it("processes that start together make one set", async () => {
      const made = await burst(subject(), 10, async (store, n) => {
        return await store.signingKeys.insertFirst([
          key(`rsa-${n}`, "RSA-2048", "active"),
          key(`rsa-next-${n}`, "RSA-2048", "next"),
        ]);
      });
      assert.equal(made.filter(Boolean).length, 1);
      const published = await subject().store.signingKeys.published();
      assert.deepEqual(published.map((record) => record.state).sort(), ["active", "next"]);
      const winner = made.indexOf(true);
      assert.deepEqual(published.map((record) => record.id).sort(), [`rsa-${winner}`, `rsa-next-${winner}`]);
    });

    it("a type that is missing is added later, and what is there stays", async () => {
      const { store } = subject();
      const before = await store.signingKeys.published();
      const added = [key("rsa-late", "RSA-2048", "active"), key("p256", "P-256", "active")];
      assert.equal(await store.signingKeys.insertFirst(added), true);
      assert.deepEqual(
        (await store.signingKeys.published()).filter((record) => record.type === "RSA-2048"),
        before,
      );
      assert.deepEqual(
        (await store.signingKeys.published()).filter((record) => record.id === "p256"),
        [key("p256", "P-256", "active")],
      );
      assert.equal(await store.signingKeys.insertFirst(added), false);
    });

    it("of rotations at the same moment one is made, whole", async () => {
      const done = await burst(subject(), 10, async (store, n) => {
        return await store.signingKeys.transition(
          [{ id: "p256", from: "active", to: "retiring" }],
          [key(`p256-new-${n}`, "P-256", "active")],
          50,
        );
      });
      assert.equal(done.filter(Boolean).length, 1);
      const keys = (await subject().store.signingKeys.published()).filter(
        (record) => record.type === "P-256",
      );
      assert.equal(keys.length, 2);
      const old = keys.find((record) => record.id === "p256");
      assert.deepEqual([old?.state, old?.stateSinceMs], ["retiring", 50]);
      assert.equal(keys.filter((record) => record.id === `p256-new-${done.indexOf(true)}`).length, 1);
    });

    it("a transition of which one part does not hold changes nothing", async () => {
      const { store } = subject();
      const before = await store.signingKeys.published();
      const result = await store.signingKeys.transition(
        [
          { id: "p256", from: "retiring", to: "retired" },
          { id: "unknown", from: "active", to: "retiring" },
        ],
        [key("never", "P-384", "active")],
        60,
      );
      assert.equal(result, false);
      assert.deepEqual(await store.signingKeys.published(), before);
    });

    it("a retired key is no longer published, and its type may begin anew", async () => {
      const { store } = subject();
      await store.signingKeys.insertFirst([key("ed-1", "Ed25519", "active")]);
      assert.equal(
        await store.signingKeys.transition([{ id: "ed-1", from: "active", to: "retired" }], [], 70),
        true,
      );
      assert.ok(!(await store.signingKeys.published()).some((record) => record.id === "ed-1"));
      assert.equal(await store.signingKeys.insertFirst([key("ed-2", "Ed25519", "active")]), true);
    });

    it("those that were retired last are listed, the newest first, and no more than were asked for", async () => {
      const { store } = subject();
      const retire = { id: "ed-2", from: "active", to: "retired" } as const;
      await store.signingKeys.transition([retire], [key("ed-3", "Ed25519", "active")], 80);
      const retired = await store.signingKeys.retired(10);
      assert.deepEqual(
        retired.map(({ id, state, stateSinceMs }) => [id, state, stateSinceMs]),
        [
          ["ed-2", "retired", 80],
          ["ed-1", "retired", 70],
        ],
      );
      assert.deepEqual(await store.signingKeys.retired(1), retired.slice(0, 1));
    });
  });

  describe("secrets", () => {
    it("of processes that store one together the first wins, and all learn what it is", async () => {
      const stored = await burst(
        subject(),
        20,
        async (store, n) => await store.secrets.putIfAbsent("pairwise", `sealed-${n}`),
      );
      assert.equal(new Set(stored).size, 1);
      assert.equal(await subject().store.secrets.get("pairwise"), stored[0]);
      assert.equal(await subject().store.secrets.get("other"), undefined);
    });
  });
}

function key(id: string, type: SigningKeyType, state: SigningKeyState): SigningKeyRecord {
  return {
    id,
    type,
    state,
    sealedPrivateKey: `sealed-${id}`,
    certificate: "MII",
    createdAtMs: 1_795_521_600_000,
    stateSinceMs: 1_795_521_600_001,
  };
}
