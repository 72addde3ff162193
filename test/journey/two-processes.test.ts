import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { skipWithout, startPostgres, startRedis } from "../fixtures/servers.ts";
import { rotateKeys } from "../../src/admin/acts/rotate-keys.ts";
import { withInstallation } from "../../src/cli/installation.ts";
import { eventually } from "../fixtures/eventually.ts";
import { HttpBrowser } from "./http-browser.ts";
import { startInstallation, type TestInstallation } from "./installation.ts";
import { assertKnowsNobody, assertShowsAlice, enter, logInAt, logOutAt } from "./walk.ts";

describe("two processes behind one address, on Redis and PostgreSQL", {
  skip: skipWithout("redis") || skipWithout("postgres"),
}, () => {
  let installation: TestInstallation;
  const undo: (() => Promise<void>)[] = [];

  before(async () => {
    const redis = await startRedis();
    undo.push(async () => await redis.stop());
    const postgres = await startPostgres();
    undo.push(async () => await postgres.stop());
    const stores = { redisUrl: redis.url, databaseUrl: await postgres.freshDatabase() };
    installation = await startInstallation({ processes: 2, stores });
    undo.push(async () => await installation.stop());
  });
  after(async () => {
    for (const step of undo.toReversed()) await step();
  });

  test("one login enters both applications while requests alternate, and one logout closes both", async () => {
    const { wiki, planner, balancer } = installation;
    const before = [...balancer.answered];
    const browser = new HttpBrowser();
    assertShowsAlice(await logInAt(browser, wiki));
    assertShowsAlice(await enter(browser, planner));
    await logOutAt(browser, wiki);
    await assertKnowsNobody(browser, wiki);
    await assertKnowsNobody(browser, planner);
    for (const [index, answered] of balancer.answered.entries()) {
      assert.ok(answered - (before[index] ?? 0) >= 3, `process ${index} has answered ${answered} requests`);
    }
  });

  test("keys that the command rotates are published by both processes within a second, and both applications accept them", async () => {
    const { wiki, planner, processes, environment } = installation;
    const published = async () =>
      await Promise.all(
        processes.map(async ({ port }) => await (await fetch(`http://127.0.0.1:${port}/oauth2/jwks`)).text()),
      );
    const [earlier] = await published();
    await withInstallation({ environment, user: "test" }, async ({ parts, acts, actor }) => {
      const rotated = await rotateKeys({ ...acts, signingKeys: parts.signingKeys }, actor);
      assert.ok(rotated.ok);
    });
    await eventually(async () => {
      const [first, second] = await published();
      assert.notEqual(first, earlier);
      assert.equal(first, second);
    }, 1_000);
    const browser = new HttpBrowser();
    assertShowsAlice(await logInAt(browser, wiki));
    assertShowsAlice(await enter(browser, planner));
  });

  // Last, because it ends one of the processes.
  test("one process is killed half-way, and the login, the second application and the logout go on", async () => {
    const { wiki, planner, processes } = installation;
    const browser = new HttpBrowser();
    assertShowsAlice(await logInAt(browser, wiki));
    await processes[0]?.child.end("SIGKILL");
    assertShowsAlice(await enter(browser, planner));
    await logOutAt(browser, planner);
    await assertKnowsNobody(browser, wiki);
    await assertKnowsNobody(browser, planner);
    assertShowsAlice(await logInAt(browser, planner));
  });
});
