import assert from "node:assert/strict";
import { suite, test } from "node:test";
import {
  type RegisterServiceProviderInput,
  registerServiceProvider,
} from "../../../src/admin/acts/register-service-provider.ts";
import { openActs, OWNER } from "../acts-installation.ts";
import { entitiesDescriptor, entityDescriptor } from "../metadata.ts";

suite("registering a service provider", () => {
  test("stores what its metadata says, announces it and writes it down", async () => {
    const { acts, store, announced, events } = await openActs();
    const result = await registerServiceProvider(acts, OWNER, { xml: entityDescriptor() });
    assert.ok(result.ok, JSON.stringify(result));
    assert.equal(result.replaced, false);
    const stored = await store.applications.get(result.application.id);
    assert.ok(stored?.protocol === "saml");
    assert.equal(stored.name, "Payroll");
    assert.equal(stored.entityId, "https://pay.example.org/sp");
    assert.equal(stored.enabled, true);
    assert.deepEqual(announced, ["applications"]);
    const [event, ...more] = await events();
    assert.deepEqual(more, []);
    assert.equal(event?.action, "application.registered");
    assert.equal(event?.outcome, "success");
    assert.equal(event?.actorId, "0wner");
    assert.equal(event?.actorName, "olga");
    assert.equal(event?.address, "192.0.2.24");
    assert.equal(event?.targetId, result.application.id);
  });

  test("demands signed requests and encrypts where the metadata says so", async () => {
    const { acts } = await openActs();
    const xml = entityDescriptor({ requestsSigned: true, encryption: true });
    const result = await registerServiceProvider(acts, OWNER, { xml });
    assert.ok(result.ok);
    assert.equal(result.application.requestsMustBeSigned, true);
    assert.equal(result.application.encryptAssertion, true);
  });

  test("does what is said where that differs from the metadata", async () => {
    const { acts } = await openActs();
    const xml = entityDescriptor({ requestsSigned: true, encryption: true });
    const result = await registerServiceProvider(acts, OWNER, {
      xml,
      name: "Pay slips",
      requestsMustBeSigned: false,
      encryptAssertion: false,
      signResponse: true,
      access: { kind: "groups", groups: ["staff"] },
      startUrl: "https://pay.example.org/",
    });
    assert.ok(result.ok);
    const { name, requestsMustBeSigned, encryptAssertion, signResponse, access, startUrl } =
      result.application;
    assert.deepEqual(
      { name, requestsMustBeSigned, encryptAssertion, signResponse, access, startUrl },
      {
        name: "Pay slips",
        requestsMustBeSigned: false,
        encryptAssertion: false,
        signResponse: true,
        access: { kind: "groups", groups: ["staff"] },
        startUrl: "https://pay.example.org/",
      },
    );
  });

  test("picks the one that is named out of several", async () => {
    const { acts } = await openActs();
    const xml = entitiesDescriptor(["https://a.example.org/sp", "https://b.example.org/sp"]);
    const result = await registerServiceProvider(acts, OWNER, { xml, entityId: "https://b.example.org/sp" });
    assert.ok(result.ok);
    assert.equal(result.application.entityId, "https://b.example.org/sp");
  });
});

suite("replacing a service provider", () => {
  test("keeps its id and what was set here, and takes the new addresses", async () => {
    const { acts, store, clock, events } = await openActs();
    const access = { kind: "groups", groups: ["staff"] } as const;
    const first = await registerServiceProvider(acts, OWNER, { xml: entityDescriptor(), access });
    assert.ok(first.ok);
    await store.applications.update({ ...first.application, enabled: false });
    clock.advance(1_000);
    const xml = entityDescriptor({ acs: "https://pay.example.org/new" });
    const result = await registerServiceProvider(acts, OWNER, { xml, replace: true });
    assert.ok(result.ok);
    assert.equal(result.replaced, true);
    const stored = await store.applications.get(first.application.id);
    assert.ok(stored?.protocol === "saml");
    assert.equal(stored.enabled, false);
    assert.deepEqual(stored.access, access);
    assert.equal(stored.createdAtMs, first.application.createdAtMs);
    assert.equal(stored.updatedAtMs, first.application.createdAtMs + 1_000);
    assert.equal(stored.assertionConsumerServices[0]?.location, "https://pay.example.org/new");
    assert.deepEqual(
      (await events()).map(({ action }) => action),
      ["application.registered", "application.replaced"],
    );
  });

  test("goes on demanding signed requests and encryption where the new metadata is silent", async () => {
    const { acts } = await openActs();
    const strict = entityDescriptor({ requestsSigned: true, encryption: true });
    await registerServiceProvider(acts, OWNER, { xml: strict, signResponse: true });
    const xml = entityDescriptor({ encryption: true });
    const result = await registerServiceProvider(acts, OWNER, { xml, replace: true });
    assert.ok(result.ok);
    const { requestsMustBeSigned, encryptAssertion, signResponse } = result.application;
    assert.deepEqual([requestsMustBeSigned, encryptAssertion, signResponse], [true, true, true]);
  });

  test("is refused where encryption was demanded and the key is gone", async () => {
    const { acts } = await openActs();
    await registerServiceProvider(acts, OWNER, { xml: entityDescriptor({ encryption: true }) });
    const result = await registerServiceProvider(acts, OWNER, { xml: entityDescriptor(), replace: true });
    assert.equal(result.ok, false);
  });
});

const REFUSED: readonly (readonly [name: string, input: RegisterServiceProviderInput, message: RegExp])[] = [
  ["a file that is no XML", { xml: "hello" }, /XML/],
  ["a file with a DOCTYPE", { xml: `<!DOCTYPE a>${entityDescriptor()}` }, /DOCTYPE/],
  [
    "an identity provider's metadata",
    { xml: entityDescriptor().replaceAll("SPSSO", "IDPSSO") },
    /service provider/,
  ],
  [
    "several in one file",
    { xml: entitiesDescriptor(["https://a.example", "https://b.example"]) },
    /2 service providers/,
  ],
  [
    "an entityID that is not in it",
    { xml: entityDescriptor(), entityId: "https://other.example" },
    /not in it/,
  ],
  [
    "no usable reply address",
    { xml: entityDescriptor({ acs: "javascript:alert(1)" }) },
    /AssertionConsumerService/,
  ],
  [
    "signed requests without a key",
    { xml: entityDescriptor({ requestsSigned: true, signing: false }) },
    /no key/,
  ],
  ["encryption without a key", { xml: entityDescriptor(), encryptAssertion: true }, /no key/],
  [
    "a start address that runs in the browser",
    { xml: entityDescriptor(), startUrl: "javascript:alert(1)" },
    /https/,
  ],
  ["a start address that is a path", { xml: entityDescriptor(), startUrl: "/admin" }, /https/],
];

suite("a service provider is not registered for", () => {
  for (const [name, input, message] of REFUSED) {
    test(`${name}, and nothing is stored, announced or written down`, async () => {
      const { acts, store, announced, events } = await openActs();
      const result = await registerServiceProvider(acts, OWNER, input);
      assert.ok(!result.ok);
      assert.equal(result.code, "invalid");
      assert.match(result.message, message);
      assert.deepEqual(await store.applications.all(), []);
      assert.deepEqual(announced, []);
      assert.deepEqual(await events(), []);
    });
  }

  test("an entityID that is registered, unless it is to be replaced", async () => {
    const { acts, store } = await openActs();
    const first = await registerServiceProvider(acts, OWNER, { xml: entityDescriptor() });
    const second = await registerServiceProvider(acts, OWNER, { xml: entityDescriptor({ name: "Evil" }) });
    assert.ok(first.ok && !second.ok);
    assert.equal(second.code, "taken");
    assert.deepEqual(
      (await store.applications.all()).map(({ id, name }) => [id, name]),
      [[first.application.id, "Payroll"]],
    );
  });

  test("one of two that come at once with the same entityID", async () => {
    const { acts, store, events } = await openActs();
    const xml = entityDescriptor();
    const results = await Promise.all([1, 2].map(() => registerServiceProvider(acts, OWNER, { xml })));
    assert.equal(results.filter(({ ok }) => ok).length, 1);
    assert.equal((await store.applications.all()).length, 1);
    const outcomes = (await events()).map(({ outcome }) => outcome);
    assert.equal(
      outcomes.filter((outcome) => outcome === "success").length -
        outcomes.filter((outcome) => outcome === "failure").length,
      1,
    );
  });

  test("a trail that cannot be written: nothing changes that it does not know of", async () => {
    const { acts, store, announced, breakAudit } = await openActs();
    breakAudit();
    await assert.rejects(registerServiceProvider(acts, OWNER, { xml: entityDescriptor() }));
    assert.deepEqual(await store.applications.all(), []);
    assert.deepEqual(announced, []);
  });
});
