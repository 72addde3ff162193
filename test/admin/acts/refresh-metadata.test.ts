import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { fetchMetadata } from "../../../src/admin/acts/fetch-metadata.ts";
import {
  setMetadataSource,
  settleWaitingMetadata,
  waitingDigest,
} from "../../../src/admin/acts/metadata-source.ts";
import { OWNER } from "../acts-installation.ts";
import { entityDescriptor } from "../metadata.ts";
import { DAY_MS, installed, KEY, NEW_KEY, URL_OF_METADATA } from "./metadata-installation.ts";

suite("metadata from an address", () => {
  test("registers the application, and is fetched without redirects and with a bound", async () => {
    const { stored, asked, last, clock } = await installed();
    const { entityId, metadataSource } = await stored();
    assert.equal(entityId, "https://pay.example.org/sp");
    assert.deepEqual(metadataSource, { url: URL_OF_METADATA });
    const { problem, lastGoodMs, nextDueMs } = await last();
    assert.deepEqual([problem, lastGoodMs], [undefined, clock.nowMs()]);
    assert.equal(nextDueMs, clock.nowMs() + DAY_MS / 4);
    assert.equal(asked[0]?.redirects ?? 0, 0);
    assert.ok((asked[0]?.limitBytes ?? 0) <= 2 * 1_048_576);
  });

  test("is left alone until it is due, and fetched by one process at a time", async () => {
    const { asked, round, clock } = await installed();
    await round();
    assert.equal(asked.length, 1);
    clock.advance(DAY_MS);
    const leases = new Set<string>();
    await Promise.all([round(leases), round(leases)]);
    assert.equal(asked.length, 2);
  });

  test("that did not change leaves no line in the trail", async () => {
    const { later, events, last, clock } = await installed();
    const before = (await events()).length;
    await later(entityDescriptor({}, KEY));
    assert.equal((await events()).length, before);
    const { lastGoodMs, lastFetchMs } = await last();
    assert.deepEqual([lastGoodMs, lastFetchMs], [clock.nowMs(), clock.nowMs()]);
  });

  test("with another path at the same host is taken, and the difference recorded", async () => {
    const { later, events } = await installed();
    const changed = await later(entityDescriptor({ acs: "https://pay.example.org/saml/acs2" }, KEY));
    assert.equal(changed.assertionConsumerServices[0]?.location, "https://pay.example.org/saml/acs2");
    const event = (await events()).at(-1);
    assert.equal(event?.action, "application.metadata-refreshed");
    assert.equal(event?.actorId, "system");
    assert.match(String(event?.detail["changes"]), /new reply address .*acs2.*; reply address gone: /);
  });

  const risky: readonly (readonly [string, string])[] = [
    ["a new key", entityDescriptor({}, NEW_KEY)],
    ["a reply address at another host", entityDescriptor({ acs: "https://evil.example/acs" }, KEY)],
    [
      "a reply address at another port",
      entityDescriptor({ acs: "https://pay.example.org:8443/saml/acs" }, KEY),
    ],
  ];
  for (const [name, body] of risky) {
    test(`SA-77 with ${name} waits for an owner, is recorded once, and changes nothing until then`, async () => {
      const { later, events, stored, acts, id } = await installed();
      const before = await stored();
      const waiting = await later(body);
      await later(body);
      assert.deepEqual(waiting.signingCertificates, before.signingCertificates);
      assert.deepEqual(waiting.assertionConsumerServices, before.assertionConsumerServices);
      const lines = (await events()).filter(({ action }) => action === "application.metadata-waiting");
      assert.equal(lines.length, 1);
      const source = (await stored()).metadataSource;
      assert.ok(source !== undefined);
      const digest = waitingDigest(source) ?? "";
      const wrong = await settleWaitingMetadata(acts, OWNER, id, { digest: "other", agreed: true });
      assert.equal(!wrong.ok && wrong.code, "conflict");
      const agreed = await settleWaitingMetadata(acts, OWNER, id, { digest, agreed: true });
      assert.ok(agreed.ok);
      assert.notDeepEqual(
        [agreed.application.signingCertificates, agreed.application.assertionConsumerServices],
        [before.signingCertificates, before.assertionConsumerServices],
      );
      assert.equal((await stored()).metadataSource?.waiting, undefined);
    });
  }

  test("that is thrown away changes nothing", async () => {
    const { later, acts, id, stored } = await installed();
    const { metadataSource, signingCertificates } = await later(entityDescriptor({}, NEW_KEY));
    assert.ok(metadataSource !== undefined);
    const digest = waitingDigest(metadataSource) ?? "";
    assert.ok((await settleWaitingMetadata(acts, OWNER, id, { digest, agreed: false })).ok);
    assert.deepEqual((await stored()).signingCertificates, signingCertificates);
  });

  const broken: readonly (readonly [string, string | undefined])[] = [
    ["that does not answer", undefined],
    ["that answers 404", "404"],
    ["with a page instead", "<html></html>"],
    ["with a DOCTYPE", `<!DOCTYPE x>${entityDescriptor({}, KEY)}`],
    ["of another entityID", entityDescriptor({ entityId: "https://evil.example/sp" }, KEY)],
    [
      "that ran out",
      entityDescriptor({}, KEY).replace("entityID", 'validUntil="2020-01-01T00:00:00Z" entityID'),
    ],
  ];
  for (const [name, body] of broken) {
    test(`${name} keeps the last good copy, says why, and is asked again in a quarter of an hour`, async () => {
      const { later, stored, events, last, announced } = await installed();
      const [before, lastBefore] = [await stored(), await last()];
      const told = announced.length;
      const after = await later(body);
      await later(body);
      assert.equal(after.metadataXml, before.metadataXml);
      assert.deepEqual(after.signingCertificates, before.signingCertificates);
      const { problem, lastGoodMs, nextDueMs, lastFetchMs } = await last();
      assert.notEqual(problem ?? "", "");
      assert.equal(lastGoodMs, lastBefore.lastGoodMs);
      assert.equal(nextDueMs - lastFetchMs, 15 * 60_000);
      assert.deepEqual([await stored(), announced.length], [before, told]);
      const lines = (await events()).filter(({ action }) => action === "application.metadata-failed");
      assert.equal(lines.length, 1);
    });
  }

  test("never undoes what was decided here", async () => {
    const { later, store, stored } = await installed();
    const found = await stored();
    const updatedAtMs = found.updatedAtMs + 1;
    await store.applications.update(
      { ...found, name: "Ours", enabled: true, audiences: ["urn:x"], updatedAtMs },
      found.updatedAtMs,
    );
    const acs = "https://pay.example.org/other";
    const after = await later(entityDescriptor({ acs, requestsSigned: true }, KEY));
    assert.equal(after.assertionConsumerServices[0]?.location, acs);
    assert.deepEqual([after.name, after.audiences, after.requestsMustBeSigned], ["Ours", ["urn:x"], false]);
  });

  for (const [name, input] of [
    ["an address that is none", { url: "metadata" }],
    ["an address of another scheme", { url: "file:///etc/passwd" }],
    ["a pin that is no certificate", { url: URL_OF_METADATA, pin: "hello" }],
  ] as const) {
    test(`refuses ${name}`, async () => {
      const { acts, id, stored } = await installed();
      const before = await stored();
      const result = await setMetadataSource(acts, OWNER, id, input);
      assert.equal(!result.ok && result.code, "invalid");
      assert.deepEqual(await stored(), before);
    });
  }

  test("a fault of our own is no failure of the other side", async () => {
    const outbound = {
      fetch: async () => {
        await Promise.resolve();
        throw new TypeError("a bug");
      },
    };
    await assert.rejects(fetchMetadata({ outbound }, { url: URL_OF_METADATA }, 0), TypeError);
  });
});
