import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { SealBroken, Sealing } from "../../src/keys/sealing.ts";
import { systemRandom } from "../../src/platform/random.ts";

const OLD = "an-old-secret-of-at-least-32-characters";
const NEW = "a-new-secret-of-at-least-32-characters!";

describe("Sealing", () => {
  const sealing = new Sealing([NEW, OLD], systemRandom);

  test("what was sealed is opened again", () => {
    assert.equal(sealing.open(sealing.seal("a private key", "signing-key"), "signing-key"), "a private key");
  });

  test("the same text is sealed differently each time", () => {
    assert.notEqual(sealing.seal("x", "p"), sealing.seal("x", "p"));
  });

  test("an older secret still opens what it sealed, the newest one seals", () => {
    const before = new Sealing([OLD], systemRandom).seal("x", "p");
    assert.equal(sealing.open(before, "p"), "x");
    assert.throws(() => new Sealing([OLD], systemRandom).open(sealing.seal("x", "p"), "p"), SealBroken);
  });

  test("another purpose does not open it", () => {
    assert.throws(() => sealing.open(sealing.seal("x", "totp"), "signing-key"), SealBroken);
  });

  test("every changed character breaks the seal", () => {
    const sealed = sealing.seal("a private key", "p");
    for (let index = 0; index < sealed.length - 1; index++) {
      const other = sealed[index] === "A" ? "B" : "A";
      const changed = sealed.slice(0, index) + other + sealed.slice(index + 1);
      assert.throws(() => sealing.open(changed, "p"), SealBroken, `position ${index}`);
    }
  });

  test("a cut or empty value is refused", () => {
    const sealed = sealing.seal("x", "p");
    for (const bad of ["", "s1", "s1..", sealed.slice(0, -6), sealed.slice(0, 20)]) {
      assert.throws(() => sealing.open(bad, "p"), SealBroken);
    }
  });

  test("keys derived for two purposes differ", () => {
    assert.notEqual(sealing.derive("cookie"), sealing.derive("csrf"));
  });
});
