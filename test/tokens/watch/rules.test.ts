import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { asksForUsual, judgeUse, type Usual, type WatchFacts } from "../../../src/tokens/watch/rules.ts";

const SETTLED: Usual = { activeDays: 20, ageDays: 40, busiestDay: 100, networksADay: 2, lateNetworks: 0 };
const QUIET: WatchFacts = {
  newNetworks: [],
  networks: 1,
  hour: 10,
  today: 50,
  deadUses: 0,
  deadTokensThere: 0,
  probed: [],
  usual: SETTLED,
};
const ELSEWHERE = ["203.0.113.0/24"];

/** What a change of the facts, and of what is usual, leads to. */
const TABLE: readonly (readonly [
  sentence: string,
  facts: Partial<WatchFacts>,
  usual: Partial<Usual> | undefined,
  rules: readonly string[],
])[] = [
  ["honest use is no alarm", {}, {}, []],
  ["a new network of a settled token is one", { newNetworks: ELSEWHERE }, {}, ["new-network"]],
  ["a new network without a history is none", { newNetworks: ELSEWHERE }, undefined, []],
  ["two days are no history", { newNetworks: ELSEWHERE }, { activeDays: 2, ageDays: 2 }, []],
  [
    "two days far apart are a history",
    { newNetworks: ELSEWHERE },
    { activeDays: 2, ageDays: 10 },
    ["new-network"],
  ],
  ["within the first three days nothing is new", { newNetworks: ELSEWHERE }, { ageDays: 2 }, []],
  [
    "a token of many places is learnt for longer",
    { newNetworks: ELSEWHERE },
    { networksADay: 4, ageDays: 13 },
    [],
  ],
  ["and then it is known too", { newNetworks: ELSEWHERE }, { networksADay: 4, ageDays: 14 }, ["new-network"]],
  ["a token that roams has no new network", { newNetworks: ELSEWHERE }, { lateNetworks: 3 }, []],
  ["four networks at once are none", { networks: 4 }, {}, []],
  ["five networks at once are one", { networks: 5 }, {}, ["many-networks"]],
  ["a token of many places needs more", { networks: 20 }, { networksADay: 10 }, []],
  ["and has them at twice its usual", { networks: 21 }, { networksADay: 10 }, ["many-networks"]],
  ["nineteen without a history are none", { networks: 19 }, undefined, []],
  ["twenty without a history are one", { networks: 20 }, undefined, ["many-networks"]],
  ["an hour below the floor is none", { hour: 299, today: 299 }, { busiestDay: 1 }, []],
  ["an hour above the floor is one", { hour: 300, today: 300 }, { busiestDay: 1 }, ["rate-jump"]],
  ["an hour as large as two busy days is none", { hour: 2_000, today: 2_000 }, { busiestDay: 1_000 }, []],
  ["one as large as three is one", { hour: 3_000, today: 3_000 }, { busiestDay: 1_000 }, ["rate-jump"]],
  ["a day as large as three busy ones is none", { today: 3_999 }, { busiestDay: 1_000 }, []],
  ["one as large as four is one", { today: 4_000 }, { busiestDay: 1_000 }, ["rate-jump"]],
  ["a new token may be used as much as it likes", { hour: 90_000, today: 90_000 }, undefined, []],
  ["nine uses of a dead token are none", { deadUses: 9 }, {}, []],
  ["ten are one", { deadUses: 10 }, {}, ["dead-token"]],
  ["four dead tokens from one network are none", { deadUses: 1, deadTokensThere: 4 }, {}, []],
  ["five are one", { deadUses: 1, deadTokensThere: 5 }, {}, ["dead-token"]],
  ["three things it lacks are none", { probed: ["a", "b", "c"] }, {}, []],
  ["four are one", { probed: ["a", "b", "c", "d"] }, undefined, ["scope-probing"]],
  [
    "everything at once is everything",
    { newNetworks: ELSEWHERE, networks: 9, hour: 999, deadUses: 10, probed: ["a", "b", "c", "d"] },
    {},
    ["new-network", "many-networks", "rate-jump", "dead-token", "scope-probing"],
  ],
];

describe("the rules of the watch", () => {
  for (const [sentence, facts, usual, rules] of TABLE) {
    it(sentence, () => {
      const known = usual === undefined ? undefined : { ...SETTLED, ...usual };
      const alarms = judgeUse({ ...QUIET, ...facts, usual: known });
      assert.deepEqual(
        alarms.map(({ rule }) => rule),
        rules,
      );
    });
  }

  it("what is usual is read before a rule needs it, and not for honest use", () => {
    const { usual: _usual, ...quiet } = QUIET;
    assert.equal(asksForUsual(quiet), false);
    for (const [, facts, , rules] of TABLE) {
      const needsIt = rules.some((rule) => ["new-network", "many-networks", "rate-jump"].includes(rule));
      if (needsIt) assert.equal(asksForUsual({ ...quiet, ...facts }), true, JSON.stringify(facts));
    }
  });

  it("evidence is short, however much was probed", () => {
    const probed = Array.from({ length: 64 }, (_, n) => `scope-${n}`);
    const [alarm] = judgeUse({ ...QUIET, probed });
    assert.deepEqual(alarm?.evidence, {
      different: 64,
      asked: "scope-0 scope-1 scope-2 scope-3 scope-4 scope-5",
    });
  });
});
