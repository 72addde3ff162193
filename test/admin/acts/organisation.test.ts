import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { fieldsOf, type OrganisationFields } from "../../../src/admin/acts/organisation-input.ts";
import { organisationNow, setOrganisation } from "../../../src/admin/acts/set-organisation.ts";
import { type ActsInstallation, openActs, OWNER } from "../acts-installation.ts";

const WHOLE: Partial<OrganisationFields> = {
  language: "de-AT",
  name: " Beispiel & Söhne ",
  displayName: "Beispiel",
  url: "https://example.org/",
  serviceName: "Anmeldung",
  description: "Wo sich die Leute von Beispiel anmelden",
  logoUrl: "https://example.org/logo.png",
  logoWidth: "80",
  logoHeight: "60",
  privacyUrl: "https://example.org/privacy",
  termsUrl: "https://example.org/terms",
  documentationUrl: "https://example.org/help",
  errorUrl: "https://example.org/error?code=ERRORURL_CODE",
  scopes: "Example.org\nexample.net, example.org",
  technicalName: "Ada",
  technicalEmail: "mailto:ada@example.org",
  supportEmail: "help@example.org",
  securityName: "Cert",
  securityEmail: "cert@example.org",
};

async function set(installation: ActsInstallation, changes: Partial<OrganisationFields>) {
  return await setOrganisation(installation.acts, OWNER, changes);
}

describe("set-organisation", () => {
  test("stores what was typed, trimmed and in one form, tells every process, and names the fields in the trail", async () => {
    const installation = await openActs();
    const result = await set(installation, WHOLE);
    assert.ok(result.ok);
    assert.deepEqual((await organisationNow(installation.acts)).organisation, {
      language: "de-AT",
      name: "Beispiel & Söhne",
      displayName: "Beispiel",
      url: "https://example.org/",
      serviceName: "Anmeldung",
      description: "Wo sich die Leute von Beispiel anmelden",
      logo: { url: "https://example.org/logo.png", width: 80, height: 60 },
      privacyUrl: "https://example.org/privacy",
      termsUrl: "https://example.org/terms",
      documentationUrl: "https://example.org/help",
      errorUrl: "https://example.org/error?code=ERRORURL_CODE",
      scopes: ["example.org", "example.net"],
      contacts: [
        { kind: "technical", name: "Ada", email: "ada@example.org" },
        { kind: "support", email: "help@example.org" },
        { kind: "security", name: "Cert", email: "cert@example.org" },
      ],
    });
    assert.deepEqual(installation.announced, ["settings"]);
    const [event, ...others] = await installation.events();
    assert.deepEqual(others, []);
    assert.deepEqual(
      [event?.action, event?.outcome, event?.actorName],
      ["organisation.changed", "success", "olga"],
    );
    assert.match(String(event?.detail["changed"]), /^language, name,.*securityEmail$/);
  });

  test("what is not named stays, and an empty text takes a field away", async () => {
    const installation = await openActs();
    await set(installation, WHOLE);
    const result = await set(installation, { logoUrl: "", logoWidth: "", logoHeight: "", scopes: "" });
    assert.ok(result.ok);
    assert.equal(result.organisation.logo, undefined);
    assert.deepEqual(result.organisation.scopes, []);
    assert.equal(result.organisation.name, "Beispiel & Söhne");
  });

  test("what changes nothing is not announced and leaves no line", async () => {
    const installation = await openActs();
    await set(installation, WHOLE);
    assert.ok((await set(installation, WHOLE)).ok);
    assert.equal(installation.announced.length, 1);
    assert.equal((await installation.events()).length, 1);
  });

  const wrong: readonly (readonly [what: string, changes: Partial<OrganisationFields>, field: string])[] = [
    ["a name without an address", { name: "Example" }, "url"],
    ["an address without a name", { url: "https://example.org" }, "name"],
    ["a display name alone", { displayName: "Example" }, "name"],
    ["an address that runs a script", { privacyUrl: "javascript:alert(1)" }, "privacyUrl"],
    ["an address with a password", { termsUrl: "https://a:b@example.org/" }, "termsUrl"],
    ["an address with a blank", { errorUrl: "https://example.org/a b" }, "errorUrl"],
    ["an address that is a path", { documentationUrl: "/help" }, "documentationUrl"],
    ["an address that is too long", { errorUrl: `https://example.org/${"x".repeat(2_000)}` }, "errorUrl"],
    ["a logo over http", { logoUrl: "http://example.org/l.png", logoWidth: "1", logoHeight: "1" }, "logoUrl"],
    [
      "a logo in the address itself",
      { logoUrl: "data:image/png;base64,AA", logoWidth: "1", logoHeight: "1" },
      "logoUrl",
    ],
    ["a logo without its size", { logoUrl: "https://example.org/l.png" }, "logoWidth"],
    [
      "a logo of no pixels",
      { logoUrl: "https://example.org/l.png", logoWidth: "0", logoHeight: "9" },
      "logoWidth",
    ],
    ["a size without a logo", { logoHeight: "9" }, "logoUrl"],
    ["a scope that is a regular expression", { scopes: "^.*\\.example\\.org$" }, "scopes"],
    ["a scope that is a whole top-level domain", { scopes: "org" }, "scopes"],
    ["a scope with an @", { scopes: "@example.org" }, "scopes"],
    [
      "too many scopes",
      { scopes: Array.from({ length: 51 }, (_, n) => `a${n}.example.org`).join(" ") },
      "scopes",
    ],
    ["a contact that is no address", { supportEmail: "help desk" }, "supportEmail"],
    ["a contact that would add a subject", { supportEmail: "a@example.org?subject=x" }, "supportEmail"],
    ["a contact's name alone", { securityName: "Cert" }, "securityEmail"],
    ["a language that is none", { language: "en us" }, "language"],
    ["a text with a line break", { description: "one\ntwo" }, "description"],
    ["a text that XML cannot carry", { serviceName: "a\u0000b" }, "serviceName"],
    ["a text that turns the direction", { serviceName: "a\u202Eb" }, "serviceName"],
    ["a text that is too long", { serviceName: "x".repeat(201) }, "serviceName"],
  ];
  for (const [what, changes, field] of wrong) {
    test(`${what} is refused at its field, and nothing changes`, async () => {
      const installation = await openActs();
      const result = await set(installation, changes);
      assert.ok(!result.ok);
      assert.equal(result.code, "invalid");
      assert.ok(
        result.issues?.some((issue) => issue.field === field),
        JSON.stringify(result.issues),
      );
      assert.deepEqual(installation.announced, []);
      assert.deepEqual(await installation.events(), []);
      assert.equal((await installation.store.settings.all()).organisation, undefined);
    });
  }

  test("of two changes made of the same reading the second is refused, and the trail says so", async () => {
    const installation = await openActs();
    const { settings } = installation.store;
    const organisation = { language: "en", scopes: ["example.org"], contacts: [] };
    const acts = {
      ...installation.acts,
      store: {
        ...installation.store,
        settings: {
          all: async () => {
            const found = await settings.all();
            await settings.put("organisation", organisation, 5, undefined);
            return found;
          },
          put: settings.put.bind(settings),
        },
      },
    };
    const result = await setOrganisation(acts, OWNER, { scopes: "example.net" });
    assert.ok(!result.ok);
    assert.equal(result.code, "conflict");
    assert.deepEqual((await settings.all()).organisation?.value.scopes, ["example.org"]);
    assert.deepEqual(
      (await installation.events()).map(({ outcome }) => outcome),
      ["success", "failure"],
    );
  });

  test("a change that the trail cannot take is not made", async () => {
    const installation = await openActs();
    installation.breakAudit();
    await assert.rejects(set(installation, WHOLE), /trail/);
    assert.equal((await installation.store.settings.all()).organisation, undefined);
  });

  test("what is stored reads back as it is typed", async () => {
    const installation = await openActs();
    const result = await set(installation, WHOLE);
    assert.ok(result.ok);
    const again = await set(installation, fieldsOf(result.organisation));
    assert.ok(again.ok);
    assert.deepEqual(again.organisation, result.organisation);
  });
});
