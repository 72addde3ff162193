import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { changeFederation, settingsVersion } from "../../../src/admin/acts/change-federation.ts";
import { addFederation, federationNamed, removeFederation } from "../../../src/admin/acts/federations.ts";
import { refreshFederation } from "../../../src/admin/acts/refresh-federation.ts";
import { KEY, OTHER_KEY } from "../../attack/saml/odd-federations.ts";
import { OWNER } from "../acts-installation.ts";
import { A, B, bytesOf, fileOf, PEM, URL_OF_FILE, withFederation } from "./federation-installation.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/** Says who may sign on, and nothing else. */
async function allow({ acts, id, stored }: Installed, allowAllMembers: boolean, of = id) {
  const found = await stored();
  const input = { name: found.name, url: found.url, pin: PEM, allowAllMembers };
  return await changeFederation(acts, OWNER, of, input, settingsVersion(found));
}
type Installed = Awaited<ReturnType<typeof withFederation>>;

describe("a federation", () => {
  test("is added with its name, address and certificate, in the trail, and is due at once", async () => {
    const { stored, events, acts } = await withFederation();
    const { name, url, pinnedCertificate, copy, nextDueMs } = await stored();
    assert.deepEqual(
      [name, url, copy, nextDueMs],
      ["Universities", URL_OF_FILE, undefined, acts.clock.nowMs()],
    );
    assert.match(pinnedCertificate ?? "", /^MII/);
    const [line] = await events();
    assert.deepEqual(
      [line?.action, line?.targetKind, line?.targetName, line?.detail],
      [
        "federation.added",
        "federation",
        "Universities",
        { url: URL_OF_FILE, pinned: true, allMembers: false },
      ],
    );
    assert.equal((await federationNamed(acts, "Universities"))?.name, "Universities");
  });

  test("is refused without a name, with one that is taken, with a bad address, and with a bad certificate", async () => {
    const { acts } = await withFederation();
    const input = { name: "Other", url: URL_OF_FILE, pin: undefined, allowAllMembers: false };
    const refused: readonly (readonly [Partial<typeof input> | { pin: string }, string, RegExp])[] = [
      [{ name: "  " }, "name", /1 to 100/],
      [{ name: "a\u202eb" }, "name", /1 to 100/],
      [{ name: "Universities" }, "name", /there is a federation named/],
      [{ url: "file:///etc/passwd" }, "url", /whole https address/],
      [{ pin: "hello" }, "pin", /no PEM certificate/],
    ];
    for (const [changes, field, message] of refused) {
      const result = await addFederation(acts, OWNER, { ...input, ...changes });
      assert.ok(!result.ok);
      assert.equal(result.field, field);
      assert.match(result.message, message);
    }
  });

  test("is opened to all its members, and closed, in the trail", async () => {
    const installed = await withFederation();
    const { stored, actions } = installed;
    assert.ok((await allow(installed, true)).ok);
    assert.equal((await stored()).allowAllMembers, true);
    assert.ok((await allow(installed, false)).ok);
    assert.equal((await stored()).allowAllMembers, false);
    assert.deepEqual((await actions()).slice(-2), ["federation.opened", "federation.closed"]);
    assert.equal((await allow(installed, true, "none")).ok, false);
  });

  test("that is removed takes its members with it, and switches its applications off", async () => {
    const { acts, id, refresh, register, application, store } = await withFederation();
    await refresh(fileOf([{ entityId: A }]));
    const { id: applicationId } = await register(A);
    const result = await removeFederation(acts, OWNER, id);
    assert.ok(result.ok);
    assert.equal(result.applications, 1);
    assert.equal(await store.federations.get(id), undefined);
    assert.equal((await application(applicationId)).enabled, false);
  });
});

describe("a federation's file", () => {
  test("puts its members in force, with what is new about it", async () => {
    const { refresh, stored, member, asked, clock } = await withFederation();
    const result = await refresh(fileOf([{ entityId: A, name: "Wiki" }, { entityId: B }]));
    assert.equal(result.kind, "switched");
    const { copy, lastFetchMs, nextDueMs, problem } = await stored();
    assert.deepEqual(copy?.change, { added: 2, removed: 0, changed: 0 });
    assert.deepEqual([copy?.members, copy?.others, copy?.leftOut], [2, 0, 0]);
    assert.equal((await member(A))?.name, "Wiki");
    assert.deepEqual([lastFetchMs, problem], [clock.nowMs(), undefined]);
    assert.equal(nextDueMs, clock.nowMs() + 6 * 60 * MINUTE_MS);
    assert.equal(asked[0]?.limitBytes, 512 * 1024 * 1024);
  });

  test("that says the same changes nothing, and the trail says nothing", async () => {
    const { refresh, stored, actions, announced } = await withFederation();
    await refresh(fileOf([{ entityId: A }]));
    const before = (await stored()).copy;
    assert.equal((await refresh(fileOf([{ entityId: A }]))).kind, "unchanged");
    assert.deepEqual((await stored()).copy, before);
    assert.deepEqual(await actions(), ["federation.added", "federation.refreshed"]);
    assert.deepEqual(announced, []);
  });

  test("that differs is counted: added, removed, changed, and recorded so", async () => {
    const { refresh, member, events } = await withFederation();
    await refresh(fileOf([{ entityId: A }, { entityId: B }]));
    await refresh(fileOf([{ entityId: A, name: "New" }, { entityId: "https://c.example" }]));
    const line = (await events()).at(-1);
    assert.equal(line?.action, "federation.refreshed");
    assert.deepEqual(line?.detail, { members: 2, added: 1, removed: 1, changed: 1 });
    assert.equal(await member(B), undefined);
    assert.equal((await member(A))?.name, "New");
  });

  const broken: readonly (readonly [string, string | undefined, RegExp])[] = [
    ["cannot be fetched", undefined, /could not be fetched/],
    ["is not there", "404", /answered with status 404/],
    ["breaks half-way", fileOf([{ entityId: A }, { entityId: B }]).slice(0, -30), /cannot be read/],
    [
      "is signed by another key",
      fileOf([{ entityId: A }], { key: OTHER_KEY.privateKey }),
      /not signed as it must be/,
    ],
    [
      "was changed",
      fileOf([{ entityId: A }]).replace("a.example/sp/acs", "a.example/sp/evil"),
      /changed after it was signed/,
    ],
    [
      "has run out",
      fileOf([], { key: KEY.privateKey, attributes: ' validUntil="2020-01-01T00:00:00Z"' }),
      /valid until 1 January 2020/,
    ],
  ];
  for (const [name, text, problem] of broken) {
    test(`that ${name} leaves the last good copy in force, and nothing of itself behind`, async () => {
      const { refresh, stored, member, events, clock } = await withFederation();
      await refresh(fileOf([{ entityId: B, name: "Old" }]));
      const before = (await stored()).copy;
      for (let count = 0; count < 2; count++) {
        const result = await refresh(text);
        assert.ok(result.kind === "failed");
        assert.match(result.problem, problem);
      }
      const now = await stored();
      assert.deepEqual(now.copy, before);
      assert.equal(now.nextDueMs, clock.nowMs() + 15 * MINUTE_MS);
      assert.equal((await member(B))?.name, "Old");
      assert.equal(await member(A), undefined);
      const failures = (await events()).filter(({ action }) => action === "federation.failed");
      assert.deepEqual(
        failures.map(({ outcome }) => outcome),
        ["failure"],
      );
      assert.equal((await refresh(fileOf([{ entityId: B, name: "Old" }]))).kind, "unchanged");
      assert.equal((await stored()).problem, undefined);
    });
  }

  test("is read by one at a time", async () => {
    const { acts, id, publish } = await withFederation();
    publish(fileOf([{ entityId: A }]));
    const results = await Promise.all([
      refreshFederation(acts, OWNER, id),
      refreshFederation(acts, OWNER, id),
    ]);
    assert.deepEqual(
      results.map(({ kind }) => kind),
      ["switched", "busy"],
    );
    assert.equal((await refreshFederation(acts, OWNER, "none")).kind, "not-found");
  });

  test("that an owner changes the federation under is read all the same, and keeps that change", async () => {
    const installed = await withFederation();
    const { acts, id, publish, stored } = installed;
    publish(fileOf([{ entityId: A }]));
    const [result] = await Promise.all([refreshFederation(acts, OWNER, id), allow(installed, true)]);
    assert.equal(result.kind, "switched");
    const { allowAllMembers: allowed, copy } = await stored();
    assert.deepEqual([allowed, copy?.members], [true, 1]);
  });

  test("can be handed over where it has no address, and is then never due", async () => {
    const { acts, id, stored } = await withFederation({ url: undefined });
    assert.equal((await refreshFederation(acts, OWNER, id)).kind, "failed");
    const result = await refreshFederation(acts, OWNER, id, bytesOf(fileOf([{ entityId: A }])));
    assert.equal(result.kind, "switched");
    assert.equal((await stored()).nextDueMs, undefined);
  });
});

describe("the schedule of federations", () => {
  test("reads a file when it is due, and not before", async () => {
    const { publish, round, asked, clock, stored } = await withFederation();
    publish(fileOf([{ entityId: A }], {}));
    await round();
    assert.equal(
      (await stored()).problem,
      "It is not signed as it must be: the root's first child is not its Signature.",
    );
    publish(fileOf([{ entityId: A }]));
    clock.advance(14 * MINUTE_MS);
    await round();
    assert.equal(asked.length, 1);
    clock.advance(MINUTE_MS);
    await round();
    assert.equal((await stored()).copy?.members, 1);
    await round();
    assert.equal(asked.length, 2);
  });

  test("leaves a file that another process reads, and goes on after a failure", async () => {
    const { publish, round, asked, leases, id, stored } = await withFederation();
    leases.set(`federation-refresh:${id}`, "another process");
    publish(fileOf([{ entityId: A }]));
    await round();
    assert.equal(asked.length, 0);
    leases.clear();
    await round();
    assert.equal((await stored()).copy?.members, 1);
  });

  test("switches off what came from a file that has run out", async () => {
    const { refresh, register, application, round, clock, publish } = await withFederation();
    const until = new Date(clock.nowMs() + DAY_MS).toISOString().replace(/\.\d+/, "");
    await refresh(fileOf([{ entityId: A }], { key: KEY.privateKey, attributes: ` validUntil="${until}"` }));
    const { id } = await register(A);
    publish(undefined);
    clock.advance(DAY_MS - 1);
    await round();
    assert.equal((await application(id)).enabled, true);
    clock.advance(1);
    await round();
    assert.equal((await application(id)).enabled, false);
  });
});
