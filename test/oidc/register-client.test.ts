import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { describe, test } from "node:test";
import { ClientRefused } from "../../src/oidc/client-input.ts";
import { newClient, withNewSecret } from "../../src/oidc/register-client.ts";
import { sha256 } from "../../src/platform/digest.ts";
import { systemRandom } from "../../src/platform/random.ts";
import { HOSTILE_ADDRESSES } from "../fixtures/oidc/hostile-addresses.ts";

/** Points of Ed25519 whose order divides eight, both with and without the sign bit (RFC 8725 3.4). */
const SMALL_ORDER = [
  "00".repeat(32),
  `01${"00".repeat(31)}`,
  `01${"00".repeat(30)}80`,
  `ec${"ff".repeat(30)}7f`,
  `ed${"ff".repeat(30)}7f`,
  `ee${"ff".repeat(31)}`,
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
];

const NOW = { random: systemRandom, nowMs: 1_000 };
const WEB = { name: "Wiki", redirectUris: ["https://wiki.example.org/cb"] };
const publicJwk = generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey.export({ format: "jwk" });

function fieldsRefused(input: unknown): readonly string[] {
  try {
    newClient(input, NOW);
  } catch (error) {
    assert.ok(error instanceof ClientRefused);
    return error.issues.map(({ field }) => field);
  }
  return [];
}

describe("the profiles", () => {
  test("web: a secret that is shown once, code with PKCE and refresh tokens", () => {
    const { application, clientSecret } = newClient(WEB, NOW);
    assert.match(clientSecret ?? "", /^[\w-]{43}$/);
    assert.deepEqual(application.secrets, [
      { hash: sha256(clientSecret ?? ""), lastFour: clientSecret?.slice(-4), createdAtMs: 1_000 },
    ]);
    assert.equal(application.authenticationMethod, "client_secret_basic");
    assert.deepEqual(application.grantTypes, ["authorization_code", "refresh_token"]);
    assert.equal(application.pkceRequired, true);
    assert.equal(application.idTokenAlgorithm, "RS256");
    assert.equal(JSON.stringify(application).includes(clientSecret ?? "?"), false);
  });

  test("browser: no secret, and its own origin may call us", () => {
    const { application, clientSecret } = newClient({ ...WEB, profile: "browser" }, NOW);
    assert.equal(clientSecret, undefined);
    assert.equal(application.authenticationMethod, "none");
    assert.deepEqual(application.origins, ["https://wiki.example.org"]);
  });

  test("native: no secret, loopback and private-use addresses", () => {
    const redirectUris = ["http://127.0.0.1/cb", "http://[::1]/cb", "org.example.app:/cb"];
    const { application } = newClient({ name: "App", profile: "native", redirectUris }, NOW);
    assert.equal(application.authenticationMethod, "none");
    assert.deepEqual(application.redirectUris, redirectUris);
    assert.deepEqual(application.origins, []);
  });

  test("service: client credentials alone, without a redirect address", () => {
    const { application } = newClient({ name: "Job", profile: "service", scopes: ["jobs:run"] }, NOW);
    assert.deepEqual(application.grantTypes, ["client_credentials"]);
    assert.deepEqual(application.redirectUris, []);
    assert.deepEqual(application.scopes, ["jobs:run"]);
  });

  test("client ids look like no account's id, and no two are equal", () => {
    const ids = [newClient(WEB, NOW).application.id, newClient(WEB, NOW).application.id];
    for (const id of ids) assert.match(id, /^app-[0-9a-f]{32}$/);
    assert.notEqual(ids[0], ids[1]);
  });
});

describe("a registration is refused", () => {
  const cases: readonly (readonly [string, unknown, string])[] = [
    ["that is no object", "Wiki", ""],
    ["without a name", { redirectUris: WEB.redirectUris }, "name"],
    ["whose name is white space", { ...WEB, name: "   " }, "name"],
    ["without a redirect address", { name: "Wiki" }, "redirectUris"],
    ["with an unknown field", { ...WEB, pkce: false }, ""],
    ["that brings its own id", { ...WEB, id: "admin" }, ""],
    ["that brings its own secret", { ...WEB, secrets: [] }, ""],
    ["with the signature algorithm none (CF-04)", { ...WEB, idTokenAlgorithm: "none" }, "idTokenAlgorithm"],
    ["with HS256", { ...WEB, idTokenAlgorithm: "HS256" }, "idTokenAlgorithm"],
    ["with the implicit grant", { ...WEB, grantTypes: ["implicit"] }, "grantTypes[0]"],
    ["with the password grant", { ...WEB, grantTypes: ["password"] }, "grantTypes[0]"],
    [
      "with a fragment (CF-69)",
      { ...WEB, redirectUris: ["https://wiki.example.org/cb#x"] },
      "redirectUris[0]",
    ],
    ["with plain http", { ...WEB, redirectUris: ["http://wiki.example.org/cb"] }, "redirectUris[0]"],
    ["with a script address", { ...WEB, redirectUris: ["javascript:alert(1)"] }, "redirectUris[0]"],
    [
      "of a web client with a scheme of its own",
      { ...WEB, redirectUris: ["org.example:/cb"] },
      "redirectUris[0]",
    ],
    [
      "with a script as logout address",
      { ...WEB, postLogoutRedirectUris: ["javascript:x"] },
      "postLogoutRedirectUris[0]",
    ],
    [
      "with back-channel logout over http",
      { ...WEB, backchannelLogoutUri: "http://wiki.example.org/l" },
      "backchannelLogoutUri",
    ],
    [
      "with front-channel logout at another host",
      { ...WEB, frontchannelLogoutUri: "https://other.example.org/l" },
      "frontchannelLogoutUri",
    ],
    [
      "of a public client without PKCE",
      { ...WEB, authenticationMethod: "none", pkceRequired: false },
      "pkceRequired",
    ],
    [
      "of a public client with client credentials",
      { ...WEB, authenticationMethod: "none", grantTypes: ["authorization_code", "client_credentials"] },
      "grantTypes",
    ],
    ["of a public service", { name: "Job", profile: "service", authenticationMethod: "none" }, "grantTypes"],
    ["of a service with a redirect address", { ...WEB, profile: "service" }, "redirectUris[0]"],
    ["with refresh tokens alone", { name: "Job", grantTypes: ["refresh_token"] }, "grantTypes"],
    ["of private_key_jwt without keys", { ...WEB, authenticationMethod: "private_key_jwt" }, "jwks"],
    [
      "with keys and an address of keys",
      {
        ...WEB,
        authenticationMethod: "private_key_jwt",
        jwks: { keys: [publicJwk] },
        jwksUri: "https://wiki.example.org/jwks",
      },
      "jwks",
    ],
    ["with keys that nothing uses", { ...WEB, jwks: { keys: [publicJwk] } }, "jwks"],
    [
      "with key address at a file",
      { ...WEB, authenticationMethod: "private_key_jwt", jwksUri: "file:///etc/passwd" },
      "jwksUri",
    ],
    ["with an origin that has a path", { ...WEB, origins: ["https://wiki.example.org/x"] }, "origins[0]"],
    ["with every origin", { ...WEB, origins: ["*"] }, "origins[0]"],
    ["with the origin null", { ...WEB, origins: ["null"] }, "origins[0]"],
    ["with a scope of two words", { ...WEB, scopes: ["a b"] }, "scopes[0]"],
    [
      "pairwise on two hosts without a sector",
      { ...WEB, redirectUris: ["https://a.example.org/", "https://b.example.org/"], subjectType: "pairwise" },
      "sectorIdentifier",
    ],
    [
      "with a sector that is an address",
      { ...WEB, subjectType: "pairwise", sectorIdentifier: "https://a.example.org/x" },
      "sectorIdentifier",
    ],
    ["with a sector for public subjects", { ...WEB, sectorIdentifier: "a.example.org" }, "sectorIdentifier"],
  ];
  for (const [name, input, field] of cases) {
    test(name, () => assert.ok(fieldsRefused(input).includes(field), JSON.stringify(fieldsRefused(input))));
  }

  const rsa1024 = generateKeyPairSync("rsa", { modulusLength: 1024 }).publicKey.export({ format: "jwk" });
  const p521 = generateKeyPairSync("ec", { namedCurve: "P-521" }).publicKey.export({ format: "jwk" });
  const pair = generateKeyPairSync("ed25519");
  const badKeys: readonly (readonly [string, Record<string, unknown>])[] = [
    ["an RSA key of 1024 bits", { ...rsa1024 }],
    ["a private key", { ...pair.privateKey.export({ format: "jwk" }) }],
    ["a symmetric key", { kty: "oct", k: "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2U" }],
    ["an encryption key", { ...publicJwk, use: "enc" }],
    ["a point that is not on its curve", { ...publicJwk, x: publicJwk.y, y: publicJwk.x }],
    ["no key at all", { kty: "RSA" }],
    ...SMALL_ORDER.map((x, index): readonly [string, Record<string, unknown>] => [
      `an Ed25519 point of small order, number ${index} (OA-58)`,
      { kty: "OKP", crv: "Ed25519", x: Buffer.from(x, "hex").toString("base64url") },
    ]),
    ["a point of P-256 that is zero", { ...publicJwk, x: "A".repeat(43), y: "A".repeat(43) }],
    ["a curve that is not offered", { ...p521 }],
  ];
  for (const [name, key] of badKeys) {
    test(`with ${name}`, () => {
      const input = { ...WEB, authenticationMethod: "private_key_jwt", jwks: { keys: [key] } };
      assert.deepEqual(fieldsRefused(input), ["jwks.keys[0]"]);
    });
  }

  test("with everything that is wrong named at once", () => {
    const input = { ...WEB, redirectUris: ["http://a.example/"], origins: ["*"] };
    assert.deepEqual(fieldsRefused(input), ["redirectUris[0]", "origins[0]"]);
  });
});

describe("a hostile redirect address", () => {
  test("is refused, or is an address of its own that matches nothing but itself", () => {
    for (const uri of HOSTILE_ADDRESSES) {
      if (fieldsRefused({ ...WEB, redirectUris: [uri] }).length > 0) continue;
      const url = new URL(uri);
      assert.equal(url.protocol, "https:", uri);
      assert.equal(`${url.username}${url.password}${url.hash}`, "", uri);
      assert.ok(url.href === uri || url.href === `${uri}/`, uri);
    }
  });
});

describe("a further secret", () => {
  const { application, clientSecret } = newClient(WEB, NOW);

  test("stands beside the first, which ends when it is told to", () => {
    const rotated = withNewSecret(application, { ...NOW, nowMs: 2_000, othersExpireAtMs: 5_000 });
    assert.notEqual(rotated.clientSecret, clientSecret);
    assert.deepEqual(
      rotated.application.secrets.map(({ hash, expiresAtMs }) => ({ hash, expiresAtMs })),
      [
        { hash: sha256(rotated.clientSecret), expiresAtMs: undefined },
        { hash: sha256(clientSecret ?? ""), expiresAtMs: 5_000 },
      ],
    );
  });

  test("does not lengthen the life of one that ends sooner, and drops what has ended", () => {
    const first = withNewSecret(application, { ...NOW, othersExpireAtMs: 2_000 }).application;
    const second = withNewSecret(first, { ...NOW, othersExpireAtMs: 9_000 }).application;
    assert.deepEqual(
      second.secrets.map((secret) => secret.expiresAtMs),
      [undefined, 9_000, 2_000],
    );
    const third = withNewSecret(second, { ...NOW, nowMs: 3_000, othersExpireAtMs: undefined }).application;
    assert.deepEqual(
      third.secrets.map((secret) => secret.expiresAtMs),
      [undefined, undefined, 9_000],
    );
  });

  test("is refused above five, and for a client without secrets", () => {
    let client = application;
    for (let count = 1; count < 5; count++) {
      client = withNewSecret(client, { ...NOW, othersExpireAtMs: undefined }).application;
    }
    assert.throws(() => withNewSecret(client, { ...NOW, othersExpireAtMs: undefined }), ClientRefused);
    const open = newClient({ ...WEB, profile: "browser" }, NOW).application;
    assert.throws(() => withNewSecret(open, { ...NOW, othersExpireAtMs: undefined }), ClientRefused);
  });
});
