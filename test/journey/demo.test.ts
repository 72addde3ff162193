import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, test } from "node:test";
import { type Child, freePort, startChild, temporaryFolder } from "../fixtures/children.ts";
import { eventually } from "../fixtures/eventually.ts";
import { HttpBrowser } from "./http-browser.ts";
import { assertShowsAlice, enter, logInAt } from "./walk.ts";

const DEMO = join(import.meta.dirname, "../../examples/demo.ts");
const START_LIMIT_MS = 120_000;

describe("npm run demo", () => {
  test("it says where to go and what to type, twice in a row, and ends when it is told to", async () => {
    const folder = temporaryFolder("demo");
    const port = await freePorts();
    const first = await startDemo(folder, port);
    assert.match(first.output(), new RegExp(`http://localhost:${port + 1}\\b`));
    assert.match(first.output(), new RegExp(`http://localhost:${port + 2}\\b`));
    assert.match(first.output(), /alice .* bob .* open-the-gate/);
    const browser = new HttpBrowser();
    assertShowsAlice(await logInAt(browser, `http://localhost:${port + 1}`));
    await first.end("SIGTERM");
    assert.equal(await first.ended(), 0);
    await assertNothingListens(port);
    // The secret, the accounts and the registrations are found again, and so is who was logged in.
    const second = await startDemo(folder, port);
    assertShowsAlice(await enter(browser, `http://localhost:${port + 2}`));
    await second.end("SIGTERM");
  });

  test("a demo that is killed leaves nothing behind that listens", async () => {
    const port = await freePorts();
    const demo = await startDemo(temporaryFolder("demo"), port);
    process.kill(demo.pid, "SIGKILL");
    await demo.ended();
    await eventually(async () => await assertNothingListens(port), 10_000);
  });

  test("its secrets can be read by their owner alone", async () => {
    const folder = temporaryFolder("demo");
    const demo = await startDemo(folder, await freePorts());
    await demo.end("SIGTERM");
    for (const name of ["secret", "wiki.key", "planner.json"]) {
      assert.equal(statSync(join(folder, "data/demo", name)).mode & 0o077, 0, name);
    }
    const secret = readFileSync(join(folder, "data/demo/secret"), "utf8").trim();
    assert.ok(!demo.output().includes(secret));
  });

  const faults: readonly (readonly [what: string, args: readonly string[], line: RegExp])[] = [
    [
      "a Redis that cannot be reached",
      ["--redis", "redis://:open-sesame@127.0.0.1:1"],
      /^demo: .*cannot reach Redis at redis:\/\/127\.0\.0\.1:1/,
    ],
    [
      "a PostgreSQL that cannot be reached",
      ["--database", "postgres://gatehouse:open-sesame@127.0.0.1:1/gatehouse"],
      /^demo: .*cannot open the database at postgres:\/\/gatehouse@127\.0\.0\.1:1\/gatehouse/,
    ],
    [
      "a database of another kind",
      ["--database", "mysql://localhost/x"],
      /^demo: DATABASE_URL must begin with/,
    ],
    ["an option that there is not", ["--nope"], /^demo: .*--nope/],
  ];
  for (const [what, args, line] of faults) {
    test(`${what} is one clear line without a password, and the exit status is 1`, async () => {
      const demo = launch(temporaryFolder("demo"), await freePorts(), args);
      assert.equal(await demo.ended(), 1);
      assert.match(demo.output(), line);
      assert.equal(demo.output().trim().split("\n").length, 1, demo.output());
      assert.doesNotMatch(demo.output(), /open-sesame/);
    });
  }

  test("a port that is in use is one clear line, and the exit status is 1", async () => {
    const port = await freePorts();
    const occupant = createServer().listen(port + 1, "127.0.0.1");
    await once(occupant, "listening");
    try {
      const demo = launch(temporaryFolder("demo"), port, []);
      assert.equal(await demo.ended(), 1);
      assert.match(demo.output(), new RegExp(`^demo: port ${port + 1} is in use`));
      assert.equal(demo.output().trim().split("\n").length, 1, demo.output());
    } finally {
      occupant.close();
    }
  });
});

async function startDemo(folder: string, port: number): Promise<Child> {
  const demo = launch(folder, port, []);
  await demo.until(async () => await Promise.resolve(demo.output().includes("Ctrl+C ends everything")));
  return demo;
}

function launch(folder: string, port: number, args: readonly string[]): Child {
  const settings = [`PORT=${port}`, "DATABASE_URL=", "REDIS_URL="];
  const command = ["-u", "GATEHOUSE_ISSUER", ...settings, process.execPath, DEMO, ...args];
  return startChild("/usr/bin/env", command, { folder, startLimitMs: START_LIMIT_MS });
}

/** Three in a row. */
async function freePorts(): Promise<number> {
  for (;;) {
    const port = await freePort();
    if (port < 65_000 && (await isFree(port + 1)) && (await isFree(port + 2))) return port;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
    server.close();
    await once(server, "close");
    return true;
  } catch {
    return false;
  }
}

async function assertNothingListens(port: number): Promise<void> {
  for (const one of [port, port + 1, port + 2]) {
    assert.ok(await isFree(one), `something listens on port ${one}`);
  }
}
