import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { z } from "zod";
import { KeyRing } from "../../src/keys/key-ring.ts";
import { wellKnownPaths } from "../../src/oidc/discovery-endpoint.ts";
import { jsonOf } from "../fixtures/oidc/client.ts";
import { keyRingOf, signingKey } from "../fixtures/oidc/key-ring.ts";
import { ISSUER, type OidcApp, startOidcApp } from "../fixtures/oidc-app.ts";

let app: OidcApp;
const ring = new KeyRing();
const KEYS = [
  signingKey("RSA-2048", "rsa-a"),
  signingKey("P-256", "ec-a"),
  signingKey("RSA-2048", "rsa-next", "next"),
  signingKey("P-256", "ec-old", "retiring"),
];
before(async () => {
  ring.load(KEYS);
  app = await startOidcApp({ keyRing: ring });
});
after(async () => await app.close());

const DISCOVERY = "/.well-known/openid-configuration";
const PUBLISHED = [DISCOVERY, "/.well-known/oauth-authorization-server", "/oauth2/jwks"];

for (const path of PUBLISHED) {
  describe(path, () => {
    test("is JSON for any origin, and cacheable for minutes", async () => {
      const response = await fetch(app.origin + path, { headers: { origin: "https://any.test" } });
      assert.equal(response.status, 200);
      assert.equal(response.headers.get("content-type"), "application/json");
      assert.equal(response.headers.get("access-control-allow-origin"), "*");
      assert.equal(response.headers.get("access-control-allow-credentials"), null);
      assert.equal(response.headers.get("cross-origin-resource-policy"), "cross-origin");
      assert.equal(response.headers.get("cache-control"), "public, max-age=300");
      assert.deepEqual(response.headers.getSetCookie(), []);
    });

    test("whoever has it already gets 304, with another tag the whole", async () => {
      const etag = (await fetch(app.origin + path)).headers.get("etag") ?? "";
      for (const tags of [etag, `W/${etag}`, `"x", ${etag}`, "*"]) {
        const response = await fetch(app.origin + path, { headers: { "if-none-match": tags } });
        assert.equal(response.status, 304, tags);
        assert.equal(response.headers.get("etag"), etag);
      }
      assert.equal((await fetch(app.origin + path, { headers: { "if-none-match": '"x"' } })).status, 200);
    });

    test("HEAD has the length and no body", async () => {
      const response = await fetch(app.origin + path, { method: "HEAD" });
      assert.equal(response.status, 200);
      assert.ok(Number(response.headers.get("content-length")) > 100);
    });
  });
}

describe("JWKS", () => {
  async function keys(): Promise<Record<string, unknown>[]> {
    const body = await jsonOf(await fetch(`${app.origin}/oauth2/jwks`));
    return z.array(z.record(z.string(), z.unknown())).parse(body["keys"]);
  }

  test("has next, active and retiring keys, each with its own kid and use, and no private member (CF-S2)", async () => {
    const all = await keys();
    assert.deepEqual(
      all.map((key) => key["kid"]),
      ["rsa-a", "ec-a", "rsa-next", "ec-old"],
    );
    for (const key of all) {
      const members =
        key["kty"] === "RSA" ? ["e", "kid", "kty", "n", "use"] : ["crv", "kid", "kty", "use", "x", "y"];
      assert.deepEqual(Object.keys(key).sort(), members);
      assert.equal(key["use"], "sig");
    }
  });

  test("shows a rotation at once under a new tag, with the old key still there (CF-60)", async () => {
    const before = (await fetch(`${app.origin}/oauth2/jwks`)).headers.get("etag") ?? "";
    ring.load([...KEYS, signingKey("P-256", "ec-new", "next")]);
    const response = await fetch(`${app.origin}/oauth2/jwks`, { headers: { "if-none-match": before } });
    assert.equal(response.status, 200);
    assert.deepEqual((await keys()).map((key) => key["kid"]).slice(-2), ["ec-old", "ec-new"]);
  });
});

describe("discovery", () => {
  test("lists only algorithms that have a signing key", async () => {
    const other = await startOidcApp({ keyRing: keyRingOf("RSA-2048", "Ed25519") });
    const body = await jsonOf(await fetch(other.origin + DISCOVERY));
    await other.close();
    assert.deepEqual(body["id_token_signing_alg_values_supported"], [
      "RS256",
      "RS384",
      "RS512",
      "PS256",
      "EdDSA",
    ]);
  });

  test("an issuer with a path is found by both rules, under one identical issuer (B60)", async () => {
    const issuer = "https://id.example.org/tenant/a";
    const other = await startOidcApp({ issuer });
    const paths = wellKnownPaths(issuer);
    const found = await Promise.all(
      paths.map(async (path) => {
        const body = await jsonOf(await fetch(other.origin + path));
        return body["issuer"];
      }),
    );
    await other.close();
    assert.deepEqual(
      paths.filter((path) => path.includes("openid")),
      [
        "/.well-known/openid-configuration",
        "/tenant/a/.well-known/openid-configuration",
        "/.well-known/openid-configuration/tenant/a",
      ],
    );
    assert.deepEqual(
      found,
      paths.map(() => issuer),
    );
  });

  test("a forged Host changes nothing in it (WB-30)", async () => {
    const headers = { "x-forwarded-host": "evil.test", forwarded: "host=evil.test" };
    const text = await (await fetch(app.origin + DISCOVERY, { headers })).text();
    assert.doesNotMatch(text, /evil/);
    assert.ok(text.includes(ISSUER));
  });
});
