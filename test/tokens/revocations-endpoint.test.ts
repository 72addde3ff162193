import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { sha256 } from "../../src/platform/digest.ts";
import { MOST_OF_ONE_READER } from "../../src/tokens/feed-connections.ts";
import { eventually } from "../fixtures/eventually.ts";
import { feedReader, getFeed, readDocument, streamReader } from "./feed-client.ts";
import {
  basic,
  make,
  person,
  RESOURCE_SERVER_SECRET,
  SERVICE_SECRET,
  startTokenApp,
  type TokenApp,
} from "./token-app.ts";

const STREAM = { Accept: "text/event-stream" };

describe("GET /tokens/revocations", () => {
  let app: TokenApp;
  const server = basic("orders-server", RESOURCE_SERVER_SECRET);
  before(async () => {
    app = await startTokenApp();
    // The first number of all begins the log; who knows nothing cannot be told what came before it.
    await revokeOne();
  });
  after(async () => await app.close());

  async function revokeOne(): Promise<string> {
    const alice = person(app, "alice");
    const { token } = await make(app, alice);
    await app.apiTokens.revoke(alice, token.id);
    return token.id;
  }
  const ownToken = async (scope: string) => {
    const made = await make(app, person(app, "olga"), {
      kind: "svc",
      owner: { kind: "application", id: "robot" },
      limits: { resources: ["http://localhost:4000/api"], scopes: [scope] },
    });
    return { Authorization: `Bearer ${made.secret}` };
  };

  test("says what was revoked, signed, and never with the token in it", async () => {
    const reader = await feedReader(app, server);
    const alice = person(app, "alice");
    const { token, secret } = await make(app, alice);
    await app.apiTokens.revoke(alice, token.id);
    const answer = await getFeed(app, server, `?after=${reader.cursor()}`);
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get("content-type"), "application/jwt");
    assert.equal(answer.headers.get("cache-control"), "private, no-cache");
    const claims = await readDocument(app, await answer.text());
    const at = Math.floor(app.clock.nowMs() / 1_000);
    assert.deepEqual(claims.events, [{ what: "revoked", id: token.id, at }]);
    assert.deepEqual([claims.after, claims.iat, claims.reset], [reader.cursor(), at, undefined]);
    assert.equal(JSON.stringify(claims).includes(secret.slice(8, 40)), false);
    assert.equal(JSON.stringify(claims).includes(sha256(secret)), false);
  });

  test("without a cursor, or with one that is too old or was never given, it says that all must be forgotten", async () => {
    await revokeOne();
    const reader = await feedReader(app, server);
    for (const query of ["", "?after=1", `?after=${reader.cursor() + 1_000}`]) {
      const claims = await readDocument(app, await (await getFeed(app, server, query)).text());
      assert.deepEqual([claims.reset, claims.events, claims.next], [true, [], reader.cursor()], query);
    }
  });

  test("a cursor in between gets what came after it and no more", async () => {
    const reader = await feedReader(app, server);
    const ids = [await revokeOne(), await revokeOne(), await revokeOne()];
    const claims = await readDocument(
      app,
      await (await getFeed(app, server, `?after=${reader.cursor() + 1}`)).text(),
    );
    assert.deepEqual(
      claims.events.map(({ id }) => id),
      ids.slice(1),
    );
  });

  test("with the ETag of the last answer and no news it is 304; with news it is not", async () => {
    const reader = await feedReader(app, server);
    const query = `?after=${reader.cursor()}`;
    const first = await getFeed(app, server, query);
    const etag = first.headers.get("etag") ?? "";
    await first.text();
    const again = await getFeed(app, { ...server, "If-None-Match": etag }, query);
    assert.deepEqual([again.status, await again.text(), again.headers.get("etag")], [304, "", etag]);
    await revokeOne();
    const news = await getFeed(app, { ...server, "If-None-Match": etag }, query);
    assert.equal(news.status, 200);
    assert.equal((await readDocument(app, await news.text())).events.length, 1);
  });

  test("a poll that waits is answered as soon as there is news, and else when its time is up", async () => {
    const reader = await feedReader(app, server);
    const waiting = reader.read("&wait=20");
    await wait(50);
    const id = await revokeOne();
    assert.deepEqual(
      (await waiting).events.map((event) => event.id),
      [id],
    );
    const quiet = await reader.read("&wait=1");
    assert.deepEqual([quiet.events, quiet.reset], [[], undefined]);
  });

  test("a stream begins with a signed document and brings each event with its cursor", async () => {
    const reader = await feedReader(app, server);
    const answer = await getFeed(app, { ...server, ...STREAM }, `?after=${reader.cursor()}`);
    assert.equal(answer.headers.get("content-type"), "text/event-stream");
    assert.ok(answer.body);
    const events = streamReader(answer.body);
    const first = await events.next();
    assert.deepEqual([first?.event, first?.id], ["revocations", String(reader.cursor())]);
    const id = await revokeOne();
    const second = await events.next();
    const claims = await readDocument(app, second?.data ?? "");
    assert.deepEqual([claims.events[0]?.id, second?.id], [id, String(claims.next)]);
    await events.cancel();
  });

  test("a stream that comes again with Last-Event-ID gets what it missed", async () => {
    const reader = await feedReader(app, server);
    const id = await revokeOne();
    const headers = { ...server, ...STREAM, "Last-Event-ID": String(reader.cursor()) };
    const answer = await getFeed(app, headers, "?after=1");
    assert.ok(answer.body);
    const events = streamReader(answer.body);
    const claims = await readDocument(app, (await events.next())?.data ?? "");
    assert.deepEqual([claims.events.map((event) => event.id), claims.reset], [[id], undefined]);
    await events.cancel();
  });

  test("a token with tokens:verify may read it; one with another scope may not", async () => {
    assert.equal((await getFeed(app, await ownToken("tokens:verify"))).status, 200);
    const other = await getFeed(app, await ownToken("tokens:read"));
    assert.equal(other.status, 403);
    assert.match(other.headers.get("www-authenticate") ?? "", /insufficient_scope/);
  });

  test("nobody in particular is refused, and so is a wrong secret, and a client that introspects for nothing", async () => {
    const anonymous = await getFeed(app, {});
    assert.equal(anonymous.status, 401);
    assert.match(anonymous.headers.get("www-authenticate") ?? "", /^Bearer realm="tokens"$/);
    const wrong = await getFeed(app, basic("orders-server", "a-guess"));
    assert.equal(wrong.status, 401);
    assert.match(wrong.headers.get("www-authenticate") ?? "", /^Basic/);
    assert.equal((await getFeed(app, basic("robot", SERVICE_SECRET))).status, 403);
    for (const { body } of [anonymous, wrong]) await body?.cancel();
  });

  test("a cursor or a time that is no number is refused, also when it comes twice", async () => {
    const queries = [
      "?after=x",
      "?after=-1",
      "?after=1e9",
      "?after=1&after=2",
      "?wait=x",
      "?wait=100",
      "?after=%FF",
    ];
    for (const query of queries) assert.equal((await getFeed(app, server, query)).status, 400, query);
    const header = await getFeed(app, { ...server, "Last-Event-ID": "x" });
    assert.equal(header.status, 400);
  });

  test("another method is 405", async () => {
    const answer = await fetch(`${app.origin}/tokens/revocations`, { method: "POST", headers: server });
    assert.deepEqual([answer.status, answer.headers.get("allow")], [405, "GET, HEAD"]);
  });

  test("one reader has so many connections at a time and no more, and gets them back", async () => {
    const open = await Promise.all(
      Array.from({ length: MOST_OF_ONE_READER }, async () => await getFeed(app, { ...server, ...STREAM })),
    );
    const refused = await getFeed(app, { ...server, ...STREAM });
    assert.deepEqual([refused.status, refused.headers.get("retry-after")], [429, "5"]);
    assert.equal((await getFeed(app, await ownToken("tokens:verify"))).status, 200, "another reader");
    await Promise.all(open.map(async ({ body }) => await body?.cancel()));
    await eventually(async () => {
      assert.equal((await getFeed(app, server)).status, 200);
    });
  });

  test("a server that stops ends the streams and answers who waits", async () => {
    const own = await startTokenApp();
    try {
      const reader = await feedReader(own, server);
      const answer = await getFeed(own, { ...server, ...STREAM });
      assert.ok(answer.body);
      const events = streamReader(answer.body);
      await events.next();
      const waiting = reader.read("&wait=20");
      await wait(50);
      own.parts.tokens.feed.close();
      assert.equal(await events.next(), undefined);
      assert.deepEqual((await waiting).events, []);
    } finally {
      await own.close();
    }
  });
});
