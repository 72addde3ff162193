import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { systemClock } from "../../src/platform/clock.ts";
import { systemRandom } from "../../src/platform/random.ts";
import { openEmbeddedVolatileStore } from "../../src/volatile/embedded.ts";
import { SingleUse } from "../../src/volatile/single-use.ts";

const KEEP_USED_MS = 60_000;

function singleUse(): SingleUse {
  return new SingleUse(openEmbeddedVolatileStore({ path: ":memory:", clock: systemClock }), systemRandom);
}

describe("a value that is bound to somebody", () => {
  test("is unknown to everybody else, who cannot spend it either", async () => {
    const uses = singleUse();
    const id = await uses.issue("code", { account: "a" }, KEEP_USED_MS, "client-1");
    assert.deepEqual(await uses.redeem("code", id, KEEP_USED_MS, "client-2"), { state: "unknown" });
    assert.deepEqual(await uses.redeem("code", id, KEEP_USED_MS), { state: "unknown" });
    const own = await uses.redeem("code", id, KEEP_USED_MS, "client-1");
    assert.deepEqual(own, { state: "yours", value: { account: "a" } });
  });

  test("is used the second time, and still names what it stood for", async () => {
    const uses = singleUse();
    const id = await uses.issue("code", { family: "f" }, KEEP_USED_MS, "client-1");
    await uses.redeem("code", id, KEEP_USED_MS, "client-1");
    const again = await uses.redeem("code", id, KEEP_USED_MS, "client-1");
    assert.deepEqual(again, { state: "used", value: { family: "f" } });
  });

  test("cannot be reached by an owner's name that runs over into the id", async () => {
    const uses = singleUse();
    const id = await uses.issue("code", {}, KEEP_USED_MS, "ab");
    assert.deepEqual(await uses.redeem("code", `b${id}`, KEEP_USED_MS, "a"), { state: "unknown" });
  });

  test("is unknown as a value of another kind", async () => {
    const uses = singleUse();
    const id = await uses.issue("par", {}, KEEP_USED_MS, "client-1");
    assert.deepEqual(await uses.redeem("code", id, KEEP_USED_MS, "client-1"), { state: "unknown" });
  });
});
