import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Parameters } from "../../src/http/parameters.ts";

describe("Parameters", () => {
  test("values are decoded once, plus is a space", () => {
    const read = Parameters.read("a=b%20c+d&e=%C3%A9&empty=&flag&=x");
    assert.equal(read?.get("a"), "b c d");
    assert.equal(read?.get("e"), "é");
    assert.equal(read?.get("flag"), undefined);
    assert.equal(read?.has("flag"), true);
  });

  test("an empty value counts as absent", () => {
    assert.equal(Parameters.read("state=")?.get("state"), undefined);
  });

  test("a repeated name is known as repeated, also where its values are equal", () => {
    const read = Parameters.read("client_id=a&client_id=a&state=s");
    assert.deepEqual(read?.repeated(["client_id", "state"]), ["client_id"]);
  });

  test("a repeated name in another encoding is repeated too", () => {
    assert.deepEqual(Parameters.read("state=1&%73tate=2")?.repeated(["state"]), ["state"]);
  });

  test("a name like a property of every object is a name like any other", () => {
    const read = Parameters.read("__proto__=x&constructor=y");
    assert.equal(read?.get("__proto__"), "x");
    assert.equal(Parameters.read("a=b")?.get("constructor"), undefined);
  });

  for (const bad of ["a=%", "a=%zz", "a=%C3", "%E0%A4%A=1", "a=%ff"]) {
    test(`a broken encoding is refused: ${bad}`, () => assert.equal(Parameters.read(bad), undefined));
  }

  test("more than 200 parameters are refused", () => {
    assert.equal(
      Parameters.read(Array.from({ length: 201 }, (_, index) => `p${index}=1`).join("&")),
      undefined,
    );
  });
});
