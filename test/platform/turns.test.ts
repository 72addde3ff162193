import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Busy } from "../../src/platform/busy.ts";
import { Turns } from "../../src/platform/turns.ts";

describe("turns", () => {
  test("begin in the order of the calls, one in each turn of the event loop", async () => {
    const turns = new Turns();
    const begun: string[] = [];
    const done = Promise.all(
      ["a", "b", "c"].map(async (name) => {
        await turns.next();
        begun.push(name);
      }),
    );
    const seen: string[] = [];
    for (let turn = 0; turn < 4; turn += 1) {
      await new Promise<void>((resolve) => setImmediate(resolve));
      seen.push(begun.join(""));
    }
    await done;
    assert.deepEqual(begun, ["a", "b", "c"]);
    // Never two more than in the turn before.
    const lengths = seen.map(({ length }) => length);
    assert.ok(
      lengths.every((length, index) => length - (lengths[index - 1] ?? 0) <= 1),
      seen.join(" "),
    );
  });

  test("what is asked for later gets its turn too", async () => {
    const turns = new Turns();
    await turns.next();
    await turns.next();
    await Promise.all([turns.next(), turns.next()]);
  });

  test("more than a thousand are not let to wait", async () => {
    const turns = new Turns();
    const waiting = Array.from({ length: 1_000 }, async () => await turns.next());
    await assert.rejects(turns.next(), (error) => error instanceof Busy && error.retryAfterSeconds > 0);
    await Promise.all(waiting);
    await turns.next();
  });
});
