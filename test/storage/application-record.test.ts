import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { applicationFromRow } from "../../src/storage/application-record.ts";
import { BrokenRecord } from "../../src/storage/kysely/columns.ts";
import type { ApplicationsTable } from "../../src/storage/kysely/database.ts";

describe("the record of an application", () => {
  it("a SAML record from before all settings reads with the severe defaults", () => {
    const application = applicationFromRow(row("saml", {}));
    assert.ok(application.protocol === "saml");
    assert.equal(application.entityId, "https://sp.example");
    assert.equal(application.requestsMustBeSigned, true);
    assert.equal(application.signAssertion, true);
    assert.equal(application.signResponse, true);
    assert.deepEqual(application.assertionConsumerServices, []);
    assert.equal(application.consent, "ask");
  });

  it("an OpenID Connect record from before PKCE was a setting demands it", () => {
    const application = applicationFromRow(row("oidc", { profile: "web", authenticationMethod: "none" }));
    assert.ok(application.protocol === "oidc");
    assert.equal(application.pkceRequired, true);
    assert.deepEqual(application.redirectUris, []);
    assert.deepEqual(application.grantTypes, ["authorization_code"]);
  });

  it("the settings cannot overrule the columns", () => {
    const settings = {
      id: "other",
      enabled: true,
      protocol: "oidc",
      entityId: "https://other",
      name: "Other",
    };
    const application = applicationFromRow({ ...row("saml", settings), enabled: 0 });
    assert.deepEqual(
      [application.id, application.enabled, application.protocol, application.name],
      ["app-1", false, "saml", "Wiki"],
    );
    assert.ok(application.protocol === "saml" && application.entityId === "https://sp.example");
  });

  for (const [what, record, expected] of [
    ["a missing setting without a default", row("oidc", { profile: "web" }), /app-1: authenticationMethod:/],
    ["a setting of the wrong type", row("saml", { signAssertion: "no" }), /app-1: signAssertion:/],
    ["a word that is not known", row("saml", { consent: "maybe" }), /app-1: consent:/],
    [
      "a wrong value deep inside",
      row("saml", { release: [{ name: "x", source: { kind: "eval" } }] }),
      /app-1: release\.0\.source/,
    ],
    ["an access rule without groups", row("saml", { access: { kind: "groups" } }), /app-1: access\.groups:/],
    ["settings that are no object", { ...row("saml", {}), settings: "[]" }, /app-1: /],
    ["settings that are no JSON", { ...row("saml", {}), settings: "{" }, /app-1: not JSON/],
    ["a protocol that is not known", row("kerberos", {}), /app-1: protocol: not known/],
  ] as const) {
    it(`${what} is refused with the application's id and the field`, () => {
      assert.throws(
        () => applicationFromRow(record),
        (error) => error instanceof BrokenRecord && expected.test(error.message),
      );
    });
  }
});

function row(protocol: string, settings: object): ApplicationsTable {
  return {
    id: "app-1",
    protocol,
    name: "Wiki",
    enabled: 1,
    identifier: "https://sp.example",
    settings: JSON.stringify(settings),
    created_at_ms: 1,
    updated_at_ms: 2,
  };
}
