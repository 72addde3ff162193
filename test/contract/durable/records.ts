import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { AuditEvent } from "../../../src/model/audit-event.ts";
import type { LogoutEntry } from "../../../src/model/logout-receipt.ts";
import { burst, HOSTILE_TEXTS, type Subject } from "./subject.ts";

export function recordContract(subject: Subject): void {
  describe("the audit trail", () => {
    it("keeps an event as it was, and numbers it", async () => {
      const { store, second } = subject();
      const event: AuditEvent = {
        atMs: 1_795_521_600_000,
        action: "audit.whole",
        outcome: "refused",
        actorId: "alice",
        actorName: "Alice",
        targetKind: "application",
        targetId: "wiki",
        targetName: "Wiki",
        address: "2001:db8::1",
        reference: "GH-4F7K-92MX",
        detail: { text: "ü", number: 1.5, yes: true },
      };
      await store.audit.append([event]);
      const page = await second.audit.list({ action: "audit.whole", limit: 10 });
      const [{ id, ...read } = { id: 0 }] = page.items;
      assert.ok(Number.isSafeInteger(id) && id > 0);
      assert.deepEqual(read, event);
    });

    it("lists the newest first, page by page, each event once, although new ones come in", async () => {
      const { store } = subject();
      await store.audit.append(Array.from({ length: 7 }, (_, n) => happened("audit.page", { n })));
      const seen: unknown[] = [];
      let after: string | undefined;
      do {
        const page = await store.audit.list({ action: "audit.page", limit: 3, after });
        seen.push(...page.items.map((item) => item.detail["n"]));
        after = page.next;
        if (seen.length === 3) await store.audit.append([happened("audit.page", { n: "late" })]);
      } while (after !== undefined);
      assert.deepEqual(seen, [6, 5, 4, 3, 2, 1, 0]);
    });

    it("filters by actor and target, searches names and references, and counts what it found", async () => {
      const { store } = subject();
      await store.audit.append([
        { ...happened("audit.filter"), actorId: "f-alice", targetId: "f-wiki", actorName: "Alice 100%" },
        { ...happened("audit.filter"), actorId: "f-bob", targetId: "f-wiki", reference: "GH-AAAA-BBBB" },
      ]);
      const total = async (query: object) => (await store.audit.list({ ...query, limit: 10 })).total;
      assert.equal(await total({ actorId: "f-alice" }), 1);
      assert.equal(await total({ targetId: "f-wiki" }), 2);
      assert.equal(await total({ targetId: "f-wiki", search: "gh-aaaa" }), 1);
      assert.equal(await total({ targetId: "f-wiki", search: "100%" }), 1);
      assert.equal(await total({ targetId: "f-wiki", search: "1_0%" }), 0);
    });

    it("takes what an attacker types, so that no batch is lost for one bad letter", async () => {
      const { store } = subject();
      await store.audit.append(
        HOSTILE_TEXTS.map((text) => ({ ...happened("audit.hostile", { text }), actorName: text })),
      );
      assert.equal(
        (await store.audit.list({ action: "audit.hostile", limit: 50 })).total,
        HOSTILE_TEXTS.length,
      );
    });

    it("takes a large batch whole, and an empty one", async () => {
      const { store } = subject();
      await store.audit.append([]);
      await store.audit.append(Array.from({ length: 2_500 }, () => happened("audit.batch")));
      assert.equal((await store.audit.list({ action: "audit.batch", limit: 1 })).total, 2_500);
    });

    it("a forged cursor is a RangeError, never a query", async () => {
      const { store } = subject();
      for (const after of [
        "",
        "0",
        "-1",
        "1.5",
        "1e3",
        "0x10",
        " 1",
        "1 OR 1=1",
        "9".repeat(30),
        "٣",
        "NaN",
      ]) {
        await assert.rejects(store.audit.list({ after, limit: 10 }), RangeError, after);
      }
      await assert.rejects(store.audit.list({ limit: 0 }), RangeError);
    });
  });

  describe("logout receipts", () => {
    it("a receipt is read back with its entries in their order", async () => {
      const { store, second } = subject();
      const entries = [
        entry("c"),
        entry("a", { detail: "urn:oasis:names:tc:SAML:2.0:status:Responder" }),
        entry("b"),
      ];
      await store.receipts.insert({ id: "LO-1", accountId: "alice", startedAtMs: 5, entries });
      assert.deepEqual(await second.receipts.get("LO-1"), {
        id: "LO-1",
        accountId: "alice",
        startedAtMs: 5,
        entries,
      });
      for (const id of ["LO-2", ...HOSTILE_TEXTS]) assert.equal(await store.receipts.get(id), undefined);
    });

    it("answers at the same moment do not overwrite each other", async () => {
      const names = Array.from({ length: 30 }, (_, n) => `app-${n}`);
      const { store } = subject();
      const entries = names.map((name) => entry(name));
      await store.receipts.insert({ id: "LO-3", accountId: "alice", startedAtMs: 5, entries });
      await burst(subject(), 30, async (connection, n) => {
        await connection.receipts.setEntry(
          "LO-3",
          entry(`app-${n}`, { outcome: "signed-out", atMs: 100 + n }),
        );
      });
      const receipt = await store.receipts.get("LO-3");
      assert.deepEqual(
        receipt?.entries,
        names.map((name, n) => entry(name, { outcome: "signed-out", atMs: 100 + n })),
      );
    });

    it("an entry that was not foreseen is added at the end, once", async () => {
      const { store } = subject();
      await store.receipts.insert({ id: "LO-4", accountId: "alice", startedAtMs: 5, entries: [entry("a")] });
      await burst(
        subject(),
        6,
        async (connection) => await connection.receipts.setEntry("LO-4", entry("late")),
      );
      assert.deepEqual((await store.receipts.get("LO-4"))?.entries, [entry("a"), entry("late")]);
    });

    it("an entry for a receipt that is not there makes none", async () => {
      const { store } = subject();
      await store.receipts.setEntry("LO-none", entry("a"));
      assert.equal(await store.receipts.get("LO-none"), undefined);
    });
  });
}

function happened(action: string, detail: AuditEvent["detail"] = {}): AuditEvent {
  return { atMs: 1, action, outcome: "success", detail };
}

function entry(applicationId: string, changes: Partial<LogoutEntry> = {}): LogoutEntry {
  return {
    applicationId,
    applicationName: applicationId.toUpperCase(),
    protocol: "saml",
    channel: "front",
    outcome: "pending",
    atMs: 10,
    detail: undefined,
    ...changes,
  };
}
