import assert from "node:assert/strict";
import { describe, test, type TestContext } from "node:test";
import { errorHandler, notFoundHandler } from "../../src/http/error-handler.ts";
import { BodyRefused } from "../../src/http/form-body.ts";
import { Busy } from "../../src/platform/busy.ts";
import { systemRandom } from "../../src/platform/random.ts";
import { Unavailable } from "../../src/platform/unavailable.ts";
import { TestClock } from "../fixtures/clock.ts";
import { serve } from "./serve.ts";
import { keptLog, testRenderer } from "./site.ts";

async function failing(t: TestContext, path: string, error: unknown) {
  const log = keptLog();
  const parts = { render: testRenderer(), log, random: systemRandom, clock: new TestClock() };
  const url = await serve(t, async () => await Promise.reject(error), { errors: errorHandler(parts) });
  const answer = await fetch(url + path);
  return { answer, text: await answer.text(), log };
}

const SECRET = "postgres://gatehouse:s3cret@db";

describe("RL-16 a store that is away", () => {
  test("is a 503 page with Retry-After, and not an error of ours", async (t) => {
    const { answer, text, log } = await failing(
      t,
      "/login",
      new Unavailable("volatile", { cause: new Error(SECRET) }),
    );
    assert.equal(answer.status, 503);
    assert.equal(answer.headers.get("retry-after"), "5");
    assert.match(text, /We cannot log anybody in at this moment/);
    assert.ok(!text.includes(SECRET));
    assert.equal(log.lines[0]?.level, "warn");
  });

  test("is JSON for the token endpoint", async (t) => {
    const { answer, text } = await failing(t, "/oauth2/token", new Unavailable("durable"));
    assert.equal(answer.status, 503);
    assert.equal(answer.headers.get("retry-after"), "5");
    assert.partialDeepStrictEqual(JSON.parse(text), { error: "temporarily_unavailable" });
  });
});

describe("RL-42 a full queue of password checks", () => {
  test("is a 503 that says that nothing was checked, with its own Retry-After", async (t) => {
    const { answer, text } = await failing(t, "/login", new Busy("password checks", 3));
    assert.equal(answer.status, 503);
    assert.equal(answer.headers.get("retry-after"), "3");
    assert.match(text, /was not checked/);
  });
});

describe("RL-45 a fault of ours", () => {
  test("shows a reference, and keeps the message and the stack to the log", async (t) => {
    const { answer, text, log } = await failing(
      t,
      "/consent",
      new Error(SECRET, { cause: new Error("deeper") }),
    );
    assert.equal(answer.status, 500);
    assert.ok(!text.includes(SECRET));
    assert.ok(!text.includes("error-handler.test.ts"), "no stack");
    const [line] = log.lines;
    assert.equal(line?.level, "error");
    assert.ok(text.includes(String(line?.fields["reference"])));
    assert.match(String(line?.fields["error"]), /s3cret[\s\S]*caused by Error: deeper/);
  });

  for (const path of [
    "/oauth2/userinfo",
    "/oauth2/introspect",
    "/oauth2/revoke",
    "/oauth2/par",
    "/api/accounts",
  ]) {
    test(`is JSON at ${path}`, async (t) => {
      const { answer, text } = await failing(t, path, new TypeError("x is undefined"));
      assert.equal(answer.status, 500);
      assert.match(answer.headers.get("content-type") ?? "", /^application\/json/);
      assert.partialDeepStrictEqual(JSON.parse(text), { error: "server_error" });
      assert.match(text, /"reference":"GH-/);
    });
  }

  test("that is no Error at all is one all the same", async (t) => {
    const { answer } = await failing(t, "/login", "a string");
    assert.equal(answer.status, 500);
  });

  test("after half an answer breaks the connection off", async (t) => {
    const parts = { render: testRenderer(), log: keptLog(), random: systemRandom, clock: new TestClock() };
    const url = await serve(
      t,
      (_request, response) => {
        response.writeHead(200, { "content-length": "100" });
        response.write("half");
        throw new Error("broken");
      },
      { errors: errorHandler(parts) },
    );
    await assert.rejects(async () => await (await fetch(url)).text());
  });
});

describe("a request that cannot be read", () => {
  for (const status of [400, 413, 415] as const) {
    test(`is answered with ${status}`, async (t) => {
      const { answer, text, log } = await failing(t, "/login", new BodyRefused(status, "why"));
      assert.equal(answer.status, status);
      assert.match(text, /This request cannot be read/);
      assert.equal(log.lines[0]?.level, "warn");
    });
  }

  test("as its path has a broken percent-encoding is a 400, not a fault of ours", async (t) => {
    const parts = { render: testRenderer(), log: keptLog(), random: systemRandom, clock: new TestClock() };
    const { Router } = await import("express");
    const router = Router();
    router.get("/accounts/:id", (_request, response) => {
      response.send("found");
    });
    const url = await serve(t, router, notFoundHandler(parts), { errors: errorHandler(parts) });
    assert.equal((await fetch(`${url}/accounts/%ff`)).status, 400);
  });
});

test("an address that nobody serves is a 404 page", async (t) => {
  const parts = { render: testRenderer(), log: keptLog(), random: systemRandom, clock: new TestClock() };
  const url = await serve(t, notFoundHandler(parts), { errors: errorHandler(parts) });
  const answer = await fetch(`${url}/wp-login.php`);
  assert.equal(answer.status, 404);
  assert.match(await answer.text(), /There is no such page/);
});
