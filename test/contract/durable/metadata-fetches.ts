import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { MetadataFetch } from "../../../src/model/application.ts";
import { samlApplication } from "../../fixtures/saml/installation.ts";
import type { Subject } from "./subject.ts";

export function metadataFetchContract(subject: Subject): void {
  const fetch = (applicationId: string, changes: Partial<MetadataFetch> = {}): MetadataFetch => ({
    applicationId,
    url: "https://sp.example/metadata",
    basis: "b",
    lastFetchMs: 1,
    lastGoodMs: undefined,
    nextDueMs: 2,
    problem: undefined,
    fileDigest: undefined,
    etag: undefined,
    lastModified: undefined,
    ...changes,
  });

  describe("fetches of metadata", () => {
    it("come back as they were stored, one an application", async () => {
      const { store, second } = subject();
      const first = fetch("fetched-1", { problem: "Ü", lastGoodMs: 5, fileDigest: "d" });
      await store.metadataFetches.put(first);
      assert.deepEqual(await second.metadataFetches.get("fetched-1"), first);
      const next = fetch("fetched-1", { etag: '"v"', lastModified: "Tue, 24 Nov 2026 12:00:00 GMT" });
      await second.metadataFetches.put(next);
      assert.deepEqual(await store.metadataFetches.get("fetched-1"), next);
      assert.equal(await store.metadataFetches.get("fetched-2"), undefined);
    });

    it("tell which need not be fetched yet, with the address that this is said of", async () => {
      const { store } = subject();
      await store.metadataFetches.put(
        fetch("later", { nextDueMs: 2_000_000_000_001, url: "https://l.example/" }),
      );
      await store.metadataFetches.put(fetch("due", { nextDueMs: 2_000_000_000_000 }));
      const notDue = await store.metadataFetches.notDue(2_000_000_000_000);
      assert.deepEqual([notDue.get("later"), notDue.has("due")], ["https://l.example/", false]);
    });

    it("are forgotten when it is said so, and with their application", async () => {
      const { store } = subject();
      await store.applications.insert(
        samlApplication({ id: "fetch-gone", entityId: "https://fetch-gone.example" }),
      );
      await store.metadataFetches.put(fetch("fetch-gone"));
      await store.metadataFetches.put(fetch("fetch-forgotten"));
      await store.applications.delete("fetch-gone");
      await store.metadataFetches.delete("fetch-forgotten");
      assert.equal(await store.metadataFetches.get("fetch-gone"), undefined);
      assert.equal(await store.metadataFetches.get("fetch-forgotten"), undefined);
    });
  });
}
