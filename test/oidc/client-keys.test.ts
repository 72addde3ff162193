import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { oidcApplication } from "../fixtures/oidc/application.ts";
import {
  assertionForm,
  clientAuthentication,
  clientPair,
  ISSUER,
  outcomeOf,
  signed,
} from "../fixtures/oidc/client-authentication.ts";

const URI = "https://job.example.org/jwks";
const client = oidcApplication({ id: "job", authenticationMethod: "private_key_jwt", jwksUri: URI });

/** A client that publishes its keys at an address; `publish` changes what is there. */
async function remoteClient() {
  let keys: readonly unknown[] = [];
  let broken: (() => string) | undefined;
  const fetched: string[] = [];
  const made = await clientAuthentication([client], async (url) => {
    fetched.push(url);
    await Promise.resolve();
    return { status: 200, contentType: "application/json", body: broken?.() ?? JSON.stringify({ keys }) };
  });
  let jti = 0;
  const pairs = new Map([1, 2, 3].map((number) => [`k${number}`, clientPair()]));
  return {
    clock: made.clock,
    fetched,
    /** A text stands for the key with that `kid`. */
    publish: (...published: unknown[]) => {
      keys = published.map((one) => (typeof one === "string" ? { ...pairs.get(one)?.jwk, kid: one } : one));
      broken = undefined;
    },
    breakDown: (how: () => string) => {
      broken = how;
    },
    use: async (kid: string): Promise<string> => {
      jti += 1;
      const exp = Math.floor(made.clock.nowMs() / 1000) + 60;
      const claims = { iss: "job", sub: "job", aud: ISSUER, jti: `j${jti}`, exp };
      const key = pairs.get(kid)?.privateKey ?? clientPair().privateKey;
      const text = signed(key, { alg: "ES256", kid }, claims);
      return await outcomeOf(made.authentication, assertionForm(text));
    },
  };
}

describe("jwks_uri", () => {
  test("is asked once for many assertions, also when they come at once", async () => {
    const remote = await remoteClient();
    remote.publish("k1");
    const outcomes = await Promise.all(Array.from({ length: 20 }, async () => await remote.use("k1")));
    assert.deepEqual(new Set(outcomes), new Set(["job"]));
    assert.equal(await remote.use("k1"), "job");
    assert.deepEqual(remote.fetched, [URI]);
  });

  test("is asked anew for an unknown kid, so that a client may rotate its keys (CF-70d)", async () => {
    const remote = await remoteClient();
    remote.publish("k1");
    assert.equal(await remote.use("k1"), "job");
    remote.publish("k1", "k2");
    remote.clock.advance(60_000);
    assert.equal(await remote.use("k2"), "job");
    assert.equal(remote.fetched.length, 2);
  });

  test("is not hammered by unknown kids: half a minute lies between two fetches", async () => {
    const remote = await remoteClient();
    remote.publish("k1");
    for (let count = 0; count < 50; count++) assert.equal(await remote.use(`k9-${count}`), "invalid_client");
    assert.equal(remote.fetched.length, 1);
    remote.clock.advance(30_000);
    assert.equal(await remote.use("k9"), "invalid_client");
    assert.equal(remote.fetched.length, 2);
  });

  test("takes a key away when the client has withdrawn it", async () => {
    const remote = await remoteClient();
    remote.publish("k1");
    assert.equal(await remote.use("k1"), "job");
    remote.publish("k2");
    remote.clock.advance(10 * 60_000);
    assert.equal(await remote.use("k1"), "invalid_client");
  });

  test("keeps the last good keys while the address is broken, for a day at most (RL-24)", async () => {
    const remote = await remoteClient();
    remote.publish("k1");
    assert.equal(await remote.use("k1"), "job");
    remote.breakDown(() => {
      throw new Error("away");
    });
    remote.clock.advance(60 * 60_000);
    assert.equal(await remote.use("k1"), "job");
    remote.clock.advance(24 * 60 * 60_000);
    assert.equal(await remote.use("k1"), "invalid_client");
  });

  for (const [name, body] of [
    ["is not JSON", "<html>"],
    ["has no keys", "{}"],
    ["has more than 50 keys", JSON.stringify({ keys: Array.from({ length: 51 }, () => ({ kty: "RSA" })) })],
  ] as const) {
    test(`lets nobody in when what it serves ${name}`, async () => {
      const remote = await remoteClient();
      remote.breakDown(() => body);
      assert.equal(await remote.use("k1"), "invalid_client");
    });
  }

  test("may serve keys that we cannot use beside those that we can", async () => {
    const remote = await remoteClient();
    remote.publish("k1", { kty: "oct", k: "AAAA" }, 7);
    assert.equal(await remote.use("k1"), "job");
  });
});
