import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { rotateKeys } from "../../../src/admin/acts/rotate-keys.ts";
import { KeyRing } from "../../../src/keys/key-ring.ts";
import { Sealing } from "../../../src/keys/sealing.ts";
import { SigningKeys } from "../../../src/keys/signing-keys.ts";
import { systemRandom } from "../../../src/platform/random.ts";
import { COMMAND, openActs } from "../acts-installation.ts";

async function withKeys() {
  const installation = await openActs();
  const signingKeys = new SigningKeys({
    store: installation.store.signingKeys,
    sealing: new Sealing(["a-secret-of-32-characters-or-more"], systemRandom),
    ring: new KeyRing(),
    issuer: "https://id.example.org",
    clock: installation.clock,
    random: systemRandom,
  });
  await signingKeys.ensure(["P-256"]);
  return { ...installation, parts: { ...installation.acts, signingKeys } };
}

suite("rotating the keys", () => {
  test("lets the next key sign, announces it and writes down which", async () => {
    const { parts, store, announced, events } = await withKeys();
    const before = await store.signingKeys.published();
    const result = await rotateKeys(parts, COMMAND);
    assert.ok(result.ok);
    const idOf = (state: string) => before.find((key) => key.state === state)?.id;
    assert.equal(result.rotated.length, 1);
    assert.equal(result.rotated[0]?.activated, idOf("next"));
    assert.equal(result.rotated[0]?.retiring, idOf("active"));
    assert.deepEqual(announced, ["keys"]);
    const written = await events();
    assert.deepEqual(
      written.map(({ action, targetId }) => [action, targetId]),
      [
        ["keys.rotated", undefined],
        ["key.activated", idOf("next")],
      ],
    );
  });

  test("is not done where the trail cannot be written", async () => {
    const { parts, store, breakAudit, announced } = await withKeys();
    const before = await store.signingKeys.published();
    breakAudit();
    await assert.rejects(rotateKeys(parts, COMMAND));
    assert.deepEqual(await store.signingKeys.published(), before);
    assert.deepEqual(announced, []);
  });
});
