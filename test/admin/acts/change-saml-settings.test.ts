import assert from "node:assert/strict";
import { suite, test } from "node:test";
import {
  changeSamlSettings,
  type SamlSettingsChanges,
} from "../../../src/admin/acts/change-saml-settings.ts";
import { registerServiceProvider } from "../../../src/admin/acts/register-service-provider.ts";
import type { SamlApplication } from "../../../src/model/application.ts";
import { NAME_ID, XENC } from "../../../src/saml/namespaces.ts";
import { weakSettings } from "../../../src/saml/weak-settings.ts";
import { encryptionPair, keyRingOf, samlApplication, signingKey } from "../../fixtures/saml/installation.ts";
import { COMMAND, openActs, OWNER } from "../acts-installation.ts";
import { entityDescriptor } from "../metadata.ts";

const RING = keyRingOf(signingKey("RSA-2048"), signingKey("RSA-2048", "retiring"), signingKey("P-256"));

async function withApplication(changes: Partial<SamlApplication> = {}) {
  const installation = await openActs();
  await installation.store.applications.insert(samlApplication(changes));
  const change = async (wanted: SamlSettingsChanges & Record<string, unknown>, id = "app-1") =>
    await changeSamlSettings({ ...installation.acts, keyRing: RING }, OWNER, id, wanted);
  return { ...installation, change };
}

suite("changing a SAML application's settings", () => {
  test("stores every one of them, so that another process reads them back", async () => {
    const { key } = encryptionPair();
    const { store, change, announced } = await withApplication({
      encryptionKeys: [key],
      signingCertificates: [key.certificate],
    });
    const result = await change({
      requestsMustBeSigned: true,
      signAssertion: false,
      signResponse: true,
      encryption: "name-id",
      allowSha1: true,
      signatureAlgorithm: "rsa-sha1",
      allowCbc: true,
      nameIdFormat: NAME_ID.emailAddress,
      nameIdSource: 'first(attribute("mail"), email)',
      audiences: ["urn:other"],
      signingKeyId: "RSA-2048-retiring",
    });
    assert.ok(result.ok);
    const stored = await store.applications.get("app-1");
    assert.deepEqual(stored, result.application);
    assert.ok(stored?.protocol === "saml");
    assert.equal(stored.signatureAlgorithm, "rsa-sha1");
    assert.equal(stored.encryptNameId, true);
    assert.equal(stored.encryptAssertion, false);
    assert.equal(stored.nameIdSource?.kind, "first");
    assert.deepEqual(announced, ["applications"]);
    assert.equal(weakSettings(stored).length, 2);
  });

  test("leaves what is not named as it is, and takes back what is set to null", async () => {
    const { change } = await withApplication();
    await change({ nameIdFormat: NAME_ID.transient, audiences: ["urn:other"] });
    const result = await change({ nameIdFormat: null });
    assert.ok(result.ok);
    assert.equal(result.application.nameIdFormat, undefined);
    assert.deepEqual(result.application.audiences, ["urn:other"]);
  });

  test("writes into the trail what changed, from what, to what, and nothing else", async () => {
    const { change, events } = await withApplication();
    await change({ signResponse: true, signAssertion: true });
    const [event, ...more] = await events();
    assert.deepEqual(more, []);
    assert.equal(event?.action, "application.settings-changed");
    assert.deepEqual(event?.detail, { signResponse: "no → yes" });
  });

  test("writes nothing where nothing changes", async () => {
    const { change, events, announced } = await withApplication();
    assert.ok((await change({ signAssertion: true })).ok);
    assert.deepEqual([await events(), announced], [[], []]);
  });

  const cbc = { encryptionKeys: [{ ...encryptionPair().key, methods: [`${XENC}aes256-cbc`] }] };
  const refused: readonly (readonly [
    string,
    SamlSettingsChanges & Record<string, unknown>,
    string | undefined,
  ])[] = [
    ["signed requests without a key to check them", { requestsMustBeSigned: true }, "requestsMustBeSigned"],
    ["nothing signed at all", { signAssertion: false }, "signAssertion"],
    ["SHA-1 without its switch", { signatureAlgorithm: "rsa-sha1" }, "signatureAlgorithm"],
    ["encryption for nobody's key but CBC's", { encryption: "assertion" }, "encryption"],
    ["a key that is not published", { signingKeyId: "nobody" }, "signingKeyId"],
    ["a key of another type", { signingKeyId: "P-256-active" }, "signingKeyId"],
    ["a NameID source that cannot be read", { nameIdSource: "eval(x)" }, "nameIdSource"],
    ["an audience that is no URI", { audiences: ["a b"] }, "audiences"],
    [
      "eleven audiences",
      { audiences: Array.from({ length: 11 }, (_, index) => `urn:${index}`) },
      "audiences",
    ],
    ["an entityID", { entityId: "https://evil.example" }, undefined],
    ["another id", { id: "other" }, undefined],
  ];
  for (const [name, wanted, field] of refused) {
    test(`refuses ${name}, and nothing is changed`, async () => {
      const { change, store, announced, events } = await withApplication(cbc);
      const before = await store.applications.get("app-1");
      const result = await change(wanted);
      assert.ok(!result.ok);
      assert.equal(result.code, "invalid");
      assert.equal(result.field, field);
      assert.deepEqual(await store.applications.get("app-1"), before);
      assert.deepEqual([announced, await events()], [[], []]);
    });
  }

  test("refuses to switch SHA-1 off while it is what we sign with", async () => {
    const { change } = await withApplication();
    assert.ok((await change({ allowSha1: true, signatureAlgorithm: "rsa-sha1" })).ok);
    const result = await change({ allowSha1: false });
    assert.equal(!result.ok && result.field, "signatureAlgorithm");
  });

  test("refuses an application that does not exist", async () => {
    const { change } = await withApplication();
    const result = await change({}, "nobody");
    assert.equal(!result.ok && result.code, "not-found");
  });

  test("outlives new metadata of the application", async () => {
    const { acts } = await openActs();
    const xml = entityDescriptor();
    const first = await registerServiceProvider(acts, COMMAND, { xml });
    assert.ok(first.ok);
    const parts = { ...acts, keyRing: RING };
    const wanted = { audiences: ["urn:other"], signResponse: true, nameIdSource: "email" };
    assert.ok((await changeSamlSettings(parts, OWNER, first.application.id, wanted)).ok);
    const again = await registerServiceProvider(acts, COMMAND, { xml, replace: true });
    assert.ok(again.ok);
    const { audiences, signResponse, nameIdSource } = again.application;
    assert.deepEqual([audiences, signResponse, nameIdSource?.kind], [["urn:other"], true, "account"]);
  });
});
