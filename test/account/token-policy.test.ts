import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { DEFAULT_TOKEN_RULES } from "../../src/tokens/token-rules.ts";
import { tokensApp } from "./tokens-app.ts";

describe("a new token under an owner's rules", () => {
  test("is offered the lifetimes that they allow, one of them chosen, and gets no longer one by a forged form", async (t) => {
    const app = await tokensApp(t);
    const longestLifeDays = { ...DEFAULT_TOKEN_RULES.longestLifeDays, pat: 10 };
    const rules = { ...DEFAULT_TOKEN_RULES, longestLifeDays };
    await app.parts.stores.durable.settings.put("token-rules", rules, app.clock.nowMs(), undefined);
    await app.parts.settings.reload();
    const browser = await app.browserOf("alice");
    const page = await browser.get("/account/tokens/new");
    const offered = [...page.text.matchAll(/name="days" value="(\d+)"( checked)?/g)];
    assert.deepEqual(
      offered.map(([, days, checked]) => [days, checked !== undefined]),
      [
        ["7", false],
        ["10", true],
      ],
    );
    await browser.submit({ name: "Long", days: "30", "scope.planner:read": "on" });
    const refused = await browser.submit();
    assert.equal(refused.status, 400);
    assert.match(refused.text, /lives for 10 days at most/);
    assert.equal((await app.parts.stores.durable.apiTokens.list({}, { limit: 1 })).total, 0);
  });
});
