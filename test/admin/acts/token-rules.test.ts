import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setTokenRules, tokenRulesNow } from "../../../src/admin/acts/set-token-rules.ts";
import type { TokenRulesFields } from "../../../src/admin/acts/token-rules-input.ts";
import { DEFAULT_TOKEN_RULES } from "../../../src/tokens/token-rules.ts";
import { type ActsInstallation, openActs, OWNER } from "../acts-installation.ts";

async function set(installation: ActsInstallation, changes: Partial<TokenRulesFields>, seenAtMs?: number) {
  return await setTokenRules(installation.acts, OWNER, changes, seenAtMs);
}

describe("set-token-rules", () => {
  test("changes what is named, tells every process, and the trail has each value before and after", async () => {
    const installation = await openActs();
    const result = await set(installation, { "new-network": "suspend", patDays: "30", keptDays: " 90 " });
    assert.ok(result.ok);
    const { watch, longestLifeDays } = DEFAULT_TOKEN_RULES;
    const rules = {
      watch: { ...watch, rules: { ...watch.rules, "new-network": "suspend" }, keptDays: 90 },
      longestLifeDays: { ...longestLifeDays, pat: 30 },
    };
    assert.deepEqual(result.rules, rules);
    assert.deepEqual((await tokenRulesNow(installation.acts)).rules, rules);
    assert.deepEqual(installation.announced, ["settings"]);
    const [event, ...others] = await installation.events();
    assert.deepEqual(others, []);
    assert.deepEqual(
      [event?.action, event?.outcome, event?.actorName, event?.detail],
      [
        "token-rules.changed",
        "success",
        "olga",
        { "new-network": "notify → suspend", keptDays: "400 → 90", patDays: "90 → 30" },
      ],
    );
  });

  test("what changes nothing is not announced and leaves no line", async () => {
    const installation = await openActs();
    assert.ok((await set(installation, { leaked: "revoke", patDays: "90" })).ok);
    assert.deepEqual([installation.announced, await installation.events()], [[], []]);
  });

  const wrong: readonly (readonly [what: string, changes: Partial<TokenRulesFields>, field: string])[] = [
    ["an action that there is not", { leaked: "forget" }, "leaked"],
    ["no action", { "many-networks": "" }, "many-networks"],
    ["an action from the prototype", { "rate-jump": "constructor" }, "rate-jump"],
    ["tokens without an end", { patDays: "0" }, "patDays"],
    ["a life of more than a year", { keyDays: "367" }, "keyDays"],
    ["a number with a sign", { svcDays: "+30" }, "svcDays"],
    ["a number in another base", { svcDays: "0x1e" }, "svcDays"],
    ["half a day", { expiryNoticeDays: "0.5" }, "expiryNoticeDays"],
    ["fewer days than the watch looks back", { keptDays: "30" }, "keptDays"],
    ["more days than are ever kept", { keptDays: "401" }, "keptDays"],
    ["a throttle that stops everything", { throttlePerMinute: "0" }, "throttlePerMinute"],
    ["a throttle of more than a day", { throttleMinutes: "1441" }, "throttleMinutes"],
    ["nothing at all", { throttleMinutes: "" }, "throttleMinutes"],
  ];
  for (const [what, changes, field] of wrong) {
    test(`${what} is refused with its field, and nothing changes`, async () => {
      const installation = await openActs();
      const result = await set(installation, { ...changes, "new-network": "off" });
      assert.ok(!result.ok);
      assert.equal(result.code, "invalid");
      assert.deepEqual(
        result.issues?.map((issue) => issue.field),
        [field],
      );
      assert.equal((await tokenRulesNow(installation.acts)).updatedAtMs, undefined);
      assert.deepEqual(await installation.events(), []);
    });
  }

  test("what somebody else has changed meanwhile is not undone", async () => {
    const installation = await openActs();
    assert.ok((await set(installation, { patDays: "30" }, 0)).ok);
    const late = await set(installation, { patDays: "366" }, 0);
    assert.deepEqual([late.ok, late.ok ? "" : late.code], [false, "conflict"]);
    const { rules, updatedAtMs } = await tokenRulesNow(installation.acts);
    assert.equal(rules.longestLifeDays.pat, 30);
    assert.ok((await set(installation, { patDays: "31" }, updatedAtMs)).ok);
  });

  test("of two changes at one moment one is made, and the trail tells that the other failed", async () => {
    const installation = await openActs();
    const results = await Promise.all([
      set(installation, { leaked: "suspend" }),
      set(installation, { leaked: "notify" }),
    ]);
    assert.equal(results.filter(({ ok }) => ok).length, 1);
    const outcomes = (await installation.events()).map(({ outcome }) => outcome);
    assert.deepEqual(outcomes.toSorted(), ["failure", "success", "success"]);
  });

  test("nothing is changed that the trail cannot tell of", async () => {
    const installation = await openActs();
    installation.breakAudit();
    await assert.rejects(set(installation, { leaked: "off" }));
    assert.equal((await tokenRulesNow(installation.acts)).updatedAtMs, undefined);
  });
});
