import assert from "node:assert/strict";
import { suite, test } from "node:test";
import {
  registerFromUrl,
  setMetadataSource,
  settleWaitingMetadata,
  waitingDigest,
} from "../../../src/admin/acts/metadata-source.ts";
import { fetchMetadata } from "../../../src/admin/acts/refresh-metadata.ts";
import { refreshDueMetadata } from "../../../src/admin/metadata-schedule.ts";
import { OutboundFailed, type OutboundRequest } from "../../../src/http/outbound.ts";
import type { SamlApplication } from "../../../src/model/application.ts";
import { openActs, OWNER } from "../acts-installation.ts";
import { certificate, entityDescriptor } from "../metadata.ts";

const URL_OF_METADATA = "https://pay.example.org/metadata";
const KEY = certificate();
const NEW_KEY = certificate();
const DAY_MS = 86_400_000;

async function installed(first = entityDescriptor({}, KEY)) {
  const installation = await openActs();
  const { store, clock } = installation;
  let published: string | undefined = first;
  const asked: OutboundRequest[] = [];
  const leases = new Set<string>();
  const outbound = {
    fetch: async (request: OutboundRequest) => {
      asked.push(request);
      await Promise.resolve();
      if (published === undefined) throw new OutboundFailed();
      return { status: published === "404" ? 404 : 200, contentType: "text/html", body: published };
    },
  };
  const acts = { ...installation.acts, outbound };
  const result = await registerFromUrl(acts, OWNER, { url: URL_OF_METADATA }, {});
  assert.ok(result.ok, JSON.stringify(result));
  const { id } = result.application;
  const stored = async (): Promise<SamlApplication> => {
    const found = await store.applications.get(id);
    assert.ok(found?.protocol === "saml");
    return found;
  };
  const round = async (taken = leases) => {
    const known = await store.applications.all();
    await refreshDueMetadata({
      ...acts,
      applications: { all: () => known },
      volatile: {
        setIfAbsent: async (key) => await Promise.resolve(taken.has(key) ? false : Boolean(taken.add(key))),
      },
      log: { info() {}, warn() {} },
    });
  };
  return {
    ...installation,
    acts,
    id,
    asked,
    stored,
    /** A day later, with this at the address. */
    later: async (body: string | undefined) => {
      published = body;
      clock.advance(DAY_MS);
      leases.clear();
      await round();
      return await stored();
    },
    round,
  };
}

suite("metadata from an address", () => {
  test("registers the application, and is fetched without redirects and with a bound", async () => {
    const { stored, asked } = await installed();
    const { entityId, metadataSource } = await stored();
    assert.equal(entityId, "https://pay.example.org/sp");
    assert.equal(metadataSource?.url, URL_OF_METADATA);
    assert.equal(metadataSource?.problem, undefined);
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
    const { later, events } = await installed();
    const before = (await events()).length;
    const { metadataSource } = await later(entityDescriptor({}, KEY));
    assert.equal((await events()).length, before);
    assert.equal(metadataSource?.lastGoodMs, metadataSource?.lastFetchMs);
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
      const { later, stored, events } = await installed();
      const before = await stored();
      const after = await later(body);
      await later(body);
      assert.equal(after.metadataXml, before.metadataXml);
      assert.deepEqual(after.signingCertificates, before.signingCertificates);
      const source = after.metadataSource;
      assert.ok(source?.problem !== undefined && source.problem !== "");
      assert.equal(source.lastGoodMs, before.metadataSource?.lastGoodMs);
      assert.equal(source.nextDueMs - (source.lastFetchMs ?? 0), 15 * 60_000);
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
