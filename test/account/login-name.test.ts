import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { canonicalLoginName, emailProblem, usernameProblem } from "../../src/account/login-name.ts";

describe("WB-14 one canonical form", () => {
  const same: [typed: string, canonical: string][] = [
    ["john", "john"],
    ["JOHN", "john"],
    ["  john\t", "john"],
    ["ｊｏｈｎ", "john"],
    ["Jo\u0308rg", "jörg"],
    ["STRASSE", "strasse"],
    ["straße", "strasse"],
    ["ΑΣ", "ας"],
    ["ασ", "ας"],
    ["Alice@Example.ORG", "alice@example.org"],
    ["ﬁona", "fiona"],
  ];
  for (const [typed, canonical] of same) {
    test(`${JSON.stringify(typed)} is ${canonical}`, () =>
      assert.equal(canonicalLoginName(typed), canonical));
  }

  test("is the same when it is made canonical again", () => {
    for (const [typed] of same) {
      const once = canonicalLoginName(typed);
      assert.equal(canonicalLoginName(once), once);
    }
  });

  test("does not fold a Cyrillic letter into its Latin twin: no such name can exist", () => {
    assert.notEqual(canonicalLoginName("jоhn"), canonicalLoginName("john"));
  });
});

describe("a user name", () => {
  for (const name of [
    "alice",
    "bob.smith",
    "o'neill",
    "jörg",
    "ivan-2",
    "алиса",
    "山田太郎",
    "ひろし",
    "김철수",
    "alice@example.org",
    "7of9",
  ]) {
    test(`${name} may be used`, () => assert.equal(usernameProblem(name), undefined));
  }

  const refused: [name: string, why: RegExp][] = [
    ["", /needed/],
    [" alice", /spaces around/],
    ["alice smith", /made of/],
    ["alice\u0000", /made of/],
    ["ali\u200bce", /made of/],
    ["\u202ealice", /made of/],
    ["alice\n", /spaces around/],
    [".alice", /begins with/],
    ["alice<b>", /made of/],
    ["alice😀", /made of/],
    ["jоhn", /one script/],
    ["Ωmega", /one script/],
    ["аlice", /one script/],
    ["ахос", /looks like/],
    ["сосо", /looks like/],
    ["a".repeat(65), /64 characters/],
    ["\ud800", /made of/],
  ];
  for (const [name, why] of refused) {
    test(`${JSON.stringify(name.slice(0, 20))} is refused`, () =>
      assert.match(usernameProblem(name) ?? "", why));
  }
});

describe("an e-mail address", () => {
  for (const email of ["a@example.org", "jörg@bücher.example", "a+b@example.org", "o'neill@example.org"]) {
    test(`${email} has the form of one`, () => assert.equal(emailProblem(email), undefined));
  }
  for (const email of [
    "",
    "a",
    "a@",
    "@b",
    "a@b@c",
    "a b@c.de",
    "a@b.de\n",
    "<a@b.de>",
    "a@b.de,c@d.de",
    "a\u0000@b.de",
    `${"a".repeat(250)}@b.de`,
  ]) {
    test(`${JSON.stringify(email.slice(0, 20))} has not`, () => assert.ok(emailProblem(email)));
  }
});

test("WB-82 hostile names of 100 kB cost next to nothing", () => {
  const started = performance.now();
  for (const unit of ["a", "é", "@", "a@", "а", "\u200b", " "]) {
    const name = unit.repeat(100_000 / unit.length);
    usernameProblem(name);
    emailProblem(name);
    canonicalLoginName(name);
  }
  assert.ok(performance.now() - started < 1_000);
});
