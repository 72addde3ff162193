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
        const answer = { outcome: "signed-out", detail: undefined, atMs: 100 + n } as const;
        await connection.receipts.answer("LO-3", `app-${n}`, answer, ["pending"]);
      });
      const receipt = await store.receipts.get("LO-3");
      assert.deepEqual(
        receipt?.entries,
        names.map((name, n) => entry(name, { outcome: "signed-out", atMs: 100 + n })),
      );
    });

    it("an answer replaces the outcomes that it may replace, and no other", async () => {
      const { store, second } = subject();
      const entries = [entry("a", { outcome: "signed-out" }), entry("b", { outcome: "pending" })];
      await store.receipts.insert({ id: "LO-4", accountId: "alice", startedAtMs: 5, entries });
      const silence = { outcome: "no-answer", detail: "5 seconds", atMs: 9 } as const;
      assert.equal(await second.receipts.answer("LO-4", "a", silence, ["pending", "refused"]), false);
      assert.equal(await second.receipts.answer("LO-4", "b", silence, ["pending", "refused"]), true);
      assert.deepEqual((await store.receipts.get("LO-4"))?.entries, [entries[0], entry("b", silence)]);
    });

    it("of answers at the same moment that replace the same outcome, one is written", async () => {
      const { store } = subject();
      await store.receipts.insert({
        id: "LO-5",
        accountId: "alice",
        startedAtMs: 5,
        entries: [entry("a", { outcome: "pending" })],
      });
      const written: number[] = [];
      await burst(subject(), 30, async (connection, n) => {
        const answer = {
          outcome: n % 2 === 0 ? "signed-out" : "no-answer",
          detail: undefined,
          atMs: n,
        } as const;
        if (await connection.receipts.answer("LO-5", "a", answer, ["pending"])) written.push(n);
      });
      assert.equal(written.length, 1);
      assert.equal((await store.receipts.get("LO-5"))?.entries[0]?.atMs, written[0]);
    });

    it("an answer for a receipt or an application that is not there makes none", async () => {
      const { store } = subject();
      await store.receipts.insert({ id: "LO-6", accountId: "alice", startedAtMs: 5, entries: [entry("a")] });
      const answer = { outcome: "signed-out", detail: undefined, atMs: 9 } as const;
      assert.equal(await store.receipts.answer("LO-none", "a", answer, ["pending"]), false);
      assert.equal(await store.receipts.answer("LO-6", "b", answer, ["pending"]), false);
      assert.equal(await store.receipts.get("LO-none"), undefined);
      assert.deepEqual((await store.receipts.get("LO-6"))?.entries, [entry("a")]);
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
