import assert from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import { UseHistories } from "../../../src/tokens/watch/use-history.ts";
import { DEFAULT_WATCH_POLICY } from "../../../src/tokens/watch/watch-policy.ts";
import { apiToken, DAY_MS, watchedTokens } from "./watched.ts";

const HOUR_MS = 3_600_000;

async function start(t: TestContext) {
  const watched = await watchedTokens();
  t.after(async () => await watched.close());
  return watched;
}

describe("before a token ends", () => {
  it("its owner is told once, seven days before, by one process", async (t) => {
    const watched = await start(t);
    const { clock, durable, told } = watched;
    const nowMs = clock.nowMs();
    const token = (id: string, days: number) =>
      apiToken(id, { createdAtMs: nowMs - 60 * DAY_MS, expiresAtMs: nowMs + days * DAY_MS });
    await durable.apiTokens.insert(token("soon", 6.5));
    await durable.apiTokens.insert(token("later", 8));
    await durable.apiTokens.insert(token("ended", -1));
    await durable.apiTokens.insert({ ...token("revoked", 2), state: "revoked" });
    const watches = [watched.watch(), watched.watch()];
    await Promise.all(watches.map(async (watch) => await watch.flush()));
    assert.deepEqual(
      told.map(({ tokenId, rule, accountId, evidence }) => [tokenId, rule, accountId, evidence["days"]]),
      [["soon", "expiry", "alice", 7]],
    );
    for (let hour = 0; hour < 30; hour++) {
      clock.advance(HOUR_MS);
      for (const watch of watches) await watch.flush();
    }
    assert.deepEqual(
      told.map(({ tokenId }) => tokenId),
      ["soon", "later"],
    );
  });

  it("one that was made for a few days needs no warning, and one with a new end gets a new one", async (t) => {
    const watched = await start(t);
    const { clock, durable, told } = watched;
    const nowMs = clock.nowMs();
    await durable.apiTokens.insert(
      apiToken("short", { createdAtMs: nowMs, expiresAtMs: nowMs + 7 * DAY_MS }),
    );
    await durable.apiTokens.insert(apiToken("long", { expiresAtMs: nowMs + DAY_MS }));
    const watch = watched.watch();
    await watch.flush();
    await durable.apiTokens.change("long", { expiresAtMs: nowMs + 2 * DAY_MS }, nowMs);
    clock.advance(HOUR_MS);
    await watch.flush();
    assert.deepEqual(
      told.map(({ tokenId }) => tokenId),
      ["long", "long"],
    );
  });

  it("more tokens than fit on a page are all told of", async (t) => {
    const watched = await start(t);
    const expiresAtMs = watched.clock.nowMs() + DAY_MS;
    for (let n = 0; n < 501; n++) await watched.durable.apiTokens.insert(apiToken(`t-${n}`, { expiresAtMs }));
    await watched.watch().flush();
    assert.equal(watched.told.length, 501);
  });
});

describe("what is kept", () => {
  const count = (day: string) => ({
    tokenId: "t",
    day,
    address: "192.0.2.1",
    resource: "",
    outcome: "ok",
    count: 1,
  });

  for (const [keptDays, expected] of [
    [400, ["2025-10-20", "2026-11-24"]],
    [9_999, ["2025-10-20", "2026-11-24"]],
    [30, ["2026-11-24"]],
  ] as const) {
    it(`goes after ${keptDays} days, and never later than after 400`, async (t) => {
      const watched = await start(t);
      watched.state.policy = { ...DEFAULT_WATCH_POLICY, keptDays };
      await watched.durable.tokenUse.add(["2025-10-19", "2025-10-20", "2026-11-24"].map(count));
      await watched.watch().sweep();
      const rows = await watched.durable.tokenUse.list("t", "0000");
      assert.deepEqual(
        rows.map(({ day }) => day),
        expected,
      );
    });
  }
});

describe("the history of a token", () => {
  it("has every day, those without a use too, and sums by address, resource and outcome", async (t) => {
    const { durable, clock } = await start(t);
    const base = { tokenId: "t", day: "2026-11-22", address: "192.0.2.1", resource: "a", outcome: "ok" };
    await durable.tokenUse.add([
      { ...base, count: 5 },
      { ...base, day: "2026-11-24", address: "192.0.2.2", count: 9 },
      { ...base, day: "2026-11-24", outcome: "rate", count: 2 },
      { ...base, day: "2026-11-01", count: 99 },
      { ...base, tokenId: "another", count: 99 },
    ]);
    assert.deepEqual(await new UseHistories(durable.tokenUse, clock).history("t", 3), {
      days: [
        { day: "2026-11-22", good: 5, refused: 0 },
        { day: "2026-11-23", good: 0, refused: 0 },
        { day: "2026-11-24", good: 9, refused: 2 },
      ],
      addresses: [
        { name: "192.0.2.2", uses: 9 },
        { name: "192.0.2.1", uses: 7 },
      ],
      resources: [{ name: "a", uses: 16 }],
      outcomes: [
        { name: "ok", uses: 14 },
        { name: "rate", uses: 2 },
      ],
      total: 16,
    });
  });

  it("of no days, or of more than are kept, is refused", async (t) => {
    const { durable, clock } = await start(t);
    const histories = new UseHistories(durable.tokenUse, clock);
    for (const days of [0, -1, 1.5, 401, Number.NaN])
      await assert.rejects(histories.history("t", days), RangeError);
    assert.equal((await histories.history("nobody's", 400)).days.length, 400);
  });
});
