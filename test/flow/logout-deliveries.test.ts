import assert from "node:assert/strict";
import { describe, test, type TestContext } from "node:test";
import { AuditTrail } from "../../src/audit/audit-trail.ts";
import type { LogoutChannel, LogoutResult } from "../../src/flow/logout-channel.ts";
import { LogoutDeliveries } from "../../src/flow/logout-deliveries.ts";
import type { Participant } from "../../src/model/participant.ts";
import { silentLog } from "../../src/platform/log.ts";
import { systemRandom } from "../../src/platform/random.ts";
import { openDurableStore } from "../../src/storage/open-durable-store.ts";
import { TestClock } from "../fixtures/clock.ts";
import { oidcApplication } from "../fixtures/oidc/application.ts";

const HOUR_MS = 3_600_000;
const DOWN: LogoutResult = { outcome: "unreachable", passing: true };

/** Receipts and a queue in a database in memory, and applications that answer what the test says. */
async function setUp(t: TestContext) {
  const clock = new TestClock();
  const store = await openDurableStore({ url: "sqlite::memory:", clock });
  t.after(async () => await store.close());
  const answers = new Map<string, LogoutResult>();
  const tried: string[] = [];
  let underWay = 0;
  let mostUnderWay = 0;
  const channel: LogoutChannel = {
    channelOf: () => "back",
    tell: async ({ application }) => {
      tried.push(application.id);
      underWay += 1;
      mostUnderWay = Math.max(mostUnderWay, underWay);
      await new Promise((resolve) => setImmediate(resolve));
      underWay -= 1;
      return answers.get(application.id) ?? DOWN;
    },
    message: () => Promise.reject(new Error("nothing goes through a browser in this test")),
  };
  const removed = new Set<string>();
  const parts = {
    store: store.logoutDeliveries,
    receipts: store.receipts,
    applications: { byId: (id: string) => (removed.has(id) ? undefined : oidcApplication({ id })) },
    channels: { oidc: channel, saml: channel },
    audit: new AuditTrail(store.audit, clock, silentLog),
    clock,
    random: systemRandom,
    log: silentLog,
  };
  const deliveries = new LogoutDeliveries(parts);
  return {
    clock,
    store,
    deliveries,
    answers,
    tried,
    removed,
    restarted: () => new LogoutDeliveries(parts),
    mostUnderWay: () => mostUnderWay,
    /** A logout that `applicationId` could not be told of. */
    failed: async (applicationId: string, receiptId: string) => {
      await store.receipts.insert({
        id: receiptId,
        accountId: "alice",
        startedAtMs: clock.nowMs(),
        entries: [
          {
            applicationId,
            applicationName: applicationId,
            protocol: "oidc",
            channel: "back",
            outcome: "unreachable",
            atMs: clock.nowMs(),
          },
        ],
      });
      await deliveries.queue(receiptId, participantOf(applicationId));
    },
    outcome: async (receiptId: string) => (await store.receipts.get(receiptId))?.entries[0]?.outcome,
  };
}

function participantOf(applicationId: string): Participant {
  return {
    applicationId,
    protocol: "oidc",
    subject: "alice",
    sessionIndex: "sid",
    lastSignOnMs: 0,
    wire: {},
  };
}

describe("a logout that could not be delivered", () => {
  test("is tried again after half a minute at most, and its success comes into the receipt", async (t) => {
    const { deliveries, failed, clock, answers, tried, outcome } = await setUp(t);
    await failed("wiki", "LO-1");
    await deliveries.runDue();
    assert.deepEqual(tried, []);
    answers.set("wiki", { outcome: "signed-out" });
    clock.advance(30_000);
    await deliveries.runDue();
    assert.deepEqual(tried, ["wiki"]);
    assert.equal(await outcome("LO-1"), "signed-out");
    clock.advance(48 * HOUR_MS);
    await deliveries.runDue();
    assert.deepEqual(tried, ["wiki"]);
  });

  test("is tried by the process that starts after the first one died", async (t) => {
    const { restarted, failed, clock, answers, outcome } = await setUp(t);
    await failed("wiki", "LO-1");
    answers.set("wiki", { outcome: "signed-out" });
    clock.advance(30_000);
    await restarted().runDue();
    assert.equal(await outcome("LO-1"), "signed-out");
  });

  test("is tried further and further apart, for a day, and then stands in the trail", async (t) => {
    const { deliveries, failed, clock, tried, store, outcome } = await setUp(t);
    await failed("wiki", "LO-1");
    const gapsMs: number[] = [];
    let lastMs = clock.nowMs();
    for (let minute = 0; minute < 48 * 60; minute++) {
      clock.advance(60_000);
      const before = tried.length;
      await deliveries.runDue();
      if (tried.length === before) continue;
      gapsMs.push(clock.nowMs() - lastMs);
      lastMs = clock.nowMs();
    }
    assert.ok(tried.length >= 24 && tried.length <= 60, String(tried.length));
    assert.ok(Math.max(...gapsMs) <= HOUR_MS + 60_000);
    assert.ok((gapsMs.at(-1) ?? 0) > 10 * (gapsMs[0] ?? 0));
    const { items } = await store.audit.list({ action: "logout.undelivered", limit: 5 });
    assert.equal(items.length, 1);
    assert.deepEqual(items[0]?.detail, { receipt: "LO-1", tries: tried.length + 1 });
    assert.equal(await outcome("LO-1"), "unreachable");
  });

  test("is not tried again once the application says no", async (t) => {
    const { deliveries, failed, clock, answers, tried, outcome } = await setUp(t);
    await failed("wiki", "LO-1");
    answers.set("wiki", { outcome: "refused", detail: "status 400" });
    clock.advance(HOUR_MS);
    await deliveries.runDue();
    clock.advance(HOUR_MS);
    await deliveries.runDue();
    assert.equal(tried.length, 1);
    assert.equal(await outcome("LO-1"), "refused");
  });

  test("is not tried where the person's own “try again” has told the application meanwhile", async (t) => {
    const { deliveries, failed, clock, tried, store, outcome } = await setUp(t);
    await failed("wiki", "LO-1");
    const [entry] = (await store.receipts.get("LO-1"))?.entries ?? [];
    assert.ok(entry !== undefined);
    const answered = { outcome: "signed-out", detail: undefined, atMs: clock.nowMs() } as const;
    assert.equal(await store.receipts.answer("LO-1", entry.applicationId, answered, [entry.outcome]), true);
    clock.advance(HOUR_MS);
    await deliveries.runDue();
    assert.deepEqual(tried, []);
    assert.equal(await outcome("LO-1"), "signed-out");
  });

  test("is forgotten with its application", async (t) => {
    const { deliveries, failed, clock, tried, removed } = await setUp(t);
    await failed("wiki", "LO-1");
    removed.add("wiki");
    clock.advance(HOUR_MS);
    await deliveries.runDue();
    removed.clear();
    clock.advance(HOUR_MS);
    await deliveries.runDue();
    assert.deepEqual(tried, []);
  });

  test("to a dead application holds up no other, and goes there one at a time", async (t) => {
    const { deliveries, failed, clock, answers, mostUnderWay, outcome } = await setUp(t);
    for (let n = 0; n < 12; n++) await failed("dead", `LO-D${n}`);
    clock.advance(30_000);
    await deliveries.runDue();
    assert.equal(mostUnderWay(), 1);
    await failed("alive", "LO-A");
    answers.set("alive", { outcome: "signed-out" });
    clock.advance(HOUR_MS);
    await deliveries.runDue();
    assert.equal(await outcome("LO-A"), "signed-out");
  });

  test("is left alone once the server closes down", async (t) => {
    const { deliveries, failed, clock, tried } = await setUp(t);
    await failed("wiki", "LO-1");
    await deliveries.stop();
    clock.advance(HOUR_MS);
    await deliveries.runDue();
    assert.deepEqual(tried, []);
  });
});
