import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { admitMember, findCandidate, registerMember } from "../../../src/admin/acts/federation-members.ts";
import { KEY } from "../../attack/saml/odd-federations.ts";
import { OWNER } from "../acts-installation.ts";
import { certificate } from "../metadata.ts";
import { A, B, fileOf, withFederation } from "./federation-installation.ts";

const NEW_KEY = certificate();

describe("a member of a federation", () => {
  test("becomes an ordinary application that knows where it came from", async () => {
    const { refresh, register, member, id, events, announced } = await withFederation();
    await refresh(fileOf([{ entityId: A, name: "Wiki" }]));
    const application = await register(A);
    assert.deepEqual(
      [application.entityId, application.name, application.enabled, application.encryptAssertion],
      [A, "Wiki", true, true],
    );
    assert.deepEqual(application.membership, { federationId: id, digest: (await member(A))?.digest });
    const line = (await events()).at(-1);
    assert.equal(line?.action, "application.registered");
    assert.equal(line?.detail["federation"], "Universities");
    assert.deepEqual(announced, ["applications"]);
  });

  test("is refused where it is none, has run out, or is registered already unless it is replaced", async () => {
    const { refresh, acts, stored, clock, register } = await withFederation();
    const ended = { entityId: B, attributes: ' validUntil="2026-11-24T13:00:00Z"' };
    await refresh(fileOf([{ entityId: A }, ended]));
    const codeOf = async (entityId: string, replace = false) => {
      const result = await registerMember(acts, OWNER, await stored(), entityId, { replace });
      return result.ok ? "registered" : result.code;
    };
    assert.equal(await codeOf("https://none.example"), "not-found");
    await register(A);
    assert.equal(await codeOf(A), "taken");
    assert.equal(await codeOf(A, true), "registered");
    clock.advance(Date.parse("2026-11-24T13:00:00Z") - clock.nowMs());
    assert.equal(await codeOf(B), "invalid");
  });

  test("that has a new key and reply address is changed with the file, which is signed", async () => {
    const { refresh, register, application, events, announced } = await withFederation();
    await refresh(fileOf([{ entityId: A }, { entityId: B }]));
    const { id } = await register(A);
    announced.length = 0;
    const moved = { entityId: A, certificate: NEW_KEY, acs: "https://moved.example/acs" };
    const result = await refresh(fileOf([moved, { entityId: B, name: "Renamed" }]));
    assert.ok(result.kind === "switched");
    assert.equal(result.applications, 1);
    const changed = await application(id);
    assert.deepEqual(changed.signingCertificates, [NEW_KEY]);
    assert.equal(changed.assertionConsumerServices[0]?.location, "https://moved.example/acs");
    const line = (await events()).at(-1);
    assert.equal(line?.action, "application.metadata-refreshed");
    assert.match(String(line?.detail["changes"]), /new signing key/);
    assert.deepEqual(announced, ["applications"]);
  });

  test("keeps what an owner set when its metadata changes", async () => {
    const { refresh, register, application, store } = await withFederation();
    await refresh(fileOf([{ entityId: A }]));
    const made = await register(A);
    const access = { kind: "groups", groups: ["staff"] } as const;
    await store.applications.update({ ...made, name: "Our wiki", access, requestsMustBeSigned: true });
    await refresh(fileOf([{ entityId: A, acs: `${A}/new` }]));
    const changed = await application(made.id);
    assert.deepEqual(
      [changed.name, changed.access, changed.requestsMustBeSigned],
      ["Our wiki", access, true],
    );
    assert.equal(changed.assertionConsumerServices[0]?.location, `${A}/new`);
  });

  test("of a fetched file that nobody signs gets no new key by it, and an owner is told once", async () => {
    const { refresh, register, application, actions } = await withFederation({ pin: undefined });
    await refresh(fileOf([{ entityId: A }], {}));
    const made = await register(A);
    const file = fileOf([{ entityId: A, certificate: NEW_KEY }], {});
    await refresh(file);
    await refresh(file.replace("</md:EntitiesDescriptor>", " </md:EntitiesDescriptor>"));
    const now = await application(made.id);
    assert.deepEqual(now.signingCertificates, made.signingCertificates);
    assert.equal(now.membership?.waitingDigest?.length, 43);
    const waiting = (await actions()).filter((action) => action === "application.metadata-waiting");
    assert.equal(waiting.length, 1);
  });

  test("that left is switched off and stays in the list, and comes back with the file", async () => {
    const { refresh, register, application, actions, clock } = await withFederation();
    await refresh(fileOf([{ entityId: A }, { entityId: B }]));
    const { id } = await register(A);
    await refresh(fileOf([{ entityId: B }]));
    const gone = await application(id);
    assert.deepEqual([gone.enabled, gone.membership?.leftAtMs], [false, clock.nowMs()]);
    await refresh(fileOf([{ entityId: B, name: "x" }]));
    await refresh(fileOf([{ entityId: A, acs: `${A}/new` }]));
    const back = await application(id);
    assert.deepEqual([back.enabled, back.membership?.leftAtMs], [true, undefined]);
    assert.equal(back.assertionConsumerServices[0]?.location, `${A}/new`);
    const told = (await actions()).filter((action) => action.endsWith("-federation"));
    assert.deepEqual(told, ["application.left-federation", "application.back-in-federation"]);
  });

  test("that an owner switched off stays off when its metadata changes", async () => {
    const { refresh, register, application, store } = await withFederation();
    await refresh(fileOf([{ entityId: A }]));
    const made = await register(A);
    await store.applications.update({ ...made, enabled: false });
    await refresh(fileOf([{ entityId: A, acs: `${A}/new` }]));
    assert.equal((await application(made.id)).enabled, false);
  });
});

describe("the first sign-on of a member", () => {
  test("registers it where every member may sign on, in the trail as nobody's act", async () => {
    const { refresh, acts, events } = await withFederation({ allowAllMembers: true });
    await refresh(fileOf([{ entityId: A }]));
    assert.equal((await findCandidate(acts, A))?.entityId, A);
    const admitted = await admitMember(acts, A);
    assert.equal(admitted?.entityId, A);
    const line = (await events()).at(-1);
    assert.deepEqual([line?.action, line?.actorId], ["application.registered", "system"]);
  });

  test("registers nobody of a closed federation, no stranger, and nobody whose metadata has run out", async () => {
    const closed = await withFederation();
    await closed.refresh(fileOf([{ entityId: A }]));
    assert.equal(await findCandidate(closed.acts, A), undefined);
    assert.equal(await admitMember(closed.acts, A), undefined);
    const open = await withFederation({ allowAllMembers: true });
    await open.refresh(
      fileOf([{ entityId: A }], { key: KEY.privateKey, attributes: ' validUntil="2026-11-24T13:00:00Z"' }),
    );
    assert.equal(await admitMember(open.acts, B), undefined);
    open.clock.advance(Date.parse("2026-11-24T13:00:00Z") - open.clock.nowMs());
    assert.equal(await admitMember(open.acts, A), undefined);
    assert.equal((await open.store.applications.all()).length, 0);
  });

  test("has one winner where several race", async () => {
    const { refresh, acts, store } = await withFederation({ allowAllMembers: true });
    await refresh(fileOf([{ entityId: A }]));
    const admitted = await Promise.all(Array.from({ length: 8 }, async () => await admitMember(acts, A)));
    assert.equal(admitted.filter((each) => each !== undefined).length, 1);
    assert.equal((await store.applications.all()).length, 1);
  });
});
