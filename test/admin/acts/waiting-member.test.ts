import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { settleWaitingMember, waitingMember } from "../../../src/admin/acts/waiting-member.ts";
import { certificateFacts } from "../../../src/admin/certificate-facts.ts";
import { OWNER } from "../acts-installation.ts";
import { certificate } from "../metadata.ts";
import { A, B, fileOf, withFederation, type Written } from "./federation-installation.ts";

const NEW_KEY = certificate();

/** A federation whose file nobody signs, one application that follows it, and what comes next in the file. */
async function following() {
  const installed = await withFederation({ pin: undefined });
  const { refresh, register, application, acts } = installed;
  const publish = async (...members: readonly Written[]) => await refresh(fileOf(members, {}));
  await publish({ entityId: A });
  const { id } = await register(A);
  return {
    ...installed,
    publish,
    now: async () => await application(id),
    waiting: async () => await waitingMember(acts, await application(id)),
    settle: async (digest: string, agreed: boolean) =>
      await settleWaitingMember(acts, OWNER, id, { digest, agreed }),
  };
}

suite("what a federation says anew, and nobody signs", () => {
  test("waits with each change named, and with the whole fingerprint of a new key", async () => {
    const { publish, waiting, now } = await following();
    const before = await now();
    await publish({ entityId: A, certificate: NEW_KEY });
    const found = await waiting();
    assert.equal(found?.federation.name, "Universities");
    assert.ok(found.changes.includes(`new signing key ${certificateFacts(NEW_KEY)?.fingerprint}`));
    assert.deepEqual((await now()).signingCertificates, before.signingCertificates);
  });

  test("is taken when an owner agrees, in the trail, and nothing waits any more", async () => {
    const { publish, waiting, now, settle, events } = await following();
    await publish({ entityId: A, certificate: NEW_KEY });
    const { digest } = (await waiting()) ?? { digest: "" };
    assert.ok((await settle(digest, true)).ok);
    const { signingCertificates, membership, enabled } = await now();
    assert.deepEqual([signingCertificates, enabled], [[NEW_KEY], true]);
    assert.deepEqual([membership?.digest, membership?.waitingDigest], [digest, undefined]);
    assert.equal(await waiting(), undefined);
    const line = (await events()).at(-1);
    assert.deepEqual([line?.action, line?.actorName], ["application.metadata-agreed", "olga"]);
    assert.equal((await settle(digest, true)).ok, false);
  });

  test("that is thrown away is not offered again, and something else is", async () => {
    const { publish, waiting, now, settle, actions } = await following();
    const before = await now();
    await publish({ entityId: A, certificate: NEW_KEY });
    assert.ok((await settle((await waiting())?.digest ?? "", false)).ok);
    await publish({ entityId: A, certificate: NEW_KEY }, { entityId: B });
    assert.equal(await waiting(), undefined);
    assert.deepEqual((await now()).signingCertificates, before.signingCertificates);
    await publish({ entityId: A, certificate: certificate() });
    assert.notEqual(await waiting(), undefined);
    const told = (await actions()).filter((action) => action.startsWith("application.metadata-"));
    assert.deepEqual(told, [
      "application.metadata-waiting",
      "application.metadata-dismissed",
      "application.metadata-waiting",
    ]);
  });

  test("is agreed to only as it was shown", async () => {
    const { publish, waiting, now, settle } = await following();
    await publish({ entityId: A, certificate: NEW_KEY });
    const { digest } = (await waiting()) ?? { digest: "" };
    await publish({ entityId: A, certificate: certificate() });
    for (const said of [digest, "", "none"]) {
      const result = await settle(said, true);
      assert.equal(!result.ok && result.code, "conflict");
    }
    assert.notDeepEqual((await now()).signingCertificates, [NEW_KEY]);
  });

  test("waits no longer where it was taken back, or where the member has left", async () => {
    const { publish, waiting, now } = await following();
    await publish({ entityId: A, certificate: NEW_KEY });
    await publish({ entityId: A });
    assert.equal(await waiting(), undefined);
    assert.equal((await now()).membership?.waitingDigest, undefined);
    await publish({ entityId: A, certificate: NEW_KEY });
    await publish({ entityId: B });
    assert.equal(await waiting(), undefined);
    assert.equal((await now()).enabled, false);
  });

  test("that cannot be used says why, and can only be thrown away", async () => {
    const { publish, waiting, settle, now } = await following();
    const before = await now();
    await publish({ entityId: A, acs: "javascript:alert(1)" });
    const found = await waiting();
    assert.notEqual(found?.problem ?? "", "");
    assert.deepEqual(found?.changes, []);
    const agreed = await settle(found?.digest ?? "", true);
    assert.equal(!agreed.ok && agreed.code, "invalid");
    assert.deepEqual((await now()).assertionConsumerServices, before.assertionConsumerServices);
    assert.ok((await settle(found?.digest ?? "", false)).ok);
    assert.equal(await waiting(), undefined);
  });

  test("comes back with a member that left, and waits then as well", async () => {
    const { publish, waiting, now } = await following();
    const before = await now();
    await publish({ entityId: B });
    await publish({ entityId: A, certificate: NEW_KEY });
    const { enabled, signingCertificates } = await now();
    assert.deepEqual([enabled, signingCertificates], [true, before.signingCertificates]);
    assert.notEqual(await waiting(), undefined);
  });
});
