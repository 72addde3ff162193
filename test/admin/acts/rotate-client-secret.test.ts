import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { registerClient } from "../../../src/admin/acts/register-client.ts";
import { rotateClientSecret } from "../../../src/admin/acts/rotate-client-secret.ts";
import { sha256 } from "../../../src/platform/digest.ts";
import { type ActsInstallation, openActs, OWNER } from "../acts-installation.ts";

const HOUR_MS = 3_600_000;
let installation: ActsInstallation;

before(async () => {
  installation = await openActs();
});
after(async () => await installation.store.close());

async function newClient(more: object = {}): Promise<string> {
  const input = { name: "Wiki", redirectUris: ["https://wiki.example/"], ...more };
  const result = await registerClient(installation.acts, OWNER, input);
  assert.ok(result.ok);
  return result.application.id;
}

async function rotate(id: string, overlapHours?: number) {
  return await rotateClientSecret(installation.acts, OWNER, id, { overlapHours });
}

async function secretsOf(id: string) {
  const client = await installation.store.applications.get(id);
  assert.ok(client?.protocol === "oidc");
  return client.secrets;
}

describe("a new client secret", () => {
  test("works from now on, and the old one for 24 hours more where nothing is said", async () => {
    const id = await newClient();
    const [old] = await secretsOf(id);
    const result = await rotate(id);
    assert.ok(result.ok);
    const nowMs = installation.clock.nowMs();
    const [fresh, older] = await secretsOf(id);
    assert.equal(fresh?.hash, sha256(result.clientSecret));
    assert.equal(fresh?.expiresAtMs, undefined);
    assert.equal(older?.hash, old?.hash);
    assert.equal(older?.expiresAtMs, nowMs + 24 * HOUR_MS);
    assert.equal(result.othersExpireAtMs, nowMs + 24 * HOUR_MS);
  });

  test("stands in the trail with its last four characters, and not whole", async () => {
    const result = await rotate(await newClient());
    assert.ok(result.ok);
    const event = (await installation.events()).at(-1);
    assert.equal(event?.action, "application.secret-rotated");
    assert.deepEqual(event?.detail, { overlapHours: 24, secret: result.clientSecret.slice(-4) });
    assert.ok(!JSON.stringify(await installation.events()).includes(result.clientSecret));
  });

  test("drops the secrets that have ended, and never lengthens the life of one that is ending", async () => {
    const id = await newClient();
    await rotate(id, 1);
    const ending = (await secretsOf(id))[1]?.expiresAtMs;
    await rotate(id, 100);
    assert.equal((await secretsOf(id))[2]?.expiresAtMs, ending);
    installation.clock.advance(2 * HOUR_MS);
    await rotate(id, 100);
    assert.equal((await secretsOf(id)).length, 3);
  });

  test("without any overlap ends the old one at once", async () => {
    const id = await newClient();
    assert.ok((await rotate(id, 0)).ok);
    assert.equal((await secretsOf(id))[1]?.expiresAtMs, installation.clock.nowMs());
  });

  test("is refused beside five that still work", async () => {
    const id = await newClient();
    for (let made = 1; made < 5; made++) assert.ok((await rotate(id, 24)).ok);
    const result = await rotate(id, 24);
    assert.ok(!result.ok);
    assert.match(result.message, /five|5 secrets/);
    assert.equal((await secretsOf(id)).length, 5);
  });

  test("is refused for a client that uses none, for an unknown one, and for an overlap that is no overlap", async () => {
    const browser = await newClient({ profile: "browser" });
    const outcomes = [await rotate(browser), await rotate("app-nobody")];
    const wiki = await newClient();
    for (const hours of [-1, 0.5, 2_161, Number.NaN, Number.POSITIVE_INFINITY]) {
      outcomes.push(await rotate(wiki, hours));
    }
    assert.deepEqual(
      outcomes.map((result) => (result.ok ? "done" : result.code)),
      ["invalid", "not-found", "invalid", "invalid", "invalid", "invalid", "invalid"],
    );
    assert.equal((await secretsOf(wiki)).length, 1);
  });

  test("of two that are made at the same moment one is stored and the other refused", async () => {
    const id = await newClient();
    const results = await Promise.all([rotate(id), rotate(id)]);
    const done = results.filter((result) => result.ok).length;
    assert.equal((await secretsOf(id)).length, 1 + done);
  });
});
