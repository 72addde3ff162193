import assert from "node:assert/strict";
import { before, suite, test } from "node:test";
import { z } from "zod";
import { gatehouse, newInstallation, type Run } from "./run-command.ts";

const { environment } = newInstallation();
const Shown = z.object({
  keys: z.array(
    z.object({
      id: z.string(),
      type: z.string(),
      state: z.string(),
      since: z.string(),
      publishedSince: z.string(),
      nextStep: z.string().optional(),
      safeFrom: z.string().optional(),
      heldBackBy: z.array(z.string()).optional(),
    }),
  ),
  schedule: z.object({ rotateEveryDays: z.number().optional(), slowestReaderHours: z.number() }),
});

async function keys(...args: string[]): Promise<Run> {
  return await gatehouse(["keys", ...args], { environment });
}

async function shown() {
  const run = await keys("show");
  assert.equal(run.status, 0, run.stderr);
  assert.ok(!run.stdout.includes("PRIVATE"));
  return Shown.parse(run.json());
}

suite("the keys by command", () => {
  before(async () => {
    assert.equal((await keys("show")).status, 0);
  });

  test("show: the next key of each type with the moment from which it may sign", async () => {
    const { keys: all, schedule } = await shown();
    const next = all.filter(({ state }) => state === "next");
    assert.deepEqual(next.map(({ type }) => type).sort(), ["P-256", "RSA-2048"]);
    for (const { publishedSince, safeFrom, nextStep } of next) {
      assert.equal(nextStep, "sign");
      assert.equal(Date.parse(safeFrom ?? "") - Date.parse(publishedSince), 24 * 3_600_000);
    }
    assert.deepEqual(schedule, { slowestReaderHours: 24 });
  });

  test("rotate --if-safe refuses what would be new to somebody; without it the keys change, with a warning", async () => {
    const before_ = await shown();
    const refused = await keys("rotate", "--if-safe");
    assert.equal(refused.status, 1);
    assert.match(refused.stderr, /too early: .*RSA-2048 from 2/);
    assert.deepEqual(await shown(), before_);
    const done = await keys("rotate", "--reason", "the key leaked");
    assert.equal(done.status, 0, done.stderr);
    assert.match(done.stderr, /less than 24 hours/);
    assert.equal((await shown()).keys.filter(({ state }) => state === "retiring").length, 2);
  });

  test("retire refuses before the week is over, unless a reason is given", async () => {
    const retiring = (await shown()).keys.find(({ state }) => state === "retiring");
    assert.ok(retiring !== undefined);
    assert.deepEqual([retiring.nextStep, retiring.heldBackBy], ["retire", []]);
    const early = await keys("retire", retiring.id);
    assert.equal(early.status, 1);
    assert.match(early.stderr, /too early/);
    const done = await keys("retire", retiring.id, "--reason", "it leaked");
    assert.equal(done.status, 0, done.stderr);
    assert.equal(
      (await shown()).keys.some(({ id }) => id === retiring.id),
      false,
    );
    assert.equal((await keys("retire", retiring.id)).status, 1);
    assert.equal((await keys("retire")).status, 2);
  });

  test("schedule says how often keys change by themselves, and takes it back", async () => {
    const set = await keys("schedule", "--every-days", "90", "--slowest-reader-hours", "48");
    assert.equal(set.status, 0, set.stderr);
    assert.deepEqual((await shown()).schedule, { rotateEveryDays: 90, slowestReaderHours: 48 });
    assert.deepEqual((await keys("schedule", "--off")).json(), { slowestReaderHours: 48 });
    assert.equal((await keys("schedule", "--every-days", "2")).status, 1);
    for (const nonsense of [["--every-days", "often"], ["--off", "--every-days", "90"], ["--no-off"]]) {
      assert.equal((await keys("schedule", ...nonsense)).status, 2, nonsense.join(" "));
    }
  });
});
