import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { settingsFromRows } from "../../src/storage/setting-record.ts";
import { DAY_MS, DEFAULT_TOKEN_POLICY } from "../../src/tokens/token-policy.ts";
import { DEFAULT_TOKEN_RULES, tokenPolicyOf, tokenRulesOf } from "../../src/tokens/token-rules.ts";

const { watch, longestLifeDays } = DEFAULT_TOKEN_RULES;

describe("rules of tokens out of the database", () => {
  test("are read as they were written", () => {
    const rules = { watch: { ...watch, keptDays: 31 }, longestLifeDays: { pat: 1, key: 7, svc: 366 } };
    assert.deepEqual(tokenRulesOf(JSON.stringify(rules)), rules);
  });

  const broken: readonly (readonly [what: string, stored: string])[] = [
    ["no JSON", "{"],
    ["null", "null"],
    ["a list", "[]"],
    ["an empty object", "{}"],
    ["rules that are a word", '{"watch":{"rules":"off"},"longestLifeDays":"for ever"}'],
    ["an action that there is not", '{"watch":{"rules":{"leaked":"ignore"}}}'],
    ["an action from the prototype", '{"watch":{"rules":{"leaked":"constructor","__proto__":"off"}}}'],
    ["a life without an end", '{"longestLifeDays":{"pat":0,"key":-1,"svc":1e9}}'],
    ["half a day", '{"longestLifeDays":{"pat":0.5,"key":null,"svc":"7"}}'],
    ["numbers beyond their bounds", '{"watch":{"keptDays":1,"throttleMinutes":100000}}'],
    ["a throttle that is none", '{"watch":{"throttlePerMinute":1000000000}}'],
  ];
  for (const [what, stored] of broken) {
    test(`have their defaults for ${what}`, () => {
      assert.deepEqual(tokenRulesOf(stored), DEFAULT_TOKEN_RULES);
    });
  }

  test("keep what can be read beside what cannot", () => {
    const stored = {
      watch: { ...watch, rules: { ...watch.rules, leaked: "never", "new-network": "suspend" } },
      longestLifeDays: { ...longestLifeDays, pat: 30, key: 100_000 },
    };
    const read = tokenRulesOf(JSON.stringify(stored));
    assert.deepEqual(read.watch.rules, { ...watch.rules, "new-network": "suspend" });
    assert.deepEqual(read.longestLifeDays, { ...longestLifeDays, pat: 30 });
  });

  test("a broken row stops neither the server nor the page that repairs it: it keeps its version", () => {
    const row = { name: "token-rules", value: "{", updated_at_ms: 42 };
    assert.deepEqual(settingsFromRows([row])["token-rules"], {
      value: DEFAULT_TOKEN_RULES,
      updatedAtMs: 42,
    });
  });
});

describe("the policy of tokens", () => {
  test("is by default what it always was", () => {
    const policy = tokenPolicyOf(() => DEFAULT_TOKEN_RULES);
    assert.deepEqual({ ...policy }, DEFAULT_TOKEN_POLICY);
  });

  test("follows the rules from one moment to the next", () => {
    let rules = DEFAULT_TOKEN_RULES;
    const policy = tokenPolicyOf(() => rules);
    rules = {
      watch: { ...watch, expiryNoticeDays: 14 },
      longestLifeDays: { pat: 1, key: 2, svc: 3 },
    };
    assert.deepEqual(policy.longestLifeMs, { pat: DAY_MS, key: 2 * DAY_MS, svc: 3 * DAY_MS });
    assert.equal(policy.warnBeforeMs, 14 * DAY_MS);
    assert.equal(policy.mostPerOwner, DEFAULT_TOKEN_POLICY.mostPerOwner);
  });
});
