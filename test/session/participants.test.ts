import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Participant } from "../../src/model/participant.ts";
import { Participants } from "../../src/session/participants.ts";
import { sessionIndexFor } from "../../src/session/session-index.ts";
import { SessionStore } from "../../src/session/session-store.ts";
import { Subjects } from "../../src/session/subject.ts";
import { openEmbeddedVolatileStore } from "../../src/volatile/embedded.ts";
import { TestClock } from "../fixtures/clock.ts";

const HOUR = 3_600_000;

function participant(applicationId: string, sessionId = "s1"): Participant {
  return {
    applicationId,
    protocol: "saml",
    subject: "alice@example.org",
    sessionIndex: sessionIndexFor(sessionId, applicationId),
    lastSignOnMs: 0,
    wire: {},
  };
}

function open() {
  const clock = new TestClock();
  const store = openEmbeddedVolatileStore({ path: ":memory:", clock });
  const policy = {
    sessionIdleMs: 2 * HOUR,
    sessionAbsoluteMs: 12 * HOUR,
    rememberedIdleMs: 336 * HOUR,
    rememberedAbsoluteMs: 720 * HOUR,
    clockSkewMs: 0,
    availableContexts: ["password"],
  } as const;
  return {
    clock,
    store,
    participants: new Participants(store, 720 * HOUR),
    sessions: new SessionStore(store, policy),
  };
}

describe("Participants", () => {
  test("200 sign-ons of one session at 20 applications at once leave 20 participants", async () => {
    const { participants } = open();
    const signOns = Array.from({ length: 200 }, (_, index) => participant(`app${index % 20}`));
    await Promise.all(signOns.map(async (one) => await participants.record("s1", "a1", one)));
    assert.equal((await participants.list("s1")).length, 20);
  });

  test("a subject leads to its sessions; a session index to one of them, an unknown one to none (B41)", async () => {
    const { participants } = open();
    await participants.record("s1", "a1", participant("app1", "s1"));
    await participants.record("s2", "a1", participant("app1", "s2"));
    const all = await participants.sessionsOf("app1", "alice@example.org");
    assert.deepEqual(all.map((one) => one.sessionId).sort(), ["s1", "s2"]);
    const one = await participants.sessionsOf("app1", "alice@example.org", sessionIndexFor("s2", "app1"));
    assert.deepEqual(
      one.map((found) => found.sessionId),
      ["s2"],
    );
    assert.deepEqual(await participants.sessionsOf("app1", "alice@example.org", "_unknown"), []);
  });

  test("a session index of one application finds nothing at another (SA-61)", async () => {
    const { participants } = open();
    await participants.record("s1", "a1", participant("app1"));
    assert.deepEqual(await participants.sessionsOf("app2", "alice@example.org"), []);
    assert.deepEqual(
      await participants.sessionsOf("app1", "alice@example.org", sessionIndexFor("s1", "app2")),
      [],
    );
  });

  test("of ten logouts at once one gets the participants, and the subject leads nowhere afterwards", async () => {
    const { participants } = open();
    await participants.record("s1", "a1", participant("app1"));
    const taken = await Promise.all(Array.from({ length: 10 }, async () => await participants.take("s1")));
    assert.equal(taken.filter((list) => list.length > 0).length, 1);
    assert.deepEqual(await participants.sessionsOf("app1", "alice@example.org"), []);
  });
});

describe("SessionStore", () => {
  const session = {
    id: "s1",
    accountId: "a1",
    startedAtMs: 0,
    lastSeenAtMs: 0,
    authentication: { instantMs: 0, methods: ["pwd"], context: "password" },
    remembered: false,
  } as const;

  test("a session that was ended does not exist, is not listed, and its record is gone", async () => {
    const { sessions, store } = open();
    await store.set("session:hash", JSON.stringify({ gatehouse: session }), HOUR);
    await sessions.place(session, "hash");
    assert.deepEqual(await sessions.get("s1"), session);
    assert.deepEqual(
      (await sessions.listByAccount("a1")).map((one) => one.id),
      ["s1"],
    );
    assert.equal(await sessions.end("s1", "a1"), true);
    assert.equal(await sessions.exists("s1"), false);
    assert.equal(await store.get("session:hash"), undefined);
    assert.deepEqual(await sessions.listByAccount("a1"), []);
    assert.equal(await sessions.end("s1", "a1"), false);
  });

  test("touching a record that was ended does not bring it back", async () => {
    const { sessions, store } = open();
    await sessions.touch("hash", HOUR);
    assert.equal(await store.get("session:hash"), undefined);
  });

  test("an idle record is swept out of the account's list", async () => {
    const { sessions, store, clock } = open();
    await store.set("session:hash", JSON.stringify({ gatehouse: session }), HOUR);
    await sessions.place(session, "hash");
    clock.advance(HOUR);
    assert.deepEqual(await sessions.listByAccount("a1"), []);
  });
});

describe("Subjects", () => {
  const subjects = new Subjects("secret");

  test("a pairwise subject is the same at each sign-on and another at each sector and account (SA-75)", () => {
    assert.equal(subjects.pairwise("a1", "https://wiki"), subjects.pairwise("a1", "https://wiki"));
    assert.notEqual(subjects.pairwise("a1", "https://wiki"), subjects.pairwise("a1", "https://git"));
    assert.notEqual(subjects.pairwise("a1", "https://wiki"), subjects.pairwise("a2", "https://wiki"));
    assert.notEqual(
      subjects.pairwise("a1", "https://wiki"),
      new Subjects("other").pairwise("a1", "https://wiki"),
    );
  });

  test("parts cannot be shifted against each other", () => {
    assert.notEqual(subjects.pairwise("a", "1b"), subjects.pairwise("a1", "b"));
    assert.notEqual(subjects.pairwise('a","b', "c"), subjects.pairwise("a", 'b","c'));
  });

  test("a transient subject differs in the next session", () => {
    assert.notEqual(subjects.transient("s1", "app1"), subjects.transient("s2", "app1"));
  });
});
