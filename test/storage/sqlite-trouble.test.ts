import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, it } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { Unavailable } from "../../src/platform/unavailable.ts";
import { openDurableStore } from "../../src/storage/open-durable-store.ts";
import { isUnavailable } from "../contract/durable/subject.ts";
import { temporaryFolder } from "../fixtures/children.ts";
import { TestClock } from "../fixtures/clock.ts";

const clock = new TestClock();

describe("SQLite in trouble", () => {
  it("while another process writes, this one waits without standing still", async () => {
    const path = join(temporaryFolder("sqlite"), "gatehouse.db");
    const store = await openDurableStore({ url: `sqlite:${path}`, clock });
    const other = new DatabaseSync(path);
    other.exec("BEGIN IMMEDIATE");
    const writing = store.secrets.putIfAbsent("name", "sealed");
    let turns = 0;
    for (const end = Date.now() + 300; Date.now() < end; turns++) await wait(5);
    assert.ok(turns > 10, `the event loop turned ${turns} times`);
    other.exec("COMMIT");
    other.close();
    assert.equal(await writing, "sealed");
    await store.close();
  });

  it("a lock that is not given back makes the writer unavailable after five seconds", async () => {
    const path = join(temporaryFolder("sqlite"), "gatehouse.db");
    const store = await openDurableStore({ url: `sqlite:${path}`, clock });
    const other = new DatabaseSync(path);
    other.exec("BEGIN IMMEDIATE");
    const begun = Date.now();
    await assert.rejects(store.secrets.putIfAbsent("name", "sealed"), isUnavailable);
    assert.ok(Date.now() - begun < 8_000);
    other.exec("ROLLBACK");
    other.close();
    assert.equal(await store.secrets.putIfAbsent("name", "sealed"), "sealed");
    await store.close();
  });

  it("what was acknowledged is there after the process was killed, and the file is whole", async () => {
    const path = join(temporaryFolder("sqlite"), "gatehouse.db");
    const acknowledged = await writeUntilKilled(path);
    assert.ok(acknowledged > 20, `${acknowledged} writes before the end`);
    const store = await openDurableStore({ url: `sqlite:${path}`, clock });
    for (let n = 0; n < acknowledged; n++) assert.equal(await store.secrets.get(`secret-${n}`), "sealed");
    await store.close();
    const database = new DatabaseSync(path);
    assert.deepEqual({ ...database.prepare("PRAGMA integrity_check").get() }, { integrity_check: "ok" });
    database.close();
  });

  it("what is no database is one clear line at the start, and is left as it is", async () => {
    const path = join(temporaryFolder("sqlite"), "notes.txt");
    writeFileSync(path, "somebody's notes ".repeat(100));
    await assert.rejects(openDurableStore({ url: `sqlite:${path}`, clock }), (error) => {
      assert.ok(error instanceof Unavailable && error.cause instanceof Error);
      assert.match(error.cause.message, /^cannot open the database at sqlite:.*notes\.txt: .*not a database/);
      return true;
    });
    assert.match(readFileSync(path, "utf8"), /^somebody's notes/);
  });

  it("a folder where the file should be is one clear line at the start", async () => {
    const path = join(temporaryFolder("sqlite"), "folder");
    mkdirSync(path);
    await assert.rejects(openDurableStore({ url: `sqlite:${path}`, clock }), isUnavailable);
    await assert.rejects(openDurableStore({ url: "sqlite:/dev/null/x.db", clock }), isUnavailable);
  });

  it("in memory it is a store of its own that goes with it", async () => {
    const [a, b] = await Promise.all([1, 2].map(() => openDurableStore({ url: "sqlite::memory:", clock })));
    assert.ok(a !== undefined && b !== undefined);
    await a.secrets.putIfAbsent("name", "a");
    assert.equal(await b.secrets.get("name"), undefined);
    await a.close();
    await b.close();
  });
});

/** A process that writes and says so, killed in the middle of it; returns how many writes it had acknowledged. */
async function writeUntilKilled(path: string): Promise<number> {
  const module = new URL("../../src/storage/open-durable-store.ts", import.meta.url).href;
  const script = join(temporaryFolder("writer"), "writer.ts");
  writeFileSync(
    script,
    `
      import { writeSync } from "node:fs";
      import { openDurableStore } from ${JSON.stringify(module)};
      const store = await openDurableStore({ url: ${JSON.stringify(`sqlite:${path}`)}, clock: { nowMs: () => 1 } });
      for (let n = 0; ; n++) {
        await store.secrets.putIfAbsent("secret-" + n, "sealed");
        writeSync(1, ".");
      }
    `,
  );
  const child = spawn(process.execPath, [script], { stdio: ["ignore", "pipe", "inherit"] });
  let acknowledged = 0;
  child.stdout.on("data", (data: Buffer) => {
    acknowledged += data.length;
    if (acknowledged > 50) child.kill("SIGKILL");
  });
  await once(child, "close");
  return acknowledged;
}
