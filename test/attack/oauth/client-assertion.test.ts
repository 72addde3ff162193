import assert from "node:assert/strict";
import { createHmac, type KeyObject, sign } from "node:crypto";
import { describe, test } from "node:test";
import { JWS_ALGORITHMS, signJws } from "../../../src/oidc/jwt-algorithms.ts";
import { oidcApplication } from "../../fixtures/oidc/application.ts";
import {
  assertionForm,
  basic,
  clientAuthentication,
  clientPair,
  ISSUER,
  outcomeOf,
  part,
  signed,
} from "../../fixtures/oidc/client-authentication.ts";

const { privateKey, jwk } = clientPair();
const rsa = clientPair("RS256");
const job = oidcApplication({ id: "job", authenticationMethod: "private_key_jwt", jwks: { keys: [jwk] } });
const other = oidcApplication({
  id: "other",
  authenticationMethod: "private_key_jwt",
  jwks: { keys: [clientPair().jwk] },
});
const rsaJob = oidcApplication({
  id: "rsa",
  authenticationMethod: "private_key_jwt",
  jwks: { keys: [rsa.jwk] },
});
const { clock, authentication } = await clientAuthentication([job, other, rsaJob]);
let jti = 0;

function seconds(offset: number): number {
  return Math.floor(clock.nowMs() / 1000) + offset;
}

function claims(changes: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  jti += 1;
  const all = { iss: "job", sub: "job", aud: ISSUER, jti: `j${jti}`, exp: seconds(60), iat: seconds(0) };
  return Object.fromEntries(
    Object.entries({ ...all, ...changes }).filter(([, value]) => value !== undefined),
  );
}

function assertion(changes: Record<string, unknown> = {}, header: Record<string, unknown> = {}): string {
  return signed(privateKey, { alg: "ES256", kid: "k1", ...header }, claims(changes));
}

async function outcome(text: string, more: Record<string, string> = {}): Promise<string> {
  return await outcomeOf(authentication, { ...assertionForm(text), ...more });
}

describe("a client assertion is accepted", () => {
  test("with the issuer as audience, untyped, as JWT and as client-authentication+jwt (OA-95)", async () => {
    for (const typ of [undefined, "JWT", "client-authentication+jwt"]) {
      assert.equal(await outcome(assertion({}, { typ })), "job");
    }
  });

  test("8 seconds before its nbf (CF-79), without iat, without kid, and with its own client_id beside it", async () => {
    assert.equal(await outcome(assertion({ nbf: seconds(8) })), "job");
    assert.equal(await outcome(assertion({ iat: undefined })), "job");
    assert.equal(await outcome(assertion({}, { kid: undefined })), "job");
    assert.equal(await outcome(assertion(), { client_id: "job" }), "job");
  });

  for (const algorithm of JWS_ALGORITHMS) {
    test(`signed with ${algorithm}`, async () => {
      const pair = clientPair(algorithm);
      const client = oidcApplication({
        id: "job",
        authenticationMethod: "private_key_jwt",
        jwks: { keys: [pair.jwk] },
      });
      const made = await clientAuthentication([client]);
      const text = signed(pair.privateKey, { alg: algorithm, kid: "k1" }, claims());
      assert.equal(await outcomeOf(made.authentication, assertionForm(text)), "job");
    });
  }
});

describe("a client assertion is refused", () => {
  const cases: readonly (readonly [string, Record<string, unknown>])[] = [
    ["for another audience (CF-78)", { aud: "https://other.example.org" }],
    ["for an array with the issuer alone", { aud: [ISSUER] }],
    ["for an array with the issuer and another", { aud: [ISSUER, "https://other.example.org"] }],
    ["for the token endpoint", { aud: `${ISSUER}/oauth2/token` }],
    ["for the PAR endpoint", { aud: `${ISSUER}/oauth2/par` }],
    ["for the issuer with a slash", { aud: `${ISSUER}/` }],
    ["without an audience", { aud: undefined }],
    ["without sub (CF-79)", { sub: undefined }],
    ["without iss", { iss: undefined }],
    ["with another iss", { iss: "other" }],
    ["with another client as sub", { sub: "other" }],
    ["without jti", { jti: undefined }],
    ["with an empty jti", { jti: "" }],
    ["with a jti of 201 characters", { jti: "x".repeat(201) }],
    ["with a number as jti", { jti: 7 }],
    ["without exp", { exp: undefined }],
    ["with exp as text", { exp: String(seconds(60)) }],
    ["with exp as a fraction", { exp: seconds(60) + 0.5 }],
    ["with exp below zero", { exp: -1 }],
    ["with exp five minutes ago (CF-77)", { exp: seconds(-300) }],
    ["with exp an hour ahead", { exp: seconds(3_600) }],
    ["with nbf over a minute ahead (CF-79)", { nbf: seconds(61) }],
    ["with nbf as text", { nbf: "0" }],
    ["issued in the future", { iat: seconds(61) }],
  ];
  for (const [name, changes] of cases) {
    test(name, async () => assert.equal(await outcome(assertion(changes)), "invalid_client"));
  }

  test("with exp as 1e400, which JSON reads as infinity (OA-57)", async () => {
    const text = JSON.stringify(claims({ exp: 0 })).replace('"exp":0', '"exp":1e400');
    const input = `${part({ alg: "ES256", kid: "k1" })}.${Buffer.from(text).toString("base64url")}`;
    const made = `${input}.${signJws("ES256", privateKey, input).toString("base64url")}`;
    assert.equal(await outcome(made), "invalid_client");
  });

  for (const typ of ["at+jwt", "logout+jwt", "dpop+jwt", "jwt", ""]) {
    test(`with the type ${JSON.stringify(typ)}`, async () => {
      assert.equal(await outcome(assertion({}, { typ })), "invalid_client");
    });
  }

  for (const crit of [["b64"], ["x"], []]) {
    test(`with crit ${JSON.stringify(crit)} (OA-55)`, async () => {
      assert.equal(await outcome(assertion({}, { crit, b64: false })), "invalid_client");
    });
  }

  for (const kid of ["", "k2", "../k1", "__proto__", "k1' or '1'='1", "x".repeat(10_000)]) {
    test(`with the kid ${kid.slice(0, 20)}`, async () => {
      assert.equal(await outcome(assertion({}, { kid })), "invalid_client");
    });
  }

  test("with a key of its own in the header, or an address of one, and nothing is fetched", async () => {
    const own = clientPair();
    for (const extra of [
      { jwk: own.jwk },
      { jku: "https://evil.test/jwks" },
      { x5u: "https://evil.test/c" },
    ]) {
      const text = signed(own.privateKey, { alg: "ES256", kid: "k1", ...extra }, claims());
      assert.equal(await outcome(text), "invalid_client");
    }
  });

  test("signed by another client's key", async () => {
    const text = signed(privateKey, { alg: "ES256", kid: "k1" }, claims({ iss: "other", sub: "other" }));
    assert.equal(await outcome(text), "invalid_client");
  });

  test("with another client's client_id beside it (CF-73b)", async () => {
    assert.equal(await outcome(assertion(), { client_id: "other" }), "invalid_client");
  });

  test("beside a secret or a Basic header", async () => {
    assert.equal(await outcome(assertion(), { client_secret: "x" }), "invalid_client");
    const both = await outcomeOf(authentication, assertionForm(assertion()), basic("job", "x"));
    assert.equal(both, "invalid_client, Basic");
  });

  test("under another type of assertion, without a type, and a type without an assertion (CF-76)", async () => {
    const saml = "urn:ietf:params:oauth:client-assertion-type:saml2-bearer";
    assert.equal(await outcome(assertion(), { client_assertion_type: saml }), "invalid_client");
    assert.equal(await outcome(assertion(), { client_assertion_type: "" }), "invalid_client");
    assert.equal(await outcome(""), "invalid_client");
  });

  test("from a client that is registered for private_key_jwt and sends none", async () => {
    assert.equal(await outcomeOf(authentication, { client_id: "job" }), "invalid_client");
  });
});

describe("the signature of a client assertion", () => {
  function unsigned(alg: string, signature: string): string {
    return `${part({ alg, kid: "k1" })}.${part(claims())}.${signature}`;
  }

  test("may not be missing, under any spelling of none (OA-51)", async () => {
    for (const alg of ["none", "None", "NONE", "nOnE", ""]) {
      for (const signature of ["", "AA"]) {
        assert.equal(await outcome(unsigned(alg, signature)), "invalid_client");
      }
    }
    assert.equal(await outcome(assertion().replace(/\.[^.]*$/, ".")), "invalid_client");
  });

  test("may not be an HMAC under the public key (OA-52)", async () => {
    const texts = [JSON.stringify(rsa.jwk), JSON.stringify(jwk)];
    for (const key of texts) {
      for (const alg of ["HS256", "HS384", "HS512"]) {
        const input = `${part({ alg, kid: "k1" })}.${part(claims())}`;
        const mac = createHmac("sha256", key).update(input).digest("base64url");
        assert.equal(await outcome(`${input}.${mac}`), "invalid_client");
      }
    }
  });

  test("may not be of another key's algorithm (OA-50)", async () => {
    const input = `${part({ alg: "RS256", kid: "k1" })}.${part(claims())}`;
    assert.equal(await outcome(`${input}.${"A".repeat(342)}`), "invalid_client");
    const pinned = oidcApplication({
      id: "rsa",
      authenticationMethod: "private_key_jwt",
      jwks: { keys: [{ ...rsa.jwk, alg: "PS256" }] },
    });
    const made = await clientAuthentication([pinned]);
    const byRsa = (alg: "RS256" | "PS256", key: KeyObject) =>
      signed(key, { alg, kid: "k1" }, claims({ iss: "rsa", sub: "rsa" }));
    const refused = assertionForm(byRsa("RS256", rsa.privateKey));
    assert.equal(await outcomeOf(made.authentication, refused), "invalid_client");
    const accepted = assertionForm(byRsa("PS256", rsa.privateKey));
    assert.equal(await outcomeOf(made.authentication, accepted), "rsa");
  });

  test("may not be zeros or DER (OA-61)", async () => {
    const input = `${part({ alg: "ES256", kid: "k1" })}.${part(claims())}`;
    assert.equal(await outcome(`${input}.${Buffer.alloc(64).toString("base64url")}`), "invalid_client");
    const der = sign("sha256", Buffer.from(input), privateKey).toString("base64url");
    assert.equal(await outcome(`${input}.${der}`), "invalid_client");
  });

  test("has one spelling only (OA-64)", async () => {
    const good = assertion();
    const [header = "", payload = "", signature = ""] = good.split(".");
    const loose = `${signature.slice(0, -1)}${signature.endsWith("A") ? "B" : "A"}`;
    for (const bad of [
      `${good}=`,
      `${good}==`,
      ` ${good}`,
      `${good}\n`,
      `${header}.${payload}.${loose}`,
      `${header}=.${payload}.${signature}`,
      `${header}.${payload}`,
      `${good}.${signature}`,
      "..",
    ]) {
      assert.equal(await outcome(bad), "invalid_client", bad.slice(-60));
    }
    assert.equal(await outcome(good), "job");
  });

  test("is not looked for in what is encrypted, or has another number of parts (OA-59)", async () => {
    const good = assertion();
    const header = part({ alg: "RSA-OAEP-256", enc: "A256GCM", zip: "DEF", cty: "JWT" });
    const [first = "", second = "", third = ""] = good.split(".");
    for (const text of [
      `${header}.${"A".repeat(342)}.${"A".repeat(16)}.${Buffer.from(good).toString("base64url")}.${"A".repeat(22)}`,
      `${part({ alg: "PBES2-HS256+A128KW", enc: "A128GCM", p2c: 2_000_000_000, p2s: "AA" })}.A.A.A.A`,
      `${part({ alg: "dir", enc: "A128GCM" })}..A.A.A`,
      `${good}.`,
      `${good}.${third}`,
      `${first}..${third}`,
      `${second}.${third}`,
      "....",
      ".",
    ]) {
      assert.equal(await outcome(text), "invalid_client", text.slice(0, 40));
    }
    assert.equal(await outcome(good), "job");
  });

  test("is not reached by what is too long, too deep or not JSON (OA-60)", async () => {
    const deep = `${"[".repeat(5_000)}${"]".repeat(5_000)}`;
    for (const payload of [Buffer.from(deep), Buffer.from([0xff]), Buffer.alloc(65_536, 0x20)]) {
      const input = `${part({ alg: "ES256", kid: "k1" })}.${payload.toString("base64url")}`;
      assert.equal(await outcome(`${input}.AAAA`), "invalid_client");
    }
  });
});

describe("a client assertion is used once", () => {
  test("the second time it is refused, and so are 49 of 50 that come at once", async () => {
    const text = assertion();
    const outcomes = await Promise.all(Array.from({ length: 50 }, async () => await outcome(text)));
    assert.equal(outcomes.filter((one) => one === "job").length, 1);
    assert.equal(outcomes.filter((one) => one === "invalid_client").length, 49);
  });

  test("also when it is signed anew with the same jti", async () => {
    assert.equal(await outcome(assertion({ jti: "again" })), "job");
    assert.equal(await outcome(assertion({ jti: "again" })), "invalid_client");
  });

  test("and until the moment from which it is refused as expired", async () => {
    const text = assertion({ exp: seconds(60) });
    assert.equal(await outcome(text), "job");
    for (let passed = 0; passed < 120; passed += 10) {
      assert.equal(await outcome(text), "invalid_client");
      clock.advance(10_000);
    }
  });

  test("by each client for itself: two may use the same jti", async () => {
    const text = signed(rsa.privateKey, { alg: "RS256" }, claims({ iss: "rsa", sub: "rsa", jti: "shared" }));
    assert.equal(await outcome(text), "rsa");
    assert.equal(await outcome(assertion({ jti: "shared" })), "job");
  });

  test("and one that is refused has not spent its jti", async () => {
    assert.equal(
      await outcome(assertion({ jti: "kept", aud: "https://other.example.org" })),
      "invalid_client",
    );
    assert.equal(await outcome(assertion({ jti: "kept" })), "job");
  });
});
