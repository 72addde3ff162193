import assert from "node:assert/strict";
import { suite, test } from "node:test";
import type { FederationRefresh } from "../../src/admin/acts/refresh-federation.ts";
import { readForAWhile } from "../../src/admin/federation-reading.ts";

suite("a page that waits for a file to be read", () => {
  test("says how it ended", async () => {
    assert.equal(await readForAWhile(Promise.resolve({ kind: "unchanged" })), "unchanged");
  });

  test("says that it goes on where it takes longer, and nothing breaks when it breaks off then", async () => {
    const { promise, reject } = Promise.withResolvers<FederationRefresh>();
    assert.equal(await readForAWhile(promise, 5), "reading");
    reject(new Error("the database is away"));
    await new Promise(setImmediate);
  });

  test("hands on what breaks meanwhile", async () => {
    await assert.rejects(readForAWhile(Promise.reject(new Error("the database is away"))), /is away/);
  });
});
