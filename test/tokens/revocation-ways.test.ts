import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { decodeJwt } from "jose";
import { z } from "zod";
import type { AccessTokenGrant } from "../../src/oidc/access-token.ts";
import { sha256 } from "../../src/platform/digest.ts";
import { endedBy } from "../../src/token-feed.ts";
import { sessionIndexFor } from "../../src/session/session-index.ts";
import { tokensApp } from "../account/tokens-app.ts";
import { oidcApplication } from "../fixtures/oidc/application.ts";
import { feedReader } from "./feed-client.ts";
import {
  API,
  askVerify,
  basic,
  make,
  person,
  RESOURCE_SERVER_SECRET,
  SERVICE_SECRET,
  startTokenApp,
  type TokenApp,
  tokenInput,
} from "./token-app.ts";

const Ids = z.object({ revocation_ids: z.array(z.string()) });

describe("every way in which a token ends reaches the feed", () => {
  let app: TokenApp;
  let reader: Awaited<ReturnType<typeof feedReader>>;
  const server = basic("orders-server", RESOURCE_SERVER_SECRET);
  const robot = basic("robot", SERVICE_SECRET);
  before(async () => {
    app = await startTokenApp();
    await app.parts.tokens.note([{ what: "revoked", id: "the first of all" }]);
    reader = await feedReader(app, server);
  });
  after(async () => await app.close());

  async function post(path: string, form: Readonly<Record<string, string>>) {
    const response = await fetch(`${app.origin}${path}`, {
      method: "POST",
      headers: { ...robot, "Content-Type": "application/x-www-form-urlencoded" },
      body: new URLSearchParams(form),
    });
    return await response.text();
  }
  async function accessToken(): Promise<string> {
    const body = await post("/oauth2/token", { grant_type: "client_credentials", resource: API });
    return z.object({ access_token: z.string() }).parse(JSON.parse(body)).access_token;
  }
  const idsOf = async (token: string) =>
    Ids.parse((await askVerify(app, { token }, server)).body).revocation_ids;

  test("an API token: suspended, released, changed, replaced, revoked, by the id that a check named", async () => {
    const alice = person(app, "alice");
    const { token, secret } = await make(app, alice);
    const { id } = token;
    assert.deepEqual(await idsOf(secret), [id]);
    const { apiTokens } = app;
    await apiTokens.suspend(alice, id);
    await apiTokens.release(alice, id);
    const { limits } = tokenInput(app, { limits: { perMinute: 5 } });
    assert.equal((await apiTokens.change(alice, id, { limits })).ok, true);
    assert.equal((await apiTokens.rotate(alice, id, { overlapSeconds: 60 })).ok, true);
    await apiTokens.revoke(alice, id);
    assert.deepEqual(
      await reader.news(),
      ["suspended", "released", "changed", "changed", "revoked"].map((what) => [what, id]),
    );
  });

  test("many API tokens at once: each by its id", async () => {
    const bob = person(app, "bob");
    const made = [await make(app, bob), await make(app, bob)];
    const filter = { owner: { kind: "account", id: "bob" } } as const;
    const done = await app.apiTokens.revokeWhere(person(app, "olga"), filter);
    assert.equal(done.ok, true);
    const news = await reader.news();
    assert.deepEqual(new Set(news.map(([, id]) => id)), new Set(made.map(({ token }) => token.id)));
  });

  test("an opaque access token, revoked by its client: the family that a check named", async () => {
    const token = await accessToken();
    const [family] = await idsOf(token);
    await post("/oauth2/revoke", { token });
    assert.deepEqual(await reader.news(), [["revoked", family]]);
    assert.deepEqual((await askVerify(app, { token }, server)).body, { active: false });
  });

  test("a JWT access token: the family, the session and the grant that stand in it", async () => {
    const jwtClient = oidcApplication({ id: "jwt-client", accessTokenFormat: "jwt", resources: [API] });
    const grant: AccessTokenGrant = {
      clientId: "jwt-client",
      basis: { accountId: "alice", sessionId: "session-1", grantId: "grant-1" },
      subject: "alice",
      scopes: ["orders:read"],
      audience: [API],
      familyId: "family-1",
      userinfoWishes: [],
    };
    const { text } = app.protocols.oidc.accessTokens.make(jwtClient, grant);
    const ids = Ids.parse(decodeJwt(text)).revocation_ids;
    const sid = sessionIndexFor("session-1", "jwt-client");
    assert.deepEqual(ids, ["family-1", sid, "grant-1"]);
    const { families } = app.protocols.oidc;
    await families.revoke("family-1");
    await families.revokeGrant("grant-1");
    assert.deepEqual(await reader.news(), [
      ["revoked", "family-1"],
      ["grant-withdrawn", "grant-1"],
    ]);
  });

  test("a session that ends: as each OpenID Connect application calls it, and no SAML one", async () => {
    const { sessions, participants, clock } = app.parts;
    const nowMs = clock.nowMs();
    const session = {
      id: "session-2",
      accountId: "alice",
      startedAtMs: nowMs,
      lastSeenAtMs: nowMs,
      remembered: false,
      authentication: {
        instantMs: nowMs,
        methods: ["pwd"],
        context: "password",
      },
    } as const;
    await sessions.begin(session, "hash-of-a-cookie");
    for (const [applicationId, protocol] of [
      ["robot", "oidc"],
      ["vault", "saml"],
    ] as const) {
      const sessionIndex = sessionIndexFor(session.id, applicationId);
      const wire = {};
      const known = { applicationId, protocol, subject: "alice", sessionIndex, lastSignOnMs: nowMs, wire };
      await participants.record(session.id, "alice", known);
    }
    await app.protocols.endSession.endQuietly([session.id]);
    assert.deepEqual(await reader.news(), [["session-ended", sessionIndexFor("session-2", "robot")]]);
  });

  test("a leaked access token that somebody exposes in an address: its family", async () => {
    const token = await accessToken();
    const [family] = await idsOf(token);
    await (await fetch(`${app.origin}/?access_token=${token}`)).text();
    assert.deepEqual(await reader.news(), [["revoked", family]]);
  });

  test("an act of an administrator: whom it touched, as a hash where it may be guessed", async () => {
    const pairwise = oidcApplication({
      id: "shop",
      subjectType: "pairwise",
      sectorIdentifier: "shop.example",
    });
    await app.parts.stores.durable.applications.insert(pairwise);
    await app.parts.applications.reload();
    const subject = app.parts.subjects.pairwise("alice", "shop.example");
    const of = (...given: [Parameters<typeof endedBy>[1], string?]) => endedBy(app.parts, given[0], given[1]);
    assert.deepEqual(of("accounts", "alice"), [
      { what: "subject-changed", id: sha256("alice") },
      { what: "subject-changed", id: sha256(subject) },
    ]);
    assert.deepEqual(of("applications", "shop"), [{ what: "client-changed", id: sha256("shop") }]);
    assert.deepEqual(of("resources", API), [{ what: "resource-changed", id: sha256(API) }]);
    assert.deepEqual(of("keys"), [{ what: "keys-changed", id: "keys" }]);
    for (const changed of ["accounts", "applications", "resources", "settings"] as const) {
      assert.deepEqual(of(changed), [], `${changed}: nobody's token has ended`);
    }
  });
});

test("an account that is switched off on its page, and an application that is removed on its own, reach the feed", async (t) => {
  const app = await tokensApp(t);
  const { parts } = app;
  await parts.stores.durable.applications.insert(oidcApplication({ id: "shop" }));
  await parts.applications.reload();
  const { feed, note } = parts.tokens;
  await note([{ what: "revoked", id: "the first of all" }]);
  const { next } = await feed.since(undefined);
  const olga = await app.browserOf("olga");
  await olga.get(`/admin/accounts/${app.alice.id}`);
  const { csrf = "" } = olga.hidden();
  await olga.post(`/admin/accounts/${app.alice.id}/switch`, { csrf, enabled: "off" });
  await olga.post("/admin/applications/shop/switch", { csrf, enabled: "off" });
  await olga.post("/admin/applications/shop/remove", { csrf });
  const { events } = await feed.since(next);
  assert.deepEqual(
    events.map((event) => (event.what === "all" ? event.what : [event.what, event.id])),
    [
      ["subject-changed", sha256(app.alice.id)],
      ["client-changed", sha256("shop")],
      ["client-changed", sha256("shop")],
    ],
  );
});
