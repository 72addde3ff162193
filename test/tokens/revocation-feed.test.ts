import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { EventEmitter } from "node:events";
import { describe, test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { Unavailable } from "../../src/platform/unavailable.ts";
import { FeedDocuments } from "../../src/tokens/feed-documents.ts";
import { FeedStream } from "../../src/tokens/feed-stream.ts";
import { MOST_IN_ANSWER, RevocationFeed } from "../../src/tokens/revocation-feed.ts";
import { RevocationLog, type RevocationEvent } from "../../src/tokens/revocation-log.ts";
import { openEmbeddedVolatileStore } from "../../src/volatile/embedded.ts";
import { eventually } from "../fixtures/eventually.ts";
import { TestClock } from "../fixtures/clock.ts";

const revoked = (id: string): RevocationEvent => ({ what: "revoked", id });

/** A feed over a log in memory, whose knowledge of the present can be taken away. */
async function open() {
  const clock = new TestClock();
  const store = openEmbeddedVolatileStore({ path: ":memory:", clock });
  const log = new RevocationLog(store, clock);
  let isAway = false;
  const looks = { count: 0 };
  const counted = {
    since: async (sequence: number) => {
      looks.count += 1;
      return await log.since(sequence);
    },
  };
  const feed = new RevocationFeed({
    log: counted,
    currency: {
      isKnown: () => !isAway,
      look: async () => {
        await turn();
        if (isAway) throw new Unavailable("volatile");
      },
    },
    clock,
  });
  await log.append([revoked("the first of all")]);
  await feed.look();
  const documents = new FeedDocuments({
    issuer: "https://sso.example",
    feed,
    sign: (claims) => JSON.stringify(claims),
    clock,
  });
  return {
    clock,
    store,
    log,
    feed,
    documents,
    looks,
    goAway: (away: boolean) => {
      isAway = away;
    },
    add: async (...ids: readonly string[]) => {
      await log.append(ids.map(revoked));
      await feed.look();
    },
  };
}

describe("the feed of one process", () => {
  test("many readers cost one look at the log", async () => {
    const { feed, add, looks } = await open();
    const { next } = await feed.since(undefined);
    await add("a", "b");
    const before = looks.count;
    const found = await Promise.all(Array.from({ length: 50 }, async () => await feed.since(next)));
    assert.equal(looks.count, before);
    assert.ok(found.every(({ events }) => events.length === 2));
  });

  test("calls for a look that come while one runs share the next one", async () => {
    const { feed, looks } = await open();
    const before = looks.count;
    await Promise.all(Array.from({ length: 20 }, async () => await feed.look()));
    assert.ok(looks.count - before <= 2, `${looks.count - before} looks`);
  });

  test("says nothing, rather than that nothing happened, while that is not known", async () => {
    const { feed, goAway } = await open();
    const { next } = await feed.since(undefined);
    goAway(true);
    await assert.rejects(feed.since(next), Unavailable);
    await assert.rejects(feed.since(undefined), Unavailable);
  });

  test("more than fits into one answer comes in several, none left out", async () => {
    const { feed, add } = await open();
    let { next } = await feed.since(undefined);
    const ids = Array.from({ length: MOST_IN_ANSWER + 50 }, (_, n) => `id-${n}`);
    for (let from = 0; from < ids.length; from += 350) await add(...ids.slice(from, from + 350));
    const first = await feed.since(next);
    assert.deepEqual([first.events.length, first.more], [MOST_IN_ANSWER, true]);
    ({ next } = first);
    const second = await feed.since(next);
    assert.deepEqual([second.events.length, second.more], [50, false]);
    const all = [...first.events, ...second.events].map((event) => (event.what === "all" ? "" : event.id));
    assert.deepEqual(all, ids);
  });

  test("a number whose writer died is passed over after five seconds, and whoever stands before it forgets all", async () => {
    const { clock, store, feed } = await open();
    const { next } = await feed.since(undefined);
    await store.hashIncrement("revocation-sequence", "last", 1, 60_000);
    await feed.look();
    assert.deepEqual(await feed.since(next), { events: [], next, reset: false, more: false });
    clock.advance(5_000);
    await feed.look();
    assert.deepEqual(await feed.since(next), { events: [], next: next + 1, reset: true, more: false });
  });

  test("what was written behind a gap is read without another event", async () => {
    const { clock, store, feed } = await open();
    const { next } = await feed.since(undefined);
    await store.hashIncrement("revocation-sequence", "last", 1, 60_000);
    await feed.look();
    const event = { ...revoked("late"), sequence: next + 1, atMs: clock.nowMs() };
    const bucket = `revocations:${Math.floor(clock.nowMs() / 600_000)}`;
    await store.hashSet(bucket, { [String(next + 1)]: JSON.stringify(event) }, 60_000);
    // Timers that are unreferenced do not keep a test running: the wait does.
    await eventually(async () => {
      assert.equal((await feed.since(next)).events.length, 1);
    });
  });

  test("one signature a second serves all readers at one cursor", async () => {
    const { documents, clock, feed } = await open();
    const { next } = await feed.since(undefined);
    const first = await documents.after(next);
    clock.advance(400);
    assert.equal((await documents.after(next)).jwt, first.jwt);
    clock.advance(600);
    assert.notEqual((await documents.after(next)).jwt, first.jwt);
  });
});

/** As much of a response as the stream uses. */
class FakeResponse extends EventEmitter {
  readonly written: string[] = [];
  writableLength = 0;
  writable = true;
  destroyed = false;

  write(text: string): boolean {
    this.written.push(text);
    return true;
  }

  end(): void {
    this.destroy();
  }

  destroy(): void {
    if (!this.writable) return;
    this.writable = false;
    this.destroyed = true;
    this.emit("close");
  }
}

describe("a stream of the feed", () => {
  const limits = { heartbeatMs: 20, longestMs: 60_000, mostWaitingBytes: 1_000 };

  async function begin(changes: Partial<typeof limits> = {}, response = new FakeResponse()) {
    const parts = await open();
    const { next } = await parts.feed.since(undefined);
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it has what the stream uses
    const out = response as unknown as ServerResponse;
    const ended = new FeedStream(parts, out, next, { ...limits, ...changes }).run();
    return { ...parts, response, ended };
  }

  test("sends a heartbeat while all is quiet, and none while it is not known whether it is", async () => {
    const { response, goAway, ended } = await begin();
    await eventually(() => Promise.resolve(assert.ok(response.written.length >= 3)));
    goAway(true);
    await turn();
    const before = response.written.length;
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.equal(response.written.length, before);
    goAway(false);
    await eventually(() => Promise.resolve(assert.ok(response.written.length > before)));
    response.end();
    await ended;
  });

  test("drops a reader who does not read", async () => {
    const { response, add, ended } = await begin({ heartbeatMs: 60_000 });
    await eventually(() => Promise.resolve(assert.equal(response.written.length, 1)));
    response.writableLength = 1_001;
    await add("a");
    await ended;
    assert.equal(response.writable, false);
  });

  test("ends at once for a reader who went before it began", async () => {
    const gone = new FakeResponse();
    gone.destroy();
    const { response, ended } = await begin({}, gone);
    await ended;
    assert.deepEqual(response.written, []);
  });

  test("ends when its time is up, so that the reader proves anew who it is", async () => {
    const { response, ended } = await begin({ longestMs: 30 });
    await ended;
    assert.equal(response.writable, false);
  });

  test("events that come while one is being sent are neither lost nor sent twice", async () => {
    const { response, add, ended } = await begin({ heartbeatMs: 60_000 });
    await Promise.all(Array.from({ length: 20 }, async (_, n) => await add(`id-${n}`)));
    const ids = () =>
      response.written.flatMap((text) => [...text.matchAll(/"id":"(id-\d+)"/g)].map(([, id = ""]) => id));
    await eventually(() => Promise.resolve(assert.equal(ids().length, 20)));
    assert.equal(new Set(ids()).size, 20);
    response.end();
    await ended;
  });
});
