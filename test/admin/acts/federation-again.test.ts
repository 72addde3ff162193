import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { changeFederation, settingsVersion } from "../../../src/admin/acts/change-federation.ts";
import { refreshFederation } from "../../../src/admin/acts/refresh-federation.ts";
import { certificateFacts } from "../../../src/admin/certificate-facts.ts";
import { sha256 } from "../../../src/platform/digest.ts";
import { KEY } from "../../attack/saml/odd-federations.ts";
import { OWNER } from "../acts-installation.ts";
import { certificate } from "../metadata.ts";
import { A, B, bytesOf, fileOf, PEM, URL_OF_FILE, withFederation } from "./federation-installation.ts";

const DAY_MS = 86_400_000;
const FILE = fileOf([{ entityId: A }]);

suite("a federation's file that brings nothing new", () => {
  for (const [name, hasEtags] of [
    ["an answer 304", true],
    ["a file that is the same", false],
  ] as const) {
    test(`by ${name} writes nothing but the times, no member among it, and tells nobody`, async () => {
      const installed = await withFederation({}, hasEtags);
      const { refresh, register, stored, written, announced, actions, clock, asked } = installed;
      await refresh(FILE);
      await register(A);
      const [before, lines, told] = [await stored(), (await actions()).length, announced.length];
      const members = written.length;
      clock.advance(DAY_MS);
      assert.equal((await refresh(FILE)).kind, "unchanged");
      const times = { lastFetchMs: clock.nowMs(), nextDueMs: clock.nowMs() + DAY_MS / 4 };
      assert.deepEqual(await stored(), { ...before, ...times, updatedAtMs: clock.nowMs() });
      assert.deepEqual([written.length, (await actions()).length, announced.length], [members, lines, told]);
      assert.equal(asked.at(-1)?.known?.etag, hasEtags ? `"${sha256(FILE)}"` : undefined);
    });

    test(`by ${name} is a failure all the same where it has run out, and its applications are switched off`, async () => {
      const installed = await withFederation({}, hasEtags);
      const { refresh, register, application, stored, clock, round, publish } = installed;
      const until = new Date(clock.nowMs() + DAY_MS).toISOString().replace(/\.\d+/, "");
      const ending = fileOf([{ entityId: A }], { key: KEY.privateKey, attributes: ` validUntil="${until}"` });
      await refresh(ending);
      const { id } = await register(A);
      clock.advance(DAY_MS - 1);
      assert.equal((await refresh(ending)).kind, "unchanged");
      clock.advance(20 * 60_000);
      publish(ending);
      await round();
      assert.match((await stored()).problem ?? "", /It was valid until/);
      assert.equal((await application(id)).enabled, false);
    });

    test(`by ${name} is fetched again as soon as its cacheDuration says`, async () => {
      const { refresh, stored, clock } = await withFederation({}, hasEtags);
      const attributes = ' cacheDuration="PT1H"';
      const file = fileOf([{ entityId: A }], { key: KEY.privateKey, attributes });
      await refresh(file);
      clock.advance(DAY_MS);
      await refresh(file);
      assert.equal((await stored()).nextDueMs, clock.nowMs() + DAY_MS / 24);
    });

    test(`by ${name} is checked anew with a certificate that was pinned since`, async () => {
      const { refresh, stored, acts, id, asked } = await withFederation({ pin: undefined }, hasEtags);
      await refresh(FILE);
      const other = certificateFacts(certificate())?.pem;
      for (const [pin, kind] of [
        [other, "failed"],
        [PEM, "unchanged"],
      ] as const) {
        const { name, url, allowAllMembers } = await stored();
        const input = { name, url, pin, allowAllMembers };
        assert.ok((await changeFederation(acts, OWNER, id, input, settingsVersion(await stored()))).ok);
        assert.equal((await refresh(FILE)).kind, kind);
        assert.equal(asked.at(-1)?.known?.etag, undefined);
      }
    });
  }

  test("by hand is taken as the same, too", async () => {
    const { acts, id, written } = await withFederation({ url: undefined });
    assert.equal((await refreshFederation(acts, OWNER, id, bytesOf(FILE))).kind, "switched");
    assert.equal((await refreshFederation(acts, OWNER, id, bytesOf(FILE))).kind, "unchanged");
    assert.deepEqual(written, [A]);
  });

  test("from another address is not asked for by what the first one said", async () => {
    const { refresh, stored, acts, id, asked } = await withFederation({}, true);
    await refresh(FILE);
    const input = { name: "Universities", url: "https://other.example/", pin: PEM, allowAllMembers: false };
    assert.ok((await changeFederation(acts, OWNER, id, input, settingsVersion(await stored()))).ok);
    await refresh(FILE);
    const last = asked.at(-1);
    assert.deepEqual([last?.url, last?.known?.etag], ["https://other.example/", undefined]);
  });

  test("where nobody asked whether it is known is a failure", async () => {
    const { acts, id, asked } = await withFederation();
    const outbound: typeof acts.outbound = {
      download: async (request, take) => {
        asked.push(request);
        return await take({ status: 304, body: bytesOf("") });
      },
    };
    const result = await refreshFederation({ ...acts, outbound }, OWNER, id);
    assert.deepEqual(result, { kind: "failed", problem: "The address answered with status 304." });
  });
});

suite("the settings of a federation", () => {
  const settings = { name: "Schools", url: "https://new.example/", pin: undefined, allowAllMembers: true };

  test("are changed in the trail, and a new address is due at once while the copy stays in force", async () => {
    const { acts, id, stored, refresh, events, clock, member } = await withFederation();
    await refresh(FILE);
    const result = await changeFederation(acts, OWNER, id, settings, settingsVersion(await stored()));
    assert.ok(result.ok);
    const { name, url, pinnedCertificate, allowAllMembers, nextDueMs } = await stored();
    assert.deepEqual(
      [name, url, pinnedCertificate, allowAllMembers, nextDueMs],
      ["Schools", "https://new.example/", undefined, true, clock.nowMs()],
    );
    assert.equal((await member(A))?.entityId, A);
    const [opened, line] = (await events()).slice(-2);
    assert.deepEqual([opened?.action, line?.action], ["federation.opened", "federation.changed"]);
    assert.deepEqual(
      [line?.detail["url"], line?.detail["name"]],
      [`${URL_OF_FILE} → https://new.example/`, "Universities → Schools"],
    );
    assert.match(String(line?.detail["pinned"]), /^certificate [\w-]{8} → no$/);
  });

  test("that do not differ leave no line, and a name alone asks for no fetch", async () => {
    const { acts, id, stored, actions, refresh } = await withFederation();
    await refresh(FILE);
    const { name, url, allowAllMembers, nextDueMs } = await stored();
    const same = { name, url, pin: PEM, allowAllMembers };
    const lines = (await actions()).length;
    assert.ok((await changeFederation(acts, OWNER, id, same, settingsVersion(await stored()))).ok);
    assert.equal((await actions()).length, lines);
    const named = { ...same, name: "Other" };
    assert.ok((await changeFederation(acts, OWNER, id, named, settingsVersion(await stored()))).ok);
    assert.equal((await stored()).nextDueMs, nextDueMs);
  });

  test("are refused where another owner was faster, where they cannot be, and where the name is taken", async () => {
    const first = await withFederation();
    const { acts, id, stored } = first;
    const version = settingsVersion(await stored());
    const before = await stored();
    const refused = async (
      changes: Partial<Omit<typeof settings, "pin">> & { pin?: string },
      said = version,
      of = id,
    ) => {
      const result = await changeFederation(acts, OWNER, of, { ...settings, ...changes }, said);
      assert.ok(!result.ok);
      return [result.code, result.field];
    };
    assert.deepEqual(await refused({}, "other"), ["conflict", undefined]);
    assert.deepEqual(await refused({ name: "" }), ["invalid", "name"]);
    assert.deepEqual(await refused({ url: "file:///etc/passwd" }), ["invalid", "url"]);
    assert.deepEqual(await refused({ pin: "hello" }), ["invalid", "pin"]);
    assert.deepEqual(await refused({}, version, "none"), ["not-found", undefined]);
    await acts.store.federations.insert({ ...before, id: "second", name: "Schools", copy: undefined });
    assert.deepEqual(await refused({}), ["taken", "name"]);
    assert.deepEqual(await stored(), before);
  });

  test("may be changed while its file is fetched: that changes no setting", async () => {
    const { acts, id, stored, refresh } = await withFederation();
    const version = settingsVersion(await stored());
    await refresh(fileOf([{ entityId: B }]));
    assert.ok((await changeFederation(acts, OWNER, id, settings, version)).ok);
  });
});
