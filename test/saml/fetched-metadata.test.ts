import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { checkFetchedMetadata } from "../../src/saml/fetched-metadata.ts";
import { Signers } from "../../src/saml/signers.ts";
import { unsigned } from "../../src/saml/xml/sign.ts";
import { concatenated, serialize, xml } from "../../src/saml/xml/writer.ts";
import { keyRingOf, NOW_MS, signingKey } from "../fixtures/saml/installation.ts";

const KEY = signingKey("RSA-2048");
const OTHER = signingKey("RSA-2048");
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** Canonical as our signer needs it; the published file's own attributes in `says`. */
function descriptor(entityId = "https://sp.example") {
  return {
    id: "_m",
    head: xml`<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" ID="_m" entityID="${entityId}">`,
    tail: xml`<md:SPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"></md:SPSSODescriptor></md:EntityDescriptor>`,
  };
}

const SIGNED = serialize(new Signers(keyRingOf(KEY)).xml(undefined).sign(descriptor()));
const BARE = serialize(unsigned(descriptor()));

suite("fetched metadata with a pinned certificate", () => {
  test("is taken when its root is signed by that key, without the signature", () => {
    const result = checkFetchedMetadata(SIGNED, KEY.certificate, NOW_MS);
    assert.ok("xml" in result);
    assert.match(result.xml, /entityID="https:\/\/sp\.example"/);
  });

  test("may be larger than any message", () => {
    const tail = xml`<md:Extensions>${concatenated(Array.from({ length: 3_000 }, () => xml`<md:x></md:x>`))}</md:Extensions></md:EntityDescriptor>`;
    const large = new Signers(keyRingOf(KEY)).xml(undefined).sign({ ...descriptor(), tail });
    assert.ok("xml" in checkFetchedMetadata(serialize(large), KEY.certificate, NOW_MS));
  });

  const outer = (inner: string) =>
    `<md:EntitiesDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata">${inner}</md:EntitiesDescriptor>`;
  const refused: readonly (readonly [string, string, string])[] = [
    ["without a signature", BARE, KEY.certificate],
    ["signed by another key", SIGNED, OTHER.certificate],
    [
      "changed after it was signed",
      SIGNED.replace("https://sp.example", "https://evil.example"),
      KEY.certificate,
    ],
    ["wrapped in an element that is not signed", outer(SIGNED), KEY.certificate],
    [
      "with an unsigned entity beside the signed one",
      outer(SIGNED + BARE.replaceAll("_m", "_n")),
      KEY.certificate,
    ],
    ["with a DOCTYPE", `<!DOCTYPE x>${SIGNED}`, KEY.certificate],
    ["with a pin that is no certificate", SIGNED, "AAAA"],
    ["that is no XML", "hello", KEY.certificate],
  ];
  for (const [name, body, pin] of refused) {
    test(`${name} is refused`, () => {
      const result = checkFetchedMetadata(body, pin, NOW_MS);
      assert.ok("problem" in result);
      assert.match(
        result.problem,
        /^(It is not signed as it must be|The pinned certificate cannot be used): /,
      );
    });
  }
});

suite("the time of the next fetch", () => {
  const rows: readonly (readonly [string, string, number])[] = [
    ["six hours where nothing is said", "", 6 * HOUR],
    ["the cacheDuration", 'cacheDuration="PT2H30M"', 2.5 * HOUR],
    ["a quarter of an hour at least", 'cacheDuration="PT1S"', 15 * MINUTE],
    ["a day at most", 'cacheDuration="P30D"', 24 * HOUR],
    ["half of what validUntil leaves", 'validUntil="2026-03-04T16:00:00Z"', 2 * HOUR],
    ["a quarter of an hour when validUntil has passed", 'validUntil="2020-01-01T00:00:00Z"', 15 * MINUTE],
    ["six hours where the duration cannot be read", 'cacheDuration="soon"', 6 * HOUR],
    ["six hours where the duration is negative", 'cacheDuration="-P1D"', 6 * HOUR],
    ["six hours where the duration is P alone", 'cacheDuration="P"', 6 * HOUR],
  ];
  for (const [name, says, wait] of rows) {
    test(`is ${name}`, () => {
      const body = BARE.replace("entityID", `${says} entityID`);
      const result = checkFetchedMetadata(body, undefined, NOW_MS);
      assert.ok("nextDueMs" in result, JSON.stringify(result));
      assert.equal(result.nextDueMs - NOW_MS, wait);
    });
  }
});
