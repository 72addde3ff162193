import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { runKeySchedule } from "../../src/admin/key-schedule.ts";
import { Applications } from "../../src/flow/applications.ts";
import type { KeyRollover } from "../../src/model/settings.ts";
import { silentLog } from "../../src/platform/log.ts";
import { openEmbeddedVolatileStore } from "../../src/volatile/embedded.ts";
import { DAY_MS, withKeys } from "./acts/keys-installation.ts";

async function scheduled(rollover: KeyRollover) {
  const keys = await withKeys();
  const applications = new Applications(keys.store.applications);
  const volatile = openEmbeddedVolatileStore({ path: ":memory:", clock: keys.clock });
  const process = {
    ...keys.parts,
    settings: { keyRollover: () => rollover },
    applications,
    keyRing: keys.ring,
    volatile,
    log: silentLog,
  };
  const round = async () => {
    await applications.reload();
    await runKeySchedule(process);
  };
  return { ...keys, process, applications, volatile, round };
}

suite("the schedule of the keys", () => {
  test("lets the next key sign when the active one has signed for so many days, and not before", async () => {
    const { clock, idOf, round, events, volatile } = await scheduled({
      rotateEveryDays: 30,
      slowestReaderHours: 24,
    });
    const next = idOf("next");
    clock.advance(30 * DAY_MS - 1);
    await round();
    assert.equal(idOf("next"), next);
    clock.advance(1);
    await round();
    assert.equal(idOf("active"), next);
    const [event, ...others] = await events();
    assert.deepEqual([event?.action, event?.actorId, others.length], ["key.activated", "system", 0]);
    await volatile.close();
  });

  test("waits for the slowest reader of a next key that was made late", async () => {
    const { clock, idOf, round, signingKeys, volatile } = await scheduled({
      rotateEveryDays: 10,
      slowestReaderHours: 200,
    });
    clock.advance(10 * DAY_MS);
    await round();
    const active = idOf("active");
    clock.advance(8 * DAY_MS);
    await signingKeys.rotate();
    assert.notEqual(idOf("active"), active);
    const second = idOf("active");
    clock.advance(10 * DAY_MS - 60_000);
    await round();
    assert.equal(idOf("active"), second);
    clock.advance(60_000);
    await round();
    assert.notEqual(idOf("active"), second);
    await volatile.close();
  });

  test("retires after a week what no application stays with, and leaves what one does", async () => {
    const { clock, idOf, states, round, hold, store, volatile } = await scheduled({
      rotateEveryDays: 30,
      slowestReaderHours: 24,
    });
    clock.advance(30 * DAY_MS);
    await round();
    await hold(idOf("retiring"));
    clock.advance(8 * DAY_MS);
    await round();
    assert.deepEqual(states(), ["active", "next", "retiring"]);
    await store.applications.delete("app-Payroll");
    await round();
    assert.deepEqual(states(), ["active", "next"]);
    await volatile.close();
  });

  test("without one nothing ever happens by itself", async () => {
    const { clock, idOf, round, events, volatile } = await scheduled({ slowestReaderHours: 24 });
    const next = idOf("next");
    clock.advance(4_000 * DAY_MS);
    await round();
    assert.equal(idOf("next"), next);
    assert.deepEqual(await events(), []);
    await volatile.close();
  });

  test("two processes at the same moment make one step", async () => {
    const { clock, process, states, events, volatile } = await scheduled({
      rotateEveryDays: 30,
      slowestReaderHours: 24,
    });
    clock.advance(30 * DAY_MS);
    await Promise.all([runKeySchedule(process), runKeySchedule(process)]);
    assert.deepEqual(states(), ["active", "next", "retiring"]);
    assert.equal((await events()).length, 1);
    await volatile.close();
  });

  test("a store that does not answer is no failure of the process: the next round makes the step", async () => {
    const { clock, process, idOf, round, volatile } = await scheduled({
      rotateEveryDays: 30,
      slowestReaderHours: 24,
    });
    const next = idOf("next");
    clock.advance(30 * DAY_MS);
    const away = { setIfAbsent: async () => await Promise.reject(new Error("away")) };
    await runKeySchedule({ ...process, volatile: away });
    assert.equal(idOf("next"), next);
    await round();
    assert.equal(idOf("active"), next);
    await volatile.close();
  });
});
