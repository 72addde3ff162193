import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { systemClock } from "../../src/platform/clock.ts";
import { openDurableStore } from "../../src/storage/open-durable-store.ts";

test("in a folder that was there already, no file of the database is readable to others", async () => {
  const folder = mkdtempSync(join(tmpdir(), "gatehouse-mode-"));
  const store = await openDurableStore({ url: `sqlite:${join(folder, "g.db")}`, clock: systemClock });
  try {
    const files = readdirSync(folder);
    assert.ok(files.includes("g.db"));
    for (const file of files) assert.equal(statSync(join(folder, file)).mode & 0o077, 0, file);
  } finally {
    await store.close();
    rmSync(folder, { recursive: true });
  }
});
