import assert from "node:assert/strict";
import { constants, generateKeyPairSync, type KeyObject, privateDecrypt } from "node:crypto";
import { afterEach, beforeEach, describe, test } from "node:test";
import { sessionIndexFor } from "../../src/session/session-index.ts";
import { XENC11 } from "../../src/saml/namespaces.ts";
import { ALICE, openWorld, type World } from "../attack/saml/corpus.ts";
import {
  certificateFor,
  logoutRequest,
  postForm,
  redirectQuery,
  signed,
} from "../attack/saml/service-provider.ts";
import {
  account,
  type EncryptionPair,
  encryptionPair,
  keyRingOf,
  samlApplication,
  samlResponder,
  session,
  signingKey,
  signOnRequest,
} from "../fixtures/saml/installation.ts";
import { elements, parsed, postedXml, responded } from "../fixtures/saml/reading.ts";
import { envelope } from "./soap-messages.ts";

/** Requests for a sign-on under either key: test/attack/saml/accepted.ts, B30. */
describe("a logout of a service provider that changes its key", () => {
  let world: World;
  let newKey: KeyObject;
  beforeEach(async () => {
    world = await openWorld();
    newKey = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
  });
  afterEach(async () => {
    await world.landing.close();
  });

  /** What its metadata says at the beginning, in the middle and at the end of its rollover. */
  function publish(which: "old" | "both" | "new"): void {
    const { landing, wiki } = world;
    const certificates = {
      old: wiki.application.signingCertificates,
      both: [...wiki.application.signingCertificates, certificateFor(newKey)],
      new: [certificateFor(newKey)],
    };
    landing.applications.set(wiki.application.id, {
      ...wiki.application,
      signingCertificates: certificates[which],
    });
  }

  const WAYS: Readonly<Record<string, (xml: string, key: KeyObject) => Promise<unknown>>> = {
    Redirect: async (xml, key) => await world.landing.get("/saml/slo", redirectQuery(xml, { key })),
    POST: async (xml, key) =>
      await world.landing.post("/saml/slo", postForm(signed(xml, world.wiki, { key }))),
    SOAP: async (xml, key) =>
      await world.landing.soapCall("/saml/slo", envelope(signed(xml, world.wiki, { key }))),
  };

  /** Whether a LogoutRequest under this key ends the session that it names. */
  async function ends(way: string, key: KeyObject): Promise<boolean> {
    const index = sessionIndexFor("session-2", "app-wiki");
    const body = `${ALICE}<samlp:SessionIndex>${index}</samlp:SessionIndex>`;
    await WAYS[way]?.(logoutRequest(world.wiki, world.id(), { body }), key);
    return !(await world.landing.sessions.exists("session-2"));
  }

  for (const way of Object.keys(WAYS)) {
    for (const [published, which, isAccepted] of [
      ["old", "old", true],
      ["old", "new", false],
      ["both", "old", true],
      ["both", "new", true],
      ["new", "old", false],
      ["new", "new", true],
    ] as const) {
      const outcome = isAccepted ? "is accepted" : "ends nothing";
      test(`by ${way}, metadata with ${published}: a message under its ${which} key ${outcome}`, async () => {
        publish(published);
        assert.equal(await ends(way, which === "old" ? world.wiki.privateKey : newKey), isAccepted);
      });
    }
  }
});

describe("what is encrypted for a service provider that changes its key", () => {
  const [old, current] = [encryptionPair([`${XENC11}aes256-gcm`]), encryptionPair([`${XENC11}aes256-gcm`])];

  /** Who can open an answer to it. */
  async function openedBy(...published: readonly EncryptionPair[]): Promise<readonly EncryptionPair[]> {
    const made = await samlResponder(keyRingOf(signingKey("RSA-2048"))).respond({
      request: signOnRequest(),
      application: samlApplication({
        encryptAssertion: true,
        encryptionKeys: published.map(({ key }) => key),
      }),
      account: account(),
      session: session(),
      grant: undefined,
      scopes: [],
    });
    const [wrapped] = elements(parsed(postedXml(responded(made).reply)), "CipherValue");
    return [old, current].filter(({ privateKeyPem }) => opens(privateKeyPem, wrapped?.textContent ?? ""));
  }

  function opens(key: string, wrapped: string): boolean {
    const padding = constants.RSA_PKCS1_OAEP_PADDING;
    try {
      return privateDecrypt({ key, padding, oaepHash: "sha1" }, Buffer.from(wrapped, "base64")).length === 32;
    } catch {
      return false;
    }
  }

  test("of two keys it is for the one that its metadata has first, and for no other", async () => {
    assert.deepEqual(await openedBy(current, old), [current]);
    assert.deepEqual(await openedBy(old, current), [old]);
  });

  test("when the old one is gone from its metadata it is for the new one", async () => {
    assert.deepEqual(await openedBy(current), [current]);
  });

  test("a first key that nothing can be encrypted for safely is passed over", async () => {
    const unsafe = {
      ...old,
      key: { ...old.key, methods: ["http://www.w3.org/2001/04/xmlenc#tripledes-cbc"] },
    };
    assert.deepEqual(await openedBy(unsafe, current), [current]);
  });
});
