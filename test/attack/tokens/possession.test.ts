import assert from "node:assert/strict";
import { createHash, X509Certificate } from "node:crypto";
import { after, before, describe, test } from "node:test";
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWTPayload, SignJWT } from "jose";
import { DpopProofs } from "../../../src/oidc/dpop-proof.ts";
import { sha256 } from "../../../src/platform/digest.ts";
import { openEmbeddedVolatileStore } from "../../../src/volatile/embedded.ts";
import { TestClock } from "../../fixtures/clock.ts";
import { temporaryFolder } from "../../fixtures/children.ts";
import { make, person, startTokenApp, type TokenApp } from "../../tokens/token-app.ts";
import { bearer, overTheWire } from "./wire.ts";

const ISSUER = "http://localhost:4000";
const OWN_API = `${ISSUER}/api`;
const URL_OF_LIST = `${ISSUER}/api/v1/tokens`;

const pair = await generateKeyPair("ES256", { extractable: true });
const jwk = await exportJWK(pair.publicKey);
const thumbprint = await calculateJwkThumbprint(jwk);
let jti = 0;

interface ProofChanges {
  readonly claims?: JWTPayload;
  readonly header?: Readonly<Record<string, unknown>>;
  readonly key?: CryptoKey | Uint8Array;
}

async function proofOf(clock: TestClock, token: string, changes: ProofChanges = {}): Promise<string> {
  jti += 1;
  const claims = {
    jti: `proof-${jti}`,
    htm: "GET",
    htu: URL_OF_LIST,
    iat: Math.floor(clock.nowMs() / 1_000),
    ath: sha256(token),
    ...changes.claims,
  };
  return await new SignJWT(claims)
    .setProtectedHeader({ alg: "ES256", typ: "dpop+jwt", jwk, ...changes.header })
    .sign(changes.key ?? pair.privateKey, { crit: { "urn:unknown": true } });
}

describe("a token that is bound to a key", () => {
  let app: TokenApp;
  let secret: string;
  before(async () => {
    app = await startTokenApp();
    const binding = { kind: "dpop", thumbprint } as const;
    const limits = { resources: [OWN_API], scopes: ["tokens:read"], binding };
    secret = (await make(app, person(app, "alice"), { limits })).secret;
  });
  after(async () => await app.close());

  async function use(proofs: readonly string[], scheme = "DPoP", target = "/api/v1/tokens"): Promise<number> {
    const headers = [
      ["Authorization", `${scheme} ${secret}`] as const,
      ...proofs.map((proof) => ["DPoP", proof] as const),
    ];
    return (await overTheWire(app.origin, { target, headers })).status;
  }

  test("is good with a proof of it, once", async () => {
    const proof = await proofOf(app.clock, secret);
    assert.equal(await use([proof]), 200);
    assert.equal(await use([proof]), 401);
  });

  test("of two uses of one proof at the same moment one is good", async () => {
    const proof = await proofOf(app.clock, secret);
    const statuses = await Promise.all(Array.from({ length: 8 }, async () => await use([proof])));
    const count = (wanted: number) => statuses.filter((status) => status === wanted).length;
    assert.deepEqual([count(200), count(401)], [1, 7]);
  });

  test("is none as Bearer, with or without a proof beside it (RFC 9449 7.2)", async () => {
    assert.equal(await use([], "Bearer"), 401);
    assert.equal(await use([await proofOf(app.clock, secret)], "Bearer"), 401);
  });

  test("is none without a proof, and with two", async () => {
    assert.equal(await use([]), 401);
    assert.equal(await use([await proofOf(app.clock, secret), await proofOf(app.clock, secret)]), 401);
  });

  const seconds = () => Math.floor(app.clock.nowMs() / 1_000);
  const refused: readonly (readonly [string, () => ProofChanges | Promise<ProofChanges>])[] = [
    ["for another method", () => ({ claims: { htm: "POST" } })],
    ["for the method in small letters", () => ({ claims: { htm: "get" } })],
    ["for another path", () => ({ claims: { htu: `${URL_OF_LIST}/x` } })],
    ["for the path in another case", () => ({ claims: { htu: `${ISSUER}/api/v1/Tokens` } })],
    ["for the path with a slash at its end", () => ({ claims: { htu: `${URL_OF_LIST}/` } })],
    ["for the path with a doubled slash", () => ({ claims: { htu: `${ISSUER}//api/v1/tokens` } })],
    ["for the path with an encoded slash", () => ({ claims: { htu: `${ISSUER}/api/v1%2ftokens` } })],
    ["for another host", () => ({ claims: { htu: "http://evil.example/api/v1/tokens" } })],
    ["for a host that ends with a dot", () => ({ claims: { htu: "http://localhost.:4000/api/v1/tokens" } })],
    [
      "for our host as somebody's user name",
      () => ({ claims: { htu: `${ISSUER}@evil.example/api/v1/tokens` } }),
    ],
    ["for another port", () => ({ claims: { htu: "http://localhost:4001/api/v1/tokens" } })],
    ["for another scheme", () => ({ claims: { htu: "https://localhost:4000/api/v1/tokens" } })],
    ["for a blob of ours", () => ({ claims: { htu: `blob:${URL_OF_LIST}` } })],
    ["for no absolute address", () => ({ claims: { htu: "/api/v1/tokens" } })],
    ["for another token", () => ({ claims: { ath: sha256("another") } })],
    ["for no token", () => ({ claims: { ath: undefined } })],
    ["with an id that is none", () => ({ claims: { jti: "" } })],
    ["with an id of 1 MB", () => ({ claims: { jti: "x".repeat(3_000) } })],
    ["with a time as text", () => ({ claims: { iat: String(seconds()) as unknown as number } })],
    ["that is older than a minute", () => ({ claims: { iat: seconds() - 61 } })],
    ["from the time to come", () => ({ claims: { iat: seconds() + 11 } })],
    ["that is a plain JWT", () => ({ header: { typ: "JWT" } })],
    ["that is an access token by its type", () => ({ header: { typ: "at+jwt" } })],
    [
      "with an extension that must be understood",
      () => ({ header: { crit: ["urn:unknown"], "urn:unknown": 1 } }),
    ],
    ["with the private key in it", async () => ({ header: { jwk: await exportJWK(pair.privateKey) } })],
    ["with a symmetric key in it", () => ({ header: { jwk: { kty: "oct", k: "AAAA" } } })],
    ["without its key", () => ({ header: { jwk: undefined } })],
    ["by another key than the one in it", async () => ({ key: (await generateKeyPair("ES256")).privateKey })],
    [
      "by a shared secret",
      () => ({ header: { alg: "HS256" }, key: new TextEncoder().encode(JSON.stringify(jwk)) }),
    ],
    [
      "by a key that is not the token's",
      async () => {
        const other = await generateKeyPair("ES256", { extractable: true });
        return { header: { jwk: await exportJWK(other.publicKey) }, key: other.privateKey };
      },
    ],
  ];
  for (const [what, changes] of refused) {
    test(`is none with a proof ${what}`, async () => {
      assert.equal(await use([await proofOf(app.clock, secret, await changes())]), 401);
    });
  }

  test("is none with an unsigned proof, or with one that was cut", async () => {
    const proof = await proofOf(app.clock, secret);
    const [header = "", payload = ""] = proof.split(".");
    assert.equal(await use([`${header}.${payload}.`]), 401);
    assert.equal(await use([proof.slice(0, -1)]), 401);
    assert.equal(await use(["a.b.c"]), 401);
    assert.equal(await use([proof]), 200);
  });

  for (const htu of [
    `${URL_OF_LIST}?limit=1#x`,
    "HTTP://LOCALHOST:4000/api/v1/tokens",
    `${ISSUER}/api/v1/x/../tokens`,
  ]) {
    test(`takes ${htu} for the same address (RFC 3986 6.2.2, 6.2.3)`, async () => {
      assert.equal(
        await use([await proofOf(app.clock, secret, { claims: { htu } })], "DPoP", "/api/v1/tokens?limit=1"),
        200,
      );
    });
  }

  test("cannot make a token that is bound to no key or to another one", async () => {
    const binding = { kind: "dpop", thumbprint } as const;
    const limits = { resources: [OWN_API], scopes: ["tokens:write"], binding };
    const { token } = await make(app, person(app, "alice"), { limits });
    const { id, owner, expiresAtMs } = token;
    const good = {
      active: true,
      id,
      kind: "pat",
      owner,
      subject: "alice",
      scopes: ["tokens:write"],
      resources: [OWN_API],
      issuedAtMs: 0,
      expiresAtMs,
    } as const;
    const access = { ...good, id: "family", kind: "at", binding } as const;
    for (const caller of [good, access]) {
      const actor = await app.apiTokens.actorOf(caller, "192.0.2.1");
      const wanted = (bound?: object) => ({
        kind: "pat",
        name: "Freed",
        expiresAtMs,
        limits: { resources: [OWN_API], scopes: ["tokens:write"], binding: bound },
      });
      for (const bound of [
        undefined,
        { kind: "dpop", thumbprint: "x".repeat(43) },
        { ...binding, kind: "certificate" },
      ]) {
        const made = await app.apiTokens.create(actor, wanted(bound));
        assert.equal(!made.ok && made.code, "invalid");
      }
      assert.equal((await app.apiTokens.create(actor, wanted(binding))).ok, true);
    }
  });
});

test("one proof at two processes at once is good at one of them", async () => {
  const clock = new TestClock();
  const path = `${temporaryFolder("dpop")}/volatile.db`;
  const stores = [openEmbeddedVolatileStore({ path, clock }), openEmbeddedVolatileStore({ path, clock })];
  try {
    const processes = stores.map((volatile) => new DpopProofs({ volatile, clock }));
    const proof = await proofOf(clock, "token");
    const use = { method: "GET", url: URL_OF_LIST, token: "token" };
    const answers = await Promise.all(
      [...processes, ...processes].map(async (proofs) => await proofs.check(proof, use)),
    );
    assert.equal(answers.filter(({ ok }) => ok).length, 1);
  } finally {
    for (const store of stores) await store.close();
  }
});

test("a proof is remembered for as long as it could be shown, also when the clock is set back", async () => {
  const clock = new TestClock();
  const volatile = openEmbeddedVolatileStore({ path: ":memory:", clock });
  /** The store goes by its own clock, as Redis does. */
  const ours = new TestClock(clock.nowMs());
  const proofs = new DpopProofs({ volatile, clock: ours });
  const proof = await proofOf(ours, "token", { claims: { iat: Math.floor(ours.nowMs() / 1_000) + 10 } });
  const use = { method: "GET", url: URL_OF_LIST, token: "token" };
  assert.equal((await proofs.check(proof, use)).ok, true);
  for (const [both, back] of [
    [70_000, 0],
    [1, 60_000],
    [60_000, 60_000],
  ] as const) {
    clock.advance(both);
    ours.advance(both - back);
    assert.equal((await proofs.check(proof, use)).ok, false);
  }
  await volatile.close();
});

describe("a token that is bound to a certificate", () => {
  const HEADER = "x-client-certificate";

  /** Gatehouse that believes `trusted`, and what a proxy would write of a certificate that a token is bound to. */
  async function bound(t: { after(undo: () => Promise<void>): void }, trusted: string) {
    const environment = { GATEHOUSE_TRUST_PROXY: trusted, GATEHOUSE_CLIENT_CERT_HEADER: HEADER };
    const app = await startTokenApp({ environment });
    t.after(async () => await app.close());
    const [key] = app.parts.keyRing.published();
    const certificate = new X509Certificate(pemOf(key?.certificate ?? ""));
    const thumbprint = createHash("sha256").update(certificate.raw).digest("base64url");
    const binding = { kind: "certificate", thumbprint } as const;
    const limits = { resources: [OWN_API], scopes: ["tokens:read"], binding };
    const { secret } = await make(app, person(app, "alice"), { limits });
    const use = async (...values: readonly string[]) => {
      const headers = [bearer(secret), ...values.map((value) => [HEADER, value] as const)];
      return (await overTheWire(app.origin, { target: "/api/v1/tokens", headers })).status;
    };
    const der = `:${certificate.raw.toString("base64")}:`;
    return { use, der, pem: encodeURIComponent(certificate.toString()), thumbprint };
  }

  test("is good with it, as RFC 9440 or nginx write it, from a proxy of ours", async (t) => {
    const { use, der, pem } = await bound(t, "127.0.0.1");
    assert.deepEqual([await use(der), await use(pem)], [200, 200]);
  });

  test("is none with the right certificate from a peer that anybody could be", async (t) => {
    const { use, der, pem } = await bound(t, "192.0.2.1");
    assert.deepEqual([await use(der), await use(pem), await use()], [401, 401, 401]);
  });

  test("is none without it, with two of them, with its thumbprint alone, or with what is no certificate", async (t) => {
    const { use, der, pem, thumbprint } = await bound(t, "127.0.0.1");
    for (const values of [
      [],
      [der, der],
      [der, pem],
      [thumbprint],
      [`:${thumbprint}:`],
      [""],
      ["::"],
      ["%zz"],
    ]) {
      assert.equal(await use(...values), 401, values.join(" ").slice(0, 40));
    }
  });
});

function pemOf(certificate: string): string {
  if (certificate.includes("-----BEGIN")) return certificate;
  return `-----BEGIN CERTIFICATE-----\n${certificate}\n-----END CERTIFICATE-----\n`;
}
