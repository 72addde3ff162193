import assert from "node:assert/strict";
import { createPublicKey } from "node:crypto";
import { describe, test } from "node:test";
import { readServiceProvider } from "../../../src/saml/register-service-provider.ts";
import { serviceProviderIds } from "../../../src/saml/sp-metadata.ts";
import { readMetadataFile } from "../../../src/saml/xml/reader.ts";
import { federationText } from "../../fixtures/saml/federation-file.ts";
import { NOW_MS } from "../../fixtures/saml/installation.ts";
import { refusalOf, split } from "../../fixtures/saml/split.ts";
import { FORGED, HOSTILE } from "./hostile-federations.ts";
import { bare, group, KEY, ODD, plain, signedByAnother } from "./odd-federations.ts";

const KEYS = [createPublicKey(KEY.privateKey)];
const idsOf = (file: string | Uint8Array, options?: Parameters<typeof split>[1]) =>
  split(file, options).entities.map(({ entityId }) => entityId);

describe("an odd file of a federation is taken", () => {
  for (const { name, xml, entityIds, says, validUntilMs } of ODD) {
    test(name, () => {
      const { entities } = split(xml);
      assert.deepEqual(
        entities.map(({ entityId }) => entityId),
        entityIds,
      );
      if (says !== undefined) assert.match(entities.map((entity) => entity.xml).join("\n"), says);
      if (validUntilMs !== undefined) assert.equal(entities[0]?.validUntilMs, validUntilMs);
      // Whatever the pieces are, down to single bytes where that does not take long.
      for (const piece of xml.length > 100_000 ? [1_000] : [1, 7, 1_000]) {
        assert.deepEqual(split(xml, { piece }).entities, entities, `in pieces of ${piece}`);
      }
    });
  }

  test("and each entity that is cut out is a document of its own for the reader of metadata", () => {
    for (const { name, xml } of ODD) {
      for (const entity of split(xml).entities) {
        assert.deepEqual(
          serviceProviderIds(readMetadataFile(Buffer.from(entity.xml)).root),
          [entity.entityId],
          name,
        );
      }
    }
    const [whole] = split(group(plain("https://a.example/sp"))).entities;
    const reading = readServiceProvider(whole?.xml ?? "", { nowMs: NOW_MS });
    assert.ok(reading.ok);
    assert.equal(reading.application.assertionConsumerServices[0]?.location, "https://a.example/sp/acs");
    assert.equal(reading.application.encryptionKeys.length, 1);
  });

  test("and signed by a program that nobody here wrote, too", () => {
    for (const { name, xml, entityIds } of ODD) {
      // That program has its own idea of the mark, of CDATA, of characters at line ends, and of a second signature.
      if (/mark|CDATA|line ends|signature|too large|is the root/.test(name) || typeof xml !== "string")
        continue;
      const signed = signedByAnother(xml.replace(/(EntitiesDescriptor)([ />])/, '$1 ID="_1"$2'));
      assert.deepEqual(idsOf(signed, { keys: KEYS }), entityIds, name);
    }
  });

  test("and with prefixes that its signature names as inclusive", () => {
    const xml = group(bare("https://a.example/sp"), ' xmlns:xs="urn:xs" xmlns:unused="urn:u" ID="_1"');
    assert.deepEqual(idsOf(signedByAnother(xml, ["xs", "md"]), { keys: KEYS }), ["https://a.example/sp"]);
  });

  test("and says how many were left out", () => {
    const { summary } = split(ODD.find(({ name }) => name.includes("too large"))?.xml ?? "");
    assert.equal(summary.tooLarge, 1);
    assert.equal(split(ODD.find(({ name }) => name.includes("SAML 1.1"))?.xml ?? "").summary.others, 2);
  });
});

describe("a hostile file of a federation is refused", () => {
  for (const { name, xml, reason } of HOSTILE) {
    test(name, () => {
      assert.match(refusalOf(xml) ?? "taken", reason);
      if (xml.length < 20_000) assert.match(refusalOf(xml, { piece: 1 }) ?? "taken", reason);
      assert.notEqual(refusalOf(xml, { keys: KEYS }), undefined);
    });
  }

  test("more elements or bytes than the limit", () => {
    const limits = { bytes: 10_000, token: 1_000, elements: 50, depth: 10, attributesPerElement: 5 };
    assert.match(refusalOf(group("<a/>".repeat(50)), { limits }) ?? "taken", /^too-many-elements/);
    assert.equal(refusalOf(group("<a/>".repeat(49)), { limits }), undefined);
    assert.match(
      refusalOf(group(" ".repeat(900) + "<a/>".repeat(40)).padEnd(10_001), { limits }) ?? "taken",
      /^too-large/,
    );
  });
});

describe("a file that is not signed as its pinned certificate demands is refused", () => {
  test("while the honest one is taken, in pieces of any size", () => {
    const honest = federationText([plain("https://a.example/sp")], { key: KEY.privateKey });
    for (const piece of [1, 100, 65_536]) {
      assert.deepEqual(idsOf(honest, { keys: KEYS, piece }), ["https://a.example/sp"]);
    }
    assert.match(refusalOf(honest, { keys: [] }) ?? "taken", /does not fit any registered key/);
  });

  for (const { name, xml, reason } of FORGED) {
    test(name, () => {
      assert.match(refusalOf(xml, { keys: KEYS }) ?? "taken", reason);
    });
  }
});
