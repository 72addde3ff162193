import assert from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import type { TokenUseSeen } from "../../../src/model/token-use.ts";
import type { TokenRuleAction } from "../../../src/model/token-watch.ts";
import { Unavailable } from "../../../src/platform/unavailable.ts";
import { DEFAULT_WATCH_POLICY } from "../../../src/tokens/watch/watch-policy.ts";
import { apiToken, DAY_MS, sometimesAway, type Watched, watchedTokens } from "./watched.ts";

const HOUR_MS = 3_600_000;

async function start(t: TestContext, ids: readonly string[] = ["t"]): Promise<Watched> {
  const watched = await watchedTokens();
  t.after(async () => await watched.close());
  for (const id of ids) await watched.durable.apiTokens.insert(apiToken(id));
  return watched;
}

function use(watched: Watched, changes: Partial<TokenUseSeen> = {}): TokenUseSeen {
  const owner = { kind: "account", id: "alice" } as const;
  const atMs = watched.clock.nowMs();
  return { tokenId: "t", kind: "pat", owner, atMs, address: "192.0.2.1", outcome: "ok", ...changes };
}

/** Four days of use from one network, by one process. */
async function history(watched: Watched, changes: Partial<TokenUseSeen> = {}): Promise<void> {
  const watch = watched.watch();
  for (let day = 0; day < 4; day++) {
    for (let n = 0; n < 10; n++) watch.seen(use(watched, changes));
    await watch.flush();
    watched.clock.advance(DAY_MS);
  }
}

function rulesTold({ told }: Watched): readonly string[] {
  return told.map(({ rule, action }) => `${rule} ${action}`);
}

function withAction(watched: Watched, rule: "many-networks" | "new-network", action: TokenRuleAction): void {
  const { rules } = DEFAULT_WATCH_POLICY;
  watched.state.policy = { ...DEFAULT_WATCH_POLICY, rules: { ...rules, [rule]: action } };
}

/** Good uses from this many networks within one flush. */
function fromNetworks(watched: Watched, watch: ReturnType<Watched["watch"]>, count: number): void {
  for (let n = 0; n < count; n++) watch.seen(use(watched, { address: `198.51.${n}.7` }));
}

describe("the watch", () => {
  it("writes sums and the last good use, not single uses", async (t) => {
    const watched = await start(t);
    const watch = watched.watch();
    for (let n = 0; n < 1_000; n++) watch.seen(use(watched));
    watched.clock.advance(5);
    watch.seen(use(watched, { outcome: "scope", missing: ["a"] }));
    await watch.flush();
    const rows = await watched.durable.tokenUse.list("t", "2000-01-01");
    assert.deepEqual(
      rows.map(({ outcome, count }) => [outcome, count]),
      [
        ["ok", 1_000],
        ["scope", 1],
      ],
    );
    const token = await watched.durable.apiTokens.get("t");
    assert.equal(token?.lastUsedAtMs, watched.clock.nowMs() - 5);
    assert.equal(token?.lastUsedAddress, "192.0.2.1");
    assert.deepEqual(watched.told, []);
  });

  it("tells of a first use from elsewhere, once among all processes, with evidence and without the token", async (t) => {
    const watched = await start(t);
    await history(watched);
    const [one, two] = [watched.watch(), watched.watch()];
    for (const watch of [one, two]) watch.seen(use(watched, { address: "203.0.113.9" }));
    await Promise.all([one.flush(), two.flush()]);
    one.seen(use(watched, { address: "203.0.113.77" }));
    await one.flush();
    assert.deepEqual(rulesTold(watched), ["new-network notified"]);
    assert.equal(watched.told[0]?.accountId, "alice");
    assert.deepEqual(watched.told[0]?.evidence, { network: "203.0.113.0/24", networks: 1, activeDays: 4 });
    const [line] = watched.audit;
    assert.equal(line?.action, "token.alarm");
    assert.equal(line?.targetId, "t");
    assert.ok(!JSON.stringify([watched.audit, watched.told]).includes("hash of t"));
    assert.deepEqual(watched.acts, []);
  });

  it("suspends a token that is used from many networks at once, seen by different processes", async (t) => {
    const watched = await start(t);
    await history(watched);
    const [one, two] = [watched.watch(), watched.watch()];
    for (let n = 0; n < 6; n++) {
      (n % 2 === 0 ? one : two).seen(use(watched, { address: `198.51.${n}.7` }));
      await one.flush();
      await two.flush();
    }
    assert.deepEqual(watched.acts, ["suspend t rule:many-networks"]);
    assert.ok(rulesTold(watched).includes("many-networks suspended"));
  });

  for (const [action, expected, told] of [
    ["off", [], []],
    ["notify", [], ["many-networks notified"]],
    ["revoke", ["revoke t rule:many-networks"], ["many-networks revoked"]],
  ] as const) {
    it(`a rule that is set to ${action} does just that`, async (t) => {
      const watched = await start(t);
      withAction(watched, "many-networks", action);
      const watch = watched.watch();
      fromNetworks(watched, watch, 25);
      await watch.flush();
      assert.deepEqual(watched.acts, expected);
      assert.deepEqual(rulesTold(watched), told);
    });
  }

  it("throttles for an hour, in every process within its next flush", async (t) => {
    const watched = await start(t);
    withAction(watched, "many-networks", "throttle");
    const [one, two] = [watched.watch(), watched.watch()];
    assert.equal(one.throttled("t"), undefined);
    fromNetworks(watched, one, 25);
    await one.flush();
    assert.equal(one.throttled("t"), 10);
    assert.equal(two.throttled("t"), undefined);
    await two.flush();
    assert.equal(two.throttled("t"), 10);
    assert.equal(two.throttled("another"), undefined);
    watched.clock.advance(HOUR_MS);
    assert.equal(two.throttled("t"), undefined);
    await two.flush();
    assert.equal(two.throttled("t"), undefined);
  });

  it("a delegated token is ended where a kept one would be suspended", async (t) => {
    const watched = await start(t);
    const watch = watched.watch();
    for (let n = 0; n < 25; n++) {
      watch.seen(use(watched, { tokenId: "family", kind: "at", address: `198.51.${n}.7` }));
    }
    await watch.flush();
    assert.deepEqual(watched.acts, ["end at family rule:many-networks"]);
    assert.deepEqual(rulesTold(watched), ["many-networks revoked"]);
  });

  it("a token that is stopped already, or unknown, is not acted on again", async (t) => {
    const watched = await start(t, []);
    for (const state of ["suspended", "revoked"] as const) {
      await watched.durable.apiTokens.insert(apiToken(state, { state }));
    }
    const watch = watched.watch();
    for (const tokenId of ["suspended", "revoked", "nobody's"]) {
      for (let n = 0; n < 25; n++) watch.seen(use(watched, { tokenId, address: `198.51.${n}.7` }));
    }
    await watch.flush();
    assert.deepEqual([watched.acts, watched.told, watched.audit], [[], [], []]);
  });

  it("tells of dead tokens that are tried one after the other from one network", async (t) => {
    const ids = Array.from({ length: 8 }, (_, n) => `dead-${n}`);
    const watched = await start(t, ids);
    const watch = watched.watch();
    for (const tokenId of ids) {
      watch.seen(use(watched, { tokenId, address: "203.0.113.9", outcome: "expired" }));
      await watch.flush();
    }
    assert.deepEqual(
      watched.told.map(({ tokenId, rule }) => `${tokenId} ${rule}`),
      ["dead-4 dead-token", "dead-5 dead-token", "dead-6 dead-token", "dead-7 dead-token"],
    );
  });

  it("finds probing over an hour, in steps that are each too small", async (t) => {
    const watched = await start(t);
    const watch = watched.watch();
    for (let n = 0; n < 4; n++) {
      watch.seen(use(watched, { outcome: "scope", missing: [`scope-${n}`] }));
      watch.seen(use(watched, { outcome: "scope", missing: [`scope-${n}`] }));
      await watch.flush();
      watched.clock.advance(15 * 60_000);
    }
    assert.deepEqual(watched.acts, ["suspend t rule:scope-probing"]);
    assert.deepEqual(watched.told[0]?.evidence["different"], 4);
  });
});

describe("the watch while a store is away", () => {
  const away = new Unavailable("durable");

  it("the database: nothing is lost and nothing counts twice, and the log says it once", async (t) => {
    const watched = await start(t);
    const warnings: string[] = [];
    let isAway = true;
    const note = (_fields: object, message: string) => void warnings.push(message);
    const watch = watched.watch({
      uses: sometimesAway(watched.durable.tokenUse, () => isAway, away),
      log: { info: note, warn: note, error: note },
    });
    for (let round = 0; round < 5; round++) {
      fromNetworks(watched, watch, 3);
      await watch.flush();
    }
    isAway = false;
    await watch.flush();
    const rows = await watched.durable.tokenUse.list("t", "2000-01-01");
    assert.deepEqual(
      rows.map(({ count }) => count),
      [5, 5, 5],
    );
    const failed = warnings.filter((message) => message.includes("cannot go on"));
    assert.equal(failed.length, 2, "once for the counts, once for the rules");
    assert.equal(warnings.filter((message) => message.includes("works again")).length, 2);
    await watch.flush();
    assert.equal((await watched.durable.tokenUse.list("t", "2000-01-01")).length, 3);
  });

  it("the volatile store: an alarm comes when it is back", async (t) => {
    const watched = await start(t);
    await history(watched);
    let isAway = true;
    const watch = watched.watch({
      volatile: sometimesAway(watched.volatile, () => isAway, new Unavailable("volatile")),
    });
    watch.seen(use(watched, { address: "203.0.113.9" }));
    await watch.flush();
    assert.deepEqual(watched.told, []);
    isAway = false;
    await watch.flush();
    assert.deepEqual(rulesTold(watched), ["new-network notified"]);
  });

  it("the audit trail: nothing is done that it does not know of, and it is done when it is back", async (t) => {
    const watched = await start(t);
    let isAway = true;
    const record = async () => {
      if (isAway) throw away;
      await Promise.resolve();
    };
    const watch = watched.watch({ audit: { record } });
    fromNetworks(watched, watch, 25);
    await watch.flush();
    assert.deepEqual([watched.acts, watched.told], [[], []]);
    isAway = false;
    await watch.flush();
    assert.deepEqual(watched.acts, ["suspend t rule:many-networks"]);
  });
});
