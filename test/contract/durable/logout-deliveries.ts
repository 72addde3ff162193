import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { LogoutDelivery } from "../../../src/model/logout-delivery.ts";
import type { DurableStore } from "../../../src/storage/stores.ts";
import { burst, type Subject } from "./subject.ts";

const LEASE_MS = 1_000;

export function logoutDeliveryContract(subject: Subject): void {
  let made = 0;

  /** A delivery of an application of its own, due at `dueAtMs`. */
  const queue = async (store: DurableStore, dueAtMs: number, applicationId?: string) => {
    made += 1;
    const receiptId = `LO-DELIVERY-${made}`;
    await store.receipts.insert({ id: receiptId, accountId: "alice", startedAtMs: 1, entries: [] });
    const delivery: LogoutDelivery = {
      id: `delivery-${String(made).padStart(4, "0")}`,
      receiptId,
      participant: {
        applicationId: applicationId ?? `application-${made}`,
        protocol: "oidc",
        subject: "alice",
        sessionIndex: "sid-ü",
        lastSignOnMs: 5,
        wire: { format: "x" },
      },
      createdAtMs: 3,
      dueAtMs,
      tries: 1,
    };
    await store.logoutDeliveries.insert(delivery);
    return delivery;
  };

  /** Leases and finishes whatever is due. */
  const drain = async (store: DurableStore, nowMs: number): Promise<void> => {
    for (;;) {
      const found = await store.logoutDeliveries.claim("drain", nowMs, LEASE_MS);
      if (found === undefined) return;
      await store.logoutDeliveries.finish(found.id, "drain");
    }
  };

  describe("logouts to be delivered", () => {
    it("one that is due is leased as it was stored, with the try counted, and not to a second caller", async () => {
      const { store, second } = subject();
      const delivery = await queue(store, 100);
      assert.equal(await second.logoutDeliveries.claim("early", 99, LEASE_MS), undefined);
      assert.deepEqual(await second.logoutDeliveries.claim("a", 100, LEASE_MS), { ...delivery, tries: 2 });
      assert.equal(await store.logoutDeliveries.claim("b", 100, LEASE_MS), undefined);
      assert.equal(await store.logoutDeliveries.finish(delivery.id, "b"), false);
      assert.equal(await store.logoutDeliveries.postpone(delivery.id, "b", 500), false);
      assert.equal(await store.logoutDeliveries.finish(delivery.id, "a"), true);
      assert.equal(await store.logoutDeliveries.claim("c", 1_000_000, LEASE_MS), undefined);
    });

    it("one whose worker died is taken over when the lease has run out, and the dead one's word counts no more", async () => {
      const { store, second } = subject();
      const delivery = await queue(store, 100);
      await store.logoutDeliveries.claim("dead", 100, LEASE_MS);
      assert.equal(await second.logoutDeliveries.claim("heir", 100 + LEASE_MS - 1, LEASE_MS), undefined);
      const taken = await second.logoutDeliveries.claim("heir", 100 + LEASE_MS, LEASE_MS);
      assert.deepEqual([taken?.id, taken?.tries], [delivery.id, 3]);
      assert.equal(await store.logoutDeliveries.finish(delivery.id, "dead"), false);
      assert.equal(await second.logoutDeliveries.finish(delivery.id, "heir"), true);
    });

    it("one that was postponed is not due before its time, and then again", async () => {
      const { store } = subject();
      const delivery = await queue(store, 100);
      await store.logoutDeliveries.claim("a", 100, LEASE_MS);
      assert.equal(await store.logoutDeliveries.postpone(delivery.id, "a", 700), true);
      assert.equal(await store.logoutDeliveries.claim("b", 699, LEASE_MS), undefined);
      assert.equal((await store.logoutDeliveries.claim("b", 700, LEASE_MS))?.id, delivery.id);
      await store.logoutDeliveries.finish(delivery.id, "b");
    });

    it("of one application one is under way at a time, and the others' go on", async () => {
      const { store, second } = subject();
      const first = await queue(store, 10, "dead");
      const next = await queue(store, 11, "dead");
      const other = await queue(store, 12, "alive");
      assert.equal((await store.logoutDeliveries.claim("a", 100, LEASE_MS))?.id, first.id);
      assert.equal((await second.logoutDeliveries.claim("b", 100, LEASE_MS))?.id, other.id);
      assert.equal(await second.logoutDeliveries.claim("c", 100, LEASE_MS), undefined);
      await store.logoutDeliveries.finish(first.id, "a");
      assert.equal((await second.logoutDeliveries.claim("c", 100, LEASE_MS))?.id, next.id);
      await drain(store, 100_000);
    });

    it("the same application is queued once for a receipt", async () => {
      const { store } = subject();
      const delivery = await queue(store, 100);
      await store.logoutDeliveries.insert({ ...delivery, id: "another", dueAtMs: 1 });
      assert.equal((await store.logoutDeliveries.claim("a", 100, LEASE_MS))?.id, delivery.id);
      await store.logoutDeliveries.finish(delivery.id, "a");
      assert.equal(await store.logoutDeliveries.claim("b", 100, LEASE_MS), undefined);
    });

    it("callers at the same moment never get the same one", async () => {
      const { store } = subject();
      for (let count = 0; count < 10; count++) await queue(store, 1);
      const claimed = await burst(subject(), 30, async (one, n) => {
        return await one.logoutDeliveries.claim(`racing-${n}`, 100, LEASE_MS);
      });
      const ids = claimed.flatMap((delivery) => delivery?.id ?? []);
      assert.ok(ids.length > 0);
      assert.equal(new Set(ids).size, ids.length);
      await drain(store, 100_000);
    });
  });
}
