import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, it } from "node:test";
import { openEmbeddedVolatileStore } from "../../src/volatile/embedded.ts";
import { isUnavailable } from "../contract/volatile-contract.ts";
import { temporaryFolder } from "../fixtures/children.ts";
import { TestClock } from "../fixtures/clock.ts";

const LONG = 60_000;
const HOUR = 3_600_000;

describe("the embedded volatile store", () => {
  it("keeps sessions, counters, marks and their times over a restart", async () => {
    const { path, clock, open } = place();
    const before = open();
    await before.set("session:1", "kept", LONG);
    await before.issueOnce("code:1", "taken", LONG);
    await before.issueOnce("code:2", "waiting", LONG);
    await before.takeOnce("code:1", LONG);
    await before.increment("count", 5, LONG);
    await before.hashSet("hash", { a: "1" }, 2 * LONG);
    await before.close();
    clock.advance(LONG - 1);
    const after = openEmbeddedVolatileStore({ path, clock });
    assert.equal(await after.get("session:1"), "kept");
    assert.deepEqual(await after.takeOnce("code:1", LONG), { state: "used", value: "taken" });
    assert.deepEqual(await after.takeOnce("code:2", LONG), { state: "yours", value: "waiting" });
    assert.deepEqual(await after.increment("count", 1, LONG), { count: 6, resetsInMs: 1 });
    clock.advance(1);
    assert.equal(await after.get("session:1"), undefined);
    assert.equal(await after.hashGet("hash", "a"), "1");
    await after.close();
  });

  it("of takers in several processes exactly one gets the value", async () => {
    const { path, clock, open } = place();
    const store = open();
    for (let n = 0; n < 20; n++) await store.issueOnce(`code:${n}`, String(n), HOUR);
    const script = join(temporaryFolder("taker"), "taker.ts");
    writeFileSync(script, taker(path, clock.nowMs()));
    const counts = await Promise.all([1, 2, 3].map(async () => Number(await outputOf(script))));
    assert.equal(
      counts.reduce((sum, count) => sum + count, 0),
      20,
      `taken by each: ${counts.join(", ")}`,
    );
    await store.close();
  });

  it("a clock that is set ahead ends everything; one that is set back revives nothing that was told to be gone", async () => {
    const { clock, open } = place();
    const store = open();
    await store.set("session:1", "value", LONG);
    await store.issueOnce("code:1", "issued", LONG);
    clock.advance(24 * HOUR);
    assert.equal(await store.get("session:1"), undefined);
    assert.equal(await store.takeOnce("code:1", LONG), undefined);
    clock.advance(-24 * HOUR);
    assert.equal(await store.get("session:1"), undefined);
    assert.equal(await store.takeOnce("code:1", LONG), undefined);
    await store.set("session:2", "new", LONG);
    assert.equal(await store.get("session:2"), "new");
    await store.close();
  });

  it("rows that expired unread are deleted while others are written", async () => {
    const { path, clock, open } = place();
    const store = open();
    for (let n = 0; n < 300; n++) await store.set(`old:${n}`, "x", LONG);
    await store.hashSet("old-hash", { a: "1", b: "2" }, LONG);
    clock.advance(LONG);
    for (let n = 0; n < 128; n++) await store.set("new", "x", LONG);
    await store.close();
    const database = new DatabaseSync(path);
    assert.deepEqual({ ...database.prepare("SELECT count(*) AS n FROM entries").get() }, { n: 1 });
    assert.deepEqual({ ...database.prepare("SELECT count(*) AS n FROM fields").get() }, { n: 0 });
    database.close();
  });

  it("a file that another process holds locked is unavailable, and serves again when it is free", async () => {
    const { path, open } = place();
    const store = open();
    await store.set("key", "value", LONG);
    const other = new DatabaseSync(path);
    other.exec("BEGIN IMMEDIATE");
    await assert.rejects(store.set("key", "other", LONG), isUnavailable);
    assert.equal(await store.get("key"), "value", "reading goes on");
    other.exec("ROLLBACK");
    other.close();
    await store.set("key", "other", LONG);
    await store.close();
  });

  it("a change that fails in its middle is not half done", async () => {
    const { open } = place();
    const store = open();
    await store.hashSet("hash", { a: "1" }, LONG);
    const fields = { a: "2", b: unstorable() };
    await assert.rejects(store.hashSet("hash", fields, LONG));
    assert.deepEqual(await store.hashGetAll("hash"), new Map([["a", "1"]]));
    await store.close();
  });

  it("a place where no file can be is unavailable at the start", () => {
    const clock = new TestClock();
    const folder = temporaryFolder("volatile");
    assert.throws(() => openEmbeddedVolatileStore({ path: folder, clock }), isUnavailable);
  });

  it("what is not a database is unavailable at once, and left as it is", () => {
    const path = join(temporaryFolder("volatile"), "notes.txt");
    const notes = "not a database, but somebody's notes".repeat(200);
    writeFileSync(path, notes);
    const begun = Date.now();
    assert.throws(() => openEmbeddedVolatileStore({ path, clock: new TestClock() }), isUnavailable);
    assert.ok(Date.now() - begun < 1_000);
    assert.equal(readFileSync(path, "utf8"), notes);
  });

  it("a file of another layout is emptied instead of read wrongly", async () => {
    const { path, clock, open } = place();
    const store = open();
    await store.set("key", "value", LONG);
    await store.close();
    const database = new DatabaseSync(path);
    database.exec("PRAGMA user_version = 99");
    database.close();
    const again = openEmbeddedVolatileStore({ path, clock });
    assert.equal(await again.get("key"), undefined);
    await again.set("key", "value", LONG);
    assert.equal(await again.get("key"), "value");
    await again.close();
  });

  it("in memory, nothing is shared and nothing stays", async () => {
    const clock = new TestClock();
    const [a, b] = [1, 2].map(() => openEmbeddedVolatileStore({ path: ":memory:", clock }));
    assert.ok(a !== undefined && b !== undefined);
    await a.set("key", "value", LONG);
    assert.equal(await a.get("key"), "value");
    assert.equal(await b.get("key"), undefined);
    await a.close();
    await b.close();
  });
});

function place() {
  const path = join(temporaryFolder("volatile"), "deeper", "volatile.db");
  const clock = new TestClock();
  return { path, clock, open: () => openEmbeddedVolatileStore({ path, clock }) };
}

/** A value that the types rule out and SQLite refuses, to make the second of two writes fail. */
function unstorable(): string {
  const value: unknown = {};
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- to get past the types is the point
  return value as string;
}

/** A program that takes every code and prints how many were its own. */
function taker(path: string, nowMs: number): string {
  const module = new URL("../../src/volatile/embedded.ts", import.meta.url).href;
  return `
    import { openEmbeddedVolatileStore } from ${JSON.stringify(module)};
    const store = openEmbeddedVolatileStore({ path: ${JSON.stringify(path)}, clock: { nowMs: () => ${nowMs} } });
    let yours = 0;
    for (let n = 0; n < 20; n++) {
      const taken = await store.takeOnce("code:" + n, 3_600_000);
      if (taken?.state === "yours" && taken.value === String(n)) yours += 1;
    }
    await store.close();
    process.stdout.write(String(yours));
  `;
}

async function outputOf(script: string): Promise<string> {
  const child = spawn(process.execPath, [script], { stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  child.stdout.on("data", (data: Buffer) => {
    output += data.toString();
  });
  await once(child, "close");
  return output;
}
