import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Organisation } from "../../../src/model/organisation.ts";
import type { SamlApplication } from "../../../src/model/application.ts";
import { DEFAULT_TOKEN_RULES } from "../../../src/tokens/token-rules.ts";
import { burst, HOSTILE_TEXTS, type Subject } from "./subject.ts";

const ORGANISATION: Organisation = {
  language: "de",
  name: "Beispiel & Söhne",
  displayName: "Beispiel",
  url: "https://example.org/",
  logo: { url: "https://example.org/logo.png", width: 80, height: 60 },
  scopes: ["example.org"],
  contacts: [{ kind: "security", name: "Ada", email: "ada@example.org" }],
};

export function settingContract(subject: Subject): void {
  describe("settings", () => {
    it("what was never set is absent", async () => {
      const settings = await subject().store.settings.all();
      assert.deepEqual(
        [settings.organisation, settings["key-rollover"], settings["token-rules"]],
        [undefined, undefined, undefined],
      );
    });

    it("of processes that set one for the first time together one wins, and the others are told", async () => {
      const done = await burst(
        subject(),
        8,
        async (store, n) =>
          await store.settings.put("key-rollover", { slowestReaderHours: n }, 10 + n, undefined),
      );
      assert.equal(done.filter(Boolean).length, 1);
      const winner = done.indexOf(true);
      assert.deepEqual((await subject().second.settings.all())["key-rollover"], {
        value: { slowestReaderHours: winner },
        updatedAtMs: 10 + winner,
      });
    });

    it("comes back as it was put, by the other process too", async () => {
      const { store, second } = subject();
      assert.equal(await store.settings.put("organisation", ORGANISATION, 20, undefined), true);
      const found = (await second.settings.all()).organisation;
      assert.deepEqual(JSON.parse(JSON.stringify(found)), { value: ORGANISATION, updatedAtMs: 20 });
    });

    it("the rules of tokens come back as they were put", async () => {
      const { store, second } = subject();
      const { watch } = DEFAULT_TOKEN_RULES;
      const rules = { watch: { ...watch, keptDays: 90 }, longestLifeDays: { pat: 1, key: 2, svc: 366 } };
      assert.equal(await store.settings.put("token-rules", rules, 20, undefined), true);
      assert.deepEqual((await second.settings.all())["token-rules"], { value: rules, updatedAtMs: 20 });
    });

    it("a change made of what is not there any more is refused", async () => {
      const { store, second } = subject();
      assert.equal(await second.settings.put("organisation", { ...ORGANISATION, name: "B" }, 30, 20), true);
      assert.equal(await store.settings.put("organisation", { ...ORGANISATION, name: "C" }, 31, 20), false);
      assert.equal((await store.settings.all()).organisation?.value.name, "B");
    });

    it("texts that are SQL, or break a string, come back as they were", async () => {
      const { store } = subject();
      let readAtMs = 30;
      for (const name of HOSTILE_TEXTS) {
        const atMs = readAtMs + 1;
        assert.equal(
          await store.settings.put("organisation", { ...ORGANISATION, name }, atMs, readAtMs),
          true,
        );
        assert.equal((await store.settings.all()).organisation?.value.name, name);
        readAtMs = atMs;
      }
    });
  });
}

export function keyUseContract(subject: Subject): void {
  describe("key uses", () => {
    it("an application of which nothing was noted has none", async () => {
      assert.equal(await subject().store.keyUses.get("use-nobody"), undefined);
    });

    it("the newest of each kind stays, in whatever order they come", async () => {
      const { store, second } = subject();
      const signed = (keyId: string, atMs: number) => ({ applicationId: "use-a", signed: { keyId, atMs } });
      await store.keyUses.note([signed("key-2", 20)]);
      await second.keyUses.note([signed("key-1", 10)]);
      const accepted = { keyId: "key-1", atMs: 15, how: "logout-answered" } as const;
      await second.keyUses.note([{ applicationId: "use-a", accepted }]);
      assert.deepEqual(await store.keyUses.get("use-a"), {
        applicationId: "use-a",
        signed: { keyId: "key-2", atMs: 20 },
        accepted,
      });
    });

    it("two processes that note the same applications at once do not block each other", async () => {
      const ids = Array.from({ length: 40 }, (_, n) => `use-many-${n}`);
      await burst(subject(), 6, async (store, n) => {
        const order = n % 2 === 0 ? ids : ids.toReversed();
        await store.keyUses.note(
          order.map((applicationId) => ({ applicationId, signed: { keyId: `key-${n}`, atMs: n } })),
        );
      });
      const noted = (await subject().store.keyUses.all()).filter((use) => ids.includes(use.applicationId));
      assert.deepEqual(new Set(noted.map((use) => use.signed?.keyId)), new Set(["key-5"]));
      assert.equal(noted.length, 40);
    });

    it("more than one statement can take are all noted, and nothing is no trouble", async () => {
      const { store } = subject();
      const uses = Array.from({ length: 1_201 }, (_, n) => ({
        applicationId: `use-lot-${n}`,
        signed: { keyId: "key", atMs: 1 },
      }));
      await store.keyUses.note(uses);
      await store.keyUses.note([]);
      const noted = (await store.keyUses.all()).filter((use) => use.applicationId.startsWith("use-lot-"));
      assert.equal(noted.length, 1_201);
    });

    it("goes with its application", async () => {
      const { store } = subject();
      await store.applications.insert(application("use-gone"));
      await store.keyUses.note([{ applicationId: "use-gone", signed: { keyId: "key", atMs: 1 } }]);
      await store.applications.delete("use-gone");
      assert.equal(await store.keyUses.get("use-gone"), undefined);
    });
  });
}

function application(id: string): SamlApplication {
  return {
    id,
    protocol: "saml",
    name: id,
    enabled: true,
    access: { kind: "everyone" },
    consent: "implied",
    release: [],
    createdAtMs: 1,
    updatedAtMs: 1,
    entityId: `https://${id}.example.org`,
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
