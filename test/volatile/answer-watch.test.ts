import assert from "node:assert/strict";
import { beforeEach, describe, it, type TestContext } from "node:test";
import { setImmediate } from "node:timers/promises";
import { AnswerWatch } from "../../src/volatile/answer-watch.ts";

const LIMIT_MS = 400;

describe("the watch over answers that stay out", () => {
  let late = 0;
  beforeEach(() => {
    late = 0;
  });

  function watching(test: TestContext) {
    test.mock.timers.enable({ apis: ["setTimeout"] });
    const watch = new AnswerWatch(LIMIT_MS, () => {
      late += 1;
    });
    const pass = async (ms: number) => {
      for (let passed = 0; passed < ms; passed += LIMIT_MS / 4) {
        test.mock.timers.tick(LIMIT_MS / 4);
        await setImmediate();
      }
    };
    return { watch, pass };
  }

  it("one command without an answer is late once, after the limit and a quarter at most", async (test) => {
    const { watch, pass } = watching(test);
    watch.sent();
    await pass(LIMIT_MS);
    assert.equal(late, 0);
    await pass(LIMIT_MS / 4);
    assert.equal(late, 1);
  });

  it("answers in time are never late, however long there is always one under way", async (test) => {
    const { watch, pass } = watching(test);
    watch.sent();
    for (let round = 0; round < 20; round++) {
      watch.sent();
      await pass(LIMIT_MS / 4);
      watch.answered();
    }
    assert.equal(late, 0);
  });

  it("a new command does not hide that an older one waits", async (test) => {
    const { watch, pass } = watching(test);
    for (let round = 0; round < 5; round++) {
      watch.sent();
      await pass(LIMIT_MS / 4);
    }
    assert.equal(late, 1);
  });

  it("a command that failed counts as answered, and the watch starts anew with the next one", async (test) => {
    const { watch, pass } = watching(test);
    watch.sent();
    watch.answered();
    await pass(2 * LIMIT_MS);
    watch.sent();
    await pass(LIMIT_MS);
    assert.equal(late, 0);
    await pass(LIMIT_MS / 4);
    assert.equal(late, 1);
  });
});
