import assert from "node:assert/strict";
import { constants, createHmac, createPublicKey, sign } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import { after, before, describe, test } from "node:test";
import { decodeJwt, decodeProtectedHeader } from "jose";
import { oidcApplication } from "../../fixtures/oidc/application.ts";
import { part } from "../../fixtures/oidc/client-authentication.ts";
import { sha256 } from "../../../src/platform/digest.ts";
import { signingKey } from "../../fixtures/oidc/key-ring.ts";
import {
  API,
  askVerify,
  basic,
  RESOURCE_SERVER_SECRET,
  startTokenApp,
  type TokenApp,
} from "../../tokens/token-app.ts";
import { call, OWN_API } from "./api.ts";

const SECRET = "secret-of-the-jwt-client";

let app: TokenApp;
let good: string;
let header: Readonly<Record<string, unknown>>;
let claims: Readonly<Record<string, unknown>>;
let kid: string;
let asked = 0;

async function clientCredentials(resource: string): Promise<string> {
  const response = await fetch(`${app.origin}/oauth2/token`, {
    method: "POST",
    headers: { "Content-Type": "application/x-www-form-urlencoded", ...basic("jwt-robot", SECRET) },
    body: new URLSearchParams({ grant_type: "client_credentials", resource }),
  });
  const body = (await response.json()) as Readonly<Record<string, unknown>>;
  assert.equal(response.status, 200, JSON.stringify(body));
  return String(body["access_token"]);
}

before(async () => {
  app = await startTokenApp({ environment: { GATEHOUSE_TRUST_PROXY: "127.0.0.1" } });
  await app.parts.stores.durable.applications.insert(
    oidcApplication({
      id: "jwt-robot",
      profile: "service",
      grantTypes: ["client_credentials"],
      redirectUris: [],
      accessTokenFormat: "jwt",
      resources: [API, OWN_API],
      scopes: ["tokens:read"],
      secrets: [{ hash: sha256(SECRET), lastFour: "ient", createdAtMs: 0 }],
    }),
  );
  await app.parts.applications.reload();
  good = await clientCredentials(OWN_API);
  header = { ...decodeProtectedHeader(good) };
  claims = { ...decodeJwt(good) };
  kid = String(header["kid"]);
});
after(async () => await app.close());

/** Every place that takes an access token says the same. */
async function isGood(text: string): Promise<boolean> {
  asked += 1;
  // From an address of its own each time, so that the limit for guesses does not answer in the others' place.
  const from = { "x-forwarded-for": `10.0.${Math.floor(asked / 250)}.${asked % 250}` };
  const found = await app.verifier.verify(text, {});
  const server = basic("orders-server", RESOURCE_SERVER_SECRET);
  const answer = await askVerify(app, { token: text.slice(0, 16_384), resource: API }, server);
  const used = await call(app, "/resources", { token: text, headers: from });
  const introspection = await fetch(`${app.origin}/oauth2/introspect`, {
    method: "POST",
    headers: { "Content-Type": "application/x-www-form-urlencoded", ...basic("jwt-robot", SECRET) },
    body: new URLSearchParams({ token: text }),
  });
  const introspected = (await introspection.json()) as Readonly<Record<string, unknown>>;
  const userinfo = await fetch(`${app.origin}/oauth2/userinfo`, {
    headers: { authorization: `Bearer ${text}`, ...from },
  });
  await userinfo.body?.cancel();
  assert.equal(userinfo.status, 401, "there is no person behind it");
  assert.equal(answer.body["active"], false, "it is for another API");
  assert.equal(used.status === 200, found.active, `the API says ${used.status}`);
  assert.equal(introspected["active"], found.active, "introspection");
  return found.active;
}

/** What our own key would sign: an attacker has not got it, and yet such a token is none either. */
function signedByUs(head: object, body: string): string {
  const key = app.parts.keyRing.byId(kid);
  assert.ok(key !== undefined && key.privateKey !== undefined);
  const input = `${part(head)}.${Buffer.from(body).toString("base64url")}`;
  const options = key.type.startsWith("RSA")
    ? { key: key.privateKey, padding: constants.RSA_PKCS1_PADDING }
    : { key: key.privateKey, dsaEncoding: "ieee-p1363" as const };
  return `${input}.${sign("sha256", Buffer.from(input), options).toString("base64url")}`;
}

test("the token that the forgeries are made of is good", async () => {
  assert.equal(await isGood(good), true);
  assert.equal(
    await isGood(signedByUs(header, JSON.stringify(claims))),
    true,
    "signed here like the real one",
  );
});

test("OA-63 it has what RFC 9068 demands, and its subject is in no person's space", async () => {
  assert.equal(header["typ"], "at+jwt");
  for (const name of ["iss", "exp", "aud", "sub", "client_id", "iat", "jti"]) assert.ok(name in claims, name);
  assert.equal(claims["aud"], OWN_API);
  assert.equal(claims["sub"], "jwt-robot");
  assert.equal(await app.parts.stores.durable.accounts.get("jwt-robot"), undefined);
});

test("OA-51 without a signature it is none, however none is spelled", async () => {
  for (const alg of ["none", "None", "NONE", "nOnE", "", null, undefined, 0, ["ES256"]]) {
    for (const signature of ["", good.split(".")[2] ?? ""]) {
      assert.equal(
        await isGood(`${part({ ...header, alg })}.${part(claims)}.${signature}`),
        false,
        String(alg),
      );
    }
  }
});

test("OA-52 under an HMAC with one of our public keys it is none", async () => {
  for (const { publicKey, jwk, id } of app.parts.keyRing.published()) {
    const spellings = [
      JSON.stringify(jwk),
      publicKey.export({ type: "spki", format: "pem" }),
      publicKey.export({ type: "spki", format: "der" }),
    ];
    for (const secret of spellings) {
      for (const alg of ["HS256", "hs256"]) {
        const input = `${part({ ...header, alg, kid: id })}.${part(claims)}`;
        const mac = createHmac("sha256", secret).update(input).digest("base64url");
        assert.equal(await isGood(`${input}.${mac}`), false);
      }
    }
  }
});

test("OA-50 under another algorithm than its key's it is none", async () => {
  for (const alg of ["RS256", "RS384", "PS256", "ES256", "ES384", "ES512", "EdDSA", "RSA1_5", "A128KW"]) {
    if (alg === header["alg"]) continue;
    assert.equal(await isGood(signedByUs({ ...header, alg }, JSON.stringify(claims))), false, alg);
  }
});

test("OA-53 a key that it brings along or names is neither used nor fetched", async (t) => {
  let fetched = 0;
  const web = createServer((_request, response) => {
    fetched += 1;
    response.end("{}");
  }).listen(0, "127.0.0.1");
  await once(web, "listening");
  t.after(() => {
    web.closeAllConnections();
    web.close();
  });
  const address = web.address();
  assert.ok(typeof address === "object" && address !== null);
  const url = `http://127.0.0.1:${address.port}/keys`;
  const mine = signingKey("P-256", "mine");
  const jwk = createPublicKey(mine.privateKey).export({ format: "jwk" });
  for (const extra of [
    { jwk },
    { jku: url },
    { x5u: url },
    { x5c: ["AAAA"] },
    { jwk, jku: url, kid: undefined },
  ]) {
    const input = `${part({ ...header, alg: "ES256", ...extra })}.${part(claims)}`;
    const signature = sign("sha256", Buffer.from(input), { key: mine.privateKey, dsaEncoding: "ieee-p1363" });
    assert.equal(await isGood(`${input}.${signature.toString("base64url")}`), false);
  }
  assert.equal(fetched, 0);
});

test("OA-54 its kid is a name to look up and nothing else", async () => {
  for (const name of [
    "../../../../dev/null",
    "/etc/passwd",
    "' or '1'='1",
    "__proto__",
    "constructor",
    "toString",
    "",
    "\u0000",
    7,
    null,
    [kid],
    { kid },
    `${kid} `,
    kid.toUpperCase(),
    "x".repeat(9_000),
  ]) {
    const text = signedByUs({ ...header, kid: name }, JSON.stringify(claims));
    assert.equal(await isGood(text), false, JSON.stringify(name).slice(0, 40));
  }
  assert.equal(
    (await app.verifier.verify(signedByUs({ ...header, kid: "x".repeat(1_000_000) }, "{}"), {})).active,
    false,
  );
});

test("OA-55 with an extension that must be understood, or a payload that is not encoded, it is none", async () => {
  for (const extra of [
    { crit: ["x"], x: 1 },
    { crit: ["b64"], b64: false },
    { crit: ["b64"], b64: true },
    { crit: [] },
    { crit: "exp" },
  ]) {
    assert.equal(await isGood(signedByUs({ ...header, ...extra }, JSON.stringify(claims))), false);
  }
});

test("OA-56 signed as another kind of token it is none", async () => {
  const types = [
    "JWT",
    "jwt",
    "AT+JWT",
    "application/at+jwt",
    "logout+jwt",
    "dpop+jwt",
    "oauth-authz-req+jwt",
    "token-introspection+jwt",
    "",
    undefined,
  ];
  for (const typ of types) {
    assert.equal(await isGood(signedByUs({ ...header, typ }, JSON.stringify(claims))), false, String(typ));
  }
});

test("OA-57 with another issuer, id or time than its record's it is none", async () => {
  for (const changes of [
    { iss: undefined },
    { iss: "http://localhost:4000/" },
    { iss: ["http://localhost:4000"] },
    { jti: undefined },
    { jti: "another" },
    { jti: "__proto__" },
    { jti: [claims["jti"]] },
  ]) {
    assert.equal(await isGood(signedByUs(header, JSON.stringify({ ...claims, ...changes }))), false);
  }
  // What it may do and until when stands in its record: a claim changes neither.
  for (const more of [
    '"exp":"9999999999"',
    '"exp":1e400',
    '"exp":-1',
    '"scope":"tokens:verify"',
    '"aud":"*"',
  ]) {
    const body = JSON.stringify(claims)
      .replace("{", `{${more},`)
      .replace(/,"(exp|scope|aud)":("[^"]*"|\d+)/, "");
    const found = await app.verifier.verify(signedByUs(header, body), {});
    assert.deepEqual(found.active && [found.scopes, found.resources], [["tokens:read"], [OWN_API]]);
  }
});

test("OA-59 encrypted, or in any other form than three parts, it is none", async () => {
  const [first = "", second = "", third = ""] = good.split(".");
  const zip = part({ alg: "dir", enc: "A256GCM", zip: "DEF" });
  const slow = part({ alg: "PBES2-HS256+A128KW", enc: "A256GCM", p2c: 1_000_000_000 });
  for (const text of [
    `${zip}..${second}.${second}.${third}`,
    `${slow}.${second}.${second}.${second}.${third}`,
    `${first}.${second}`,
    `${first}.${second}.${third}.`,
    `.${second}.${third}`,
    `${first}..${third}`,
    JSON.stringify({ payload: second, protected: first, signature: third }).replaceAll('"', ""),
  ]) {
    assert.equal((await app.verifier.verify(text, {})).active, false);
  }
});

test("OA-60 with members twice, deep, broken or huge it is refused at once", async () => {
  const deep = `{"a":${"[".repeat(5_000)}${"]".repeat(5_000)}}`;
  const id = JSON.stringify(claims["jti"]);
  for (const body of [
    deep,
    "[]",
    "null",
    '"x"',
    "{",
    `{"jti":${id},"jti":"x","iss":"http://localhost:4000"}`,
    `{"iss":"http://localhost:4000","jti":"\\ud800"}`,
    `{"iss":"http://localhost:4000","jti":${id},"x":"${"x".repeat(65_536)}"}`,
  ]) {
    assert.equal((await app.verifier.verify(signedByUs(header, body), {})).active, false, body.slice(0, 40));
  }
  const [, second = "", third = ""] = good.split(".");
  const bytes = Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]).toString("base64url");
  assert.equal(await isGood(`${bytes}.${second}.${third}`), false);
});

test("OA-61 with a signature of zeros, of another length or in DER it is none", async () => {
  const [first = "", second = "", third = ""] = good.split(".");
  const input = `${first}.${second}`;
  const { length } = Buffer.from(third, "base64url");
  const signatures = [
    Buffer.alloc(length),
    Buffer.alloc(length, 0xff),
    Buffer.alloc(length - 1, 1),
    Buffer.concat([Buffer.from(third, "base64url"), Buffer.from([0])]),
    Buffer.alloc(1),
    sign("sha256", Buffer.from(input), { key: signingKey("P-256").privateKey, dsaEncoding: "der" }),
  ];
  for (const signature of signatures) {
    assert.equal(await isGood(`${input}.${signature.toString("base64url")}`), false);
  }
});

test("OA-64 in another spelling of itself it is none", async () => {
  const [first = "", second = "", third = ""] = good.split(".");
  const last = third.slice(-1);
  const loose = Array.from("AEIMQUYcgkosw048-_")
    .filter((letter) => letter !== last)
    .map((letter) => `${first}.${second}.${third.slice(0, -1)}${letter}`);
  for (const text of [
    ...loose.slice(0, 8),
    `${first}=.${second}.${third}`,
    `${first}.${second}.${third}=`,
    `${first}.${second}==.${third}`,
    `${first}\t.${second}.${third}`,
    good.replaceAll("-", "+").replaceAll("_", "/"),
  ]) {
    if (text === good) continue;
    assert.equal((await app.verifier.verify(text, {})).active, false, text.slice(-20));
  }
});

describe("OA-36, OA-37, OA-38 a token for a token", () => {
  for (const grant of [
    "urn:ietf:params:oauth:grant-type:token-exchange",
    "urn:ietf:params:oauth:grant-type:jwt-bearer",
    "urn:ietf:params:oauth:grant-type:saml2-bearer",
    "password",
    "implicit",
  ]) {
    test(`is given by no grant of the kind ${grant}`, async () => {
      const response = await fetch(`${app.origin}/oauth2/token`, {
        method: "POST",
        headers: { "Content-Type": "application/x-www-form-urlencoded", ...basic("jwt-robot", SECRET) },
        body: new URLSearchParams({
          grant_type: grant,
          subject_token: good,
          subject_token_type: "urn:ietf:params:oauth:token-type:access_token",
          assertion: good,
          username: "olga",
          password: "x",
        }),
      });
      const body = (await response.json()) as Readonly<Record<string, unknown>>;
      assert.deepEqual([response.status, body["error"]], [400, "unsupported_grant_type"]);
    });
  }
});

test("WB-85 revoked, it is none at every place at once; its own expiry is the longest that it is believed offline", async () => {
  const text = await clientCredentials(OWN_API);
  assert.equal(await isGood(text), true);
  const { exp = 0, iat = 0 } = decodeJwt(text);
  assert.ok(exp - iat <= 600);
  const revoked = await fetch(`${app.origin}/oauth2/revoke`, {
    method: "POST",
    headers: { "Content-Type": "application/x-www-form-urlencoded", ...basic("jwt-robot", SECRET) },
    body: new URLSearchParams({ token: text, token_type_hint: "refresh_token" }),
  });
  assert.equal(revoked.status, 200);
  assert.equal(await isGood(text), false);
});
