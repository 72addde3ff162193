import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { decodeJwt, generateKeyPair, SignJWT } from "jose";
import { sha256 } from "../../src/platform/digest.ts";
import { eventually } from "../fixtures/eventually.ts";
import { API, basic, OTHER_API, SERVICE_SECRET } from "../tokens/token-app.ts";
import { refusalOf, verifiedApi } from "./verified-api.ts";

type Api = Awaited<ReturnType<typeof verifiedApi>>;
const NO_SCOPES: readonly string[] = [];
const check = async (api: Api, token: string) => await api.check(token, { headers: {} }, NO_SCOPES);

/** A JWT with other claims or another type, signed with Gatehouse's own key. */
function signedBy(
  { app }: Api,
  claims: Readonly<Record<string, unknown>>,
  type: "at+jwt" | "JWT" = "at+jwt",
) {
  return app.protocols.oidc.signer.sign("ES256", type, claims);
}

async function checkedHow(api: Api, token: string) {
  const found = await check(api, token);
  return found.ok ? found.checked : found.status;
}

describe("an API that checks JWTs with the example", () => {
  test("asks nobody, once it has the keys", async (t) => {
    const api = await verifiedApi(t);
    const jwt = await api.jwt();
    assert.equal(await checkedHow(api, jwt), "offline");
    api.asked = [];
    assert.equal(await checkedHow(api, jwt), "offline");
    assert.deepEqual(api.asked, []);
  });

  test("refuses another type, issuer, audience or time, a missing claim and a binding, offline", async (t) => {
    const api = await verifiedApi(t);
    const claims = decodeJwt(await api.jwt());
    const { exp = 0 } = claims;
    assert.equal(await checkedHow(api, signedBy(api, claims)), "offline", "as it came it is good");
    api.asked = [];
    const wrong: Readonly<Record<string, string>> = {
      type: signedBy(api, claims, "JWT"),
      issuer: signedBy(api, { ...claims, iss: "https://other.example" }),
      audience: signedBy(api, { ...claims, aud: OTHER_API }),
      expired: signedBy(api, { ...claims, exp: exp - 700 }),
      endless: signedBy(api, { ...claims, exp: undefined }),
      nobody: signedBy(api, { ...claims, sub: undefined }),
      client: signedBy(api, { ...claims, client_id: undefined }),
      id: signedBy(api, { ...claims, jti: undefined }),
      ids: signedBy(api, { ...claims, revocation_ids: "all" }),
      bound: signedBy(api, { ...claims, cnf: { jkt: "k".repeat(43) } }),
    };
    for (const [name, jwt] of Object.entries(wrong)) {
      assert.deepEqual(refusalOf(await check(api, jwt)), [401, "invalid_token"], name);
    }
    assert.deepEqual(api.asked, []);
  });

  test("refuses a signature of another key, one that was changed, and none", async (t) => {
    const api = await verifiedApi(t);
    const jwt = await api.jwt();
    const { privateKey } = await generateKeyPair("ES256");
    const [header = "", payload = "", signature = ""] = jwt.split(".");
    const { kid } = JSON.parse(Buffer.from(header, "base64url").toString()) as { kid: string };
    const none = Buffer.from(JSON.stringify({ alg: "none", typ: "at+jwt", kid })).toString("base64url");
    const forged = [
      await new SignJWT(decodeJwt(jwt))
        .setProtectedHeader({ alg: "ES256", typ: "at+jwt", kid })
        .sign(privateKey),
      await new SignJWT(decodeJwt(jwt))
        .setProtectedHeader({ alg: "ES256", typ: "at+jwt", kid: "?" })
        .sign(privateKey),
      await new SignJWT(decodeJwt(jwt))
        .setProtectedHeader({ alg: "HS256", typ: "at+jwt", kid })
        .sign(new TextEncoder().encode(JSON.stringify(api.app.parts.keyRing.byId(kid)?.jwk))),
      `${header}.${payload}.${signature.slice(0, -2)}AA`,
      `${none}.${payload}.x`,
    ];
    for (const [index, one] of forged.entries()) {
      assert.deepEqual(refusalOf(await check(api, one)), [401, "invalid_token"], String(index));
    }
  });

  test("refuses one that was revoked, within the feed's time; another one of the same client stays good", async (t) => {
    const api = await verifiedApi(t);
    const [jwt, other] = [await api.jwt(), await api.jwt()];
    assert.equal(await checkedHow(api, jwt), "offline");
    await api.after(async () => {
      await fetch(`${api.app.origin}/oauth2/revoke`, {
        method: "POST",
        headers: {
          ...basic("jwt-robot", SERVICE_SECRET),
          "content-type": "application/x-www-form-urlencoded",
        },
        body: new URLSearchParams({ token: jwt }),
      });
    });
    assert.deepEqual(refusalOf(await check(api, jwt)), [401, "invalid_token"]);
    assert.equal(await checkedHow(api, other), "offline");
  });

  test("asks about one whose account, client, session or API was touched, and believes what it hears", async (t) => {
    const api = await verifiedApi(t);
    for (const id of ["jwt-robot", API].map(sha256)) {
      const jwt = await api.jwt();
      await api.after(async () => await api.app.parts.tokens.note([{ what: "client-changed", id }]));
      assert.equal(await checkedHow(api, jwt), "online", "it is still good");
      api.app.clock.advance(6_000);
      assert.equal(await checkedHow(api, await api.jwt()), "offline", "this one was issued afterwards");
    }
    const removed = await api.jwt();
    await api.after(async () => {
      const { applications } = api.app.parts;
      await api.app.parts.stores.durable.applications.delete("jwt-robot");
      await applications.reload();
      await api.app.parts.tokens.note([{ what: "client-changed", id: sha256("jwt-robot") }]);
    });
    assert.deepEqual(refusalOf(await check(api, removed)), [401, "invalid_token"]);
  });

  test("a signature that was checked counts until the keys change, and a changed token is another one", async (t) => {
    const api = await verifiedApi(t);
    const jwt = await api.jwt();
    assert.equal(await checkedHow(api, jwt), "offline");
    assert.equal(await checkedHow(api, `${jwt.slice(0, -4)}AAAA`), 401);
    api.intercept(async (url, answer) =>
      url.pathname === "/oauth2/jwks" ? Response.json({ keys: [] }) : await answer(),
    );
    assert.equal(await checkedHow(api, jwt), "offline");
    await api.after(async () => await api.app.parts.tokens.note([{ what: "keys-changed", id: "keys" }]));
    await eventually(async () => {
      assert.equal(await checkedHow(api, jwt), 401, "no key of ours signed it any more");
    });
  });

  test("asks about all that were issued before the feed forgot, and lives on", async (t) => {
    const api = await verifiedApi(t);
    const jwt = await api.jwt();
    await api.after(async () => {
      await api.app.parts.stores.volatile.delete(["revocation-sequence"]);
      await api.app.parts.tokens.note([{ what: "revoked", id: "whose event is lost" }]);
    });
    assert.equal(await checkedHow(api, jwt), "online");
    api.app.clock.advance(6_000);
    assert.equal(await checkedHow(api, await api.jwt()), "offline");
  });
});

describe("while the feed is silent", () => {
  const silent = async (
    t: Parameters<typeof verifiedApi>[0],
    settings: Parameters<typeof verifiedApi>[1] = {},
  ) => {
    const api = await verifiedApi(t, { silentAfterSeconds: 10, ...settings });
    const jwt = await api.jwt();
    await check(api, jwt);
    return { api, jwt };
  };
  const away = async () => await Promise.reject(new TypeError("fetch failed"));

  test("a JWT is asked about", async (t) => {
    const { api, jwt } = await silent(t);
    api.app.clock.advance(10_000);
    assert.equal(await checkedHow(api, jwt), "online");
  });

  test("and Gatehouse is away: a JWT counts until its end, and no opaque token does", async (t) => {
    const { api, jwt } = await silent(t);
    api.app.clock.advance(10_000);
    api.intercept(away);
    assert.equal(await checkedHow(api, jwt), "offline");
    api.app.clock.advance(606_000);
    assert.equal(await checkedHow(api, jwt), 401);
  });

  test("and Gatehouse is away: with `refuse` a JWT is 503", async (t) => {
    const { api, jwt } = await silent(t, { unknownJwt: "refuse" });
    api.app.clock.advance(10_000);
    api.intercept(away);
    assert.equal(await checkedHow(api, jwt), 503);
  });

  test("and Gatehouse is away: what the feed had named before stays named", async (t) => {
    const { api, jwt } = await silent(t);
    const [id = ""] = decodeJwt<{ revocation_ids: string[] }>(jwt).revocation_ids;
    await api.after(async () => await api.app.parts.tokens.note([{ what: "revoked", id }]));
    api.app.clock.advance(10_000);
    api.intercept(away);
    assert.equal(await checkedHow(api, jwt), 503);
  });

  test("a document that another key signed, that is for another cursor, or that is too old, does not count as heard", async (t) => {
    const { api, jwt } = await silent(t);
    const { privateKey } = await generateKeyPair("ES256");
    const { signer } = api.app.protocols.oidc;
    const claims = (url: URL) => ({
      iss: "http://localhost:4000",
      iat: Math.floor(api.app.clock.nowMs() / 1_000),
      after: Number(url.searchParams.get("after")),
      next: Number(url.searchParams.get("after")),
      events: [],
    });
    const forged: ((url: URL) => string | Promise<string>)[] = [
      async (url) =>
        await new SignJWT(claims(url))
          .setProtectedHeader({ alg: "ES256", typ: "token-revocations+jwt" })
          .sign(privateKey),
      (url) => signer.sign("ES256", "at+jwt", claims(url)),
      (url) => signer.sign("ES256", "token-revocations+jwt", { ...claims(url), after: 1 }),
      (url) => signer.sign("ES256", "token-revocations+jwt", { ...claims(url), iat: 1 }),
      (url) => signer.sign("ES256", "token-revocations+jwt", { ...claims(url), events: undefined }),
      (url) => signer.sign("ES256", "token-revocations+jwt", { ...claims(url), events: ["revoked"] }),
    ];
    for (const document of forged) {
      let polls = 0;
      api.intercept(async (url, answer) => {
        if (url.pathname !== "/tokens/revocations") return await answer();
        polls += 1;
        return new Response(await document(url));
      });
      api.app.clock.advance(10_000);
      // The poll that waits at Gatehouse is answered there; the next one is ours.
      await api.after(async () => await api.app.parts.tokens.note([{ what: "revoked", id: `x${polls}` }]));
      api.app.clock.advance(10_000);
      assert.equal(await checkedHow(api, await api.jwt()), "online");
    }
    assert.equal(await checkedHow(api, jwt), "online");
  });
});
