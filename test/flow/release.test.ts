import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { release } from "../../src/flow/release.ts";
import type { Account } from "../../src/model/account.ts";
import type { ReleaseSource } from "../../src/model/release.ts";

const account: Account = {
  id: "a1",
  username: "alice",
  email: "alice@example.org",
  emailVerified: true,
  givenName: "Alice",
  familyName: "Example",
  groups: ["app-wiki-admin", "app-wiki-editor", "staff"],
  role: "person",
  enabled: true,
  attributes: { department: ["physics", "music"], empty: [] },
  createdAtMs: 0,
  updatedAtMs: 0,
};

function valuesOf(source: ReleaseSource): readonly string[] | undefined {
  return release([{ name: "x", source }], account)[0]?.values;
}

describe("release", () => {
  test("a field of the account", () => {
    assert.deepEqual(valuesOf({ kind: "account", field: "email" }), ["alice@example.org"]);
    assert.deepEqual(valuesOf({ kind: "account", field: "emailVerified" }), ["true"]);
    assert.deepEqual(valuesOf({ kind: "account", field: "groups" }), account.groups);
  });

  test("a rule without a value is left out", () => {
    assert.equal(valuesOf({ kind: "account", field: "phone" }), undefined);
    assert.equal(valuesOf({ kind: "attribute", name: "empty" }), undefined);
    assert.equal(valuesOf({ kind: "attribute", name: "nothing" }), undefined);
  });

  test("an attribute with several values", () => {
    assert.deepEqual(valuesOf({ kind: "attribute", name: "department" }), ["physics", "music"]);
  });

  test("an attribute named like a property of every object is not there", () => {
    for (const name of ["constructor", "__proto__", "toString"]) {
      assert.equal(valuesOf({ kind: "attribute", name }), undefined, name);
    }
  });

  test("constants, joins and choices", () => {
    assert.deepEqual(valuesOf({ kind: "constant", values: ["a", "b"] }), ["a", "b"]);
    const names = [
      { kind: "account", field: "givenName" },
      { kind: "account", field: "phone" },
      { kind: "account", field: "familyName" },
    ] as const;
    assert.deepEqual(valuesOf({ kind: "join", sources: names, separator: " " }), ["Alice Example"]);
    assert.deepEqual(valuesOf({ kind: "first", sources: [names[1], names[2]] }), ["Example"]);
    assert.equal(valuesOf({ kind: "join", sources: [names[1]], separator: " " }), undefined);
  });

  test("groups by their prefix, with it or without", () => {
    assert.deepEqual(valuesOf({ kind: "groups", prefix: "app-wiki-" }), [
      "app-wiki-admin",
      "app-wiki-editor",
    ]);
    assert.deepEqual(valuesOf({ kind: "groups", prefix: "app-wiki-", stripPrefix: true }), [
      "admin",
      "editor",
    ]);
    assert.equal(valuesOf({ kind: "groups", prefix: "none-" }), undefined);
  });
});
