import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { TokenUseSeen } from "../../../src/model/token-use.ts";
import { Backlog } from "../../../src/tokens/watch/backlog.ts";
import { UseCounters } from "../../../src/tokens/watch/use-counters.ts";

const AT = Date.UTC(2026, 10, 24, 12);
const DAY_MS = 86_400_000;

function use(changes: Partial<TokenUseSeen> = {}): TokenUseSeen {
  const owner = { kind: "account", id: "alice" } as const;
  return { tokenId: "t", kind: "pat", owner, atMs: AT, address: "192.0.2.1", outcome: "ok", ...changes };
}

describe("counting in memory", () => {
  it("like uses are one row, and what differs is another", () => {
    const counters = new UseCounters(100);
    const changes: readonly Partial<TokenUseSeen>[] = [
      {},
      {},
      { atMs: AT + 5 },
      { address: "192.0.2.2" },
      { resource: "https://api.example/" },
      { outcome: "rate" },
      { tokenId: "u" },
      { outcome: "scope", missing: ["a"] },
      { outcome: "scope", missing: ["b"] },
      { outcome: "scope", missing: ["a"] },
    ];
    for (const change of changes) counters.count(use(change));
    const { rows, dropped } = counters.take();
    assert.deepEqual(
      rows.map(({ count }) => count),
      [3, 1, 1, 1, 2, 1, 1],
    );
    assert.equal(rows[0]?.lastMs, AT + 5);
    assert.equal(dropped, 0);
    assert.deepEqual(counters.take(), { rows: [], dropped: 0 });
  });

  it("a use at midnight counts for its own day", () => {
    const counters = new UseCounters(100);
    counters.count(use({ atMs: Date.UTC(2026, 10, 24, 23, 59, 59, 999) }));
    counters.count(use({ atMs: Date.UTC(2026, 10, 25) }));
    const [before, after] = counters.take().rows;
    assert.equal((after?.day ?? 0) - (before?.day ?? 0), 1);
  });

  it("of a token with addresses without end two hundred are told apart, and none of its uses is lost", () => {
    const counters = new UseCounters(100_000);
    for (let n = 0; n < 5_000; n++) counters.count(use({ address: `10.0.${n >> 8}.${n & 255}` }));
    const { rows, dropped } = counters.take();
    assert.equal(rows.length, 201);
    assert.equal(rows.find(({ address }) => address === "other")?.count, 4_800);
    assert.equal(dropped, 0);
  });

  it("of tokens without end as many are counted as there is room for, and the rest is reported", () => {
    const counters = new UseCounters(1_000);
    for (let n = 0; n < 1_500; n++) counters.count(use({ tokenId: `t-${n}` }));
    const { rows, dropped } = counters.take();
    assert.equal(rows.length, 1_000);
    assert.equal(dropped, 500);
  });

  it("what a caller wrote is cut before it is kept", () => {
    const counters = new UseCounters(10);
    const missing = Array.from({ length: 500 }, () => "s".repeat(9_999));
    counters.count(use({ resource: "r".repeat(70_000), outcome: "scope", missing }));
    const [row] = counters.take().rows;
    assert.equal(row?.resource?.length, 200);
    assert.equal(row?.missing.length, 10);
    assert.equal(row?.missing[0]?.length, 200);
  });

  it("costs a few microseconds at most, with a generous bound for a busy machine", () => {
    const counters = new UseCounters(50_000);
    const uses = Array.from({ length: 1_000 }, (_, n) => use({ tokenId: `token-${n}` }));
    const startNs = process.hrtime.bigint();
    for (let round = 0; round < 200; round++) for (const one of uses) counters.count(one);
    const eachNs = Number(process.hrtime.bigint() - startNs) / 200_000;
    assert.ok(eachNs < 20_000, `${eachNs} ns`);
    assert.equal(counters.take().rows[0]?.count, 200);
  });
});

describe("the backlog", () => {
  const row = (changes: Partial<TokenUseSeen> = {}) => {
    const counters = new UseCounters(10);
    counters.count(use(changes));
    return counters.take().rows;
  };

  it("adds like rows together over many rounds", () => {
    const backlog = new Backlog(100);
    for (let round = 0; round < 50; round++) backlog.add(row({ atMs: AT + round }));
    backlog.add(row({ atMs: AT + DAY_MS }));
    const [today, tomorrow] = backlog.take();
    assert.deepEqual([today?.count, today?.lastMs, tomorrow?.count], [50, AT + 49, 1]);
    assert.deepEqual(backlog.take(), []);
  });

  it("beyond its bound addresses are one, and the sums stay right", () => {
    const backlog = new Backlog(100);
    for (let n = 0; n < 10_000; n++) backlog.add(row({ address: `10.0.${n >> 8}.${n & 255}` }));
    const rows = backlog.take();
    assert.equal(rows.length, 101);
    assert.equal(
      rows.reduce((sum, { count }) => sum + count, 0),
      10_000,
    );
  });
});
