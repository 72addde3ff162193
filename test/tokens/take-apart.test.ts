import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { systemRandom } from "../../src/platform/random.ts";
import { takeApart } from "../../src/tokens/take-apart.ts";
import { makeToken } from "../../src/tokens/token-format.ts";

const NOW_MS = Date.UTC(2026, 10, 25);

function jwt(header: unknown, payload: unknown, signature = "c2ln"): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${part(header)}.${part(payload)}.${signature}`;
}

const HEADER = { alg: "ES256", typ: "at+jwt", kid: "k1" };
const PAYLOAD = { iss: "https://login.example", aud: "https://api.example/", exp: NOW_MS / 1_000 + 60 };

describe("taking a token apart", () => {
  test("each member of a JWT is shown with what it means, times as dates", () => {
    const taken = takeApart(jwt(HEADER, PAYLOAD), NOW_MS);
    assert.equal(taken.kind, "jwt");
    assert.ok(taken.kind === "jwt");
    assert.deepEqual(taken.header[0], { name: "alg", value: "ES256", meaning: "How it is signed." });
    assert.equal(taken.payload[2]?.value, `${PAYLOAD.exp} (2026-11-25T00:01:00.000Z)`);
    assert.deepEqual([taken.signatureBytes, taken.warnings], [3, []]);
  });

  test("an opaque token tells its kind and no more than four characters of itself", () => {
    const { text, hash } = makeToken("pat", systemRandom);
    const taken = takeApart(text, NOW_MS);
    assert.deepEqual(taken, { kind: "opaque", token: "pat", hash, lastFour: text.slice(-4) });
  });

  for (const [what, header, payload, warning] of [
    ["alg none", { ...HEADER, alg: "none" }, PAYLOAD, /no signature algorithm/],
    ["alg nOnE", { ...HEADER, alg: "nOnE" }, PAYLOAD, /no signature algorithm/],
    ["HMAC", { ...HEADER, alg: "HS256" }, PAYLOAD, /shared secret/],
    ["a key of its own", { ...HEADER, jku: "https://evil.example" }, PAYLOAD, /its own key/],
    ["crit", { ...HEADER, crit: ["b64"] }, PAYLOAD, /critical extensions/],
    ["no typ", { alg: "ES256" }, PAYLOAD, /what kind/],
    ["no exp", HEADER, { aud: "a" }, /no expiry/],
    ["exp as text", HEADER, { aud: "a", exp: "1e400" }, /not a number/],
    ["exp in the past", HEADER, { aud: "a", exp: 1 }, /has expired/],
    ["nbf in the future", HEADER, { ...PAYLOAD, nbf: 9e12 }, /not valid yet/],
    ["no audience", HEADER, { exp: PAYLOAD.exp }, /no audience/],
  ] as const) {
    test(`${what} is pointed out`, () => {
      const taken = takeApart(jwt(header, payload), NOW_MS);
      assert.ok(taken.kind === "jwt");
      assert.match(taken.warnings.join("\n"), warning);
    });
  }

  test("an empty signature is pointed out", () => {
    const taken = takeApart(jwt(HEADER, PAYLOAD, ""), NOW_MS);
    assert.ok(taken.kind === "jwt");
    assert.match(taken.warnings.join("\n"), /signature is empty/);
  });

  for (const [what, text] of [
    ["nothing", ""],
    ["a mistyped token of ours", `${makeToken("pat", systemRandom).text.slice(0, -1)}!`],
    ["five parts", "a.b.c.d.e"],
    ["parts that are not JSON", "YQ.YQ.YQ"],
    [
      "an array for claims",
      `${Buffer.from("{}").toString("base64url")}.${Buffer.from("[]").toString("base64url")}.YQ`,
    ],
    ["padding", `${jwt(HEADER, PAYLOAD)}=`],
    ["loose last bits", jwt(HEADER, PAYLOAD, "YR")],
    ["100 kB", "a".repeat(100_000)],
  ] as const) {
    test(`${what} is no token, with a reason`, () => {
      const taken = takeApart(text, NOW_MS);
      assert.ok(taken.kind === "none");
      assert.match(taken.why, /\.$/);
    });
  }

  test("a member called __proto__ is shown and changes nothing", () => {
    const payload = Buffer.from('{"__proto__":{"polluted":1},"aud":"a"}').toString("base64url");
    const [header = ""] = jwt(HEADER, {}).split(".");
    const taken = takeApart(`${header}.${payload}.YQ`, NOW_MS);
    assert.ok(taken.kind === "jwt");
    assert.equal(taken.payload[0]?.name, "__proto__");
    assert.equal("polluted" in {}, false);
  });

  test("many members and long values are cut", () => {
    const many = Object.fromEntries(Array.from({ length: 500 }, (_, n) => [`c${n}`, "x".repeat(40)]));
    const taken = takeApart(jwt(HEADER, { long: "y".repeat(9_000), ...many }), NOW_MS);
    assert.ok(taken.kind === "jwt");
    assert.equal(taken.payload.length, 100);
    const long = takeApart(jwt(HEADER, { long: "y".repeat(9_000) }), NOW_MS);
    assert.ok(long.kind === "jwt");
    assert.equal(long.payload[0]?.value.length, 401);
  });
});
