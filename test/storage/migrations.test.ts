import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, it } from "node:test";
import { ConfigError } from "../../src/config.ts";
import { openDurableStore } from "../../src/storage/open-durable-store.ts";
import { temporaryFolder } from "../fixtures/children.ts";
import { TestClock } from "../fixtures/clock.ts";
import { skipWithout, startPostgres } from "../fixtures/servers.ts";

const clock = new TestClock();

describe("migrations", () => {
  it("processes that start together on a new SQLite file all come up, and one set of keys is made", async () => {
    await startTogether(`sqlite:${join(temporaryFolder("migrate"), "new", "gatehouse.db")}`);
  });

  it("processes that start together on an empty PostgreSQL all come up, and one set of keys is made", {
    skip: skipWithout("postgres"),
  }, async () => {
    const server = await startPostgres();
    await startTogether(await server.freshDatabase());
    await server.stop();
  });

  it("a second start finds everything done and loses nothing", async () => {
    const url = `sqlite:${join(temporaryFolder("migrate"), "gatehouse.db")}`;
    const first = await openDurableStore({ url, clock });
    await first.secrets.putIfAbsent("name", "sealed");
    await first.close();
    const second = await openDurableStore({ url, clock });
    assert.equal(await second.secrets.get("name"), "sealed");
    await second.close();
  });

  it("an older version refuses a database that a newer one has changed, and says so", async () => {
    const path = join(temporaryFolder("migrate"), "gatehouse.db");
    const store = await openDurableStore({ url: `sqlite:${path}`, clock });
    await store.close();
    const database = new DatabaseSync(path);
    database.exec("INSERT INTO kysely_migration VALUES ('9999_from_the_future', '2100-01-01T00:00:00.000Z')");
    database.close();
    await assert.rejects(openDurableStore({ url: `sqlite:${path}`, clock }), (error) => {
      assert.ok(error instanceof ConfigError);
      assert.match(error.message, /newer Gatehouse.*9999_from_the_future/);
      return true;
    });
  });

  it("a migration that fails leaves the database as it was", async () => {
    const path = join(temporaryFolder("migrate"), "gatehouse.db");
    const database = new DatabaseSync(path);
    // The third migration will find its table there already.
    database.exec("CREATE TABLE grants (mine TEXT)");
    await assert.rejects(openDurableStore({ url: `sqlite:${path}`, clock }));
    const tables = database.prepare("SELECT name FROM sqlite_master WHERE name = 'accounts'").all();
    assert.deepEqual(tables, []);
    database.close();
  });
});

/** Four processes open the database at once; each makes a first key and prints whether its own was taken. */
async function startTogether(url: string): Promise<void> {
  const script = join(temporaryFolder("starter"), "starter.ts");
  writeFileSync(script, starter(url));
  const outputs = await Promise.all([1, 2, 3, 4].map(async (n) => await outputOf(script, String(n))));
  assert.deepEqual(outputs.sort(), ["found", "found", "found", "made"]);
}

function starter(url: string): string {
  const module = new URL("../../src/storage/open-durable-store.ts", import.meta.url).href;
  return `
    import { openDurableStore } from ${JSON.stringify(module)};
    const store = await openDurableStore({ url: ${JSON.stringify(url)}, clock: { nowMs: () => 1 } });
    const made = await store.signingKeys.insertFirst([{
      id: process.argv[2], type: "P-256", state: "active", sealedPrivateKey: "", certificate: "",
      createdAtMs: 1, stateSinceMs: 1,
    }]);
    await store.close();
    process.stdout.write(made ? "made" : "found");
  `;
}

async function outputOf(script: string, argument: string): Promise<string> {
  const child = spawn(process.execPath, [script, argument], { stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  child.stdout.on("data", (data: Buffer) => {
    output += data.toString();
  });
  await once(child, "close");
  return output;
}
