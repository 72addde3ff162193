import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { after, before, describe, test } from "node:test";
import express from "express";
import { Settings } from "../../src/flow/settings.ts";
import type { Organisation } from "../../src/model/organisation.ts";
import { metadataEndpoint } from "../../src/saml/metadata-endpoint.ts";
import { systemRandom } from "../../src/platform/random.ts";
import { TestClock } from "../fixtures/clock.ts";
import { ENTITY_ID, ISSUER, keyRingOf, NOW_MS, signingKey } from "../fixtures/saml/installation.ts";

const DAY_MS = 86_400_000;
const FIRST = signingKey("RSA-2048");

describe("our metadata", () => {
  const clock = new TestClock(NOW_MS);
  const keyRing = keyRingOf(FIRST);
  let organisation: Organisation = { language: "en", scopes: ["example.org"], contacts: [] };
  const settings = new Settings({
    all: async () => await Promise.resolve({ organisation: { value: organisation, updatedAtMs: 1 } }),
  });
  let server: Server;
  let address: string;
  before(async () => {
    await settings.reload();
    const app = express().use(
      metadataEndpoint({ issuer: ISSUER, keyRing, settings, random: systemRandom, clock }),
    );
    server = createServer(app).listen(0, "127.0.0.1");
    await once(server, "listening");
    const bound = server.address();
    assert.ok(bound !== null && typeof bound === "object");
    address = `http://127.0.0.1:${bound.port}/saml/metadata`;
  });
  after(() => {
    server.close();
  });

  async function fetched(query = "", headers: Record<string, string> = {}) {
    const response = await fetch(address + query, { headers });
    return { response, text: await response.text(), etag: response.headers.get("etag") ?? "" };
  }

  test("is served under its own type, cacheable, with an ETag", async () => {
    const { response, text } = await fetched();
    assert.equal(response.status, 200);
    assert.equal(response.headers.get("content-type"), "application/samlmetadata+xml");
    assert.match(response.headers.get("cache-control") ?? "", /^public, max-age=\d+$/);
    assert.ok(text.includes(`entityID="${ENTITY_ID}"`));
    assert.doesNotMatch(text, /<ds:Signature/);
  });

  test("is the same bytes each time, and 304 for who has them", async () => {
    const first = await fetched();
    assert.equal((await fetched()).text, first.text);
    const again = await fetched("", { "if-none-match": first.etag, "cache-control": "max-age=0" });
    assert.deepEqual([again.response.status, again.text], [304, ""]);
  });

  test("is signed on request, and made anew before half of its life has passed", async () => {
    const first = await fetched("?signed=1");
    assert.match(first.text, /validUntil="2026-03-11T12:00:00.*<ds:Signature/s);
    clock.advance(3 * DAY_MS);
    assert.equal((await fetched("?signed=1")).text, first.text);
    clock.advance(DAY_MS);
    const later = await fetched("?signed=1");
    assert.match(later.text, /validUntil="2026-03-15T12:00:00/);
    assert.notEqual(later.etag, first.etag);
  });

  test("shows what is new about the organisation at once, and is not made anew when nothing is", async () => {
    const first = await fetched();
    assert.ok(first.text.includes(">example.org</shibmd:Scope>"));
    await settings.reload();
    assert.equal((await fetched()).etag, first.etag);
    organisation = { ...organisation, scopes: ["example.net"] };
    await settings.reload();
    const second = await fetched();
    assert.ok(second.text.includes(">example.net</shibmd:Scope>"));
    assert.ok(!second.text.includes("example.org</shibmd:Scope>"));
    assert.equal((await fetched()).text, second.text);
  });

  test("shows a new key at once", async () => {
    const first = await fetched();
    const next = signingKey("RSA-2048", "next");
    keyRing.load([FIRST, next]);
    const { text, etag } = await fetched();
    assert.notEqual(etag, first.etag);
    assert.ok(text.includes(next.certificate) && text.includes(FIRST.certificate));
  });
});
