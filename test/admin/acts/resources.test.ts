import assert from "node:assert/strict";
import { beforeEach, describe, it } from "node:test";
import { type ClientChanges, changeClient } from "../../../src/admin/acts/change-client.ts";
import { changeResource } from "../../../src/admin/acts/change-resource.ts";
import { declareResource, type ResourceInput } from "../../../src/admin/acts/declare-resource.ts";
import { registerClient } from "../../../src/admin/acts/register-client.ts";
import { removeResource } from "../../../src/admin/acts/remove-resource.ts";
import { oidcApplication } from "../../fixtures/oidc/application.ts";
import { type ActsInstallation, COMMAND, openActs, OWNER } from "../acts-installation.ts";

const ORDERS: ResourceInput = {
  identifier: "https://orders.example.org/api",
  name: "Orders",
  scopes: [{ name: "orders:read", description: "See your orders" }],
  introspectionClientIds: [],
};

let given: ActsInstallation;
beforeEach(async () => {
  given = await openActs();
});

function parts() {
  return { ...given.acts, issuer: "https://id.example.org/sso" };
}

/** "ok", or the code and what is said. */
async function outcome(input: Partial<ResourceInput>): Promise<string> {
  const result = await declareResource(parts(), OWNER, { ...ORDERS, ...input });
  return result.ok ? "ok" : `${result.code}: ${result.message}`;
}

async function declared() {
  const result = await declareResource(parts(), OWNER, ORDERS);
  assert.ok(result.ok);
  return result.resource;
}

describe("declaring a resource", () => {
  it("stores it, announces it and writes it into the trail, the trail first", async () => {
    const resource = await declared();
    const { accessTokenFormat: _, ...stored } = resource;
    assert.deepEqual(await given.store.resources.get(resource.id), stored);
    assert.equal(resource.enabled, true);
    assert.deepEqual(given.announced, ["resources"]);
    const [event] = await given.events();
    assert.deepEqual(
      [event?.action, event?.outcome, event?.targetKind, event?.targetName, event?.actorName],
      ["resource.declared", "success", "resource", "Orders", "olga"],
    );
    given.breakAudit();
    await assert.rejects(declareResource(parts(), OWNER, { ...ORDERS, identifier: "urn:example:x" }));
    assert.equal((await given.store.resources.all()).length, 1);
  });

  for (const identifier of [
    "https://orders.example.org",
    "https://orders.example.org/api?tenant=1",
    "urn:example:orders",
    "api://5b1c/orders",
    "https://id.example.org/ssoap",
  ]) {
    it(`takes the identifier ${identifier}`, async () => {
      assert.equal(await outcome({ identifier }), "ok");
    });
  }

  for (const identifier of [
    "",
    "orders",
    "/api",
    "//orders.example.org/api",
    "https://orders.example.org/#api",
    "https://orders.example.org/#",
    "https://orders.example.org/a b",
    "https://orders.example.org/ü",
    "https://orders.example.org/\n",
    "https://[orders",
    "https://id.example.org/sso",
    "https://id.example.org/sso/",
    "https://id.example.org/sso/api",
    "HTTPS://ID.example.org:443/sso/oauth2/userinfo",
    "https://id.example.org/x/../sso/api",
    `https://orders.example.org/${"x".repeat(2_048)}`,
  ]) {
    it(`refuses the identifier ${JSON.stringify(identifier).slice(0, 70)}`, async () => {
      assert.match(await outcome({ identifier }), /^invalid: identifier: /);
      assert.deepEqual(await given.store.resources.all(), []);
    });
  }

  for (const [what, scopes] of [
    ["no scope at all", []],
    ["a scope without a description", [{ name: "a", description: " " }]],
    ["a scope of ours", [{ name: "openid", description: "x" }]],
    ["offline_access", [{ name: "offline_access", description: "x" }]],
    ["a scope of our own API", [{ name: "tokens:write:all", description: "x" }]],
    ["a name with a space", [{ name: "a b", description: "x" }]],
    ["a name with a quotation mark", [{ name: 'a"b', description: "x" }]],
    ["a name beyond ASCII", [{ name: "ä", description: "x" }]],
    ["a description that turns the text around", [{ name: "a", description: "x\u202Ey" }]],
    ["a description of two lines", [{ name: "a", description: "x\ny" }]],
    [
      "the same name twice",
      [
        { name: "a", description: "x" },
        { name: "a", description: "y" },
      ],
    ],
  ] as const) {
    it(`refuses ${what}`, async () => {
      assert.match(await outcome({ scopes }), /^invalid: scopes: /);
    });
  }

  it("refuses an identifier and a scope's name that another resource has", async () => {
    await declared();
    const other = { scopes: [{ name: "other", description: "x" }] };
    assert.equal(await outcome(other), "taken: this identifier is declared already");
    assert.equal(
      await outcome({ identifier: "urn:example:other" }),
      "taken: another resource declares a scope of the same name",
    );
    assert.equal((await given.store.resources.all()).length, 1);
    assert.equal((await given.events()).filter(({ outcome: end }) => end === "failure").length, 2);
  });

  it("lets introspect only clients that are registered and can prove who they are", async () => {
    await given.store.applications.insert(oidcApplication({ id: "api" }));
    await given.store.applications.insert(oidcApplication({ id: "open", authenticationMethod: "none" }));
    assert.match(await outcome({ introspectionClientIds: ["nobody"] }), /introspectionClients: “nobody”/);
    assert.match(await outcome({ introspectionClientIds: ["open"] }), /cannot prove who it is/);
    assert.equal(await outcome({ introspectionClientIds: ["api", "api"] }), "ok");
    assert.deepEqual((await given.store.resources.all())[0]?.introspectionClientIds, ["api"]);
  });
});

describe("changing a resource", () => {
  it("changes what is named, and nothing else", async () => {
    const resource = await declared();
    const off = await changeResource(parts(), OWNER, resource.id, { enabled: false });
    assert.ok(off.ok);
    assert.equal(off.resource.enabled, false);
    const jwt = await changeResource(parts(), OWNER, resource.id, { accessTokenFormat: "jwt" });
    assert.ok(jwt.ok);
    assert.deepEqual(
      [jwt.resource.enabled, jwt.resource.accessTokenFormat, jwt.resource.scopes],
      [false, "jwt", ORDERS.scopes],
    );
    const back = await changeResource(parts(), OWNER, resource.id, { accessTokenFormat: null });
    assert.ok(back.ok);
    assert.equal((await given.store.resources.get(resource.id))?.accessTokenFormat, undefined);
    assert.deepEqual(
      given.announced,
      Array.from({ length: 4 }, () => "resources"),
    );
    const events = await given.events();
    assert.deepEqual(events.at(1)?.detail, { enabled: false });
  });

  it("is nothing to write down where nothing changes, and refused where there is none", async () => {
    const resource = await declared();
    assert.ok((await changeResource(parts(), OWNER, resource.id, { name: "Orders" })).ok);
    assert.equal((await given.events()).length, 1);
    const none = await changeResource(parts(), OWNER, "none", { enabled: false });
    assert.deepEqual(!none.ok && none.code, "not-found");
  });

  it("keeps the rules of declaring: no scope left, or one that another resource has, is refused", async () => {
    const resource = await declared();
    await declareResource(parts(), OWNER, {
      ...ORDERS,
      identifier: "urn:example:other",
      scopes: [{ name: "other", description: "x" }],
    });
    const none = await changeResource(parts(), OWNER, resource.id, { scopes: [] });
    assert.equal(!none.ok && none.code, "invalid");
    const scopes = [{ name: "other", description: "x" }];
    const stolen = await changeResource(parts(), OWNER, resource.id, { scopes });
    assert.equal(!stolen.ok && stolen.code, "taken");
    assert.deepEqual((await given.store.resources.get(resource.id))?.scopes, ORDERS.scopes);
  });
});

describe("removing a resource", () => {
  it("removes it once, and says so", async () => {
    const resource = await declared();
    assert.ok((await removeResource(given.acts, COMMAND, resource.id)).ok);
    assert.deepEqual(await given.store.resources.all(), []);
    const again = await removeResource(given.acts, COMMAND, resource.id);
    assert.equal(!again.ok && again.code, "not-found");
    assert.deepEqual(
      (await given.events()).map(({ action }) => action),
      ["resource.declared", "resource.removed"],
    );
  });
});

describe("removing a resource that clients have", () => {
  it("closes it to them, so that one declared anew under its name is open to nobody", async () => {
    const resource = await declared();
    const resources = ["urn:example:kept", ORDERS.identifier];
    await given.store.applications.insert(oidcApplication({ resources }));
    await given.store.applications.insert(oidcApplication({ id: "second", resources }));
    given.announced.length = 0;
    assert.ok((await removeResource(given.acts, COMMAND, resource.id)).ok);
    await declared();
    const client = await given.store.applications.get("wiki");
    assert.deepEqual(client?.protocol === "oidc" && client.resources, ["urn:example:kept"]);
    const second = await given.store.applications.get("second");
    assert.deepEqual(second?.protocol === "oidc" && second.resources, ["urn:example:kept"]);
    assert.deepEqual(given.announced, ["resources", "applications", "resources"]);
  });
});

describe("what a client gets tokens for", () => {
  it("is set at registration and changed later, for declared resources alone", async () => {
    await declared();
    const client = { name: "Shop", profile: "service" as const };
    const unknown = await registerClient(given.acts, OWNER, { ...client, resources: ["urn:example:none"] });
    assert.equal(!unknown.ok && unknown.issues?.[0]?.field, "resources");
    const made = await registerClient(given.acts, OWNER, { ...client, resources: [ORDERS.identifier] });
    assert.ok(made.ok);
    assert.deepEqual(made.application.resources, [ORDERS.identifier]);
    const { id } = made.application;
    const wrong = await changeClient(given.acts, OWNER, id, { resources: ["urn:example:none"] });
    assert.equal(!wrong.ok && wrong.code, "invalid");
    const changed = await changeClient(given.acts, OWNER, id, {
      resources: [],
      scopes: ["a"],
      userinfoSignedResponseAlgorithm: "ES256",
    });
    assert.ok(changed.ok);
    const { resources, scopes, userinfoSignedResponseAlgorithm } = changed.application;
    assert.deepEqual([resources, scopes, userinfoSignedResponseAlgorithm], [[], ["a"], "ES256"]);
    const stored: unknown = await given.store.applications.get(id);
    assert.deepEqual(stored, JSON.parse(JSON.stringify(changed.application)));
    const back = await changeClient(given.acts, OWNER, id, { userinfoSignedResponseAlgorithm: null });
    assert.ok(back.ok);
    assert.deepEqual(
      [back.application.resources, back.application.scopes, back.application.userinfoSignedResponseAlgorithm],
      [[], ["a"], undefined],
    );
  });

  it("is not changed by a form that was made of an older reading, and not written down where nothing changes", async () => {
    await given.store.applications.insert(oidcApplication({ updatedAtMs: 7 }));
    const late = await changeClient(given.acts, OWNER, "wiki", { consent: "ask" }, 6);
    assert.equal(!late.ok && late.code, "conflict");
    assert.ok((await changeClient(given.acts, OWNER, "wiki", { consent: "implied" }, 7)).ok);
    assert.deepEqual(await given.events(), []);
    assert.deepEqual(given.announced, []);
  });

  it("says in the trail what became of each setting that is another one, of keys only that", async () => {
    const key = { kty: "OKP", crv: "Ed25519", x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" };
    const before = {
      authenticationMethod: "private_key_jwt",
      jwksUri: "https://a.example.org/jwks",
    } as const;
    await given.store.applications.insert(oidcApplication(before));
    const changes = { jwks: { keys: [key] }, parRequired: true, startUrl: "https://wiki.example.org/" };
    assert.ok((await changeClient(given.acts, OWNER, "wiki", changes)).ok);
    const [event] = await given.events();
    assert.deepEqual(event?.detail, {
      jwks: true,
      jwksUri: "none",
      parRequired: true,
      startUrl: "https://wiki.example.org/",
    });
  });

  for (const [what, changes] of [
    ["no redirect address", { redirectUris: [] }],
    ["a redirect address without https", { redirectUris: ["http://wiki.example.org/"] }],
    ["an address that runs in the browser", { startUrl: "javascript:alert(1)" }],
    ["no name", { name: "  " }],
    ["an origin with a path", { origins: ["https://wiki.example.org/x"] }],
    ["keys where it has a secret", { jwksUri: "https://wiki.example.org/jwks" }],
    ["client credentials alone with redirect addresses", { grantTypes: ["client_credentials"] as const }],
    ["a sector for public subjects", { sectorIdentifier: "example.org" }],
    ["an id of its own choice", { id: "other" }],
    ["secrets of its own choice", { secrets: [] }],
    ["another way to prove who it is", { authenticationMethod: "none" as const }],
  ] as const) {
    it(`is refused for ${what}, and nothing changes`, async () => {
      await given.store.applications.insert(oidcApplication());
      const stored = await given.store.applications.get("wiki");
      const result = await changeClient(given.acts, OWNER, "wiki", structuredClone(changes) as ClientChanges);
      assert.equal(!result.ok && result.code, "invalid");
      assert.deepEqual(await given.store.applications.get("wiki"), stored);
      assert.deepEqual(await given.events(), []);
    });
  }

  it("is refused for what is no client, and for a scope with a space", async () => {
    const none = await changeClient(given.acts, OWNER, "none", { scopes: [] });
    assert.equal(!none.ok && none.code, "not-found");
    await given.store.applications.insert(oidcApplication());
    const wrong = await changeClient(given.acts, OWNER, "wiki", { scopes: ["a b"] });
    assert.equal(!wrong.ok && wrong.code, "invalid");
  });
});
