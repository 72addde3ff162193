import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { sha256 } from "../../src/platform/digest.ts";
import { systemRandom } from "../../src/platform/random.ts";
import { makeToken, readToken, TOKEN_KINDS, TOKEN_PATTERN } from "../../src/tokens/token-format.ts";

describe("token format", () => {
  for (const kind of TOKEN_KINDS) {
    test(`a ${kind} token is read back as one`, () => {
      const made = makeToken(kind, systemRandom);
      assert.match(made.text, new RegExp(`^${TOKEN_PATTERN}$`));
      assert.deepEqual(readToken(made.text), { kind, hash: sha256(made.text) });
      assert.equal(made.text.endsWith(made.lastFour), true);
    });
  }

  test("two tokens differ in their random part", () => {
    assert.notEqual(makeToken("pat", systemRandom).text, makeToken("pat", systemRandom).text);
  });

  test("the whole range of random bits fits", () => {
    for (const byte of [0, 255]) {
      const made = makeToken("key", { bytes: (count) => Buffer.alloc(count, byte) });
      assert.equal(readToken(made.text)?.kind, "key");
      assert.equal(made.text.length, "gth_key_".length + 49);
    }
  });

  const { text } = makeToken("pat", systemRandom);
  const refused: Record<string, string> = {
    "one character shorter": text.slice(0, -1),
    "one character longer": `${text}0`,
    "another kind": text.replace("gth_pat_", "gth_key_"),
    "an unknown kind": text.replace("gth_pat_", "gth_abc_"),
    "another prefix": text.replace("gth_", "ghp_"),
    "upper case": text.toUpperCase(),
    "a leading space": ` ${text}`,
    "a trailing newline": `${text}\n`,
    "a character outside the alphabet": `${text.slice(0, -1)}-`,
    empty: "",
    "64 KB of the alphabet": "A".repeat(65_536),
  };
  for (const [name, bad] of Object.entries(refused)) {
    test(`${name} is refused`, () => assert.equal(readToken(bad), undefined));
  }

  test("every single changed character is found by the checksum", () => {
    for (let index = "gth_pat_".length; index < text.length; index++) {
      const other = text[index] === "A" ? "B" : "A";
      assert.equal(
        readToken(text.slice(0, index) + other + text.slice(index + 1)),
        undefined,
        `position ${index}`,
      );
    }
  });
});
