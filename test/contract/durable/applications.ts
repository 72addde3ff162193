import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { OidcApplication, SamlApplication } from "../../../src/model/application.ts";
import { burst, conflictOn, type Subject } from "./subject.ts";

export function applicationContract(subject: Subject): void {
  describe("applications", () => {
    it("both kinds are read back as they were written", async () => {
      const { store, second } = subject();
      await store.applications.insert(fullSaml);
      await store.applications.insert(fullOidc);
      assert.deepEqual(await second.applications.get(fullSaml.id), fullSaml);
      assert.deepEqual(await second.applications.get(fullOidc.id), fullOidc);
      const all = await second.applications.all();
      assert.deepEqual(
        all.filter((application) => application.id.startsWith("full-")),
        [fullSaml, fullOidc],
      );
    });

    it("an entityID is registered once, whoever is faster", async () => {
      const results = await burst(
        subject(),
        10,
        async (store, n) =>
          await store.applications.insert(saml(`race-${n}`, "https://race.example")).then(
            () => true,
            (error: unknown) => !conflictOn("entityId")(error),
          ),
      );
      assert.equal(results.filter(Boolean).length, 1);
    });

    it("an update replaces everything but the day of registration", async () => {
      const { store } = subject();
      const before = saml("updated", "https://updated.example");
      await store.applications.insert(before);
      const after = {
        ...before,
        name: "New",
        entityId: "https://new.example",
        enabled: false,
        createdAtMs: 999,
      };
      assert.equal(await store.applications.update(after), true);
      assert.deepEqual(await store.applications.get("updated"), {
        ...after,
        createdAtMs: before.createdAtMs,
      });
      await store.applications.insert(saml("successor", "https://updated.example"));
    });

    it("an update to another's entityID is a conflict and changes nothing", async () => {
      const { store } = subject();
      const [one, two] = [saml("one", "https://one.example"), saml("two", "https://two.example")];
      await store.applications.insert(one);
      await store.applications.insert(two);
      await assert.rejects(
        store.applications.update({ ...two, entityId: one.entityId }),
        conflictOn("entityId"),
      );
      assert.deepEqual(await store.applications.get("two"), two);
    });

    it("what is not there is undefined, not updated and not deleted", async () => {
      const { store } = subject();
      assert.equal(await store.applications.get("nothing"), undefined);
      assert.equal(await store.applications.update(saml("nothing", "https://nothing.example")), false);
      assert.equal(await store.applications.delete("nothing"), false);
    });

    it("deleting one takes its grants and refresh tokens along", async () => {
      const { store } = subject();
      await store.applications.insert(saml("doomed", "https://doomed.example"));
      const grant = { id: "grant-doomed", accountId: "a", applicationId: "doomed", scopes: ["x"] };
      await store.grants.allow(grant, 1);
      await store.refreshTokens.insert({
        hash: "hash-doomed",
        familyId: "family-doomed",
        accountId: "a",
        applicationId: "doomed",
        scopes: [],
        issuedAtMs: 1,
        expiresAtMs: 2,
        familyExpiresAtMs: 2,
        wire: null,
      });
      assert.equal(await store.applications.delete("doomed"), true);
      assert.equal(await store.applications.get("doomed"), undefined);
      assert.equal(await store.grants.get("grant-doomed"), undefined);
      assert.equal(await store.refreshTokens.find("hash-doomed"), undefined);
    });
  });
}

const base = {
  enabled: true,
  access: { kind: "everyone" },
  consent: "ask",
  release: [],
  createdAtMs: 10,
  updatedAtMs: 20,
} as const;

function saml(id: string, entityId: string): SamlApplication {
  return {
    ...base,
    id,
    name: id,
    protocol: "saml",
    entityId,
    assertionConsumerServices: [],
    singleLogoutServices: [],
    signingCertificates: [],
    encryptionKeys: [],
    nameIdFormats: [],
    requestsMustBeSigned: false,
    signAssertion: true,
    signResponse: false,
    encryptAssertion: false,
    metadataXml: "",
  };
}

const fullSaml: SamlApplication = {
  ...saml("full-saml", "https://sp.example/metadata?a=1&b='2'"),
  startUrl: "https://sp.example/start",
  access: { kind: "groups", groups: ["staff", "guests"] },
  consent: "implied",
  release: [
    {
      name: "urn:oid:0.9.2342.19200300.100.1.3",
      friendlyName: "mail",
      nameFormat: "urn:oasis:names:tc:SAML:2.0:attrname-format:uri",
      source: {
        kind: "first",
        sources: [
          { kind: "account", field: "email" },
          { kind: "attribute", name: "mail" },
          { kind: "join", separator: " ", sources: [{ kind: "constant", values: ["a", "b"] }] },
        ],
      },
    },
    { name: "groups", multiValued: true, source: { kind: "groups", prefix: "app-", stripPrefix: true } },
  ],
  assertionConsumerServices: [
    { binding: "urn:x", location: "https://sp.example/acs", index: 0, isDefault: true },
  ],
  singleLogoutServices: [
    { binding: "urn:x", location: "https://sp.example/slo", responseLocation: "https://r" },
  ],
  signingCertificates: ["MII"],
  encryptionKeys: [{ certificate: "MIIE", methods: ["http://www.w3.org/2009/xmlenc11#aes256-gcm"] }],
  nameIdFormats: ["urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"],
  requestsMustBeSigned: true,
  signResponse: true,
  encryptAssertion: true,
  metadataXml: "<EntityDescriptor>\n\u00A0ü</EntityDescriptor>",
};

const fullOidc: OidcApplication = {
  ...base,
  id: "full-oidc",
  name: "Wiki",
  protocol: "oidc",
  startUrl: "https://wiki.example",
  createdAtMs: 11,
  profile: "web",
  authenticationMethod: "private_key_jwt",
  secrets: [{ hash: "h", lastFour: "abcd", createdAtMs: 3, expiresAtMs: 4 }],
  jwks: { keys: [{ kty: "RSA", n: "…", nested: { a: [1, true, null] } }] },
  jwksUri: "https://wiki.example/jwks",
  redirectUris: ["https://wiki.example/cb?x=1"],
  postLogoutRedirectUris: ["https://wiki.example/bye"],
  backchannelLogoutUri: "https://wiki.example/bcl",
  frontchannelLogoutUri: "https://wiki.example/fcl",
  grantTypes: ["authorization_code", "refresh_token"],
  pkceRequired: false,
  parRequired: true,
  idTokenAlgorithm: "ES256",
  accessTokenFormat: "jwt",
  subjectType: "pairwise",
  sectorIdentifier: "wiki.example",
  scopes: ["profile", "email"],
  origins: ["https://wiki.example"],
};
