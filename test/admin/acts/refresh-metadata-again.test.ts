import assert from "node:assert/strict";
import { suite, test } from "node:test";
import {
  setMetadataSource,
  settleWaitingMetadata,
  waitingDigest,
} from "../../../src/admin/acts/metadata-source.ts";
import { sha256 } from "../../../src/platform/digest.ts";
import { TestClock } from "../../fixtures/clock.ts";
import { OWNER } from "../acts-installation.ts";
import { entityDescriptor } from "../metadata.ts";
import { DAY_MS, installed, KEY, NEW_KEY } from "./metadata-installation.ts";

const XML = entityDescriptor({}, KEY);

suite("a fetch of metadata that brings nothing new", () => {
  for (const [name, hasEtags] of [
    ["an answer 304", true],
    ["a file that is the same", false],
  ] as const) {
    test(`by ${name} writes nothing but the time, and tells nobody`, async () => {
      const { later, stored, last, announced, events, asked, clock } = await installed(XML, hasEtags);
      const [before, told, lines] = [await stored(), announced.length, (await events()).length];
      const { lastFetchMs: first, ...known } = await last();
      await later(XML);
      assert.deepEqual(await stored(), before);
      assert.deepEqual([announced.length, (await events()).length], [told, lines]);
      const nowMs = clock.nowMs();
      const times = { lastFetchMs: nowMs, lastGoodMs: nowMs, nextDueMs: nowMs + DAY_MS / 4 };
      assert.deepEqual(await last(), { ...known, ...times });
      assert.equal(nowMs - first, DAY_MS);
      assert.equal(asked.at(-1)?.known?.etag, `"${sha256(XML)}"`);
    });

    test(`by ${name} is a failure all the same where it has run out meanwhile`, async () => {
      const end = new Date(new TestClock().nowMs() + 2 * DAY_MS - 1).toISOString();
      const ending = XML.replace("entityID", `validUntil="${end}" entityID`);
      const { later, last, stored } = await installed(ending, hasEtags);
      await later(ending);
      assert.equal((await last()).problem, undefined);
      const before = await stored();
      await later(ending);
      assert.match((await last()).problem ?? "", /It was valid until/);
      assert.deepEqual(await stored(), before);
    });

    test(`by ${name} leaves what waits as it was, and what was thrown away where it is`, async () => {
      const { later, acts, id, announced, last } = await installed(XML, hasEtags);
      const changed = entityDescriptor({}, NEW_KEY);
      const { metadataSource } = await later(changed);
      assert.ok(metadataSource?.waiting !== undefined);
      const told = announced.length;
      assert.deepEqual((await later(changed)).metadataSource, metadataSource);
      assert.equal(announced.length, told);
      const digest = waitingDigest(metadataSource) ?? "";
      assert.ok((await settleWaitingMetadata(acts, OWNER, id, { digest, agreed: false })).ok);
      assert.equal((await later(changed)).metadataSource?.waiting, undefined);
      assert.equal((await last()).problem, undefined);
    });
  }

  test("asks for the whole file where something else is in force than what it said", async () => {
    const { later, store, stored, asked } = await installed(XML, true);
    const found = await stored();
    const byHand = { ...found, metadataXml: `${XML} `, updatedAtMs: found.updatedAtMs + 1 };
    await store.applications.update(byHand, found.updatedAtMs);
    assert.equal((await later(XML)).metadataXml, XML);
    assert.equal(asked.at(-1)?.known?.etag, undefined);
  });

  test("is no reason not to fetch from another address at once", async () => {
    const { acts, id, asked, round } = await installed(XML, true);
    await setMetadataSource(acts, OWNER, id, { url: "https://other.example/metadata" });
    await round();
    assert.equal(asked.at(-1)?.url, "https://other.example/metadata");
    assert.equal(asked.at(-1)?.known?.etag, undefined);
  });
});

suite("metadata that an owner wants to be fetched now", () => {
  test("is fetched before it is due, whole, and in the trail as the owner's act", async () => {
    const { now, publish, stored, events, asked } = await installed(XML, true);
    assert.equal(await now(), "unchanged");
    assert.equal(asked.at(-1)?.known?.etag, undefined);
    publish(entityDescriptor({ acs: "https://pay.example.org/saml/acs2" }, KEY));
    assert.equal(await now(), "applied");
    assert.equal(
      (await stored()).assertionConsumerServices[0]?.location,
      "https://pay.example.org/saml/acs2",
    );
    const line = (await events()).at(-1);
    assert.deepEqual([line?.action, line?.actorName], ["application.metadata-refreshed", "olga"]);
  });

  test("is offered again where it was thrown away before", async () => {
    const { later, now, acts, id } = await installed(XML, true);
    const { metadataSource } = await later(entityDescriptor({}, NEW_KEY));
    assert.ok(metadataSource !== undefined);
    const answer = { digest: waitingDigest(metadataSource) ?? "", agreed: false };
    assert.ok((await settleWaitingMetadata(acts, OWNER, id, answer)).ok);
    assert.equal(await now(), "waiting");
  });

  test("is fetched once a minute at most, and never where there is no address", async () => {
    const { now, acts, id, asked } = await installed(XML);
    const leases = new Set<string>();
    assert.equal(await now(leases), "unchanged");
    assert.equal(await now(leases), "busy");
    assert.equal(asked.length, 2);
    await setMetadataSource(acts, OWNER, id, undefined);
    assert.equal(await now(), undefined);
  });
});
